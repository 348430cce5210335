"""Broken promises on record (page 3, sentence 8): the sweep writes each down, and no command that would take one away comes before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.model import lifecycle
from itsm.model.lifecycle import SWEEPER, Signature
from itsm.model.ticket import Ticket
from itsm.sla.breaches import unrecorded
from itsm.sla.case import Case
from itsm.sla.clocks import Clock
from itsm.sla.ledger import Ledger
from itsm.store.document import Document


def recorded(ticket: Ticket, broken: Iterable[Clock], hand: Signature) -> Ticket:
    """The ticket with an event for each of these clocks that has run out."""
    for one in broken:
        if one.due:
            ticket = lifecycle.breached(ticket, one.promise, one.due, -one.remaining, hand, sla=one.target if one.of_team else "")
    return ticket


def change(desk: Desk, ticket_id: str, edit: Callable[[Ticket], Ticket], hand: Signature) -> Document:
    """Change a ticket in what its promises are made of: another priority or team, an answer, a new beginning. A breach that no sweep has
    seen yet, and that none could see afterwards, goes on record first. Raises what `edit` raises.
    """

    def guarded(ticket: Ticket) -> Ticket:
        changed = edit(ticket)
        lost = _lost(desk, ticket, changed, hand)
        itsm = Signature(SWEEPER, hand.at, hand.mint, hand.recorded)
        return edit(recorded(ticket, lost, itsm)) if lost else changed

    return desk.tickets.change(ticket_id, guarded)


def _lost(desk: Desk, before: Ticket, after: Ticket, hand: Signature) -> list[Clock]:
    """The breaches that are not on record and that nothing would tell of after the change."""
    policy = desk.settings.policy
    if policy is None:
        return []
    broken = unrecorded(Case(before, policy, _past(desk, before), hand.at), turns.noted_sweep(desk))
    if not broken:
        return []
    still = {(one.promise, one.due) for one in Case(after, policy, Ledger(), hand.at).clocks if one.state == "breached"}
    return [one for one in broken if (one.promise, one.due) not in still]


def _past(desk: Desk, ticket: Ticket) -> Ledger:
    """What an import has passed over; the rest of what was said has nothing to do with breaches."""
    if not ticket.reference:
        return Ledger()
    from itsm.desk.view import book

    return book(desk, ticket.id)
