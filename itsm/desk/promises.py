"""What sla.yaml promises, shown and explained; and a new rule armed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

from itsm.desk import turns
from itsm.desk.channels import channels
from itsm.desk.desk import Desk
from itsm.desk.tickets import read
from itsm.desk.view import book
from itsm.errors import Problem, Usage
from itsm.model.event import stamp
from itsm.model.suggest import did_you_mean
from itsm.sla.calendar import ALWAYS, Calendar
from itsm.sla.case import Case, Verdict
from itsm.sla.clocks import Clock
from itsm.sla.duration import Duration
from itsm.sla.hours import DAYS
from itsm.sla.ledger import Ledger
from itsm.sla.match import Condition, Match
from itsm.sla.policy import Channel, Do, FollowUp, Policy, Rule, View
from itsm.sla.reasons import standing
from itsm.sla.rules import judge
from itsm.sla.spec import Mistake
from itsm.store import atomic
from itsm.store.settings import FILE
from itsm.values import replace


def as_json(policy: Policy) -> dict[str, Any]:
    """The policy as read, under the names of sla.yaml, defaults filled in; people, teams and calendars are mappings by name."""
    return {
        "schema": 1,
        "desk": _plain(policy.desk),
        "people": _plain(policy.people),
        "teams": _plain(policy.teams),
        "calendars": {"24x7": _calendar(ALWAYS), **_plain(policy.calendars)},
        "priority": {"matrix": _plain(policy.matrix)},
        "targets": [
            {"name": one.name, "match": _match(one.match), "from": list(one.moments), "calendar": one.calendar, **_plain(one.times)}
            for one in policy.targets
        ],
        "rules": [_rule(rule) for rule in policy.rules],
        "channels": {name: _channel(one) for name, one in policy.channels.items()},
        "views": {name: _view(one) for name, one in policy.views.items()},
    }


def _channel(channel: Channel) -> dict[str, Any]:
    plain = _plain(channel)
    del plain["wants"]  # no key of sla.yaml
    retry = plain["retry"]
    return {**plain, "from": plain.pop("sender"), "retry": {"for": retry.pop("lasting"), **retry}}


def as_text(policy: Policy) -> str:
    """The policy in a few lines: who is there, what is promised, what each rule does."""
    lines = [f"{policy.desk.name}, IDs {policy.desk.prefix}-1, {policy.desk.timezone}", ""]
    lines += [f"team    {team.name:14} level {team.level}  {team.mail}" for team in policy.teams.values()]
    for target in policy.targets:
        times = ", ".join(f"{kind} within {limit}" for kind, limit in target.times.items())
        since = f", from {' or '.join(target.moments)}" if target.moments else ""
        lines.append(f"target  {target.name:14} {times}{since}" + (f" ({target.calendar})" if target.calendar else ""))
    lines += [f"rule    {rule.name:18} {_when(rule)}: {_what(rule)}" for rule in policy.rules]
    return "\n".join(lines)


def warnings(desk: Desk, now: datetime) -> list[Problem]:
    """What in sla.yaml can't be meant although it may be said, each with its line; nothing where it is broken or absent."""
    from itsm.sla.lint import lint

    policy = desk.settings.policy
    if not policy or not desk.settings.raw:
        return []
    found = [*_placed(desk, lint(replace(policy, channels=channels(desk)), now)), *_truths(desk.settings.raw)]
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def _truths(raw: bytes) -> Iterator[Problem]:
    """Words that are text here and true or false elsewhere: in an editor's eyes, or in those of a script that reads sla.yaml."""
    from itsm.store.nodes import truths
    from itsm.store.strict import load

    for one in truths(load(raw, FILE)):
        message = f"{one.text} is a text here, and true or false for many other programs"
        yield Problem(FILE, one.line, message, f"put it in quotes: '{one.text}'", one.column)


def rehearsals(desk: Desk) -> list[Problem]:
    """The channels that send everything elsewhere, each with its line: what is easily forgotten, and no fault."""
    from itsm.sla.lint_desk import rehearsed

    return _placed(desk, [*rehearsed(desk.settings.policy)]) if desk.settings.policy else []


def _placed(desk: Desk, found: Sequence[Mistake]) -> list[Problem]:
    """Findings with the line and column of sla.yaml at which each stands, in that order."""
    from itsm.store.strict import line_of, load

    if not found:
        return []
    tree = load(atomic.read(desk.root / FILE), FILE)
    problems = []
    for one in found:
        line, column = line_of(tree, one.path)
        problems.append(Problem(FILE, line, one.message, one.remedy, column))
    return sorted(problems, key=lambda problem: (problem.line, problem.column))


def explained(desk: Desk, text: str, at: datetime) -> list[dict[str, Any]]:
    """How each promise of a ticket stands at an instant, and every rule's verdict on it."""
    said = book(desk)
    idle = turns.idle_since(turns.last_sweep(desk), at) if said.swept else None
    case = Case(read(desk, text).ticket, desk.policy, said, at, idle_since=idle)
    verdicts = [_put_off(verdict, said) for verdict in judge(case)]
    return [*(_promise(clock, at) for clock in case.clocks), *(_verdict(verdict, case) for verdict in verdicts)]


