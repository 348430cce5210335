"""What the person on shift needs to know at eight in the morning: bare `itsm`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from itsm.desk import calls as desk_calls
from itsm.desk.calls import Owed
from itsm.desk.desk import Desk
from itsm.desk.turns import last_sweep
from itsm.desk.view import clock_json
from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.model.ids import number
from itsm.model.ticket import Ticket
from itsm.sla.case import Case
from itsm.sla.clocks import Clock
from itsm.sla.ledger import EVERYONE, Ledger
from itsm.store.codec import Document
from itsm.values import dataclass, field

SHIFT = timedelta(hours=8)  # how far ahead "in this shift" looks


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise to one ticket: broken already, or due before the shift ends."""

    ticket: Ticket
    clock: Clock


@dataclass(slots=True)
class Now:
    """How the desk stands at `at`. `stuck` are the messages that wait for a person: held, or given up after many tries."""

    at: datetime
    live: int = 0
    calls: list[Owed] = field(default_factory=list)
    breached: list[Promised] = field(default_factory=list)
    due: list[Promised] = field(default_factory=list)
    nobodys: list[Ticket] = field(default_factory=list)
    overdue_pends: list[Ticket] = field(default_factory=list)
    stuck: list[dict[str, Any]] = field(default_factory=list)
    last_sweep: datetime | None = None
    problems: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape of `itsm --json`."""
        return {
            "at": stamp(self.at),
            "live": self.live,
            "calls": [desk_calls.as_json(one) for one in self.calls],
            "breached": [_promised(one) for one in self.breached],
            "due": [_promised(one) for one in self.due],
            "nobodys": [_short(one) for one in self.nobodys],
            "overdue_pends": [_short(one) | {"until": one.until} for one in self.overdue_pends],
            "messages": self.stuck,
            "last_sweep": stamp(self.last_sweep) if self.last_sweep else None,
            "problems": [one.as_json() for one in self.problems],
        }


def look(desk: Desk, now: datetime) -> Now:
    """Everything that wants somebody at `now`, the most urgent first. With a broken sla.yaml, what can be known without it."""
    found = Now(now, last_sweep=last_sweep(desk), problems=[*desk.settings.problems, *desk.tickets.strays()])
    found.stuck = _stuck(desk)
    tickets = []
    for one in desk.tickets.read_all():
        if isinstance(one, Document):
            tickets.append(one.ticket)
            _sort_in(found, one.ticket, desk)
        else:
            found.problems.extend(one.problems)
    found.problems.extend(desk.journal.problems)
    if desk.settings.policy:
        found.calls = desk_calls.owed_on(desk, tickets, now)
    for promised in (found.breached, found.due):
        promised.sort(key=lambda one: (one.clock.due or now, *_urgency(one.ticket)))
    found.nobodys.sort(key=_urgency)
    found.overdue_pends.sort(key=lambda one: (one.until or now, *_urgency(one)))
    return found


def _stuck(desk: Desk) -> list[dict[str, Any]]:
    """The journal's last word on each message that waits for a person, oldest first."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    for fact in desk.journal.facts():
        if "key" in fact:
            last[fact["key"], fact.get("to", EVERYONE)] = fact
    return [fact for fact in last.values() if fact["fact"] in ("held", "dead")]


def _sort_in(found: Now, ticket: Ticket, desk: Desk) -> None:
    if not ticket.live:
        return
    found.live += 1
    if not (ticket.team or ticket.assignee or ticket.status == "resolved"):
        found.nobodys.append(ticket)
    if ticket.status == "pending" and ticket.until and ticket.until <= found.at:
        found.overdue_pends.append(ticket)
    for clock in _running(ticket, desk, found.at):
        if clock.state == "breached":
            found.breached.append(Promised(ticket, clock))
        elif clock.due and clock.due <= found.at + SHIFT:
            found.due.append(Promised(ticket, clock))


def _running(ticket: Ticket, desk: Desk, now: datetime) -> Iterator[Clock]:
    """The promises that can still be kept or are being broken: what was late and is done is history."""
    for clock in Case(ticket, desk.policy_or_default, Ledger(), now).clocks:
        if clock.stopped is None and clock.state in ("running", "breached"):
            yield clock


def _urgency(ticket: Ticket) -> tuple[str, datetime, int]:
    return ticket.priority or "~", ticket.opened, number(ticket.id)


def _short(ticket: Ticket) -> dict[str, Any]:
    return {
        "ticket": ticket.id, "title": ticket.title, "status": ticket.status, "priority": ticket.priority, "team": ticket.team,
        "assignee": ticket.assignee, "opened": ticket.opened,
    }  # fmt: skip


def _promised(one: Promised) -> dict[str, Any]:
    return _short(one.ticket) | clock_json(one.clock)
