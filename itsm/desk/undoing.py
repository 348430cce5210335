"""`undo`: a person's last change is taken back, as long as nobody has built on it: no later event, nothing said since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from itsm.desk.desk import Desk
from itsm.errors import ItsmError, Refused
from itsm.model.event import Event, instant
from itsm.model.ids import ulid_time
from itsm.model.ticket import Ticket
from itsm.model.undoing import last_change, taken_back
from itsm.store import atomic
from itsm.store.codec import Document
from itsm.store.locks import own_folder
from itsm.values import dataclass

_NOTE = "undoing.json"
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


def cut_off(desk: Desk, by: str, ticket_id: str = "") -> Ticket | None:
    """The ticket from which this person's last `undo` has taken a change back without living to say so; None where there is none.

    Given again, that command is done: to go on to the change before would take back what nobody meant. Whoever has worked on since,
    on that ticket or, where none is named, on any, means another change.
    """
    note = _noted(desk)
    if note.get("by") != by or ticket_id not in ("", note.get("ticket")):
        return None
    with suppress(ItsmError, KeyError, TypeError):
        ticket = desk.tickets.read(str(note["ticket"])).ticket
        is_as_left = [event.id for event in ticket.history][-1:] == [note["last"]]
        return ticket if is_as_left and (ticket_id or _newest(desk, by) < max(note["taken"])) else None
    return None


def told(desk: Desk) -> None:
    """The person has read that it is done: the next `undo` is another."""
    with suppress(OSError):
        (desk.state / _NOTE).unlink(missing_ok=True)


def undo(desk: Desk, planned: Plan, by: str) -> Ticket:
    """Take it back, if it is still the last word. What is taken back is on the disk before, for `cut_off`."""

    def edit(ticket: Ticket) -> Ticket:
        found = _checked(desk, ticket, by)
        if found.change != planned.change:
            raise Refused(f"{ticket.id} changed underneath", hint="look at it again: itsm log")
        taken, last = [event.id for event in found.change], found.then.history[-1].id
        own_folder(desk.root)
        note = {"by": by, "ticket": ticket.id, "taken": taken, "last": last}
        atomic.replace(desk.state / _NOTE, json.dumps(note).encode("ascii"))
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


def _noted(desk: Desk) -> Mapping[str, Any]:
    """What an `undo` that nobody has read of was about to do; nothing where there is none."""
    with suppress(OSError, ValueError, ItsmError):
        found = json.loads(atomic.read(desk.state / _NOTE))
        return found if isinstance(found, dict) else {}
    return {}


def _newest(desk: Desk, by: str) -> str:
    """The last event of this person on any ticket; "" without one."""
    try:
        return max(event.id for event in _last_of(desk, by).history if event.by == by)
    except Refused:
        return ""


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
