"""The outbox, `.itsm/outbox/`: messages on their way, one JSON file each, until a server has taken them (page 3, sentences 19 and 20)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from itsm.errors import ItsmError, Problem
from itsm.model.event import NOTHING, instant, stamp
from itsm.store import atomic
from itsm.values import dataclass, field, replace

LONGEST_PAUSE = timedelta(minutes=60)
_MAX_BYTES = 16 * 1024 * 1024
_MOST_DOUBLINGS = 6  # 2**6 minutes are more than the longest pause
_INSTANTS = ("queued", "next_try", "not_before")
_TEXTS = ("id", "channel", "sender", "to", "recipient", "message", "error")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message on its way by one channel to one address. `keys` are the (notice, recipient) pairs that it brings.

    `next_try` is when it may be tried (again); `not_before` holds it back whatever happens. Instants are UTC.
    """

    id: str
    channel: str
    sender: str
    to: str
    recipient: str
    keys: tuple[tuple[str, str], ...]
    message: str
    queued: datetime
    next_try: datetime
    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    attempts: int = 0
    not_before: datetime | None = None
    error: str = ""

    def due(self, now: datetime) -> bool:
        """Whether it may be tried now. A pause longer than any comes from a clock that was wrong, and counts no more (sentence 21)."""
        if self.not_before is not None and self.not_before > now:
            return False
        return not resting(self.next_try, now)


@dataclass
class Outbox:
    """The outbox of one desk. `problems` are the files that couldn't be read, found by the last `waiting`."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def put(self, entry: Entry) -> None:
        """Have the disk keep it before this returns; an entry with the same ID is replaced. Raises ItsmError where that fails."""
        if not self.folder.is_dir():
            self._make_folder()
        atomic.replace(self._path(entry.id), _encode(entry))

    def waiting(self) -> list[Entry]:
        """Every message on its way, oldest first. A file that is none is a problem, and the others go on."""
        self.problems = []
        found = []
        for path in sorted(self.folder.glob("*.json")):
            try:
                entry = _decode(atomic.read(path, _MAX_BYTES))
                if path != self._path(entry.id):
                    raise ValueError("its name doesn't belong to its id")
            except FileNotFoundError:
                continue  # another run has sent it meanwhile
            except (ItsmError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                what = str(error).removeprefix(f"{path}: ") or type(error).__name__
                self.problems.append(
                    Problem(str(path), 0, f"not a message of the outbox: {what}", "delete it; `itsm notices` tells what was said")
                )
            else:
                found.append(entry)
        return sorted(found, key=lambda entry: (entry.queued, entry.keys, entry.id))

    def has(self, message_id: str) -> bool:
        """Whether a message with this ID is on its way."""
        return self._path(message_id).is_file()

    def remove(self, entry: Entry) -> None:
        """It has arrived, or is given up. Removing it twice does no harm. Raises ItsmError."""
        path = self._path(entry.id)
        try:
            path.unlink(missing_ok=True)
            if self.folder.is_dir():
                atomic.sync_folder(self.folder)
        except OSError as error:
            raise ItsmError(f"{path}: can't be removed: {error.strerror}", hint="or it would be sent again") from error

    def failed(self, entry: Entry, reason: str, now: datetime) -> Entry:
        """Count one more failed attempt: tried again at the next sweep, then after 1, 2, 4, … minutes, at last every hour."""
        later = replace(entry, attempts=entry.attempts + 1, next_try=now + pause(entry.attempts + 1), error=reason)
        self.put(later)
        return later

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for above in (self.folder.parent, self.folder.parent.parent):
                atomic.sync_folder(above)
        except OSError as error:
            raise ItsmError(f"{self.folder}: can't be made: {error.strerror}", hint="look at the rights of the folder above it") from error

    def _path(self, message_id: str) -> Path:
        """Not the ID itself: a Message-ID may hold what no file name may."""
        from hashlib import sha256

        return self.folder / f"{sha256(message_id.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}.json"


def resting(next_try: datetime, now: datetime) -> bool:
    """Whether what failed isn't tried again yet. A pause longer than any comes from a clock that was wrong, and counts no more."""
    return now < next_try <= now + LONGEST_PAUSE


def pause(attempts: int) -> timedelta:
    """How long what has failed so often is left alone: not at all, 1, 2, 4, … minutes, at last an hour (sentence 20)."""
    if attempts <= 1:
        return timedelta(0)
    return min(LONGEST_PAUSE, timedelta(minutes=2 ** min(attempts - 2, _MOST_DOUBLINGS)))


def _encode(entry: Entry) -> bytes:
    facts = {name: getattr(entry, name) for name in Entry.__slots__}
    facts["fields"] = dict(entry.fields)
    facts |= {name: stamp(moment) for name in _INSTANTS if (moment := facts[name]) is not None}
    return (json.dumps(facts, indent=1) + "\n").encode("ascii")


def _decode(data: bytes) -> Entry:
    """Raises ValueError, TypeError, KeyError or AttributeError for anything that isn't a whole entry: nothing is sent on a guess."""
    facts: dict[str, Any] = json.loads(data)
    if sorted(facts) != sorted(Entry.__slots__):
        raise ValueError("its keys are not those of a message")
    wrong = [name for name in _TEXTS if not isinstance(facts[name], str)]
    if wrong or type(facts["attempts"]) is not int:
        raise TypeError(f"{(wrong or ['attempts'])[0]} is of a wrong type")
    keys = tuple((str(key), str(recipient)) for key, recipient in facts["keys"])
    fields = {str(name): str(value) for name, value in facts["fields"].items()}
    held = facts["not_before"]
    moments = {name: instant(facts[name]) for name in ("queued", "next_try")} | {"not_before": held if held is None else instant(held)}
    return Entry(**{**facts, "keys": keys, "fields": fields, **moments})