def arm(desk: Desk, rule: str, now: datetime) -> None:
    """Let a rule that was new say what it passed over. Raises Usage where there is no such rule."""
    if desk.policy.rule(rule) is None:
        raise Usage(f"no such rule: {rule}", hint=did_you_mean(rule, (one.name for one in desk.policy.rules)))
    desk.journal.append([{"fact": "rules", "since": {rule: None}}], now)


def _put_off(verdict: Verdict, said: Ledger) -> Verdict:
    """A move that the last sweep has held is due for the next sweep, and held for whoever asks (sentence 21)."""
    action = verdict.action
    if action is None or verdict.state != "due" or not said.was_put_off(action.key, action.due_at):
        return verdict
    since = said.put_off[action.key]
    return replace(verdict, state="held", because=f"{verdict.why}; held once at {since:%Y-%m-%d %H:%M} UTC, the next sweep does it")


def _promise(clock: Clock, at: datetime) -> dict[str, Any]:
    return {
        "rule": "",
        "target": clock.promise,
        "sla": clock.target,
        "state": clock.state,
        "why": standing(clock),
        "kind": "target",
        "step": "",
        "armed": stamp(clock.start),
        "due": stamp(clock.due) if clock.due else None,
        "paused_seconds": clock.paused(at),
    }


def _verdict(verdict: Verdict, case: Case) -> dict[str, Any]:
    action, rule = verdict.action, case.policy.rule(verdict.rule)
    of = rule.of if rule else ""
    counted = next((one for one in case.clocks if action and one.promise == of and one.start == action.armed), None)
    return {
        "rule": verdict.rule,
        "target": of,
        "sla": counted.target if counted else "",
        "state": verdict.state,
        "why": verdict.why,
        "kind": action.kind if action else "",
        "step": action.step if action else "",
        "armed": stamp(action.armed) if action else None,
        "due": stamp(action.due_at) if action else None,
        "paused_seconds": counted.paused(case.now) if counted else 0,
    }


def _when(rule: Rule) -> str:
    if rule.of:
        parts = [f"at {', '.join(f'{percent}%' for percent in rule.at)} of"] if rule.at else []
        parts += [f"{time} {word}" for time, word in ((rule.before, "before the end of"), (rule.after, "after the end of")) if time]
        return f"{' and '.join(parts)} the time to {rule.of}" + (f" of {rule.target}" if rule.target else "")
    since = " or ".join(rule.moments)
    if rule.rrule:
        return f"{rule.rrule} from {since}"
    return f"every {rule.every} from {since}" if rule.every else f"{rule.after} after {since}"


def _what(rule: Rule) -> str:
    parts = [f"tell {', '.join(rule.notify)}"] if rule.notify else []
    parts += [f"phone: {rule.call}"] if rule.call else []
    parts += [f"run {' '.join(rule.command)}"] if rule.command else []
    return "; ".join([*parts, *(f"{do.kind} ({do.value})" for do in rule.moves)])


def _calendar(value: Calendar) -> dict[str, Any]:
    def clock(second: int) -> str:
        return f"{second // 3600:02}:{second // 60 % 60:02}"

    hours = {day: ", ".join(f"{clock(a)}-{clock(b)}" for a, b in spans) for day, spans in zip(DAYS, value.week, strict=True) if spans}
    holidays = [*sorted(value.holidays.codes), *sorted(str(day) for day in value.holidays.dates)]
    holidays += [f"{month:02}-{day:02}" for month, day in sorted(value.holidays.yearly)]
    return {"timezone": value.zone.key, "hours": hours, "holidays": holidays}


def _rule(rule: Rule) -> dict[str, Any]:
    data = {
        one.name: _plain(getattr(rule, one.name)) for one in fields(rule) if one.name not in ("moments", "moves", "match", "answers", "at")
    }
    answers = {answer: [_follow_up(one) for one in follow_ups] for answer, follow_ups in rule.answers.items()}
    at = [f"{percent}%" for percent in rule.at]
    return {**data, "match": _match(rule.match), "from": list(rule.moments), "at": at, "answers": answers, **_moves(rule.moves)}


def _view(view: View) -> dict[str, Any]:
    return {"filter": str(view.query), "sort": list(view.sort), "columns": list(view.columns), "limit": view.limit}


def _follow_up(one: FollowUp) -> dict[str, Any]:
    data = {"match": _match(one.match), "notify": list(one.notify), "say": one.say, **_moves(one.moves)}
    if one.again:
        data |= {"again": one.again.text, "times": one.times, "then": [_follow_up(then) for then in one.then]}
    return {name: value for name, value in data.items() if value not in ("", [], {})}


def _moves(moves: tuple[Do, ...]) -> dict[str, Any]:
    return {do.kind: _plain(do.value) for do in moves}


def _match(match: Match) -> dict[str, Any]:
    def spec(one: Condition) -> Any:
        if one.op in ("in", "present"):
            return list(one.values) if one.op == "in" else one.values[0]
        return f"{one.op}{one.values[0]}"

    return {one.field: spec(one) for one in match}


def _plain(value: Any) -> Any:
    """Values as plain data. Durations are what was written; a calendar its hours."""
    if isinstance(value, Duration):
        return value.text
    if isinstance(value, Calendar):
        return _calendar(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (tuple, frozenset)) else value
