"""The only place that asks what time it is, and that draws lots for event IDs."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from itsm.errors import Usage
from itsm.model.ids import ulid


def now() -> datetime:
    """The present instant in UTC, whole seconds. `ITSM_NOW` (RFC 3339) is believed instead: tests and replays use it."""
    told = os.environ.get("ITSM_NOW")
    if not told:
        return datetime.now(UTC).replace(microsecond=0)
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        raise Usage(f"ITSM_NOW is {told!r}, which is no RFC 3339 instant", hint="for example 2026-11-22T09:00:00Z") from None
    if moment.tzinfo is None:
        raise Usage(f"ITSM_NOW is {told!r}, which names no time zone", hint="for example 2026-11-22T09:00:00Z")
    try:
        return moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise Usage(f"ITSM_NOW is {told!r}, which is out of reach", hint="for example 2026-11-22T09:00:00Z") from None


class Countdown:
    """Seconds that run out whatever becomes of the wall clock, or of `ITSM_NOW`."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """How many are left; never less than none."""
        return max(0.0, self._end - time.monotonic())


def new_event_id() -> str:
    """A fresh ULID of this moment; unique without asking anybody."""
    milliseconds = int(datetime.now(UTC).timestamp() * 1000)
    return ulid(milliseconds, int.from_bytes(os.urandom(10)))
