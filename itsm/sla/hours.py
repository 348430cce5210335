"""Wall-clock windows: as they are written (`{mon-fri: '09:00-12:00, 13:00-18:00', sat: '10:00-12:00'}`), as spans of seconds, as instants.

Sentence 2 lives in `instant`: what a wall-clock time is on a day when the clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from itsm.model.suggest import near
from itsm.patterns import pattern

DAY = 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = "write '09:00-12:00, 13:00-18:00'"

Spans = tuple[tuple[int, int], ...]
"""Half-open `[from, to)` in wall-clock seconds since the midnight of the day that they belong to; `to` is past 86,400 over midnight."""
Week = tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]
"""Monday to Sunday."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()
_SECOND = timedelta(seconds=1)
_TIME = pattern(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)


class CalendarError(ValueError):
    """A calendar that can't be meant. `path` leads to the key within the calendar's mapping: `("hours", "mon-fri")`; `()` is all of it."""

    def __init__(self, message: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


def or_rather(word: str, known: Iterable[str]) -> str:
    """`; did you mean CN?`, or nothing when nothing is near. For the end of a message."""
    found = near(word, known)
    return f"; did you mean {' or '.join(found)}?" if found else ""


def merge(spans: Iterable[tuple[int, int]]) -> Spans:
    """Sorted, with overlapping and touching spans made one, so that no second counts twice (sentence 4); empty ones go."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def parse_week(value: object, path: tuple[str, ...]) -> Week:
    """`{mon-fri: …, sat: …}` -> seven days; a day that isn't named is closed, one named twice refused: nobody knows which is meant."""
    if not isinstance(value, Mapping):
        raise CalendarError("hours go by weekday: write {mon-fri: '09:00-18:00'}", path)
    week: list[Spans] = [()] * 7
    named: dict[int, str] = {}
    for key, text in value.items():
        where = (*path, str(key))
        spans = parse_spans(text, where)
        for day in parse_days(key, where):
            if day in named:
                raise CalendarError(
                    f"{DAYS[day]} is given twice, in {named[day]!r} and {str(key)!r}: give all its hours in one place", where
                )
            named[day] = str(key)
            week[day] = spans
    return (week[0], week[1], week[2], week[3], week[4], week[5], week[6])


def parse_days(key: object, path: tuple[str, ...]) -> list[int]:
    """`mon-fri`, `mon,wed,fri`, `fri-mon` (round the weekend) -> numbers of weekdays, Monday = 0."""
    days: list[int] = []
    for part in str(key).lower().split(","):
        opens, dash, closes = part.partition("-")
        ends = [opens.strip(), (closes if dash else opens).strip()]
        for end in ends:
            if end not in DAYS:
                raise CalendarError(f"{end!r} is no weekday, they are {' '.join(DAYS)}" + or_rather(end, DAYS), path)
        first, last = (DAYS.index(end) for end in ends)
        days += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return days


def parse_spans(value: object, path: tuple[str, ...]) -> Spans:
    """`'09:00-12:00, 13:00-18:00'` -> spans; `''` and `[]` are closed."""
    if value is None:
        raise CalendarError(f"hours are missing: {EXAMPLE}, or '' for closed", path)
    spans: list[tuple[int, int]] = []
    for text in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(text, str):
            raise CalendarError(f"{text!r} is not a text: {EXAMPLE}, in quotes", path)
        if text.strip():
            spans += [_span(part.strip(), path) for part in text.split(",")]
    return merge(spans)


def _span(text: str, path: tuple[str, ...]) -> tuple[int, int]:
    opens, dash, closes = text.partition("-")
    if not dash:
        raise CalendarError(f"{text!r} is not a window of time: {EXAMPLE}", path)
    start, end = _second(opens.strip(), path), _second(closes.strip(), path)
    if start == DAY:
        raise CalendarError(f"{text!r} begins at 24:00: a day begins at 00:00", path)
    if start == end:
        raise CalendarError(f"{text!r} begins and ends at the same time: a whole day is '00:00-24:00'", path)
    return start, end if end > start else end + DAY


def _second(text: str, path: tuple[str, ...]) -> int:
    found = _TIME.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (DAY, 0, 0)
    second = hours * 3600 + minutes * 60 + seconds
    if second > DAY:
        raise CalendarError(f"{text!r} is not a time of day, which go from 00:00 to 24:00: {EXAMPLE}", path)
    return second


def parse_zone(value: object, path: tuple[str, ...]) -> ZoneInfo:
    """`Asia/Shanghai` -> its rules."""
    if not isinstance(value, str):
        raise CalendarError(f"{value!r} is not a text: write timezone: Asia/Shanghai", path)
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # OSError: "Asia" is a folder of the zone database
        near = or_rather(value, available_timezones())
        raise CalendarError(f"{value!r} is no time zone{near or ': write Asia/Shanghai or UTC'}", path) from None


def covers(spans: Spans, wall: int) -> bool:
    """Whether this wall-clock second is in one of the spans."""
    return any(start <= wall < end for start, end in spans)


def within(own: Spans, eve: Spans) -> Spans:
    """What of a day's windows, and of those of the day before, lies between the day's two midnights."""
    return merge([(start, min(end, DAY)) for start, end in own] + [(0, end - DAY) for _, end in eve if end > DAY])


def epoch(at: datetime) -> int:
    """Whole seconds since 1970; fractions are dropped."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return (at - _EPOCH) // _SECOND


def utc(second: int) -> datetime:
    """The instant so many seconds after 1970."""
    try:
        return _EPOCH + timedelta(seconds=second)
    except OverflowError:
        raise ValueError("an instant after the year 9999") from None


def instant(zone: ZoneInfo, day: int, second: int) -> int:
    """The first instant at which the wall clock of this date shows `second` or more (sentence 2).

    Of a repeated time that is the first; of a skipped one, the first instant after the gap, found by bisection.
    """
    local = datetime.fromordinal(day) + timedelta(seconds=second)
    wall = (day - _EPOCH_DAY) * DAY + second
    old, new = _offset(zone, local), _offset(zone, local.replace(fold=1))
    if old >= new:
        return wall - old
    low, high = wall - new, wall - old
    while high - low > 1:
        middle = (low + high) // 2
        changed = _offset(zone, utc(middle).astimezone(zone)) == new
        low, high = (low, middle) if changed else (middle, high)
    return high


@lru_cache(maxsize=1024)
def clock_changes(zone: ZoneInfo, year: int) -> frozenset[int]:
    """The dates of this year between whose two midnights the clocks change. No zone has ever changed twice between two midnights."""
    first = date(year, 1, 1).toordinal()
    offsets = [zone.utcoffset(datetime.fromordinal(day)) for day in range(first, date(year + 1, 1, 1).toordinal() + 1)]
    return frozenset(first + n for n in range(len(offsets) - 1) if offsets[n] != offsets[n + 1])


def _offset(zone: ZoneInfo, local: datetime) -> int:
    return (zone.utcoffset(local) or timedelta()) // _SECOND
