"""What the filters of a list mean: a query, seen at an instant by somebody, is a question to each row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from itsm.errors import Usage
from itsm.model.event import EARLIEST, LATEST, NOTHING, stamp
from itsm.model.ids import number
from itsm.model.query import ME, NONE, Query, Term, Value
from itsm.model.row import Row
from itsm.model.ticket import LIVE
from itsm.patterns import pattern
from itsm.sla.duration import parse as parse_duration
from itsm.values import dataclass, field

Test = Callable[[Row], bool]
_UNDONE = tuple(status for status in LIVE if status != "resolved")
_AHEAD = ("due", "until")  # `<2h` is the time left; of all other instants it is their age
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_DATE = pattern(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII | re.IGNORECASE)
_SECOND = timedelta(seconds=1)
_EXAMPLES = "for example 7d, 2h30m, today, 2026-11-01, 2026-11-01T09:00, 2026-11, or a range: 2026-11-01..2026-11-07"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who looks, when, and on which wall clock. `names` are people's IDs by what they are called."""

    now: datetime
    zone: ZoneInfo
    me: str = ""
    names: Mapping[str, str] = field(default_factory=lambda: NOTHING)


def matcher(query: Query, scene: Scene) -> Test:
    """Whether a row is one of those asked for. Raises Usage for a time or number that can't be understood."""
    tests = [_term(term, scene) for term in sorted(query.terms, key=_cost)]
    if query.live_only:
        tests.insert(0, lambda row: row.live)
    return lambda row: all(one(row) for one in tests)


def literals(query: Query, scene: Scene) -> list[tuple[str, ...]]:
    """What must stand in the fields of a ticket that matches, as JSON writes them, in folded case: of each of these texts one at least.

    So that nobody takes tickets to pieces that can't be meant; whether one of the others is, `matcher` says. JSON escapes each character by
    itself and folding folds each by itself, so that it's the same in which order they are done; and what is escaped has no case.
    """
    return [found for term in query.terms if not term.negated and (found := _literals(term, scene))]


def _literals(term: Term, scene: Scene) -> tuple[str, ...]:
    """Of one term; none where it isn't asked which texts stand in the fields."""
    from json import dumps

    name, kind = term.name, term.kind
    if name == "mine":
        return (dumps(scene.me.casefold(), ensure_ascii=False),)
    if name in ("id", "status", "text") or kind not in ("text", "choice", "words"):
        return ()
    wanted = [(_meant(name, value, scene), bool(value.op) or kind == "words") for value in term.values]
    if (NONE, False) in wanted:  # no field at all
        return ()
    return tuple(text[1:-1] if part else text for one, part in wanted for text in (dumps(one, ensure_ascii=False),))


def due(row: Row) -> str | None:
    """Until when the ticket is to be resolved, while it isn't and the clock runs."""
    promise = row.resolve if row.head.status in _UNDONE else None
    return promise["due"] if promise else None


def have(row: Row, name: str) -> tuple[str, ...]:
    """What the row has for a filter of texts; `none` where it has nothing."""
    fields = row.fields
    if name == "status":
        return fields["status"], "open" if row.live else "ended", "all"
    if name == "organization":
        return (fields.get("contact", NOTHING).get("organization") or NONE,)
    if name == "customer":
        return tuple(fields.get("contact", NOTHING).values()) or (NONE,)
    if name == "tag":
        return tuple(fields.get("tags", ())) or (NONE,)
    return (str(fields.get(name) or NONE),)


def _cost(term: Term) -> int:
    """Fields first, then what must be read, then what must be worked out."""
    return 2 if term.name in ("due", "overdue", "breached") else 1 if term.name == "text" else 0


def _term(term: Term, scene: Scene) -> Test:
    ask = _flag(term.name, scene) if term.kind == "flag" else _any([_value(term, value, scene) for value in term.values])
    return (lambda row: not ask(row)) if term.negated else ask


def _any(tests: list[Test]) -> Test:
    return tests[0] if len(tests) == 1 else lambda row: any(one(row) for one in tests)


def _flag(name: str, scene: Scene) -> Test:
    flags: dict[str, Test] = {
        "overdue": lambda row: due(row) is not None and (row.resolve or NOTHING).get("state") == "breached",
        "breached": lambda row: any(one["state"] == "breached" for one in row.sla),
        "unassigned": lambda row: not row.fields.get("assignee"),
        "mine": lambda row: row.fields.get("assignee") == scene.me,
    }
    return flags[name]


def _value(term: Term, value: Value, scene: Scene) -> Test:
    name, text = term.name, _meant(term.name, value, scene)
    if term.kind == "words":
        return (lambda row: text in str(row.fields["title"]).casefold()) if name == "title" else (lambda row: text in row.text)
    if term.kind == "instant":
        return _instant(name, value, scene)
    if term.kind == "number":
        return _number(name, value)
    if name == "id":
        return lambda row: text in (row.id.casefold(), str(number(row.id)))
    if value.op:
        return lambda row: any(text in one.casefold() for one in have(row, name) if one != NONE)
    return lambda row: any(one.casefold() == text for one in have(row, name))


