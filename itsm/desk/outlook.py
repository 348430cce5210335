"""What the live tickets come to for who only looks: from the index as long as nothing about one can have changed, else from its file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from itsm.desk.desk import Desk
from itsm.desk.sight import glance
from itsm.errors import Problem
from itsm.sla.case import Case, Verdict
from itsm.sla.rules import judge
from itsm.store.codec import Document
from itsm.store.ticket_folder import by_number
from itsm.values import dataclass

Rows = list[dict[str, Any]]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What every ticket came to, the tickets by number; the files that can't be read, and what lies among them and is no ticket."""

    rows: Rows
    problems: list[Problem]
    strays: list[Problem]


def outlook(desk: Desk, way: str, now: datetime, rows: Callable[[Case, Sequence[Verdict]], Rows]) -> Outlook:
    """What `rows` makes of each ticket, as JSON. It is kept in the index under the name `way`, so it must be the same at any instant before
    the verdicts change; but for words that count days. Raises Invalid where sla.yaml is broken.
    """
    policy, sight, problems = desk.policy, glance(desk, way, now), []
    kept = [(one, known.seen) for one, known in sight.still.items() if known.seen]
    found: dict[str, Rows] = dict(zip([one for one, _ in kept], json.loads(f"[{','.join(seen for _, seen in kept)}]"), strict=True))
    for one in sight.every():
        if isinstance(one, Document):
            case = Case(one.ticket, policy, sight.book, now)
            verdicts = judge(case)
            found[one.ticket.id] = made = rows(case, verdicts)
            sight.judged(case, verdicts, json.dumps(made), _next_day(case, verdicts))
        else:
            problems.extend(one.problems)
    sight.remember()
    return Outlook([row for one in sorted(found, key=by_number) for row in found[one]], problems, sight.strays)


def _next_day(case: Case, verdicts: Sequence[Verdict]) -> datetime | None:
    """When a text next says another number of days than now."""
    armed = [one.action.armed for one in verdicts if one.action and "{days}" in _words(case, one)]
    return min((one + ((case.now - one) // _DAY + 1) * _DAY for one in armed), default=None)


def _words(case: Case, verdict: Verdict) -> str:
    rule = case.policy.rule(verdict.rule)
    return f"{rule.say} {rule.call}" if rule else ""
