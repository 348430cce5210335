"""Working time by brute force: every minute of a stretch of time is open or not, and a question is answered by counting.

It shares nothing with the program but the words of sentence 2: what the wall clock shows is asked of each instant (never the
other way round), and a wall-clock time is the first instant at which the wall clock has reached it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Windows = list[tuple[int, int]]  # minutes of the day; the end may be on the next one


@dataclass(frozen=True)
class Stretch:
    """The minutes of some days in a zone: `wall[n]` is what the clock shows at minute n, `reached` the first n to show as much or more."""

    zone: ZoneInfo
    first: date
    days: int
    begin: datetime
    wall: list[datetime] = field(repr=False)
    reached: dict[datetime, int] = field(repr=False)


@lru_cache(maxsize=64)
def stretch(zone: str, first: date, days: int) -> Stretch:
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=2)
    info = ZoneInfo(zone)
    wall = [(begin + n * MINUTE).astimezone(info).replace(tzinfo=None, fold=0) for n in range((days + 5) * 1440)]
    reached: dict[datetime, int] = {}
    waiting = wall[0]
    for n, shown in enumerate(wall):
        while waiting <= shown:
            reached[waiting] = n
            waiting += MINUTE
    return Stretch(info, first, days, begin, wall, reached)


@dataclass
class Oracle:
    """A calendar over a stretch. Its answers hold for instants from the stretch's first midnight to its last; None is "not within it"."""

    over: Stretch
    week: list[Windows]
    closed: set[date] = field(default_factory=set)
    exceptions: dict[date, Windows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open = bytearray(len(self.over.wall))
        for n in range(-1, self.over.days):
            day = self.over.first + timedelta(days=n)
            for start, end in self.windows(day):
                since, until = self.minute(day, start), self.minute(day, end)
                self.open[since:until] = b"\1" * (until - since)

    def windows(self, day: date) -> Windows:
        if day in self.exceptions:
            return self.exceptions[day]
        return [] if day in self.closed else self.week[day.weekday()]

    def minute(self, day: date, minute: int) -> int:
        return self.over.reached[datetime(day.year, day.month, day.day) + minute * MINUTE]

    @property
    def begin(self) -> datetime:
        return self._instant(60 * self.minute(self.over.first, 0))

    @property
    def end(self) -> datetime:
        return self._instant(60 * self.minute(self.over.first + timedelta(days=self.over.days), 0))

    def is_open(self, at: datetime) -> bool:
        return bool(self.open[self._second(at) // 60])

    def between(self, start: datetime, end: datetime) -> int:
        since, until = self._second(start), self._second(end)
        if until <= since:
            return 0
        whole = 60 * sum(self.open[since // 60 : until // 60])
        return whole - since % 60 * self.open[since // 60] + until % 60 * self.open[until // 60]

    def after(self, start: datetime, seconds: int) -> datetime | None:
        second, stop = self._second(start), self._second(self.end)
        while second < stop:
            if self.open[second // 60]:
                step = 60 - second % 60
                if seconds <= step:
                    return self._instant(second + seconds)
                seconds -= step
            second += 60 - second % 60
        return None

    def days_later(self, start: datetime, days: int) -> datetime | None:
        """So many dates with windows later, at the same time on the wall. For calendars without windows over midnight."""
        at = self.after(start, 0)
        if at is None:
            return None
        local = at.astimezone(self.over.zone)
        day, minute = local.date(), local.hour * 60 + local.minute
        while days:
            day += timedelta(days=1)
            if day >= self.over.first + timedelta(days=self.over.days):
                return None
            days -= any(self.minute(day, start) < self.minute(day, end) for start, end in self.windows(day))
        windows = self.windows(day)
        if any(start <= minute < end for start, end in windows):
            return self._instant(60 * self.minute(day, minute) + (local.second if self._shown(day, minute) else 0))
        over = [end for _, end in windows if end <= minute]
        return self._instant(60 * self.minute(day, max(over) if over else min(start for start, _ in windows)))

    def _shown(self, day: date, minute: int) -> bool:
        """Whether the wall clock really shows this time, or leaps over it."""
        wanted = datetime(day.year, day.month, day.day) + minute * MINUTE
        return self.over.wall[self.over.reached[wanted]] == wanted

    def _second(self, at: datetime) -> int:
        return (at - self.over.begin) // timedelta(seconds=1)

    def _instant(self, second: int) -> datetime:
        return self.over.begin + timedelta(seconds=second)


def written(windows: Windows) -> str:
    """Windows as sla.yaml has them."""

    def time(minute: int) -> str:
        return "24:00" if minute == 1440 else f"{minute % 1440 // 60:02}:{minute % 60:02}"

    return ", ".join(f"{time(start)}-{time(end)}" for start, end in windows)


def spec_of(oracle: Oracle) -> dict[str, object]:
    """The same calendar as a mapping of sla.yaml."""
    return {
        "timezone": oracle.over.zone.key,
        "hours": {name: written(windows) for name, windows in zip(DAYS, oracle.week, strict=True)},
        "holidays": sorted(day.isoformat() for day in oracle.closed),
        "exceptions": {day.isoformat(): written(windows) for day, windows in oracle.exceptions.items()},
    }
