"""Which tickets there can be on a desk: what `sla check` holds a `match` against, to find one that no ticket can ever meet.

The lifecycle's facts as a table: what is set in which status, which teams and priorities the desk knows. A test walks the real
lifecycle and compares. Fields that may hold anything (category, tags, ci, …) are left out: a condition on them can always be met.
Tickets that another system made (`itsm import`) may be odder; nothing here speaks of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any

from itsm.model.ticket import CHANNELS, GRADES, PENDING_FOR, SCORES, STATUSES, TYPES, Ticket
from itsm.sla.match import Condition, Match
from itsm.sla.policy import Policy
from itsm.values import replace

SOME = datetime(2026, 1, 1, tzinfo=UTC)  # an instant, where it only matters that there is one

# What is set in which status: always, or maybe; where a status isn't named, never.
_INSTANTS: dict[str, dict[str, tuple[datetime | None, ...]]] = {
    "opened": dict.fromkeys(STATUSES, (SOME,)),
    "contacted": dict.fromkeys(STATUSES, (None, SOME)),
    "resolved": {"resolved": (SOME,), "closed": (None, SOME), "cancelled": (None, SOME)},
    "closed": {"closed": (SOME,)},
    "until": {"pending": (None, SOME)},
}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "type": TYPES, "impact": (*GRADES, ""), "urgency": (*GRADES, ""), "channel": (*CHANNELS, ""), "score": (None, *SCORES),
}  # fmt: skip
_SAME = {"scored": "score"}  # another name of a field
_PLACE = ("team", "level")


def tickets(policy: Policy, match: Match, *also: str) -> Iterator[Ticket]:
    """A ticket for each status, each place (team and level) and each value of the fields in `also` with which `match` can hold.

    The other fields that `match` names only have to have one: within a status fields don't depend on each other.
    """
    names = {_field(one) for one in match} - {"status", *_PLACE} | set(also) - {*_PLACE}
    placed = policy.teams and (set(also) | {one.field for one in match}) & {*_PLACE}
    for status in STATUSES:
        blank = Ticket("T-1", "x", SOME, status=status)
        if any(not one.holds(blank, SOME) for one in match if one.field == "status"):
            continue
        places: Iterable[tuple[str, int | None]] = _places(policy, status) if placed else [("", None)]
        here = [replace(blank, team=team, level=level) for team, level in places]
        here = [ticket for ticket in here if not placed or not _fails(ticket, match, *_PLACE)]
        values = {
            name: [v for v in values if not _fails(replace(blank, **{name: v}), match, name)]
            for name, values in _domains(policy, names, status)
        }
        if all(values.values()):
            for ticket, *rest in product(here, *(values[name] for name in also if name in values)):
                yield replace(ticket, **dict(zip((name for name in also if name in values), rest, strict=True)))


def _field(one: Condition) -> str:
    return _SAME.get(one.field, one.field)


def _fails(ticket: Ticket, match: Match, *names: str) -> bool:
    return any(not one.holds(ticket, SOME) for one in match if _field(one) in names)


def _domains(policy: Policy, names: Iterable[str], status: str) -> Iterator[tuple[str, Sequence[Any]]]:
    """The fields of which it is known what they can be in this status."""
    for name in names:
        values = _values(policy, name, status)
        if values is not None:
            yield name, values


def can_be(policy: Policy, match: Match) -> bool:
    """Whether any ticket can meet these conditions."""
    return next(tickets(policy, match), None) is not None


def impossible(policy: Policy, match: Match) -> tuple[Condition, ...]:
    """The smallest part of a match that no ticket can meet: one condition, two, or all of it; () where there is none."""
    for one in match:
        if not can_be(policy, (one,)):
            return (one,)
    for n, one in enumerate(match):
        for other in match[:n]:
            if not can_be(policy, (other, one)):
                return (other, one)
    return () if can_be(policy, match) else match


def moment_can_be(policy: Policy, moment: str, ticket: Ticket) -> bool:
    """Whether such a moment can lie in the history of a ticket like this one."""
    if moment in ("assigned", "escalated") and ticket.status == "new":
        return False
    if moment == "escalated" and policy.teams:
        levels = {team.level for team in policy.teams.values()}
        return max(levels) > 1 or levels >= {0, 1}
    if moment == "contacted":
        return ticket.contacted is not None
    return moment != "told" or tells(policy)


def tells(policy: Policy) -> bool:
    """Whether any rule or answer tells a customer of the days that are left (`mark: told`)."""
    follow_ups = [one for rule in policy.rules for some in rule.answers.values() for one in some]
    moves = [do for rule in policy.rules for do in rule.moves] + [do for one in follow_ups for do in one.moves]
    moves += [do for one in follow_ups for then in one.then for do in then.moves]
    return any(do.kind == "mark" and do.value == "told" for do in moves)


def _places(policy: Policy, status: str) -> list[tuple[str, int | None]]:
    """Team and level go together; a new ticket has none, and one at work has one."""
    teams: list[tuple[str, int | None]] = [(team.name, team.level) for team in policy.teams.values()]
    if status in ("assigned", "in-progress"):
        return teams
    return [("", None)] if status == "new" else [("", None), *teams]


def _values(policy: Policy, name: str, status: str) -> Sequence[Any] | None:
    """All that a field can be in a status; None where that can't be told."""
    if name in _INSTANTS:
        return _INSTANTS[name].get(status, (None,))
    if name == "pending_for":
        return (*PENDING_FOR, "") if status == "pending" else ("",)
    if name == "assignee":
        return ("",) if status == "new" else None
    if name == "priority" and policy.matrix:
        return [*dict.fromkeys(priority for row in policy.matrix.values() for priority in row.values()), ""]
    return _CHOICES.get(name)


# --- one match within another -----------------------------------------------------------------


def covers(policy: Policy, wide: Match, narrow: Match) -> bool:
    """Whether every ticket that meets `narrow` meets `wide`."""
    return all(_covers(policy, one, [other for other in narrow if other.field == one.field]) for one in wide)


def _covers(policy: Policy, wide: Condition, narrow: Iterable[Condition]) -> bool:
    narrow = tuple(narrow)
    name = _field(wide)
    if name == "status" or name in _CHOICES or (name in _PLACE and policy.teams) or (name == "priority" and policy.matrix):
        return all(wide.holds(ticket, SOME) for ticket in tickets(policy, narrow, name))
    return any(_implies(one, wide) for one in narrow)


def _implies(narrow: Condition, wide: Condition) -> bool:
    """Whether one condition on a field of any text implies another."""
    if narrow == wide:
        return True
    if wide.op == "present":
        return wide.values[0] and narrow.op == "in"
    if wide.op != "in" or narrow.op != "in":
        return False
    return all(any(_within(value, other) for other in wide.values) for value in narrow.values)


def _within(value: Any, pattern: Any) -> bool:
    """`net*` lies within `n*`: where `*` is the only wildcard, a pattern may be matched as if it were a text."""
    from fnmatch import fnmatchcase

    plain = not isinstance(pattern, str) or not set("?[") & set(pattern)
    return bool(value == pattern or (plain and isinstance(value, str) and "*" in pattern and fnmatchcase(value, pattern)))
