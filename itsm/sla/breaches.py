"""Broken promises that are not on record yet (page 3, sentence 8): what a sweep writes into the ticket's history, once each."""

from __future__ import annotations

from datetime import datetime

from itsm.model.ticket import Ticket
from itsm.sla.case import Case
from itsm.sla.clocks import Clock


def unrecorded(case: Case, last: datetime | None) -> list[Clock]:
    """The clocks that have run out and whose breach no event tells, once for each time that they began.

    Not what an import has passed over, nor what was closed before the `last` sweep: the past is not written anew.
    """
    ticket = case.ticket
    if not (ticket.live or _just_closed(ticket, last)):
        return []
    imported = bool(ticket.reference)
    return [
        clock
        for clock in case.clocks
        if clock.state == "breached"
        and clock.breach is None
        and clock.due
        and not case.book.passed_over(ticket.id, "", clock.due, imported=imported)
    ]


def _just_closed(ticket: Ticket, last: datetime | None) -> bool:
    """Whether no sweep has seen it closed yet. Before the first sweep of a desk that is true of its own tickets only."""
    if ticket.closed is None:
        return False
    return ticket.closed > last if last else not ticket.reference
