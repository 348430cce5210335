"""Durations as people write them in sla.yaml (`20m`, `1h30m`, `2d4h`), and seconds as people read them.

Days are kept apart from seconds: in a calendar `d` means working days at the same wall-clock time (page 2,
*Durations*), and only the caller knows whether there is a calendar. `w` is 7 d, in a calendar too.
"""

from __future__ import annotations

import re

from itsm.patterns import pattern
from itsm.values import dataclass, field

DAY = 86_400
UNITS = {"w": 7 * DAY, "d": DAY, "h": 3600, "m": 60, "s": 1}
LONGEST = 3_653 * DAY
"""Ten years: longer promises are typing mistakes (`20000d` for `20000s`)."""

_PART = pattern(r"([0-9]+)\s*([^\W\d_]*)\s*")
_WORDS = {"sec": "s", "min": "m", "hr": "h", "hour": "h", "day": "d", "week": "w", "wk": "w"}
_VAGUE = {"mo", "mon", "month", "y", "yr", "year"}


@dataclass(frozen=True, slots=True)
class Duration:
    """`days` and `seconds` are to be added in that order; `text` is what was written. `2d4h` and `4h2d` are equal."""

    days: int
    seconds: int
    text: str = field(compare=False)

    @property
    def total(self) -> int:
        """Elapsed seconds where no calendar says what a day is: `d` = 24 h."""
        return self.days * DAY + self.seconds

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Duration:
    """`1h30m` -> Duration. Whole numbers, units `s m h d w`, each at most once. ValueError says what is wrong and shows the right way."""
    written = str(text).strip()
    if not written:
        raise ValueError("a duration is missing; write for example 1h30m")
    amounts: dict[str, int] = {}
    at = 0
    while at < len(written):
        part = _PART.match(written, at)
        if part is None or (part.end() < len(written) and not written[part.end()].isdigit()):
            raise ValueError(_unreadable(written))
        number, unit = part.groups()
        _check_unit(written, number, unit)
        if unit in amounts:
            raise ValueError(f"{written!r} gives {unit} twice; write each unit once, as in 1h30m")
        amounts[unit] = int(number[:20])
        at = part.end()
    if sum(amount * UNITS[unit] for unit, amount in amounts.items()) > LONGEST:
        raise ValueError(f"{written!r} is more than ten years; is the unit right? m is minutes, d is days, as in 1h30m")
    days = 7 * amounts.get("w", 0) + amounts.get("d", 0)
    return Duration(days, sum(amounts.get(unit, 0) * UNITS[unit] for unit in "hms"), written)


def _check_unit(written: str, number: str, unit: str) -> None:
    if unit in UNITS:
        return
    if not unit:
        raise ValueError(f"{written} what? write {number}m" if written == number else f"{written!r}: {number} what? write {number}m")
    word = unit.lower().removesuffix("s") if len(unit) > 1 else unit.lower()
    if word in _VAGUE and unit != "M":
        raise ValueError(f"{written!r}: months and years differ in length; write days, as in 30d")
    right = word if word in UNITS else _WORDS.get(word) or {"minute": "m", "second": "s"}.get(word)
    meant = f"did you mean {number}{right}?" if right else "units are s, m, h, d and w, as in 1h30m"
    raise ValueError(f"{written!r}: there is no unit {unit!r}; {meant}")


def _unreadable(written: str) -> str:
    if "-" in written:
        return f"{written!r} is negative; a duration counts forward, as in 1h30m"
    if re.search(r"[0-9][.,][0-9]", written):
        return f"{written!r} has a fraction; write whole numbers, as in 1h30m"
    return f"{written!r} is not a duration; write numbers with the units s, m, h, d or w, as in 1h30m"


def format_seconds(seconds: int) -> str:
    """`1h 30m`, `2d 3h`, `45s`: the largest unit and the one below it, cut off and never rounded up; `d` = 24 h; nothing left is `0m`.

    Cut off, because "0m left" must not be shown as a minute that nobody has. Negative: `-1h 30m`.
    """
    left = abs(seconds)
    units = [("d", DAY), ("h", 3600), ("m", 60), ("s", 1)]
    for (large, size), (small, step) in zip(units, [*units[1:], ("", 1)], strict=True):
        if left >= size:
            rest = left % size // step if small else 0
            return ("-" if seconds < 0 else "") + f"{left // size}{large}" + (f" {rest}{small}" if rest else "")
    return "0m"
