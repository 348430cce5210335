"""A ticket, its events and its promises as plain data: what files and `--json` have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from itsm.model.event import Event, stamp
from itsm.model.ticket import FIELDS, Ticket
from itsm.sla.clocks import Clock


def plain(ticket: Ticket) -> dict[str, Any]:
    """The file as plain data: what a rule's command gets to read."""
    return {**fields(ticket), "history": [event_json(event) for event in ticket.history]}


def fields(ticket: Ticket) -> dict[str, Any]:
    """The top of the file, in its order, empty fields left out."""
    found: dict[str, Any] = {}
    for name, value in zip(FIELDS, _values_of(ticket), strict=True):
        if value or value == 0:
            found[name] = value if isinstance(value, str | int) else _plain(value)
    return {**found, **ticket.extra}


_values_of = attrgetter(*FIELDS)


def _plain(value: datetime | tuple[str, ...] | Mapping[str, str]) -> object:
    return stamp(value) if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else dict(value)


def event_json(event: Event) -> dict[str, Any]:
    """One event as the file has it."""
    late = {"recorded": stamp(event.recorded)} if event.recorded else {}
    data = {name: stamp(value) if isinstance(value, datetime) else value for name, value in event.data.items()}
    return {"id": event.id, "at": stamp(event.at), **late, "by": event.by, "event": event.kind, **data}


def clock_json(clock: Clock) -> dict[str, Any]:
    """One promise: what is promised, until when, and how it stands."""
    return {
        "target": clock.promise,
        "sla": clock.target,
        "due": stamp(clock.due) if clock.due else None,
        "limit_seconds": clock.limit,
        "remaining_seconds": clock.remaining,
        "state": clock.state,
        "breach": _breach(clock.breach) if clock.breach else None,
    }


def _breach(event: Event) -> dict[str, Any]:
    """What is on record of a broken promise: since when, what was promised then, and by how much it was late when that was noted."""
    told = event_json(event)
    return {"at": told["at"], "due": told.get("due"), "by_seconds": told.get("by_seconds", 0)}
