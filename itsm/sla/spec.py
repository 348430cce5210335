"""Reading a plain mapping key by key: every mistake is collected with its path, nothing raises half way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from itsm.model.suggest import did_you_mean, wide
from itsm.sla.duration import Duration
from itsm.sla.duration import parse as parse_duration
from itsm.values import dataclass, field

Path = tuple[str | int, ...]
# dateutil looks for the next instant until the year 9999, nine seconds a look where there is none (30 February). From here it has 28 years
# to go, in which each date has met each weekday. A rule without a day of its own takes that on which it is armed, so both ends of a month.
_LATE = (datetime(9971, 1, 1), datetime(9971, 1, 31))  # noqa: DTZ001 - wall clocks, as recurrence rules mean them


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong at a path of a settings file, and what to write instead."""

    path: Path
    message: str
    remedy: str = ""


@dataclass(slots=True)
class Spec:
    """One mapping of the file. What isn't asked for by the end is an unknown key."""

    data: Mapping[str, Any]
    path: Path
    mistakes: list[Mistake]
    asked: set[str] = field(default_factory=set)

    def wrong(self, key: str | int | None, message: str, remedy: str = "") -> None:
        """Note a mistake at a key of this mapping, or at the mapping itself."""
        self.mistakes.append(Mistake(self.path if key is None else (*self.path, key), message, remedy))

    def get(self, key: str) -> Any:
        """The raw value of a key, None where it is absent."""
        self.asked.add(key)
        return self.data.get(key)

    def text(self, key: str, default: str = "") -> str:
        """A text; a number where text is wanted is a mistake, since YAML may have changed it (0042)."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, str):
            remedy = f"put it in quotes: '{value}'" if isinstance(value, (int, float)) else ""
            self.wrong(key, f"{key} wants text, not {_kind(value)}", remedy)
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """One text, or a list of them."""
        value = self.get(key)
        values = [] if value is None else value if isinstance(value, list) else [value]
        for item in values:
            if not isinstance(item, str):
                self.wrong(key, f"{key} wants text or a list of texts, not {_kind(item)}")
        return tuple(item for item in values if isinstance(item, str))

    def integer(self, key: str, default: int, least: int = 0) -> int:
        """A whole number."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self.wrong(key, f"{key} wants a whole number from {least} up, not {value!r}")
            return default
        return value

    def duration(self, key: str) -> Duration | None:
        """A duration such as `1h30m`."""
        value = self.get(key)
        if value is None:
            if key in self.data:
                self.wrong(key, f"{key} says no time", f"{key}: 1h30m")
            return None
        try:
            return parse_duration(value if isinstance(value, str) else str(value))
        except ValueError as error:
            self.wrong(key, f"{key}: {error}")
            return None

    def recurrence(self, key: str) -> str:
        """One RFC 5545 rule, tried out: a mistake in it is told here, and no sweep looks for what never comes."""
        text = self.text(key)
        if not text:
            return text
        remedy = "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0"
        try:
            never = _never(text)
        except (ValueError, TypeError) as error:
            self.wrong(key, f"{text!r} is no recurrence rule: {error}", remedy)
        else:
            if never:
                self.wrong(key, f"{text} names no time that comes, or none for what begins on the 31st", remedy)
        return text

    def sub(self, key: str) -> Spec:
        """The mapping below a key; an empty one where there is none."""
        return self.below(key, self.get(key))

    def below(self, key: str | int, value: object) -> Spec:
        """`value` as a mapping that stands at `key`."""
        if value is not None and not isinstance(value, Mapping):
            self.wrong(key, f"{key} wants a mapping (key: value), not {_kind(value)}", _respelt(str(key)))
            value = None
        return Spec(value or {}, (*self.path, key), self.mistakes)

    def each(self, key: str) -> Iterator[tuple[str, Spec]]:
        """The named mappings below a key (`teams: {network: {…}}`)."""
        section = self.sub(key)
        for name, value in section.data.items():
            yield name, section.below(name, value)

    def listed(self, key: str) -> Iterator[Spec]:
        """The mappings in the list below a key (`rules: [{…}]`)."""
        value = self.get(key)
        if value is not None and not isinstance(value, list):
            self.wrong(key, f"{key} wants a list (- …), not {_kind(value)}")
            return
        holder = Spec({}, (*self.path, key), self.mistakes)
        for place, item in enumerate(value or []):
            yield holder.below(place, item)

    def done(self) -> None:
        """Name every key that nobody asked for."""
        for key in self.data:
            if key not in self.asked and not key.startswith("x_"):
                self.wrong(key, f"unknown key {key}", _respelt(key) or _swallowed(key, self.asked) or did_you_mean(key, self.asked))


def _respelt(key: str) -> str:
    """For a key that has swallowed its value, since the colon or the space behind it isn't the one that YAML knows."""
    found = wide(key)
    return f"there is {found[1]} in it, write a plain {'space' if found[2] == ' ' else 'colon and a space'}" if found else ""


def _swallowed(key: str, known: Iterable[str]) -> str:
    """For one that has swallowed its value, since there is no colon (`level 2`), or no space behind it (`level:2`)."""
    name = next((one for one in known if key.startswith((f"{one} ", f"{one}:"))), "")
    return f"write `{name}: {key[len(name) + 1 :].strip()}`, with a colon and a space" if name else ""


def _never(rule: str) -> bool:
    """Whether a recurrence has no instant in 28 years, wherever it begins; when it ends is no matter. Raises ValueError, TypeError."""
    from dateutil.rrule import rrulestr

    if "\n" in rule or "DTSTART" in rule.upper():
        raise ValueError("it is one rule, and begins when it is armed")
    rrulestr(rule, dtstart=_LATE[0])
    endless = ";".join(part for part in rule.split(";") if not part.upper().startswith("UNTIL="))
    return not all(any(True for _ in rrulestr(endless, dtstart=start)) for start in _LATE)


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", bool: "true or false", int: "a number", float: "a number", str: f"the text {value!r}"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)
