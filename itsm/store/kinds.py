"""The values of a ticket, kind by kind: what each may be, and what is wrong with one that isn't."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from itsm.model.event import EARLIEST, LATEST, instant
from itsm.model.ids import is_id
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CONTACT, Field
from itsm.patterns import pattern
from itsm.store.limits import MAX_LEVELS, MAX_PROBLEMS
from itsm.values import dataclass

Path = tuple[str | int, ...]
MAX_KEY = 100  # characters; YAML itself allows no key longer than 1,024, escapes counted

_INSTANT = pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_WHEN = "write it in UTC, like 2026-11-22T01:16:00Z"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why the data is no ticket, and where in the data."""

    path: Path
    message: str
    remedy: str = ""


class TooMany(Exception):
    """So many faults that nobody wants to read more."""


class Kinds:
    """Reads values and remembers the faults. A reader gives None where it found one."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def field(self, path: Path, value: object, field: Field) -> Any:
        """What a field of ours says."""
        return _READERS[field.kind](self, path, value, field)

    def fault(self, path: Path, message: str, remedy: str = "") -> None:
        """Remember a fault. Raises TooMany at the last that anybody wants to read."""
        self.faults.append(Fault(path, message, remedy))
        if len(self.faults) >= MAX_PROBLEMS:
            raise TooMany

    def foreign(self, path: Path, key: Any, value: object, known: Iterable[str], level: int) -> bool:
        """Whether a key that isn't ours is somebody's `x_…`, which may hold anything."""
        if not isinstance(key, str) or not key.startswith("x_"):
            self.fault(path, f"unknown key {key}", did_you_mean(str(key), known) + "; keys of your own begin with x_")
            return False
        if len(key) > MAX_KEY:
            self.fault(path, f"a key of {len(key)} characters", f"{MAX_KEY} at most")
        self.plain(path, value, level)
        return True

    def plain(self, path: Path, value: object, level: int) -> None:
        """Whether this is plain data, not too deep. `level` counts the collections around it."""
        if isinstance(value, dict | list) and level + 1 > MAX_LEVELS:
            self.fault(path, f"more than {MAX_LEVELS} levels deep", "keep it flat")
        elif isinstance(value, dict):
            for key, one in value.items():
                if not isinstance(key, str) or len(key) > MAX_KEY:
                    self.fault(path, f"the key {str(key)[:MAX_KEY]} is no text of at most {MAX_KEY} characters")
                self.plain((*path, key), one, level + 1)
        elif isinstance(value, list):
            for n, one in enumerate(value):
                self.plain((*path, n), one, level + 1)
        elif not (value is None or isinstance(value, str | int | float)):
            self.fault(path, "a value that is no plain data")

    # --- values

    def text(self, path: Path, value: object) -> str:
        """A text; "" for what is none."""
        if isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            self.fault(path, f"{path[-1]} is a text, not a {'mapping' if isinstance(value, dict) else 'list'}", "put it in quotes")
        else:
            shown = "empty" if value is None else str(value).lower() if isinstance(value, bool) else value
            self.fault(path, f"{path[-1]} is a text, but {shown} is none", "put it in quotes")
        return ""

    def text_field(self, path: Path, value: object, _: Field) -> str:
        """The same, as a field."""
        return value if isinstance(value, str) else self.text(path, value)

    def choice(self, path: Path, value: object, field: Field) -> str:
        """One of the words that the field knows."""
        word = self.text(path, value)
        if word and word not in field.choices:
            self.fault(path, f"unknown {field.name} {word}", did_you_mean(word, field.choices))
        return word

    def ticket_id(self, path: Path, value: object, _: Field) -> str:
        """Another ticket's ID."""
        word = self.text(path, value)
        if word and not is_id(word):
            self.fault(path, f"{word} is no ticket ID", "an ID is like T-42")
        return word

    def number_field(self, path: Path, value: object, _: Field) -> int | None:
        """A number, as a field."""
        return self.number(path, value)

    def number(self, path: Path, value: object) -> int | None:
        """A whole number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.fault(path, f"{path[-1]} is a whole number, but {value} is none", "write it in digits, without quotes")
        return None

    def instant_field(self, path: Path, value: object, _: Field) -> datetime | None:
        """An instant, as a field."""
        return self.instant(path, value)

    def instant(self, path: Path, value: object) -> datetime | None:
        """An instant as files have it."""
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            try:
                moment = instant(value)
            except ValueError:
                pass
            else:
                if EARLIEST <= moment <= LATEST:
                    return moment
                self.fault(path, f"{path[-1]} lies outside {EARLIEST.year} to {LATEST.year}: {value}", "mend the year")
                return None
        self.fault(path, f"{path[-1]} is an instant, but {value} is none", _WHEN)
        return None

    def texts(self, path: Path, value: object, _: Field) -> tuple[str, ...]:
        """A list of texts."""
        if not isinstance(value, list):
            self.fault(path, f"{path[-1]} is a list", "write it like [one, another]")
            return ()
        return tuple([self.text((*path, n), one) for n, one in enumerate(value)])

    def contact(self, path: Path, value: object, _: Field) -> dict[str, str]:
        """Who is to be called, and how; empty values are none."""
        if not isinstance(value, dict):
            self.fault(path, "the contact is a mapping", "write it like {name: Wang, mobile: '+86138…'}")
            return {}
        for key in value:
            if key not in CONTACT:
                self.foreign((*path, key), key, None, CONTACT, 2)
        return {key: self.text((*path, key), one) for key, one in value.items() if one is not None and one != ""}


_READERS: dict[str, Callable[[Kinds, Path, Any, Field], Any]] = {
    "id": Kinds.ticket_id, "text": Kinds.text_field, "block": Kinds.text_field, "choice": Kinds.choice,
    "number": Kinds.number_field, "instant": Kinds.instant_field, "list": Kinds.texts, "contact": Kinds.contact,
}  # fmt: skip
