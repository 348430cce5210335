"""`match:` of a target, a rule or an answer: plain conditions on a ticket's fields, no expression language."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CONTACT, FIELDS, Ticket
from itsm.sla.duration import parse as parse_duration
from itsm.sla.spec import Spec
from itsm.values import dataclass

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, "<=": operator.le, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def _of_contact(name: str) -> Callable[[Ticket], str]:
    return lambda ticket: ticket.contact.get(name, "")


_ALIASES: dict[str, Callable[[Ticket], Any]] = {
    "scored": lambda ticket: ticket.score,
    **{name: _of_contact(name) for name in CONTACT},
}
AGE = "age"  # how long ago the ticket was opened, compared with a duration: '>2d'
NAMES = frozenset(FIELDS) - {"history", "description", "contact"} | frozenset(_ALIASES) | {AGE}


@dataclass(frozen=True, slots=True)
class Condition:
    """One field and what it must be: one of `values` (with `*` as a wildcard), compared (`>=2`), or present at all."""

    field: str
    op: str
    values: tuple[Any, ...]

    def holds(self, ticket: Ticket, now: datetime) -> bool:
        """Whether the ticket meets this condition at `now`."""
        if self.field == AGE:
            return _COMPARE[self.op](_old(ticket, now), self.values[0].total)
        value = self._of(ticket)
        if self.op == "in":
            if value in self.values:  # what most rules ask, and a policy asks it of each ticket some dozen times
                return True
            have = value if isinstance(value, tuple) else (value,)
            return any(_same(one, wanted) for one in have for wanted in self.values)
        if self.op == "present":
            return bool((value not in (None, "", ())) == self.values[0])
        return value is not None and _COMPARE[self.op](value, self.values[0])

    def failure(self, ticket: Ticket) -> str:
        """Why the ticket doesn't meet this condition, in words."""
        if self.field == AGE:
            return f"it isn't {self.op}{self.values[0]} old"
        if self.op == "present":
            return f"{self.field} is {'set' if not self.values[0] else 'not set'}"
        wanted = " or ".join(str(v) for v in self.values) if self.op == "in" else f"{self.op}{self.values[0]}"
        return f"{self.field} is {_word(self._of(ticket))}, not {wanted}"

    def _of(self, ticket: Ticket) -> Any:
        return _ALIASES[self.field](ticket) if self.field in _ALIASES else getattr(ticket, self.field)


Match = tuple[Condition, ...]


def unmet(match: Match, ticket: Ticket, now: datetime) -> Condition | None:
    """The first condition that the ticket doesn't meet at `now`; None if it matches."""
    for one in match:
        if not one.holds(ticket, now):
            return one
    return None


def read_match(spec: Spec) -> Match:
    """The conditions under a `match:`."""
    found = []
    section = spec.sub("match")
    for name, value in section.data.items():
        section.asked.add(name)
        try:
            found.append(condition(name, value))
        except ValueError as error:
            section.wrong(name, str(error), did_you_mean(name, NAMES) if name not in NAMES else "")
    return tuple(found)


def condition(field: str, spec: object) -> Condition:
    """One condition from what sla.yaml says. Raises ValueError in the words of a person who reads that file."""
    if field not in NAMES:
        raise ValueError(f"no such field: {field}")
    if field == AGE:
        return _age(spec)
    if isinstance(spec, bool):
        return Condition(field, "present", (spec,))
    if isinstance(spec, str) and field == "level":
        for sign in _COMPARE:
            if spec.startswith(sign):
                return Condition(field, sign, (_level(spec[len(sign) :]),))
    values = spec if isinstance(spec, list) else [spec]
    if not values or any(not isinstance(value, (str, int)) or isinstance(value, bool) for value in values):
        raise ValueError(f"{field} wants a value, a list of values, or true / false")
    wanted = tuple(_level(value) if field == "level" else str(value) for value in values)
    choices = FIELDS[field].choices if field in FIELDS else ()
    for value in wanted:
        if choices and "*" not in str(value) and value not in choices:
            raise ValueError(f"{field} is never {value}; it is one of {', '.join(choices)}")
    return Condition(field, "in", wanted)


def _age(spec: object) -> Condition:
    for sign in _COMPARE:
        if isinstance(spec, str) and spec.startswith(sign) and sign != "!=":
            return Condition(AGE, sign, (parse_duration(spec[len(sign) :]),))
    raise ValueError("age wants a comparison like '>2d'")


def _level(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise ValueError(f"level wants a whole number or a comparison like '>=2', not {text!r}") from None


def _old(ticket: Ticket, now: datetime) -> int:
    return int((now - ticket.opened).total_seconds())


def _same(value: object, wanted: object) -> bool:
    if isinstance(wanted, str):
        return isinstance(value, str) and (value == wanted or ("*" in wanted and fnmatchcase(value, wanted)))
    return value == wanted


def _word(value: object) -> str:
    if value in (None, "", ()):
        return "not set"
    return ", ".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
