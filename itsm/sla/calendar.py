"""Working time: a calendar's wall-clock windows turned into real elapsed seconds (sentences 1-5 of page 3).

A year of a calendar is one table of running sums, made from the week's pattern with only its odd days (holidays, exceptions,
clock changes) worked out one by one. A question is then two look-ups by bisection and costs the same for 10 hours and for 10,000.

Every instant that goes in or comes out is timezone-aware, comes out in UTC, and counts whole seconds (fractions are dropped).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from itsm.sla.duration import Duration
from itsm.sla.holiday import Holidays
from itsm.sla.hours import (
    DAY,
    Spans,
    Week,
    clock_changes,
    covers,
    epoch,
    instant,
    merge,
    utc,
    within,
)
from itsm.values import dataclass, field

HORIZON = timedelta(days=400)
_YEARS = range(2, 9999)
_PATIENCE = 40
"""Empty years after which the search for working time ends: weekdays and dates come together again every 28 years, 40 across 2100."""


@dataclass(frozen=True, slots=True)
class _Year:
    """`seconds[n]` and `days[n]`: how much working time and how many working days lie before the n-th day of the year; the last: in all."""

    first: int
    seconds: list[int]
    days: list[int]


@dataclass(frozen=True)
class Calendar:
    """Windows a weekday, minus holidays, in one time zone; `exceptions` are dates with hours of their own, stronger than both.

    `makeup` are the hours of a weekend day that the country works in exchange for a holiday; (): that day is like its weekday.
    """

    name: str
    zone: ZoneInfo
    week: Week
    holidays: Holidays = field(default_factory=Holidays)
    exceptions: Mapping[date, Spans] = field(default_factory=dict, hash=False)
    makeup: Spans = ()
    _plain: tuple[Spans, ...] = field(init=False, repr=False, compare=False)
    _continuous: bool = field(init=False, repr=False, compare=False)
    _overnight: bool = field(init=False, repr=False, compare=False)
    _unlike: dict[int, tuple[frozenset[int], frozenset[int]]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _years: dict[int, _Year] = field(init=False, repr=False, compare=False, default_factory=dict)
    _open: dict[int, Spans] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        plain = tuple(within(self.week[day], self.week[day - 1]) for day in range(7))
        always = all(spans == ((0, DAY),) for spans in plain) and not self.exceptions and self.holidays == Holidays()
        hours = (*self.week, *self.exceptions.values(), self.makeup)
        object.__setattr__(self, "_plain", plain)
        object.__setattr__(self, "_continuous", always)
        object.__setattr__(self, "_overnight", any(end > DAY for spans in hours for _, end in spans))

    @classmethod
    def always(cls, zone: str | ZoneInfo = "UTC", name: str = "24x7") -> Calendar:
        """24x7. The zone matters for `d` alone: at a clock change the same wall-clock time on the next day is 23 or 25 hours away."""
        day: Spans = ((0, DAY),)
        return cls(name, ZoneInfo(zone) if isinstance(zone, str) else zone, (day,) * 7)

    def due(self, start: datetime, duration: Duration) -> datetime:
        """*start + duration*: first the working days, at the same wall-clock time, then the working seconds.

        The clock starts at the first working instant, so what is opened on Saturday is due like what is opened on Monday at nine.
        A last day that is already closed at that time is used up when it closes (sentence 3: at 18:00, not next morning).
        """
        at = self.next_open(start)
        if duration.days:
            at = utc(self._days_later(epoch(at), duration.days))
            if not duration.seconds:
                return at
        return self.after(at, duration.seconds)

    def after(self, start: datetime, seconds: int) -> datetime:
        """The instant at which so many working seconds after `start` are used up; 0: the first working instant at or after it."""
        if seconds < 0:
            raise ValueError(f"working time is counted forward, not {seconds} s")
        begin = epoch(start)
        if self._continuous:
            return utc(begin + seconds)
        year, used = self._used(begin)
        day, left = self._seek(year, used + seconds, opening=not seconds)
        for opens, closes in self._pieces(day):
            if left < closes - opens or (seconds and left == closes - opens):
                return utc(opens + left)
            left -= closes - opens
        raise AssertionError("the year's table disagrees with its day")

    def between(self, start: datetime, end: datetime) -> int:
        """Working seconds in `[start, end)`; 0 if the end comes first (sentence 4)."""
        begin, stop = epoch(start), epoch(end)
        if stop <= begin:
            return 0
        if self._continuous:
            return stop - begin
        (first, before), (last, used) = self._used(begin), self._used(stop)
        return used - before + sum(self._year(year).seconds[-1] for year in range(first, last))

    def next_open(self, at: datetime) -> datetime:
        """The first working instant at or after `at`."""
        return self.after(at, 0)

    def is_open(self, at: datetime) -> bool:
        """Whether this instant is working time."""
        second = epoch(at)
        return any(opens <= second < closes for opens, closes in self._pieces(self._day(second)[0]))

    def check(self, reference: datetime) -> None:
        """ValueError unless there is working time in the 400 days from `reference` (sentence 4; glpi#6010: endless loop)."""
        if not self.between(reference, reference + HORIZON):
            raise ValueError(f"calendar {self.name} has no working time in the {HORIZON.days} days from {reference.date()}: give it hours")

    def hours_on(self, when: date) -> Spans:
        """The windows that begin on this date, in wall-clock seconds."""
        own, day = self.exceptions.get(when), when.toordinal()
        if own is not None:
            return own
        closed, made_up = self._odd(when.year)
        if day in closed:
            return ()
        return self.makeup if self.makeup and day in made_up else self.week[when.weekday()]

    def _spans(self, day: int) -> Spans:
        return self.hours_on(date.fromordinal(day))

    def _odd(self, year: int) -> tuple[frozenset[int], frozenset[int]]:
        """The holidays of this year, and its days that make up for one."""
        if year not in self._unlike:
            self._unlike[year] = self.holidays.in_year(year), self.holidays.made_up_in(year)
        return self._unlike[year]

    def _pieces(self, day: int) -> Spans:
        """The working time from this date's midnight to the next, as instants: its own windows and what reaches in from the day before."""
        found = self._open.get(day)
        if found is None:
            wall = within(self._spans(day), self._spans(day - 1) if self._overnight else ())
            found = merge((instant(self.zone, day, start), instant(self.zone, day, end)) for start, end in wall)
            self._open[day] = found
        return found

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            if year not in _YEARS:
                raise ValueError(f"calendar {self.name}: the year {year} is out of reach")
            found = self._years[year] = self._tabulate(year)
        return found

    def _tabulate(self, year: int) -> _Year:
        first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        odd = frozenset.union(*self._odd(year)) | {day.toordinal() for day in self.exceptions if day.year == year}
        if self._overnight:
            odd |= {first, *(day + 1 for day in odd)}
        odd |= clock_changes(self.zone, year)
        monday, length = (first - 1) % 7, last - first + 1
        seconds = ([sum(end - start for start, end in spans) for spans in self._plain] * 54)[monday : monday + length]
        days = ([bool(spans) for spans in self.week] * 54)[monday : monday + length]
        for day in odd:
            if day <= last:
                seconds[day - first] = sum(closes - opens for opens, closes in self._pieces(day))
                days[day - first] = self._is_working_day(day)
        return _Year(first, list(accumulate(seconds, initial=0)), list(accumulate(days, initial=0)))

    def _is_working_day(self, day: int) -> bool:
        """Whether any working time begins on it: a date or a window that a clock change swallows has none (Samoa, 2011-12-30)."""
        return any(instant(self.zone, day, start) < instant(self.zone, day, end) for start, end in self._spans(day))

    def _day(self, second: int) -> tuple[int, datetime]:
        """The date that this instant belongs to, and the local time. Where clocks go back over midnight, what comes after the first
        midnight belongs to the new date, although the wall shows the old one again.
        """
        local = utc(second).astimezone(self.zone)
        day = local.toordinal()
        while local.fold and second >= instant(self.zone, day + 1, 0):
            day += 1
        return day, local

    def _used(self, second: int) -> tuple[int, int]:
        """The local year of this instant, and the working seconds from the year's beginning until it."""
        day, _ = self._day(second)
        year = date.fromordinal(day).year
        table = self._year(year)
        today = sum(min(second, closes) - opens for opens, closes in self._pieces(day) if opens < second)
        return year, table.seconds[day - table.first] + today

    def _seek(self, year: int, count: int, *, opening: bool = False, days: bool = False) -> tuple[int, int]:
        """The day on which the running sum since the year's beginning reaches `count` (`opening`: exceeds it), and the rest then."""
        empty = 0
        while True:
            table = self._year(year)
            sums = table.days if days else table.seconds
            if count < sums[-1] or (count == sums[-1] and not opening):
                index = (bisect_right if opening else bisect_left)(sums, count) - 1
                return table.first + index, count - sums[index]
            count -= sums[-1]
            empty = 0 if sums[-1] else empty + 1
            year += 1
            if empty > _PATIENCE:
                raise ValueError(f"calendar {self.name} has no working time after {year - empty}")

    def _days_later(self, second: int, days: int) -> int:
        """The same wall-clock time so many working days later. A shift over midnight belongs to the day on which it begins."""
        _, local = self._day(second)
        day, wall = local.toordinal(), local.hour * 3600 + local.minute * 60 + local.second
        if not covers(self._spans(day), wall) and covers(self._spans(day - 1), wall + DAY):
            day, wall = day - 1, wall + DAY
        year = date.fromordinal(day).year
        table = self._year(year)
        target, _ = self._seek(year, table.days[day - table.first + 1] + days, days=True)
        spans = self._spans(target)
        if not covers(spans, wall):
            wall = max((end for _, end in spans if end <= wall), default=min(start for start, _ in spans))
        return instant(self.zone, target, wall)


ALWAYS = Calendar.always()
"""24x7 in UTC, where every day has 24 hours: `d` is 24 h elapsed."""
