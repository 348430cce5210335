"""The promises' clocks: contact, update and resolve; running, paused, met or breached, and until when (page 3, sentences 6–10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from itsm.model.event import Event
from itsm.model.ticket import Ticket
from itsm.model.timeline import Timeline
from itsm.sla.calendar import ALWAYS, Calendar
from itsm.sla.duration import Duration
from itsm.sla.policy import Policy, Target
from itsm.values import dataclass, replace

State = Literal["running", "paused", "met", "breached"]
Span = tuple[datetime, datetime | None]
Bounds = tuple[datetime, datetime | None] | None


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise to one ticket: `promise` is contact, update or resolve, `target` the name of the SLA that it stands in.

    `due` is None while the clock stands still; `remaining` is working seconds, negative once late; `stopped` is when it was kept;
    `undisturbed` is when it would have been due without any standstill. `breach` is what the history has of its being broken: from
    then on it is `breached`, whatever its price has become since (sentence 8); `due` and `remaining` are those of its present price.
    `of_team`: what a team owes another (sentence 11), beside what the customer was promised.
    """

    target: str
    promise: str
    start: datetime
    stopped: datetime | None
    due: datetime | None
    state: State
    remaining: int
    limit: int
    undisturbed: datetime
    calendar: Calendar
    standstills: tuple[Span, ...]
    of_team: bool = False
    breach: Event | None = None

    def used(self, seconds: int) -> datetime | None:
        """The instant at which so many working seconds of it are, or were, used up; None if a standstill without an end comes before."""
        part = self.undisturbed if seconds == self.limit else self.calendar.after(self.start, max(0, seconds))
        return _reach(self.calendar, self.start, part, self.standstills)

    def paused(self, now: datetime) -> int:
        """The working seconds in which it stood still until `now`: waiting, or counted as solved before a reopening."""
        return still(self.calendar, self.standstills, self.start, now)

    def reached(self, percent: int) -> datetime | None:
        """The same for a part of the limit."""
        return self.used(self.limit * percent // 100)


def due_at(calendar: Calendar | None, start: datetime, limit: Duration) -> datetime:
    """`start` plus a duration: working time where there is a calendar, else plain elapsed time."""
    return calendar.due(start, limit) if calendar else start + timedelta(seconds=limit.total)


def calendar_of(policy: Policy, name: str) -> Calendar:
    """The calendar of this name; `24x7` and no name mean always."""
    return policy.calendars.get(name, ALWAYS)


def clocks(ticket: Ticket, line: Timeline, policy: Policy, now: datetime) -> list[Clock]:
    """The clocks of the ticket's SLA at `now`, in the order contact, update, resolve; then those of its team's target."""
    if ticket.status == "cancelled":
        return []
    found = []
    for target in policy.targets_for(ticket):
        for kind in target.times:
            bounds = _since(target, kind, line, _bounds(kind, ticket, line))
            if bounds is not None:
                clock = _clock(kind, target, bounds, _standstills(kind, line, bounds[0], bounds[1]), policy, now)
                breach = next((one for one in line.breaches if _is_of(one, clock)), None)
                found.append(replace(clock, state="breached", breach=breach) if breach else clock)
    return found


def _is_of(breach: Event, clock: Clock) -> bool:
    """Whether this is on record of this promise: the customer's is one however it is priced, a team's goes by its name. What was due before
    the clock began was due by an earlier one, though it may have been recorded by the very command that began this.
    """
    if breach.at < clock.start or (clock.limit and breach.data.get("due", breach.at) <= clock.start):
        return False
    return breach.data.get("target") == clock.promise and breach.data.get("sla", "") == (clock.target if clock.of_team else "")


def _since(target: Target, kind: str, line: Timeline, bounds: Bounds) -> Bounds:
    """What a team owes begins when it was given the ticket, or with the latest of whatever `from` names; before that nothing runs."""
    if bounds is None or not target.moments:
        return bounds
    armed = max((line.moments[name] for name in target.moments if name in line.moments), default=None)
    if armed is None:
        return None
    return armed if kind == "contact" else max(armed, bounds[0]), bounds[1]


def stopped(kind: str, field: Callable[[str], Any]) -> Any:
    """When a promise of this kind was stopped for good (None: not yet), as the ticket's fields of these names have it."""
    done = (field("resolved") or field("closed")) if field("status") in ("resolved", "closed") else None
    return (field("contacted") or done) if kind == "contact" else done


def _bounds(kind: str, ticket: Ticket, line: Timeline) -> Bounds:
    """When a clock started, and when it was stopped for good (None: not yet)."""
    moments, stop = line.moments, stopped(kind, partial(getattr, ticket))
    if kind == "resolve":
        return max(filter(None, (ticket.opened, line.restarted))), stop
    start = (moments.get("escalated") or moments.get("assigned")) if kind == "contact" else line.unanswered
    return None if start is None else (start, stop)


def _standstills(kind: str, line: Timeline, start: datetime, stop: datetime | None) -> tuple[Span, ...]:
    """The spans in which the clock doesn't run, in order, cut to what lies between start and stop."""
    spans = [*line.pauses, *(span for span in line.solved if kind == "resolve" and span[1] is not None)]
    cut = [
        (max(begin, start), stop if stop is not None and (end is None or end > stop) else end)
        for begin, end in spans
        if (end is None or end > start) and (stop is None or begin < stop)
    ]
    return tuple(sorted(cut, key=lambda span: span[0]))


def _reach(calendar: Calendar, start: datetime, moment: datetime, standstills: tuple[Span, ...]) -> datetime | None:
    """Where `moment` moves to when the standstills since `start` are given back; of each only its working time (glpi#10594)."""
    covered = start
    for begin, end in standstills:
        if begin >= moment:
            break
        if end is None:
            return None
        given_back = calendar.between(max(begin, covered), end)
        covered = max(covered, end)
        if given_back:  # none: what is due at 18:00 stays so, and doesn't become due next morning
            moment = calendar.after(moment, given_back)
    return moment


def _clock(
    kind: str, target: Target, bounds: tuple[datetime, datetime | None], standstills: tuple[Span, ...], policy: Policy, now: datetime
) -> Clock:
    start, stop = bounds
    calendar = calendar_of(policy, target.calendar)
    undisturbed = calendar.due(start, target.times[kind])
    limit = calendar.between(start, undisturbed)
    due = _reach(calendar, start, undisturbed, standstills)
    state, remaining = (
        standing(calendar, due, stop, now, standstills) if due else ("paused", _left(calendar, start, undisturbed, standstills))
    )
    return Clock(target.name, kind, start, stop, due, state, remaining, limit, undisturbed, calendar, standstills, bool(target.moments))


def standing(calendar: Calendar, due: datetime, stop: datetime | None, now: datetime, standstills: Iterable[Span]) -> tuple[State, int]:
    """How a clock stands that was stopped, or is looked at now, and the working seconds that are left. It grows no later while it waits."""
    at = stop or now
    late = at > due if stop else at >= due
    remaining = still(calendar, standstills, due, at) - calendar.between(due, at) if late else calendar.between(at, due)
    return ("breached" if late else "met" if stop else "running"), remaining


def still(calendar: Calendar, standstills: Iterable[Span], start: datetime, until: datetime) -> int:
    """The working seconds between two instants in which a clock stands still. The standstills come in order, and may overlap."""
    seconds, covered = 0, start
    for begin, end in standstills:
        ended = min(end or until, until)
        seconds += calendar.between(max(begin, covered), ended)
        covered = max(covered, ended)
    return seconds


def _left(calendar: Calendar, start: datetime, undisturbed: datetime, standstills: tuple[Span, ...]) -> int:
    """Working seconds left while the clock stands still: what hadn't been used when the open standstill began."""
    closed = tuple(span for span in standstills if span[1] is not None)
    began = next(begin for begin, end in standstills if end is None)
    would_be = _reach(calendar, start, undisturbed, closed)
    return calendar.between(began, would_be) if would_be else 0
