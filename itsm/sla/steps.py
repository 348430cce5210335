"""When a rule is due: its steps, each armed by an instant of the ticket's history and reached at another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from itsm.model.replay import Timeline
from itsm.sla.calendar import Calendar
from itsm.sla.clocks import Clock, calendar_of, due_at
from itsm.sla.duration import Duration
from itsm.sla.policy import Policy, Rule

_LONGEST = 366  # a daily rule that nobody has swept for a year names no more of its missed steps than this


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a rule: `armed` is the instant that goes into its key, `moment` when it is reached (UTC), `cause` what armed it."""

    name: str
    armed: datetime
    moment: datetime
    cause: str = ""


def steps(rule: Rule, line: Timeline, running: Sequence[Clock], policy: Policy, now: datetime) -> list[Step]:
    """The steps of a rule in their order: all that are reached at `now`, and the next one, if there is one."""
    if rule.of:
        return _thresholds(rule, running)
    happened = [(line.moments[name], name) for name in rule.moments if name in line.moments]
    if not happened:
        return []
    armed, cause = max(happened)
    calendar = calendar_of(policy, rule.calendar) if rule.calendar else None
    if rule.every is not None:
        return _repeats(rule.every, calendar, now, Step("", armed, armed, cause))
    if rule.after is None:
        return []
    return [Step(rule.after.text, armed, due_at(calendar, armed, rule.after), cause)]


def _thresholds(rule: Rule, running: Sequence[Clock]) -> list[Step]:
    """Parts of a target that are used up, or will be. A clock that was met stops before its later parts."""
    found = []
    for clock in running:
        if clock.promise != rule.of:
            continue
        for percent in rule.at:
            moment = clock.reached(percent)
            if moment is not None and (clock.stopped is None or moment <= clock.stopped):
                found.append(Step(f"{percent}%", clock.start, moment))
    return found


def _repeats(every: Duration, calendar: Calendar | None, now: datetime, start: Step) -> list[Step]:
    """`every` first fires one period after it was armed."""
    if calendar is None:
        period = timedelta(seconds=every.total)
        reached = max(0, (now - start.armed) // period)
        first = max(1, reached - _LONGEST + 1)
        return [replace(start, name=str(n), moment=start.armed + n * period) for n in range(first, reached + 2)]
    found: list[Step] = []
    moment = start.armed
    while moment <= now or not found:
        moment = calendar.due(moment, every)
        found.append(replace(start, name=str(len(found) + 1), moment=moment))
    return found[-_LONGEST - 1 :]
