"""What comes next on a desk if nobody does anything: the sweep's own function with later instants (page 3, sentence 22)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from itsm.desk.acting import act
from itsm.desk.desk import Desk
from itsm.desk.view import book
from itsm.errors import ItsmError, Problem
from itsm.model.lifecycle import SWEEPER, Signature
from itsm.sla.case import Action, Case
from itsm.sla.rules import judge
from itsm.store.codec import Document
from itsm.values import replace

_MOVES = 20  # of one ticket; rules that undo one another would go on for ever


def passing(desk: Desk, now: datetime, end: datetime) -> tuple[list[Action], list[Problem]]:
    """Everything that is due now or until `end`, as things stand, in order; and the files that couldn't be read."""
    said, policy = book(desk), desk.policy
    found: list[Action] = []
    problems = desk.tickets.strays()
    for one in desk.tickets.read_all():
        if isinstance(one, Document):
            found.extend(coming(Case(one.ticket, policy, said, now), end))
        else:
            problems.extend(one.problems)
    return sorted(found, key=lambda one: (one.due_at, one.key)), problems


def coming(case: Case, end: datetime) -> Iterator[Action]:
    """What is due on a ticket until `end`. What follows a move is decided on the moved ticket: a reminder after the close isn't."""
    seen: set[str] = set()
    began = case.ticket.opened  # of what a move makes due, the time before it doesn't count
    for _ in range(_MOVES):
        found = [verdict.action for verdict in judge(case) if verdict.action and verdict.state in ("due", "waiting")]
        found = [one for one in found if one.due_at <= end and one.key not in seen]
        move = min((one for one in found if one.do), key=lambda one: one.due_at, default=None)
        moved = _moved(case, move) if move else None
        for one in found:
            if moved is None or one is move or one.due_at < moved.now:
                seen.add(one.key)
                yield one if one.due_at >= began else replace(one, due_at=began)
        if moved is None:
            return
        case, began = moved, moved.now


def _moved(case: Case, move: Action) -> Case | None:
    """The ticket once this is done; None where the lifecycle will refuse it."""
    at = max(move.due_at, case.now)
    try:
        ticket = act(case.ticket, move.do, move.rule, Signature(SWEEPER, at, lambda: "ahead"), case.policy) if move.do else case.ticket
    except ItsmError:
        return None
    return Case(ticket, case.policy, case.book, at, case.channel_of)
