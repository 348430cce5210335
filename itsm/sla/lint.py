"""What is allowed in sla.yaml and can't be meant: rules that never fire, targets that nothing selects, moves that can't be made.

Each finding is a Mistake with its path, so that its line can be told. They are warnings: the policy works, and `sla check` names them.
Whether a `match` can hold is not guessed: it is held against every kind of ticket that there can be (`lives`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from itsm.model.lifecycle import MOVES
from itsm.model.suggest import did_you_mean, near
from itsm.model.ticket import FIELDS, Ticket
from itsm.sla.lint_desk import of_the_desk
from itsm.sla.lint_people import unreachable
from itsm.sla.lint_views import unknown
from itsm.sla.lives import can_be, covers, impossible, moment_can_be, tickets
from itsm.sla.match import Condition, Match
from itsm.sla.policy import Do, FollowUp, Policy, Rule, Target
from itsm.sla.spec import Mistake, Path

OFTEN = 60  # seconds: cron knows nothing shorter


def lint(policy: Policy, now: datetime) -> list[Mistake]:
    """Everything that can't be meant, in the order of the file's sections. `now` matters to rotas and recurrences."""
    found = [*of_the_desk(policy)]
    for place, target in enumerate(policy.targets):
        found.extend(_target(policy, place, target))
    for place, rule in enumerate(policy.rules):
        found.extend(_rule(policy, ("rules", place), rule, now))
    return list(dict.fromkeys([*found, *unreachable(policy, now), *unknown(policy)]))


# --- targets ----------------------------------------------------------------------------------


def _target(policy: Policy, place: int, target: Target) -> Iterator[Mistake]:
    path: Path = ("targets", place)
    never = f"target {target.name} is never chosen"
    yield from _match(policy, path, target.match, never)
    if not can_be(policy, target.match):
        return
    for earlier in policy.targets[:place]:
        if bool(earlier.moments) == bool(target.moments) and covers(policy, earlier.match, target.match):
            yield Mistake(path, f"{never}: all that it matches goes to {earlier.name}, which comes first", f"put it before {earlier.name}")
            return


# --- rules ------------------------------------------------------------------------------------


def _rule(policy: Policy, path: Path, rule: Rule, now: datetime) -> Iterator[Mistake]:
    never = f"rule {rule.name} never fires"
    yield from _match(policy, path, rule.match, never)
    yield from _idle_keys(path, rule)
    yield from _no_time(path, rule, never, now)
    if can_be(policy, rule.match):
        yield from _no_target(policy, path, rule, never) if rule.of else _no_moment(policy, path, rule, never)
        yield from _moves(policy, path, rule.moves, rule.match)
        for answer, follow_ups in rule.answers.items():
            for place, follow in enumerate(follow_ups):
                where: Path = (*path, "answers", answer, place) if len(follow_ups) > 1 else (*path, "answers", answer)
                yield from _follow_up(policy, where, rule, follow)


def _no_time(path: Path, rule: Rule, never: str, now: datetime) -> Iterator[Mistake]:
    """Keys that are there and say nothing, or contradict each other."""
    if rule.of and not (rule.at or rule.before or rule.after):
        yield Mistake((*path, "at"), f"{never}: it names no part of the target", "at: [75%, 100%]")
    if rule.until and rule.every and rule.until.total < rule.every.total:
        yield Mistake((*path, "until"), f"{never}: until is over before the first {rule.every}", f"until: longer than {rule.every}")
    if rule.rrule:
        coming = _coming(rule.rrule, now)
        if not coming:
            yield Mistake(
                (*path, "rrule"), f"{never}: {rule.rrule} names no time that comes", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0"
            )
        elif coming[1:] and (coming[1] - coming[0]).total_seconds() < OFTEN:
            yield Mistake((*path, "rrule"), f"{rule.rrule} comes more often than a sweep", "FREQ=HOURLY")
    if rule.every and rule.every.total < OFTEN:
        yield Mistake((*path, "every"), f"every {rule.every} is more often than a sweep, which comes once a minute", "every: 1m, or longer")


def _coming(rrule: str, now: datetime) -> list[datetime]:
    """The next two instants of a recurrence: what ended last year has none. (What never comes is refused when it is read.)"""
    from dateutil.rrule import rrulestr

    today = now.replace(tzinfo=None, microsecond=0)
    return list(islice(rrulestr(rrule, dtstart=today).xafter(today), 2))


def _no_moment(policy: Policy, path: Path, rule: Rule, never: str) -> Iterator[Mistake]:
    lives = list(tickets(policy, rule.match, "contacted", "team"))
    for moment in rule.moments:
        if any(moment_can_be(policy, moment, ticket) for ticket in lives):
            return
    if rule.moments:
        words = " or ".join(rule.moments)
        yield Mistake((*path, "from"), f"{never}: no ticket that it matches was ever {words}", _why_no_moment(rule))


def _why_no_moment(rule: Rule) -> str:
    if "told" in rule.moments:
        return "told happens where an answer has mark: told"
    if "escalated" in rule.moments and not any(one.field == "status" for one in rule.match):
        return "escalated wants a team above the first level"
    return "another from, or another match"


def _no_target(policy: Policy, path: Path, rule: Rule, never: str) -> Iterator[Mistake]:
    """A clock runs for tickets that a target with this promise matches; never for cancelled ones, nor for contact before a hand-over."""
    promising = [target for target in policy.targets if rule.of in target.times and rule.target in ("", target.name)]
    without = {"cancelled"} | ({"new"} if rule.of == "contact" else set())
    reached = [one for one in promising if any(t.status not in without for t in tickets(policy, _both(one.match, rule.match)))]
    if not promising:
        nobody = f"target {rule.target} doesn't promise" if rule.target else "no target promises"
        yield Mistake((*path, "of"), f"{never}: {nobody} {rule.of}", f"targets: [{{name: …, {rule.of}: 4h}}]")
    elif not reached:
        names = ", ".join(target.name for target in promising)
        yield Mistake((*path, "of"), f"{never}: what it matches has no time to {rule.of}, which {names} promise", "another match")
    elif rule.before and all(_longer(rule, target) for target in reached):
        longest = max(reached, key=lambda target: target.times[rule.of].total).times[rule.of]
        yield Mistake((*path, "before"), f"{rule.before} before the end of {longest} is before it begins", "a shorter time")


def _longer(rule: Rule, target: Target) -> bool:
    limit = target.times[rule.of]
    return bool(rule.before and not rule.before.days and not limit.days and rule.before.seconds >= limit.seconds)


def _idle_keys(path: Path, rule: Rule) -> Iterator[Mistake]:
    """Keys that change nothing: whoever wrote them believes that they do."""
    told = rule.notify or any(one.notify or any(then.notify for then in one.then) for some in rule.answers.values() for one in some)
    for key, idle, wants in (
        ("say", rule.say and not rule.notify, "notify says to whom"),
        ("notify_in", rule.notify_in and not told, "notify says to whom"),
        ("topic", rule.topic and not rule.call, "calls have a topic"),
        ("calendar", rule.calendar and rule.of, "a target's own calendar counts"),
        ("calendar", rule.calendar and rule.rrule, "rrule goes by the desk's clock"),
    ):
        if idle:
            yield Mistake((*path, key), f"{key} has no effect in rule {rule.name}", wants)


# --- answers and moves ------------------------------------------------------------------------


def _follow_up(policy: Policy, path: Path, rule: Rule, follow: FollowUp) -> Iterator[Mistake]:
    never = f"this answer to {rule.name} leads to nothing"
    both = _both(rule.match, follow.match)
    alone = [*_match(policy, path, follow.match, never)]
    yield from alone
    if not alone and not can_be(policy, both):
        clash = " and ".join(_condition(one) for one in impossible(policy, both))
        yield Mistake((*path, "match"), f"{never}: the call stands only while its rule matches, and no ticket has {clash}", "another match")
        return
    yield from _moves(policy, path, follow.moves, both)
    if follow.say and not follow.notify:
        yield Mistake((*path, "say"), f"say has no effect in an answer to {rule.name}", "notify says to whom")
    for then in follow.then:
        yield from _follow_up(policy, (*path, "then"), rule, then)


def _moves(policy: Policy, path: Path, moves: tuple[Do, ...], match: Match) -> Iterator[Mistake]:
    """What the lifecycle or the file itself would refuse, each time that a sweep tries it."""
    lives = list(tickets(policy, match, "team"))
    for do in moves:
        where = (*path, do.kind)
        if do.kind in ("assign", "escalate"):
            yield from _hand_over(policy, where, do, lives)
        if do.kind == "set":
            yield from _settings(policy, where, do.value)
    # Of several moves each begins where the one before has led; what the first one can't, none can.
    first = next((do for do in moves if do.kind in MOVES), None)
    if first and lives and not any(ticket.status in MOVES[first.kind].start for ticket in lives):
        is_, wants = " or ".join(dict.fromkeys(ticket.status for ticket in lives)), " or ".join(MOVES[first.kind].start)
        yield Mistake((*path, first.kind), f"{first.kind} is never possible: what is matched is {is_}", f"it wants {wants}")


def _hand_over(policy: Policy, where: Path, do: Do, lives: Iterable[Ticket]) -> Iterator[Mistake]:
    if policy.teams and do.value not in policy.teams and (do.value or do.kind == "assign"):
        yield Mistake(where, f"no such team: {do.value}", did_you_mean(str(do.value), policy.teams))
    elif do.kind == "escalate" and do.value in policy.teams:
        level = policy.teams[do.value].level
        if all(level <= (1 if ticket.level is None else ticket.level) for ticket in lives):
            yield Mistake(
                where, f"{do.value} is level {level}, which is above no ticket that is matched", "a team of a higher level, or assign"
            )


def _settings(policy: Policy, where: Path, values: Mapping[str, str]) -> Iterator[Mistake]:
    priorities = {priority for row in policy.matrix.values() for priority in row.values()}
    value = values.get("priority", "")
    if value and priorities and value not in priorities:
        yield Mistake((*where, "priority"), f"priority is never {value}", did_you_mean(value, priorities))


# --- match ------------------------------------------------------------------------------------


def _match(policy: Policy, path: Path, match: Match, never: str) -> Iterator[Mistake]:
    """What in a match no ticket can meet: a condition, a value of one that has others, or conditions that exclude each other."""
    clash = impossible(policy, match)
    if len(clash) == 1:
        yield Mistake((*path, "match", clash[0].field), f"{never}: no ticket has {_condition(clash[0])}", _instead(policy, clash[0]))
    elif clash:
        words = " and ".join(_condition(one) for one in clash)
        yield Mistake((*path, "match"), f"{never}: no ticket has {words}", "one of them excludes the other")
    for one in match:
        if one.op == "in" and one not in clash:
            single = (Condition(one.field, "in", (value,)) for value in one.values)
            for part in single:
                if not can_be(policy, (part,)):
                    yield Mistake((*path, "match", one.field), f"no ticket has {_condition(part)}", _instead(policy, part))


def _instead(policy: Policy, one: Condition) -> str:
    """What such a field can be."""
    if one.field == "level":
        return f"the teams are of level {', '.join(map(str, sorted({team.level for team in policy.teams.values()})))}"
    known: Iterable[str] = FIELDS[one.field].choices if one.field in FIELDS else ()
    if one.field == "team":
        known = policy.teams
    if one.field == "priority":
        known = {priority for row in policy.matrix.values() for priority in row.values()}
    words = sorted(known)
    if not words:
        return "true or false: whether it is set"
    return did_you_mean(str(one.values[0]), words) if near(str(one.values[0]), words) else f"one of {', '.join(words)}"


def _condition(one: Condition) -> str:
    """`status closed`, `level >=3`, `no team`."""
    if one.op == "present":
        return f"{'a' if one.values[0] else 'no'} {one.field}"
    return f"{one.field} {' or '.join(map(str, one.values)) if one.op == 'in' else f'{one.op}{one.values[0]}'}"


def _both(one: Match, other: Match) -> Match:
    return (*one, *other)
