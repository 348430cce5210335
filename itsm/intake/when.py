"""What people write for an instant (`yesterday 14:00`, `2h ago`, `in 2h`, RFC 3339), read in the desk's time zone."""

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
_EXAMPLES = "for example 2026-11-22T09:00:00Z, 'yesterday 14:00', '2h ago', 'in 2h'"


def when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The instant (UTC, whole seconds) that `text` means at `now`. A bare `20m` is ago. Raises Usage where it means none."""
    words = text.strip().lower()
    if not words or not text.isprintable():
        raise Usage("no time was given", hint=_EXAMPLES)
    if words == "now":
        return now
    relative = _relative(words, now)
    return relative if relative is not None else _absolute(words, text.strip(), now, zone)


def _relative(words: str, now: datetime) -> datetime | None:
    ahead = words.startswith("in ")
    span = words.removeprefix("in ") if ahead else words.removesuffix(" ago")
    try:
        length = timedelta(seconds=parse_duration(_UNITS.sub(r"\1\2", span.strip())).total)
    except ValueError:
        return None
    return now + length if ahead else now - length


def _absolute(words: str, text: str, now: datetime, zone: ZoneInfo) -> datetime:
    from dateutil import parser

    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    day, _, rest = words.partition(" ")
    try:
        if day in _DAYS:
            base = today + timedelta(days=_DAYS[day])
            moment = parser.parse(rest, default=base) if rest else base
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
