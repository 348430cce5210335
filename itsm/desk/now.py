"""What the person on shift needs to know at eight in the morning: bare `itsm`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from itsm.desk import calls as desk_calls
from itsm.desk import rows
from itsm.desk.calls import Owed
from itsm.desk.desk import Desk
from itsm.desk.turns import last_sweep
from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.model.row import Promise, Row, by_urgency
from itsm.sla.clocks import stopped
from itsm.sla.ledger import EVERYONE
from itsm.store import recall
from itsm.store.index import Index, used
from itsm.values import dataclass, field

SHIFT = timedelta(hours=8)  # how far ahead "in this shift" looks


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise to one ticket: broken already, or due before the shift ends."""

    row: Row
    promise: Promise


@dataclass(slots=True)
class Now:
    """How the desk stands at `at`. `stuck` are the messages that wait for a person: held, or given up after many tries."""

    at: datetime
    live: int = 0
    calls: list[Owed] = field(default_factory=list)
    breached: list[Promised] = field(default_factory=list)
    due: list[Promised] = field(default_factory=list)
    nobodys: list[Row] = field(default_factory=list)
    overdue_pends: list[Row] = field(default_factory=list)
    stuck: list[dict[str, Any]] = field(default_factory=list)
    last_sweep: datetime | None = None
    problems: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape of `itsm --json`."""
        return {
            "at": stamp(self.at),
            "live": self.live,
            "calls": [one.call for one in self.calls],
            "breached": [_promised(one) for one in self.breached],
            "due": [_promised(one) for one in self.due],
            "nobodys": [_short(one) for one in self.nobodys],
            "overdue_pends": [_short(one) | {"until": one.fields["until"]} for one in self.overdue_pends],
            "messages": self.stuck,
            "last_sweep": stamp(self.last_sweep) if self.last_sweep else None,
            "problems": [one.as_json() for one in self.problems],
        }


def look(desk: Desk, now: datetime) -> Now:
    """Everything that wants somebody at `now`, the most urgent first. With a broken sla.yaml, what can be known without it."""
    found = Now(now, last_sweep=last_sweep(desk), problems=list(desk.settings.problems))
    for row in rows.every(desk, now, found.problems):
        if row.live:
            _sort_in(found, row)
    found.stuck, faults = _stuck(desk)
    found.problems += faults
    if desk.settings.policy:
        found.calls = desk_calls.owed(desk, now)[0]
    for promised in (found.breached, found.due):
        promised.sort(key=lambda one: (one.promise["due"] or stamp(now), *by_urgency(one.row)))
    found.nobodys.sort(key=by_urgency)
    found.overdue_pends.sort(key=lambda one: (one.fields["until"], *by_urgency(one)))
    return found


def _stuck(desk: Desk) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The journal's last word on each message that waits for a person, oldest first; and the lines of it that are none."""

    def use(index: Index) -> tuple[list[dict[str, Any]], list[Problem]]:
        recall.recall(index, desk.journal)
        return recall.of_stuck(index), recall.faults(index, desk.journal)

    facts, faults = used(desk.root, use) or (list(desk.journal.facts()), desk.journal.problems)
    last = {(fact["key"], fact.get("to", EVERYONE)): fact for fact in facts if "key" in fact}
    return [fact for fact in last.values() if fact["fact"] in recall.STUCK], faults


def _sort_in(found: Now, row: Row) -> None:
    fields = row.fields
    found.live += 1
    if not (fields.get("team") or fields.get("assignee") or fields["status"] == "resolved"):
        found.nobodys.append(row)
    if fields["status"] == "pending" and "until" in fields and fields["until"] <= stamp(found.at):
        found.overdue_pends.append(row)
    for one in row.sla:
        if stopped(one["target"], fields.get) is not None:
            continue  # what was late and is done is history
        if one["state"] == "breached":
            found.breached.append(Promised(row, one))
        elif one["state"] == "running" and one["due"] and one["due"] <= stamp(found.at + SHIFT):
            found.due.append(Promised(row, one))


def _short(row: Row) -> dict[str, Any]:
    told = {name: row.fields.get(name, "") for name in ("title", "status", "priority", "team", "assignee", "opened")}
    return {"ticket": row.id, **told}


def _promised(one: Promised) -> dict[str, Any]:
    return {**_short(one.row), **one.promise}
