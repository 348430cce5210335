"""What a policy would have said, done and broken: histories lived again in virtual time (page 3, sentence 23).

What people did is fixed: each recorded event happens when it happened, and a recorded answer settles what it would settle.
What the rules of some policy did (the sweeper's own moves) is left out and decided anew, so that a policy can be compared with
the one under which the history came about. A move that the policy makes happens to the virtual ticket, once a key; the recorded
history then goes on upon the moved ticket: after a virtual `close` nothing live is due until people change the status again,
and their own closing of what is closed already changes nothing.

Nothing ticks: `rules.judge` says at each instant what is due and what is still ahead, and the next instant is the nearest of that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, groupby, pairwise
from zoneinfo import ZoneInfo

from itsm.errors import ItsmError
from itsm.model.event import Event
from itsm.model.lifecycle import SWEEPER, Signature
from itsm.model.replay import apply, as_it_was
from itsm.model.ticket import Ticket
from itsm.sla.case import Action, Case, Verdict, key
from itsm.sla.counts import BREACH, REFUSED, Counts, Fact, Window
from itsm.sla.ledger import ANYHOW, EVERYONE, Ledger
from itsm.sla.match import AGE, Match, unmet
from itsm.sla.policy import Do, Policy, Rule
from itsm.sla.quiet import ages
from itsm.sla.rules import judge
from itsm.values import replace

_ROUNDS = 20  # moves that follow one from another at one instant; more is a policy that chases its tail, as in the sweep
_SECOND = timedelta(seconds=1)
_NEVER = datetime.max.replace(tzinfo=UTC)

Ahead = dict[str, datetime]
"""When each rule, by name, can next be due."""

Act = Callable[[Ticket, Do, str, Signature, Policy], Ticket]
"""How a move is made: `desk.acting.act`. Raises ItsmError where it can't be."""


def simulate(tickets: Iterable[Ticket], policy: Policy, window: Window, act: Act) -> Counts:
    """What this policy would have come to on these tickets; hours are those of its own zone."""
    counts, zone = Counts(), ZoneInfo(policy.desk.timezone)
    for ticket in tickets:
        if ticket.opened <= window.until:
            counts.take(relive(ticket, policy, window, act), zone)
    return counts


def relive(ticket: Ticket, policy: Policy, window: Window, act: Act, present: Policy | None = None) -> list[Fact]:
    """All that comes of one ticket under this policy within the window, in its order. `present`: whose matrix the recorded priorities
    are from, if not this policy's.
    """
    life = _Life(_born(ticket, present or policy), policy, act)
    happened = list(_happened(ticket, window.until))
    for (at, events), (end, _) in pairwise([*happened, (window.until + _SECOND, [])]):
        life.happen(events)
        life.pass_time(at, end)
    return [fact for fact in life.facts if window.since is None or fact.at >= window.since]


def _happened(ticket: Ticket, until: datetime) -> Iterator[tuple[datetime, list[Event]]]:
    """The recorded events but the sweeper's, those of an instant together. One entered late takes its place in the file's order."""
    now = ticket.opened
    placed: list[tuple[datetime, Event]] = []
    left_out = False
    for event in ticket.history:
        now = max(now, event.at)
        left_out = _by_a_rule(event, after_one=left_out)
        if not left_out:
            placed.append((now, event))
    found = [(at, [event for _, event in group]) for at, group in groupby(placed, key=lambda one: one[0])]
    yield from (one for one in found or [(ticket.opened, [])] if one[0] <= until)


def _by_a_rule(event: Event, *, after_one: bool) -> bool:
    """Whether a sweep made this event; the priority that follows from a field which a rule has set names no rule itself."""
    told = "rule" in event.data or event.kind == "breached" or (event.kind == "prioritized" and after_one)
    return told and event.by == SWEEPER


def _born(ticket: Ticket, matrix: Policy) -> Ticket:
    """The ticket as it was when it was opened. What the matrix had made of it before it was priced anew, no event of an old file tells."""
    if not ticket.history:
        return ticket
    born = as_it_was(ticket, ticket.history[0].id)
    first = next((one for one in ticket.history if one.kind == "prioritized" or "priority" in one.data.get("set", {})), None)
    guess = first is not None and first.kind == "prioritized" and "was" not in first.data
    return replace(born, priority=matrix.priority(born.impact, born.urgency)) if guess else born


