"""The days that aren't as their weekday says: holidays, and exceptions with hours of their own.

Holidays are dates, yearly dates, and public holidays by the codes of the `holidays` library. That library costs more than
the rest of a command together, so it is imported when a code is first looked at, and computes each year of a code once a process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from itsm.sla.hours import CalendarError, Spans, or_rather, parse_spans
from itsm.values import dataclass

EXAMPLE = "write a date ('2026-10-01'), a yearly date ('12-24') or a country's code (CN, DE-BY)"


LEAP_DAY = (2, 29)


@dataclass(frozen=True, slots=True)
class Holidays:
    """Local dates; `yearly` is (month, day), where (2, 29) is a holiday in leap years only; `codes` as the library spells them."""

    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    codes: tuple[str, ...] = ()

    def in_year(self, year: int) -> frozenset[int]:
        """All of them in this year, as ordinals."""
        found = {day for day in self.dates if day.year == year}
        winter = date(year, 3, 1) - timedelta(days=1)
        missing = {LEAP_DAY} - {(winter.month, winter.day)}
        found |= {date(year, month, day) for month, day in self.yearly - missing}
        for code in self.codes:
            found |= public_holidays(code, year)
        return frozenset(day.toordinal() for day in found)

    def made_up_in(self, year: int) -> frozenset[int]:
        """This year's weekend days that are worked to make up for a holiday, as ordinals; who else calls one a holiday wins."""
        found = {day.toordinal() for code in self.codes for day in made_up_days(code, year)}
        return frozenset(found - self.in_year(year) if found else ())


def public_holidays(code: str, year: int) -> frozenset[date]:
    """What the library says for `CN` or `DE-BY`; a year that it knows nothing of has none. ValueError for an unknown code."""
    return _known(code, year)[0]


def made_up_days(code: str, year: int) -> frozenset[date]:
    """The Saturdays and Sundays that this country works in exchange for a day off. A year that isn't announced yet has none."""
    return _known(code, year)[1]


@lru_cache(maxsize=1024)
def _known(code: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    import holidays

    country, _, subdivision = code.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, expand=False)
    except NotImplementedError as error:
        raise ValueError(f"the holidays library has no {code!r}: {error}") from error
    return frozenset(found), frozenset(day for day in found.weekend_workdays if day.year == year)


def parse_holidays(value: object, path: tuple[str, ...], *, check_codes: bool = True) -> Holidays:
    """`CN`, or a list of dates, yearly dates and codes. `check_codes=False` takes codes on trust and leaves the library alone."""
    single = not isinstance(value, (list, tuple))
    items: Iterable[object] = [value] if single else value  # type: ignore[assignment]
    dates: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    codes: list[str] = []
    for number, item in enumerate(items):
        where = path if single else (*path, str(number))
        if isinstance(item, date) and not isinstance(item, datetime):
            dates.add(item)
            continue
        text = _text(item, where)
        if not text[0].isdigit():
            if check_codes:
                _check_code(text, where)
            codes.append(text)
        elif re.fullmatch(r"[0-9]{1,2}-[0-9]{1,2}", text):
            leap_day = parse_date(f"2000-{text}", where, text)
            yearly.add((leap_day.month, leap_day.day))
        else:
            dates.add(parse_date(text, where))
    return Holidays(frozenset(dates), frozenset(yearly), tuple(dict.fromkeys(codes)))


def parse_date(value: object, path: tuple[str, ...], shown: str = "") -> date:
    """`2026-10-01`, or the date that a YAML reader made of it."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    text = str(value)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise CalendarError(f"{shown or text!r} is not a date: write it as 2026-10-01, yearly as 12-24", path)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CalendarError(f"{shown or text!r} is not a date: {error}", path) from None


def parse_exceptions(value: object, path: tuple[str, ...]) -> dict[date, Spans]:
    """`{'2026-02-14': '09:00-18:00', '2026-05-01': ''}`: a working Saturday, and a day off."""
    if not isinstance(value, Mapping):
        raise CalendarError("exceptions are dates with hours: write {'2026-02-14': '09:00-18:00', '2026-05-01': ''}", path)
    return {parse_date(key, (*path, str(key))): parse_spans(text, (*path, str(key))) for key, text in value.items()}


def _text(item: object, path: tuple[str, ...]) -> str:
    if item is False:
        raise CalendarError("false is no holiday: Norway is 'NO', in quotes", path)
    if not isinstance(item, str):
        raise CalendarError(f"{item!r} is not a text: {EXAMPLE}, in quotes", path)
    if not item.strip():
        raise CalendarError(f"a holiday is missing: {EXAMPLE}", path)
    return item.strip()


def _check_code(code: str, path: tuple[str, ...]) -> None:
    import holidays

    country, _, subdivision = code.partition("-")
    known = {**holidays.list_supported_countries(), **holidays.list_supported_financial()}
    if country not in known:
        raise CalendarError(f"no public holidays are known for {code!r}" + (or_rather(country, known) or f": {EXAMPLE}"), path)
    if subdivision and subdivision not in known[country]:
        parts = [f"{country}-{part}" for part in known[country]]
        near = or_rather(code, parts) or (f": they are {', '.join(parts)}" if parts else f": write {country}")
        raise CalendarError(f"{country} has no part {subdivision!r} with holidays of its own{near}", path)
