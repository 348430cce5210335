"""The table of moves: (ticket, command, who and when) → the ticket with one more event, or a refusal that says what is possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from itsm.errors import Refused
from itsm.model.event import Event
from itsm.model.replay import apply, rebuilt
from itsm.model.ticket import LIVE, STATUSES, Ticket
from itsm.values import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """One command: the kind of event that it writes and the statuses from which it may start."""

    event: str
    start: tuple[str, ...]


SWEEPER = "itsm"  # who did it, in the history of a ticket that a rule has moved
_OPEN = ("new", "assigned", "in-progress", "pending")

MOVES: dict[str, Move] = {
    "assign": Move("assigned", _OPEN),
    "escalate": Move("escalated", _OPEN),
    "start": Move("started", ("assigned",)),
    "pend": Move("pending", ("new", "assigned", "in-progress")),
    "resume": Move("resumed", ("pending",)),
    "resolve": Move("resolved", LIVE),
    "reopen": Move("reopened", ("resolved", "closed")),
    "close": Move("closed", LIVE),
    "cancel": Move("cancelled", LIVE),
    "contacted": Move("contacted", STATUSES),
    "note": Move("noted", STATUSES),
    "set": Move("set", STATUSES),
    "link": Move("linked", STATUSES),
    "answer": Move("answered", STATUSES),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who acts, and when (UTC). `recorded` is the clock's time where `at` is earlier; `mint` gives each event its ID."""

    by: str
    at: datetime
    mint: Callable[[], str]
    recorded: datetime | None = None

    def event(self, kind: str, data: Mapping[str, Any]) -> Event:
        """An event of this hand. Particulars without a value are left out."""
        said = {name: value for name, value in data.items() if value not in (None, "", (), {})}
        return Event(self.mint(), self.at, self.by, kind, said, self.recorded)


def opened(ticket: Ticket, hand: Signature) -> Ticket:
    """A new ticket with the first event of its history (M8)."""
    return apply(ticket, hand.event("opened", {}))


def move(ticket: Ticket, command: str, hand: Signature, **data: Any) -> Ticket:
    """The ticket after `command`. Raises Refused where the table doesn't allow it or the instant lies before the ticket."""
    step = MOVES[command]
    if ticket.status not in step.start:
        raise Refused(f"{ticket.id} is {ticket.status}: {command} isn't possible", hint=f"possible now: {', '.join(possible(ticket))}")
    if command == "close" and ticket.status != "resolved" and not (data.get("how") or data.get("rule")):
        raise Refused(
            f"{ticket.id} is {ticket.status}: close needs --how, or resolve it first",
            hint=f"itsm close {ticket.id} --how 'what was done'",
        )
    if hand.at < ticket.opened:
        raise Refused(f"{ticket.id} was opened later than that, at {ticket.opened:%Y-%m-%d %H:%M:%S} UTC", hint="give a later --at")
    return apply(ticket, hand.event(step.event, {**_particulars(ticket, command), **data}))


def possible(ticket: Ticket) -> list[str]:
    """The commands that this ticket's status allows."""
    return [name for name, step in MOVES.items() if ticket.status in step.start]


def mark(ticket: Ticket, name: str, hand: Signature, rule: str) -> Ticket:
    """Put a mark that a rule or an answer asks for: `contacted` (M15) or `told` (M19)."""
    return apply(ticket, hand.event(name, {"rule": rule}))


def prioritized(ticket: Ticket, priority: str, hand: Signature) -> Ticket:
    """Give the ticket the priority that the desk's matrix says, unless it has it already."""
    if priority == ticket.priority:
        return ticket
    return apply(ticket, hand.event("prioritized", {"priority": priority, "was": {"priority": ticket.priority}}))


def breached(ticket: Ticket, promise: str, due: datetime, late: int, hand: Signature, sla: str = "") -> Ticket:
    """Put on record that a promise is broken, `late` working seconds ago as it is recorded (page 3, sentence 8); `sla` names a team's."""
    whose = {"sla": sla} if sla else {}
    return apply(ticket, hand.event("breached", {"target": promise, **whose, "due": due, "by_seconds": late}))


def priority_by_hand(ticket: Ticket) -> bool:
    """Whether a person has set the priority, so that the matrix no longer does."""
    said = _priorities(ticket)
    return bool(said) and said[-1].kind == "set" and bool(said[-1].data["set"]["priority"])


def wants_priority(ticket: Ticket) -> bool:
    """Whether a live ticket was never given a priority: it was opened while no policy could say which."""
    graded = ticket.live and bool(ticket.impact and ticket.urgency) and not ticket.priority
    return graded and not ticket.reference and not _priorities(ticket)  # an imported one is as its source had it


def _priorities(ticket: Ticket) -> list[Event]:
    return [e for e in ticket.history if e.kind == "prioritized" or (e.kind == "set" and "priority" in e.data.get("set", {}))]


def before_pause(ticket: Ticket) -> str:
    """What a pending ticket goes back to: what it was, or `assigned` where it was given to a team meanwhile."""
    last = max((n for n, event in enumerate(ticket.history) if event.kind == "pending"), default=0)
    was = rebuilt(_unborn(ticket), ticket.history[:last]).status
    moved = any(event.kind in ("assigned", "escalated") for event in ticket.history[last:])
    return "assigned" if moved or (was == "new" and ticket.team) else was


def _unborn(ticket: Ticket) -> Ticket:
    return Ticket(id=ticket.id, title=ticket.title, opened=ticket.opened)


def _particulars(ticket: Ticket, command: str) -> dict[str, Any]:
    if command == "resume":
        return {"to": before_pause(ticket)}
    if command == "reopen":
        return {"to": "assigned" if ticket.team else "new"}
    return {}
