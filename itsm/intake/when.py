"""What people write for an instant (`yesterday 14:00`, `mon 9:00`, `2h ago`, `in 2h`, RFC 3339), read in the desk's time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from itsm.errors import Usage
from itsm.patterns import pattern
from itsm.sla.duration import parse as parse_duration

_UNITS = pattern(r"(\d+) *([smhdw])(?:ec(?:ond)?s?|in(?:ute)?s?|ours?|rs?|ays?|eeks?)?\b *")  # 10 minutes, 2 hours: 10m, 2h
_FIRST_YEAR, _LAST_YEAR = 1970, 2199  # as ticket files have it
_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS = {short: n for n, name in enumerate(_WEEK) for short in (name, name[:3])} | {"tues": 1, "wednes": 2, "thur": 3, "thurs": 3}
_HOURS = {"midnight": "00:00", "morning": "09:00", "noon": "12:00", "eod": "18:00"}
_DAY = re.compile(r"(?:(last|next|this|on) )?([a-z]+)\b,?(?: at)? ?(.*)")
_EXAMPLES = "for example 2026-11-22T09:00:00Z, 'yesterday 14:00', 'mon 9:00', '2h ago', 'in 2h'"


def when(text: str, now: datetime, zone: ZoneInfo, *, ahead: bool = False) -> datetime:
    """The instant (UTC, whole seconds) that `text` means at `now`. A bare `20m` is ago; a bare `friday` is the last one, or the coming one
    for who looks `ahead`. Raises Usage where it means none.
    """
    words = text.strip().lower()
    if not words or not text.isprintable():
        raise Usage("no time was given", hint=_EXAMPLES)
    if words == "now":
        return now
    relative = _relative(words, now)
    return relative if relative is not None else _absolute(words, text.strip(), now, zone, ahead=ahead)


def _relative(words: str, now: datetime) -> datetime | None:
    ahead = words.startswith("in ")
    span = words.removeprefix("in ") if ahead else words.removesuffix(" ago")
    try:
        length = timedelta(seconds=parse_duration(_UNITS.sub(r"\1\2", span.strip())).total)
    except ValueError:
        return None
    return now + length if ahead else now - length


def _absolute(words: str, text: str, now: datetime, zone: ZoneInfo, *, ahead: bool) -> datetime:
    from dateutil import parser

    there = now.astimezone(zone).replace(tzinfo=None)
    today = there.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        if named := _named(words, there, ahead=ahead):
            day, clock, around = named
            moment = parser.parse(clock, default=day) if clock else day
            if around and (moment > there) != ahead and day == today:
                moment += timedelta(days=7 if ahead else -7)
        elif re.match(r"\d{4}-\d\d-\d\d", words):
            moment = parser.isoparse(text.replace(" ", "T", 1)) if len(words) > 10 else parser.isoparse(text)
        else:
            moment = parser.parse(text, default=today)
    except (ValueError, OverflowError):
        raise Usage(f"{text!r} is no time that can be understood", hint=_EXAMPLES) from None
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        raise Usage(f"{text!r} is out of reach", hint=_EXAMPLES)
    return local.astimezone(UTC).replace(microsecond=0)


def _named(words: str, there: datetime, *, ahead: bool) -> tuple[datetime, str, bool] | None:
    """`mon 9:00`, `next friday`, `yesterday noon`, `eod`: the day, the hour on it, and whether another week could be meant."""
    found = _DAY.fullmatch(words)
    if found is None:
        return None
    which, name, hour = found.groups()
    today = there.replace(hour=0, minute=0, second=0, microsecond=0)
    if name in _HOURS and not hour and not which:
        return today, _HOURS[name], False
    hour = _HOURS.get(hour, hour)
    if name in _DAYS and not which:
        return today + timedelta(days=_DAYS[name]), hour, False
    if name not in _WEEKDAYS:
        return None
    forward = which == "next" or (which in (None, "on", "this") and ahead)
    days = (_WEEKDAYS[name] - there.weekday()) % 7
    if which in ("next", "last") and days == 0:
        days = 7 if forward else 0
    return today + timedelta(days=days if forward else days - 7 if days or which == "last" else 0), hour, which in (None, "on", "this")
