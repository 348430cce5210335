"""A calendar of sla.yaml, read: a mapping → a Calendar, or what is wrong and under which key."""

from __future__ import annotations

from collections.abc import Mapping

from itsm.sla.calendar import Calendar
from itsm.sla.holiday import parse_exceptions, parse_holidays
from itsm.sla.hours import DAYS, CalendarError, or_rather, parse_spans, parse_week, parse_zone

KEYS = ("hours", "holidays", "makeup", "exceptions", "timezone")


def parse_calendar(name: str, spec: Mapping[str, object], default_zone: str, *, check_codes: bool = True) -> Calendar:
    """One entry of sla.yaml's `calendars`. CalendarError says what is wrong and under which key of `spec`.

    `check_codes=False` spares the import of the `holidays` library (its first use says then what is wrong, by ValueError).
    """
    if not isinstance(spec, Mapping):
        raise CalendarError("a calendar is a mapping: write {hours: {mon-fri: '09:00-18:00'}}")
    for key in spec:
        if key not in KEYS:
            raise CalendarError(f"unknown key {str(key)!r}, a calendar has {', '.join(KEYS)}" + or_rather(str(key), KEYS), (str(key),))
    if "hours" not in spec:
        raise CalendarError("hours are missing: write hours: {mon-fri: '09:00-18:00'}")
    week = parse_week(spec["hours"], ("hours",))
    holidays = parse_holidays(spec.get("holidays", []), ("holidays",), check_codes=check_codes)
    zone = parse_zone(spec.get("timezone", default_zone), ("timezone",))
    said = spec.get("makeup", "")
    makeup = week[DAYS.index(said)] if isinstance(said, str) and said in DAYS else parse_spans(said, ("makeup",))
    return Calendar(name, zone, week, holidays, parse_exceptions(spec.get("exceptions", {}), ("exceptions",)), makeup)
