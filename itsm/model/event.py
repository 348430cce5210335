"""One fact of a ticket's history: append-only, so that what happened can always be told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from itsm.values import dataclass, field

# Instants of a desk lie in here: further off, calendars, time zones and four digits of a year end.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
NOTHING: Mapping[str, Any] = MappingProxyType({})

# What each kind of event may say beyond id, at, by, event and recorded.
FIELDS: dict[str, frozenset[str]] = {
    kind: frozenset(fields.split())
    for kind, fields in {
        "opened": "reference",
        "assigned": "team level assignee rule",
        "escalated": "team level assignee rule",
        "started": "assignee",
        "contacted": "rule",
        "pending": "for until",
        "resumed": "to rule",
        "noted": "text direction rule",
        "resolved": "resolution",
        "reopened": "why to rule",
        "closed": "how score comment rule",
        "cancelled": "why",
        "set": "set was rule",
        "prioritized": "priority was rule",
        "linked": "parent duplicate_of caused_by",
        "answered": "rule answer attempt note score",
        "told": "rule",
        "redacted": "",
        "breached": "target sla due by_seconds",
    }.items()
}
RECORDS = frozenset({"breached"})  # what the sweep puts on record without anybody having done anything: no word, no work, no update


@dataclass(frozen=True, slots=True)
class Event:
    """What happened (`kind`), when (`at`, UTC), by whom, and the particulars of that kind (`data`).

    `recorded` is given only when the event was entered later than it happened (`--at`).
    """

    id: str
    at: datetime
    by: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    recorded: datetime | None = None


def instant(text: str) -> datetime:
    """An RFC 3339 instant as the files have it (`2026-11-22T01:16:00Z`). Raises ValueError on anything else."""
    if len(text) != len("2026-11-22T01:16:00Z") or text[-1] != "Z" or text[10] != "T" or text[7] != "-":  # 2026-W47-7 is no date here
        raise ValueError(f"{text!r} is not a UTC instant like 2026-11-22T01:16:00Z")
    moment = datetime.fromisoformat(text)
    if not text.isascii():
        raise ValueError(f"{text!r} is not a UTC instant like 2026-11-22T01:16:00Z")
    return moment


def stamp(moment: datetime) -> str:
    """An instant in the one way in which the files and `--json` write it: UTC, whole seconds, `Z`."""
    there = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{there.isoformat()[:19]}Z"  # strftime pads no year before 1000
