"""A ticket's promises as the index keeps them: worked out once, and brought up to any later moment without the ticket."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from itsm.model.event import instant, stamp
from itsm.sla.clocks import Clock, calendar_of, standing

if TYPE_CHECKING:
    from itsm.model.ticket import Ticket
    from itsm.sla.policy import Policy


def kept_promises(policy: Policy, ticket: Ticket) -> list[dict[str, Any]]:
    """The `sla` of a ticket in a list, for any later moment: of clocks that go on running, in which calendar, and what doesn't count."""
    from itsm.desk.view import clock_json
    from itsm.sla.case import Case
    from itsm.sla.ledger import Ledger

    found = Case(ticket, policy, Ledger(), ticket.opened).clocks
    return [clock_json(one) | (_running(one, one.due) if one.due and one.stopped is None else {}) for one in found]


def _running(clock: Clock, due: datetime) -> dict[str, Any]:
    spans = [(stamp(begin), stamp(end) if end else None) for begin, end in clock.standstills if end is None or end > due]
    return {"in": clock.calendar.name, "still": spans}


def present_promises(policy: Policy, kept: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """What `kept_promises` come to now."""
    for one in kept:
        if "in" in one:
            spans = [(instant(begin), instant(end) if end else None) for begin, end in one.pop("still")]
            state, left = standing(calendar_of(policy, one.pop("in")), instant(one["due"]), None, now, spans)
            one["state"], one["remaining_seconds"] = "breached" if one["breach"] else state, left
    return kept
