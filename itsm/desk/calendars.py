"""The desk's calendars for people to look at: which there are, whether they are open, and a month of one as a sheet."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from itsm.sla.calendar import ALWAYS, Calendar
from itsm.sla.holiday import made_up_days, public_holidays
from itsm.sla.hours import DAY, DAYS, Spans
from itsm.sla.policy import Policy
from itsm.values import dataclass

_AHEAD = timedelta(days=35)  # who is told "until the day after tomorrow" is helped; who is told a date in half a year isn't


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a calendar. `seconds` is its working time from midnight to midnight, `hours` the windows that begin on it.

    `why` says what makes it another day than its weekday: the holiday's name, the yearly date, an exception. "" for a plain one.
    """

    date: date
    hours: str
    seconds: int
    why: str = ""
    exception: bool = False


def named(policy: Policy) -> dict[str, Calendar]:
    """All calendars by name; `24x7` is always there, and tells its days in the desk's zone."""
    return {"24x7": Calendar.always(policy.desk.timezone), **policy.calendars}


def hours_text(calendar: Calendar) -> str:
    """`mon-fri 09:00-12:00, 13:00-18:00; sat 10:00-12:00`: days in a row with the same hours are said once."""
    if calendar.week == ALWAYS.week:
        return "always"
    parts: list[str] = []
    first = 0
    for day in range(1, 8):
        if day < 7 and calendar.week[day] == calendar.week[first]:
            continue
        if calendar.week[first]:
            span = DAYS[first] if day - first == 1 else f"{DAYS[first]}-{DAYS[day - 1]}"
            parts.append(f"{span} {windows(calendar.week[first])}")
        first = day
    return "; ".join(parts) or "by exceptions only"


def windows(spans: Spans) -> str:
    """`09:00-12:00, 13:00-18:00`; "" is closed. What ends after midnight ends at the wall-clock time of the next day."""
    return ", ".join(f"{_clock(start)}-{_clock(end if end <= DAY else end - DAY)}" for start, end in spans)


def _clock(second: int) -> str:
    text = f"{second // 3600:02}:{second // 60 % 60:02}"
    return f"{text}:{second % 60:02}" if second % 60 else text


def until(calendar: Calendar, now: datetime) -> datetime | None:
    """When it opens, or closes where it is open now; None where that is further away than people plan."""
    if not calendar.is_open(now):
        opens = calendar.next_open(now)
        return opens if opens <= now + _AHEAD else None
    low, high = 0, int(_AHEAD.total_seconds())
    if calendar.between(now, now + _AHEAD) == high:
        return None
    while high - low > 1:  # open without a break for `low` seconds at least, for `high` not
        middle = (low + high) // 2
        unbroken = calendar.between(now, now + timedelta(seconds=middle)) == middle
        low, high = (middle, high) if unbroken else (low, middle)
    return now + timedelta(seconds=low)


def month(calendar: Calendar, first: date) -> list[Day]:
    """The dates of the month that begins on `first`."""
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return [_day(calendar, first + timedelta(days=n)) for n in range(last.day)]


def _day(calendar: Calendar, when: date) -> Day:
    seconds = calendar.between(_midnight(calendar.zone, when), _midnight(calendar.zone, when + timedelta(days=1)))
    own = calendar.exceptions.get(when)
    if own is not None:
        return Day(when, windows(own), seconds, "exception", exception=True)
    return Day(when, windows(calendar.hours_on(when)), seconds, _why(calendar, when))


def _midnight(zone: ZoneInfo, when: date) -> datetime:
    return datetime.combine(when, time(), zone)


def _why(calendar: Calendar, when: date) -> str:
    """What the holiday is called, or whose make-up day it is; "" for a day like its weekday."""
    found = calendar.holidays
    if when.toordinal() in found.made_up_in(when.year):
        codes = [code for code in found.codes if when in made_up_days(code, when.year)]
        return f"make-up day ({codes[0]})" if calendar.makeup else ""
    if when.toordinal() not in found.in_year(when.year):
        return ""
    for code in found.codes:
        if when in public_holidays(code, when.year):
            return f"{_name(code, when)} ({code})"
    return "holiday" if when in found.dates else f"every {when:%m-%d}"


def _name(code: str, when: date) -> str:
    """The library's own name of a public holiday: in English where it knows that, as all output is, whatever LANG says."""
    import holidays  # a sixth of a second: only for calendars that name a country

    country, _, part = code.partition("-")
    known = holidays.country_holidays(country, subdiv=part or None)
    language = "en_US" if "en_US" in known.supported_languages else known.default_language
    named = holidays.country_holidays(country, subdiv=part or None, years=when.year, expand=False, language=language)
    return str(named.get(when) or "holiday")
