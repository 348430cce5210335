"""Taking the last change of a ticket back: the file as if it had never been made. Only what nothing else rests on may be."""

from __future__ import annotations

from collections.abc import Callable

from itsm.errors import Refused
from itsm.model.event import Event
from itsm.model.replay import as_it_was, differences
from itsm.model.ticket import Ticket
from itsm.values import replace


def last_change(ticket: Ticket) -> tuple[Event, ...]:
    """The events at the end of the history that one command has written: an answer and what followed from it, a `set` and its priority."""
    events = ticket.history
    first = len(events) - 1
    while first > 0 and _follows(events[first], events[first - 1]):
        first -= 1
    return events[max(first, 0) :]


def taken_back(ticket: Ticket, change: tuple[Event, ...], priority_of: Callable[[str, str], str]) -> Ticket:
    """The ticket without its last change. `priority_of` is the desk's matrix: impact and urgency → priority.

    Raises Refused where what was before can't be known, or the ticket would be no more.
    """
    if differences(ticket):
        raise Refused(f"{ticket.id} isn't what its history makes it", hint="itsm check --fix, then try again")
    if any(event.kind == "opened" for event in change):
        raise Refused(
            f"{ticket.id} was opened by that, and the customer may have been told the number", hint=f"itsm cancel {ticket.id} --why"
        )
    if any("description" in event.data.get("set", {}) for event in change):
        raise Refused(
            "what the description was isn't kept in the history", hint=f"itsm edit {ticket.id}; git has it, if the desk is in git"
        )
    before = as_it_was(ticket, change[0].id)
    told = any(event.kind == "prioritized" or "priority" in event.data.get("set", {}) for event in before.history)
    if not told and any(event.kind == "prioritized" for event in change):
        before = replace(before, priority=priority_of(before.impact, before.urgency))
    return before


def _follows(event: Event, before: Event) -> bool:
    """Whether an event was written by the same command as the one before it."""
    if (event.by, event.at, event.recorded) != (before.by, before.at, before.recorded):
        return False
    if event.kind == "prioritized":
        return before.kind == "set"
    if event.kind == "answered":
        return "rule" in before.data and before.kind != "noted"  # who doesn't pick up has answered none of the calls
    return "rule" in event.data and event.data["rule"] == before.data.get("rule")