def _meant(name: str, value: Value, scene: Scene) -> str:
    """The text that is looked for, folded: of a person who is named, the ID."""
    text = value.text.casefold()
    if name == "assignee" and not value.op:
        text = (scene.me if text == ME else scene.names.get(text, text)).casefold()
    return text


def _number(name: str, value: Value) -> Test:
    if value.text == NONE:
        return lambda row: row.fields.get(name) is None
    low, dots, high = value.text.partition("..")
    try:
        bounds = (int(low or 0), int(high or 10**9)) if dots else _compared(value.op, int(low), int(low), 1)
    except ValueError:
        raise Usage(f"{name}:{value.text} is no number", hint=f"{name}:2, '{name}:>1', {name}:1..2 or {name}:{NONE}") from None
    return lambda row: _within(row.fields.get(name), bounds)


def _instant(name: str, value: Value, scene: Scene) -> Test:
    if value.text == NONE:
        return lambda row: _moment(row, name) is None
    try:
        low, high = _bounds(value, scene, ahead=name in _AHEAD)
    except OverflowError:
        raise Usage(f"{name}:{value.text} is out of reach", hint=_EXAMPLES) from None
    stamps = (stamp(low) if low else "", stamp(high) if high else "~")
    return lambda row: _within(_moment(row, name), stamps)


def _moment(row: Row, name: str) -> str | None:
    if name == "due":
        return due(row)
    return row.head.updated if name == "updated" else row.fields.get(name)


def _within(value: Any, bounds: tuple[Any, Any]) -> bool:
    low, high = bounds
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def _bounds(value: Value, scene: Scene, *, ahead: bool) -> tuple[datetime | None, datetime | None]:
    """The first and the last second that are meant, None where there is none.

    A date is a span of time, from its first second to its last. A duration is a point: of an age the longer one is the earlier.
    """
    first, dots, last = value.text.partition("..")
    if not dots:
        low, high, is_age = _span(first, scene, ahead=ahead)
        if low != high:
            return _compared(value.op, low, high, _SECOND)
        op = value.op or ("<=" if is_age is not None else "")
        return _compared(op.translate(_FLIP) if is_age else op, low, high, _SECOND)
    ends = [_span(one, scene, ahead=ahead) for one in (first, last) if one]
    if not ends:
        raise Usage("a range wants a beginning, an end, or both", hint=_EXAMPLES)
    if len(ends) == 2:
        return min(low for low, _, _ in ends), max(high for _, high, _ in ends)
    low, high, is_age = ends[0]
    return (low, None) if bool(first) is not bool(is_age) else (None, high)


_FLIP = str.maketrans("<>", "><")


def _compared(op: str, low: Any, high: Any, step: Any) -> tuple[Any, Any]:
    """What is within, below or above a span, in whole steps."""
    return {"": (low, high), "<": (None, low - step), "<=": (None, high), ">": (high + step, None), ">=": (low, None)}[op]


def _span(text: str, scene: Scene, *, ahead: bool) -> tuple[datetime, datetime, bool | None]:
    """The first and last second of what was written, and whether it is an age; None: it is a date."""
    date = _DATE.fullmatch(text)
    word = text.lower()
    if date or word in _DAYS:
        low, high = _dated(date, scene) if date else _day(_DAYS[word], scene)
        return low, high, None
    if word == "now":
        return scene.now, scene.now, None
    try:
        length = timedelta(seconds=parse_duration(text).total)
    except ValueError as error:
        raise Usage(f"{text!r} is neither a time nor a duration", hint=str(error) if text[:1].isdigit() else _EXAMPLES) from None
    moment = min(max(scene.now + length if ahead else scene.now - length, EARLIEST), LATEST)
    return moment, moment, not ahead


def _day(days: int, scene: Scene) -> tuple[datetime, datetime]:
    day = scene.now.astimezone(scene.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=days)
    return _utc(day, scene.zone), _utc(day + timedelta(days=1), scene.zone) - _SECOND


def _dated(date: re.Match[str], scene: Scene) -> tuple[datetime, datetime]:
    """The span of a year, month, day, minute or second on the desk's wall clock."""
    year, month, day, hour, minute, second, zone = date.groups()
    try:
        start = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))  # noqa: DTZ001 - local
    except ValueError as error:
        raise Usage(f"{date[0]}: {error}", hint=_EXAMPLES) from None
    if not EARLIEST.year <= start.year < LATEST.year:
        raise OverflowError
    if hour:
        there = datetime.fromisoformat(f"{start.isoformat()}{zone.upper()}").astimezone(UTC) if zone else _utc(start, scene.zone)
        return there, there if second else there + timedelta(seconds=59)
    if day:
        end = start + timedelta(days=1)
    elif month:
        end = start.replace(month=start.month % 12 + 1, year=start.year + start.month // 12)
    else:
        end = start.replace(year=start.year + 1)
    return _utc(start, scene.zone), _utc(end, scene.zone) - _SECOND


def _utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
