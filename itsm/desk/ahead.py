"""What comes next on a desk if nobody does anything: the sweep's own function with later instants (page 3, sentence 22)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from itsm.desk.acting import act
from itsm.desk.desk import Desk
from itsm.desk.outlook import Rows, outlook
from itsm.desk.report import action_json
from itsm.desk.tickets import find
from itsm.errors import ItsmError, Problem
from itsm.model.event import stamp
from itsm.model.lifecycle import SWEEPER, Signature
from itsm.sla.case import Action, Case, Verdict
from itsm.sla.rules import judge
from itsm.values import dataclass, replace

_MOVES = 20  # of one ticket; rules that undo one another would go on for ever
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_OURS = ("who", "since", "recipients")  # what a row of the index has beside what `due --json` gives


@dataclass(frozen=True, slots=True)
class Coming:
    """What is due, in the shape of `due --json`, and whom it is for."""

    action: dict[str, Any]
    who: str


def passing(desk: Desk, now: datetime, end: datetime, which: Iterable[str] = ()) -> tuple[list[Coming], list[Problem]]:
    """Everything that is due now or until `end`, as things stand, in order; and the files that couldn't be read. On the tickets `which`,
    if any are named. Raises NotFound.
    """
    only = {find(desk, one) for one in which}
    found, last = outlook(desk, "due", now, _rows), stamp(end)
    rows = [row for row in found.rows if row["due_at"] <= last and (not only or row["ticket"] in only)]
    problems = [one for one in (*found.strays, *found.problems) if not only or Path(one.file).stem in only]
    ordered = sorted(rows, key=lambda row: (row["due_at"], row["key"]))
    return [Coming({name: row[name] for name in row if name not in _OURS}, row["who"]) for row in ordered], problems


def kept_back(desk: Desk, now: datetime) -> Rows:
    """The notices that wait for an hour at which they may be said, their `due_at`; `since` when, and for which `recipients`, with their
    addresses (page 3, sentence 18). What the index knows of is not judged again.
    """
    rows = [row for row in outlook(desk, "due", now, _rows).rows if "since" in row and row["since"] <= stamp(now) < row["due_at"]]
    return sorted(rows, key=lambda row: (row["since"], row["key"]))


def _rows(case: Case, verdicts: Sequence[Verdict]) -> Rows:
    """All that is ahead, however far: until when somebody looks, another day will tell."""
    return [_row(one) for one in coming(case, _EVER, verdicts)]


def _row(one: Action) -> dict[str, Any]:
    waits = {"since": stamp(one.since), "recipients": {who.id: who.address for who in one.to}} if one.since else {}
    return {**action_json(one), "who": ", ".join(who.name or who.role for who in one.to), **waits}


def coming(case: Case, end: datetime, verdicts: Sequence[Verdict]) -> Iterator[Action]:
    """What is due on a ticket until `end`, by these verdicts on it. What follows a move is decided on the moved ticket: a reminder after
    the close isn't.
    """
    seen: set[str] = set()
    began = case.ticket.opened  # of what a move makes due, the time before it doesn't count
    for _ in range(_MOVES):
        found = [verdict.action for verdict in verdicts if verdict.action and verdict.state in ("due", "waiting")]
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
        try:
            verdicts = judge(case)
        except OverflowError:
            return  # instants that no calendar reaches


def _moved(case: Case, move: Action) -> Case | None:
    """The ticket once this is done; None where the lifecycle will refuse it."""
    at = max(move.due_at, case.now)
    try:
        ticket = act(case.ticket, move.do, move.rule, Signature(SWEEPER, at, lambda: "ahead"), case.policy) if move.do else case.ticket
    except ItsmError:
        return None
    return Case(ticket, case.policy, case.book, at, case.channel_of)
