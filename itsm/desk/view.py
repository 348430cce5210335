"""A ticket as others see it: the file's fields as plain data, with its promises and the calls that it is owed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from itsm.desk.desk import Desk
from itsm.model.event import Event, stamp
from itsm.model.ticket import FIELDS, Ticket
from itsm.sla.case import Action, Case
from itsm.sla.clocks import Clock
from itsm.sla.ledger import Ledger, ledger
from itsm.sla.rules import standing_calls

_LONG = 300_000  # bytes of journal from which on it takes less time to open the index than to read them all


def ticket_json(desk: Desk, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """The file's fields plus `sla` and `calls`."""
    case = Case(ticket, desk.policy_or_default, book(desk, ticket.id), now)
    return {
        **plain(ticket),
        "sla": [clock_json(clock) for clock in case.clocks],
        "calls": [call_json(ticket, call) for call in standing_calls(case)],
    }


def promises_json(desk: Desk, ticket: Ticket, now: datetime) -> list[dict[str, Any]]:
    """The `sla` of a ticket in a list."""
    return [clock_json(clock) for clock in Case(ticket, desk.policy_or_default, Ledger(), now).clocks]


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


def call_json(ticket: Ticket, call: Action) -> dict[str, Any]:
    """One call that is owed: what to ask, whom to phone."""
    contact = ticket.contact
    return {
        "ticket": ticket.id,
        "rule": call.rule,
        "ask": call.text,
        "answers": list(call.answers),
        "since": stamp(call.due_at),
        "name": contact.get("name", ""),
        "mobile": contact.get("mobile", ""),
        "phone": contact.get("phone", ""),
    }


def book(desk: Desk, ticket_id: str = "") -> Ledger:
    """What was said so far; of one ticket only, if it is named."""
    if ticket_id and desk.journal.size() > _LONG:
        from itsm.store.index import used
        from itsm.store.recall import told

        known = used(desk.root, lambda index: told(index, desk.journal, ticket_id))
        if known is not None:
            return ledger(known)
    return ledger(desk.journal.facts_of(ticket_id) if ticket_id else desk.journal.facts())
