"""`undo`: a person's last change is taken back, as long as nobody has built on it: no later event, nothing said since."""

from __future__ import annotations

from collections.abc import Iterator

from itsm.desk.desk import Desk
from itsm.errors import ItsmError, Refused
from itsm.model.event import Event, instant
from itsm.model.ids import ulid_time
from itsm.model.ticket import Ticket
from itsm.model.undoing import last_change, taken_back
from itsm.store.codec import Document
from itsm.values import dataclass

_ACTED = frozenset({"intended", "printed", "sent", "failed", "dead", "held", "done"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be taken back: the ticket as it is, as it was, and the events between."""

    now: Ticket
    then: Ticket
    change: tuple[Event, ...]


def plan(desk: Desk, by: str, ticket_id: str = "") -> Plan:
    """The last change of this person, or of this ticket if it is theirs. Raises Refused with what speaks against it."""
    ticket = desk.tickets.read(ticket_id).ticket if ticket_id else _last_of(desk, by)
    return _checked(desk, ticket, by)


def undo(desk: Desk, planned: Plan, by: str) -> Ticket:
    """Take it back, if it is still the last word."""

    def edit(ticket: Ticket) -> Ticket:
        found = _checked(desk, ticket, by)
        if found.change != planned.change:
            raise Refused(f"{ticket.id} changed underneath", hint="look at it again: itsm log")
        return found.then

    return desk.tickets.change(planned.now.id, edit, "undo").ticket


def _checked(desk: Desk, ticket: Ticket, by: str) -> Plan:
    change = last_change(ticket)
    if not change:
        raise Refused(f"{ticket.id} has no history", hint=f"itsm check names what is wrong with {ticket.id}")
    last = change[-1]
    if last.by != by:
        raise Refused(f"the last word on {ticket.id} is {last.by}'s ({last.kind})", hint=f"itsm log {ticket.id} shows the history")
    since = min(event.recorded or event.at for event in change)
    for fact in desk.journal.facts():
        if fact.get("ticket") == ticket.id and fact["fact"] in _ACTED and instant(fact["at"]) >= since:
            raise Refused(
                f"a sweep has spoken about {ticket.id} since ({fact.get('rule', fact['fact'])}, {fact['at']})",
                hint="what was said can't be taken back: set it right with another command",
            )
    return Plan(ticket, taken_back(ticket, change, desk.policy_or_default.priority), change)


def _last_of(desk: Desk, by: str) -> Ticket:
    """The ticket that this person changed last."""
    best: tuple[str, Ticket] | None = None
    for written, document in _newest_first(desk):
        if best and written < ulid_time(best[0]):
            break  # this file, and all that come after it, were last written before that
        mine = max((event.id for event in document.ticket.history if event.by == by), default="")
        if mine and (best is None or mine > best[0]):
            best = mine, document.ticket
    if best is None:
        raise Refused(f"nothing of {by}'s is to be taken back", hint="--by NAME says whose; itsm log T-42 shows a history")
    return best[1]


def _newest_first(desk: Desk) -> Iterator[tuple[float, Document]]:
    """The live tickets with the Unix times at which their files were written."""
    for written, ticket_id in sorted(desk.tickets.written(), reverse=True):
        try:
            yield written, desk.tickets.read(ticket_id)
        except (ItsmError, OSError):
            continue  # a broken file stops nobody; check names it
