"""A ticket's promises as the index keeps them: worked out once, and brought up to any later moment without the ticket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from itsm.model.event import instant, stamp
from itsm.model.row import PROMISE
from itsm.sla.clocks import Clock, calendar_of, clocks, standing

if TYPE_CHECKING:
    from itsm.model.ticket import Ticket
    from itsm.sla.policy import Policy


def kept_promises(policy: Policy, ticket: Ticket) -> list[list[Any]]:
    """What is told of each promise, as it stands when the ticket is opened, and of those whose clock runs on: in which calendar, and the
    spans that don't count. Without the keys: of two thousand tickets these are half of all that is read.
    """
    from itsm.desk.as_data import clock_json
    from itsm.model.timeline import timeline

    found = clocks(ticket, timeline(ticket), policy, ticket.opened)
    return [[*clock_json(one).values(), *(_running(one, one.due) if one.due and one.stopped is None else ())] for one in found]


def _running(clock: Clock, due: datetime) -> tuple[str, list[tuple[str, str | None]]]:
    spans = [(stamp(begin), stamp(end) if end else None) for begin, end in clock.standstills if end is None or end > due]
    return clock.calendar.name, spans


def present_promises(policy: Policy, kept: Iterable[Sequence[Any]], now: datetime) -> list[dict[str, Any]]:
    """What `kept_promises` come to now."""
    found = []
    for target, sla, due, limit, remaining, state, breach, *running in kept:
        if running:
            spans = [(instant(begin), instant(end) if end else None) for begin, end in running[1]]
            state, remaining = standing(calendar_of(policy, running[0]), instant(due), None, now, spans)  # noqa: PLW2901 - at that moment
            if breach:
                state = "breached"  # noqa: PLW2901 - on record: whatever has changed since
        found.append(dict(zip(PROMISE, (target, sla, due, limit, remaining, state, breach), strict=True)))
    return found