class _Life:
    """One ticket as time passes under one policy. The ledger remembers what was said in this life only."""

    def __init__(self, ticket: Ticket, policy: Policy, act: Act) -> None:
        self.ticket = ticket
        self.policy = policy
        self.rules = policy.rules
        self.act = act
        self.book = Ledger()
        self.facts: list[Fact] = []
        self.keys: set[str] = set()
        self.broken: set[tuple[str, bool, datetime]] = set()
        self.numbers = count(1)

    def happen(self, events: Iterable[Event]) -> None:
        """What people did."""
        for event in events:
            if not (event.kind == "closed" and self.ticket.status == "closed"):
                self.ticket = apply(self.ticket, event)

    def pass_time(self, now: datetime, end: datetime) -> None:
        """From one instant until just before another, while nobody does anything."""
        case, ahead = self._case(now), Ahead()
        while now < end:
            self._break_promises(case, now)
            ticket = self.ticket
            case, verdicts = self._settled(case)
            ahead = _ahead(case, verdicts, ahead if self.ticket is ticket else {})
            now = min(ahead.values(), default=_NEVER)
            self._break_promises(case, min(now, end) - _SECOND)
            if now < end:
                case = self._later(case, ahead, now)

    def _case(self, now: datetime) -> Case:
        """The ticket as it is now before those rules that may have something to say while it is so: the others are idle."""
        named = {event.data.get("rule") for event in self.ticket.history}
        self.rules = tuple(one for one in self.policy.rules if one.name in named or not unmet(_ageless(one), self.ticket, now))
        return Case(self.ticket, replace(self.policy, rules=self.rules), self.book, now)

    def _later(self, case: Case, ahead: Ahead, now: datetime) -> Case:
        """The same ticket at a later instant, before the rules whose time it is; of calls that may stand for one another, all."""
        rules = [rule for rule in self.rules if ahead.get(rule.name, _NEVER) <= now]
        topics = {rule.topic for rule in rules if rule.topic}
        rules = [rule for rule in self.rules if rule.topic in topics or rule in rules] if topics else rules
        later = Case(case.ticket, replace(self.policy, rules=tuple(rules)), self.book, now)
        vars(later)["line"] = case.line  # what has happened is the same
        if not any(rule.of for rule in rules):
            vars(later)["clocks"] = case.clocks  # when they run out is the same; how much is left by now nobody asks
        return later

    def _settled(self, case: Case) -> tuple[Case, list[Verdict]]:
        """Do everything that is due now, moves first, as the sweep does it (sentence 13); what the verdicts still say lies ahead."""
        for _ in range(_ROUNDS):
            verdicts = judge(case)
            found = [verdict.action for verdict in verdicts if verdict.state == "due" and verdict.action]
            moves = [action for action in found if action.do]
            for action in moves or found:
                self._keep(action, case.now)
            if not moves:
                break
            case = self._case(case.now)
            self._break_promises(case, case.now)
        return case, verdicts

    def _break_promises(self, case: Case, until: datetime) -> None:
        """What runs out by then, while the ticket is as it is. A promise is broken once, however often it is priced anew afterwards
        (sentence 8); reopened after closing it is a new one.
        """
        for clock in sorted((one for one in case.clocks if one.due and one.stopped is None), key=lambda one: one.due or _NEVER):
            if clock.due and clock.due <= until and (clock.promise, clock.of_team, clock.start) not in self.broken:
                self.broken.add((clock.promise, clock.of_team, clock.start))
                at = max(clock.due, case.now)
                self.facts.append(Fact(at, BREACH, clock.promise, clock.target, self.ticket.priority))

    def _keep(self, action: Action, now: datetime) -> None:
        """Count an action, remember that it was said, and make its move."""
        kind = action.kind
        said = self.book.said
        for who in [(one.id, ANYHOW) for one in action.to] + [(one.id, EVERYONE) for one in action.dropped]:
            said.setdefault(action.key, {})[who] = now
        for one in reversed(action.missed):
            lower = key(action.ticket, action.rule, one, action.kind)
            if lower in said and one.name.isdigit():
                break  # of what repeats, all before it is settled, too
            said.setdefault(lower, {(EVERYONE, EVERYONE): now})
        if action.do or action.command:
            said.setdefault(action.key, {})[EVERYONE, EVERYONE] = now
        if action.do:
            try:
                self.ticket = self.act(self.ticket, action.do, action.rule, self._hand(now), self.policy)
            except ItsmError:
                kind = REFUSED
        if action.key not in self.keys:
            self.keys.add(action.key)
            self.facts.append(Fact(now, kind, action.rule))

    def _hand(self, now: datetime) -> Signature:
        return Signature(SWEEPER, now, lambda: f"virtual-{next(self.numbers)}")


def _ahead(case: Case, verdicts: list[Verdict], before: Ahead) -> Ahead:
    """When each rule can next be due, or the ticket old enough for it. What isn't judged this time stays as it was `before`."""
    judged = {rule.name for rule in case.policy.rules} | {verdict.rule for verdict in verdicts}
    found = [(verdict.rule, verdict.action.due_at) for verdict in verdicts if verdict.state == "waiting" and verdict.action]
    found += [(rule.name, case.ticket.opened + age) for rule in case.policy.rules for age in ages(rule)]
    ahead = {name: at for name, at in before.items() if name not in judged}
    for name, at in found:
        if at > case.now:
            ahead[name] = min(at, ahead.get(name, at))
    return ahead


def _ageless(rule: Rule) -> Match:
    """What a rule asks of a ticket that time alone doesn't change."""
    return tuple(one for one in rule.match if one.field != AGE)
