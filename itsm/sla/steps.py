"""When a rule is due: its steps, each armed by an instant of the ticket's history and reached at another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from itsm.model.timeline import Timeline
from itsm.sla.calendar import Calendar
from itsm.sla.clocks import Clock, calendar_of, due_at
from itsm.sla.duration import Duration
from itsm.sla.policy import Policy, Rule
from itsm.values import dataclass

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
    start = Step("", armed, armed, cause)
    if rule.every is not None:
        return _within(rule, _repeats(rule.every, calendar, now, start))
    if rule.rrule:
        return _within(rule, _recurring(rule, ZoneInfo(policy.desk.timezone), now, start))
    if rule.after is None:
        return []
    return [Step(rule.after.text, armed, due_at(calendar, armed, rule.after), cause)]


def _thresholds(rule: Rule, running: Sequence[Clock]) -> list[Step]:
    """What of a target is used up, or will be. A clock that was met stops before its later parts."""
    found = []
    for clock in _meant(rule, running):
        for name, seconds in _parts(rule, clock.limit):
            moment = clock.used(seconds)
            if moment is not None and (clock.stopped is None or moment <= clock.stopped):
                found.append(Step(name, clock.start, moment))
    return sorted(found, key=lambda step: step.moment)


def _meant(rule: Rule, running: Sequence[Clock]) -> list[Clock]:
    """The clock of the named target; without a name the ticket's own, and the team's where there is no other."""
    found = [clock for clock in running if clock.promise == rule.of]
    return [clock for clock in found if clock.target == rule.target] if rule.target else found[:1]


def _parts(rule: Rule, limit: int) -> Iterator[tuple[str, int]]:
    """The parts of a target that a rule names, in working seconds since the clock started."""
    yield from ((f"{percent}%", limit * percent // 100) for percent in rule.at)
    if rule.before:
        yield f"before {rule.before.text}", limit - rule.before.total
    if rule.after:
        yield f"after {rule.after.text}", limit + rule.after.total


def _within(rule: Rule, found: list[Step]) -> list[Step]:
    """No more than `max` times, and not later than `until` after it was armed."""
    end = rule.until.total if rule.until else None
    return [
        step
        for step in found
        if (not rule.max or int(step.name) <= rule.max) and (end is None or step.moment <= step.armed + timedelta(seconds=end))
    ]


def _repeats(every: Duration, calendar: Calendar | None, now: datetime, start: Step) -> list[Step]:
    """`every` first fires one period after it was armed."""
    if calendar is None:
        period = timedelta(seconds=every.total)
        reached = max(0, (now - start.armed) // period)
        first = max(1, reached - _LONGEST + 1)
        return [Step(str(n), start.armed, start.armed + n * period, start.cause) for n in range(first, reached + 2)]
    moments = _worked(calendar, every, start.armed)
    while not moments or moments[-1] <= now:
        moments.append(calendar.due(moments[-1] if moments else start.armed, every))
    reached = bisect_right(moments, now)
    first = max(0, reached - _LONGEST)
    return [Step(str(n), start.armed, moment, start.cause) for n, moment in enumerate(moments[first : reached + 1], first + 1)]


@lru_cache(256)
def _worked(_calendar: Calendar, _every: Duration, _armed: datetime) -> list[datetime]:
    """The instants of a repetition in working time as far as they were counted; whoever looks further on adds the next ones."""
    return []


def _recurring(rule: Rule, zone: ZoneInfo, now: datetime, start: Step) -> list[Step]:
    """The instants of an RFC 5545 recurrence on the desk's wall clock, after it was armed, up to the first that is still ahead."""
    from dateutil.rrule import rrulestr

    armed = start.armed.astimezone(zone).replace(tzinfo=None)
    found: list[Step] = []
    for number, local in enumerate(rrulestr(rule.rrule, dtstart=armed).xafter(armed, inc=False), 1):
        moment = local.replace(tzinfo=zone).astimezone(UTC)
        found.append(Step(str(number), start.armed, moment, start.cause))
        if moment > now or number == rule.max:
            break
    return found[-_LONGEST - 1 :]
