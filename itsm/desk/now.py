"""What the person on shift needs to know at eight in the morning: bare `itsm`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from itsm.desk import calls as desk_calls
from itsm.desk import rows, turns
from itsm.desk.calls import Owed
from itsm.desk.desk import Desk
from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.model.row import Promise, Row, by_urgency
from itsm.sla.clocks import stopped
from itsm.sla.ledger import EVERYONE
from itsm.store import recall
from itsm.store.index import Index, used
from itsm.values import dataclass, field

if TYPE_CHECKING:
    from itsm.store.outbox import Entry

SHIFT = timedelta(hours=8)  # how far ahead "in this shift" looks


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise to one ticket: broken already, or due before the shift ends."""

    row: Row
    promise: Promise


@dataclass(frozen=True, slots=True)
class Behind:
    """A channel whose messages were tried in vain and are tried again: how many, since when, the reason of most, and when the next is."""

    channel: str
    count: int
    since: datetime
    why: str
    next_try: datetime


@dataclass(slots=True)
class Now:
    """How the desk stands at `at`. `stuck` are the messages that wait for a person: held, or given up after many tries. Those that are
    tried again wait for nobody; that a channel is `behind`, the person on shift wants to know.
    """

    at: datetime
    live: int = 0
    calls: list[Owed] = field(default_factory=list)
    breached: list[Promised] = field(default_factory=list)
    due: list[Promised] = field(default_factory=list)
    nobodys: list[Row] = field(default_factory=list)
    overdue_pends: list[Row] = field(default_factory=list)
    stuck: list[dict[str, Any]] = field(default_factory=list)
    behind: list[Behind] = field(default_factory=list)
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
            "behind": [_behind_json(one) for one in self.behind],
            "last_sweep": stamp(self.last_sweep) if self.last_sweep else None,
            "problems": [one.as_json() for one in self.problems],
        }


def look(desk: Desk, now: datetime) -> Now:
    """Everything that wants somebody at `now`, the most urgent first. With a broken sla.yaml, what can be known without it."""
    found = Now(now, last_sweep=turns.last_sweep(desk), problems=list(desk.settings.problems))
    for row in rows.every(desk, now, found.problems):
        if row.live:
            _sort_in(found, row)
    found.stuck, faults = _stuck(desk)
    found.problems += faults
    found.behind = list(_behind(desk, found.problems))
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


def _behind(desk: Desk, problems: list[Problem]) -> Iterator[Behind]:
    """By channel, as this copy's outbox has it. Where it is empty, as nearly always, only its folder is looked at."""
    if not _any_in(desk.state / "outbox") or (desk.settings.policy and turns.not_sender(desk)):
        return
    by_channel: dict[str, list[Entry]] = {}
    for entry in desk.outbox.waiting():
        if entry.error:
            by_channel.setdefault(entry.channel, []).append(entry)
    problems += desk.outbox.problems
    for channel, entries in sorted(by_channel.items()):
        [(why, _)] = Counter(one.error for one in entries).most_common(1)
        yield Behind(channel, len(entries), min(one.since or one.queued for one in entries), why, min(one.next_try for one in entries))


def _any_in(outbox: Path) -> bool:
    with suppress(OSError):
        return any(one.suffix == ".json" for one in outbox.iterdir())
    return False


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


def _behind_json(one: Behind) -> dict[str, Any]:
    return {"channel": one.channel, "count": one.count, "since": stamp(one.since), "why": one.why, "next_try": stamp(one.next_try)}


def _promised(one: Promised) -> dict[str, Any]:
    return {**_short(one.row), **one.promise}
