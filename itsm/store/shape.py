"""Plain data → Ticket, or every reason why it is none. Where a fault stands in the file, only the caller's tree knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from itsm.model.event import EARLIEST, LATEST, Event, instant
from itsm.model.event import FIELDS as PARTICULARS
from itsm.model.ids import is_id
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CONTACT, FIELDS, REQUIRED, SCORES, Field, Ticket
from itsm.patterns import pattern
from itsm.store.strict import MAX_LEVELS, MAX_PROBLEMS
from itsm.values import dataclass

Path = tuple[str | int, ...]
MAX_KEY = 100  # characters; YAML itself allows no key longer than 1,024, escapes counted

_INSTANT = pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_WHEN = "write it in UTC, like 2026-11-22T01:16:00Z"
_EVENT = ("id", "at", "by", "event")
_NUMBERS = frozenset(("level", "score", "attempt", "by_seconds"))
_INSTANTS = frozenset(("until", "due"))
_VALUES = frozenset(("set", "was"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why the data is no ticket, and where in the data."""

    path: Path
    message: str
    remedy: str = ""


def build(data: object, stem: str) -> tuple[Ticket | None, list[Fault]]:
    """The ticket that `data` is, and what is wrong with it: one or the other. `stem` is the file's name without `.yaml`."""
    shape = _Shape()
    try:
        ticket = shape.ticket(data, stem)
    except _TooMany:
        return None, shape.faults
    return (None, shape.faults) if shape.faults else (ticket, [])


class _TooMany(Exception):
    """So many faults that nobody wants to read more."""


class _Shape:
    """Reads values and remembers the faults. A reader gives None where it found one."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.readers: dict[str, Callable[[Path, Any, Field], Any]] = {
            "id": self.ticket_id, "text": self.text_field, "block": self.text_field, "choice": self.choice,
            "number": self.number_field, "instant": self.instant_field, "list": self.texts, "contact": self.contact,
        }  # fmt: skip

    def fault(self, path: Path, message: str, remedy: str = "") -> None:
        self.faults.append(Fault(path, message, remedy))
        if len(self.faults) >= MAX_PROBLEMS:
            raise _TooMany

    # --- a ticket

    def ticket(self, data: object, stem: str) -> Ticket | None:
        if not isinstance(data, dict):
            self.fault((), "no ticket: a ticket is lines of `key: value`", "restore it from git")
            return None
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in data.items():
            field = FIELDS.get(key)
            if field is not None:
                if value is not None:
                    values[key] = self.readers[field.kind]((key,), value, field)
            elif key == "history":
                values[key] = self.history(value)
            elif self.foreign((key,), key, value, (*FIELDS, "history"), 1):
                extra[key] = value
        for key in REQUIRED:
            if key not in data or (data[key] in (None, "") and key != "history"):
                self.fault((key,), f"{key} is missing", f"add `{key}:`, as other tickets have it")
        self.named(values, stem)
        return Ticket(**values, extra=extra) if not self.faults and extra else Ticket(**values) if not self.faults else None

    def named(self, values: dict[str, Any], stem: str) -> None:
        said = values.get("id")
        if said and said != stem:
            self.fault(("id",), f"the id is {said}, but the file is {stem}.yaml", "the file's name is the ID: mend one of them")
        score = values.get("score")
        if score is not None and score not in SCORES:
            self.fault(("score",), f"the score {score} is not from {SCORES[0]} to {SCORES[-1]}")

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
        if isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            self.fault(path, f"{path[-1]} is a text, not a {'mapping' if isinstance(value, dict) else 'list'}", "put it in quotes")
        else:
            shown = "empty" if value is None else str(value).lower() if isinstance(value, bool) else value
            self.fault(path, f"{path[-1]} is a text, but {shown} is none", "put it in quotes")
        return ""

    def text_field(self, path: Path, value: object, _: Field) -> str:
        return value if isinstance(value, str) else self.text(path, value)

    def choice(self, path: Path, value: object, field: Field) -> str:
        word = self.text(path, value)
        if word and word not in field.choices:
            self.fault(path, f"unknown {field.name} {word}", did_you_mean(word, field.choices))
        return word

    def ticket_id(self, path: Path, value: object, _: Field) -> str:
        word = self.text(path, value)
        if word and not is_id(word):
            self.fault(path, f"{word} is no ticket ID", "an ID is like T-42")
        return word

    def number_field(self, path: Path, value: object, _: Field) -> int | None:
        return self.number(path, value)

    def number(self, path: Path, value: object) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.fault(path, f"{path[-1]} is a whole number, but {value} is none", "write it in digits, without quotes")
        return None

    def instant_field(self, path: Path, value: object, _: Field) -> datetime | None:
        return self.instant(path, value)

    def instant(self, path: Path, value: object) -> datetime | None:
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
        if not isinstance(value, list):
            self.fault(path, f"{path[-1]} is a list", "write it like [one, another]")
            return ()
        return tuple([self.text((*path, n), one) for n, one in enumerate(value)])

    def contact(self, path: Path, value: object, _: Field) -> dict[str, str]:
        if not isinstance(value, dict):
            self.fault(path, "the contact is a mapping", "write it like {name: Wang, mobile: '+86138…'}")
            return {}
        for key in value:
            if key not in CONTACT:
                self.foreign((*path, key), key, None, CONTACT, 2)
        return {key: self.text((*path, key), one) for key, one in value.items() if one is not None and one != ""}

    # --- the history

    def history(self, value: object) -> tuple[Event, ...] | None:
        if value is None:
            return ()
        if not isinstance(value, list):
            self.fault(("history",), "the history is a list of events", "restore it from git")
            return None
        events = [self.event(("history", n), one) for n, one in enumerate(value)]
        seen: set[str] = set()
        for n, one in enumerate(events):
            if one is not None and one.id in seen:
                self.fault(("history", n, "id"), f"the event {one.id} is there twice", "delete one of the two, or give it an ID of its own")
            elif one is not None:
                seen.add(one.id)
        return tuple([one for one in events if one is not None])

    def event(self, path: Path, value: object) -> Event | None:
        if not isinstance(value, dict):
            self.fault(path, "an event is a mapping", "write it like {id: …, at: …, by: …, event: …}")
            return None
        missing = [key for key in _EVENT if value.get(key) in (None, "")]
        if missing:
            self.fault(path, f"the event has no {', '.join(missing)}", "restore it from git; to tell more, add an event")
            return None
        kind = self.text((*path, "event"), value["event"])
        if kind not in PARTICULARS:
            self.fault((*path, "event"), f"unknown event {kind}", did_you_mean(kind, PARTICULARS))
            return None
        data = {key: self.particular((*path, key), key, one, kind) for key, one in value.items() if key not in _EVENT and key != "recorded"}
        at, recorded = self.instant((*path, "at"), value["at"]), value.get("recorded")
        if recorded is not None:
            recorded = self.instant((*path, "recorded"), recorded)
        words = self.text((*path, "id"), value["id"]), self.text((*path, "by"), value["by"])
        if at is None:
            return None
        return Event(words[0], at, words[1], kind, data, recorded) if data else Event(words[0], at, words[1], kind, recorded=recorded)

    def particular(self, path: Path, key: str, value: object, kind: str) -> Any:
        if key not in PARTICULARS[kind]:
            self.foreign(path, key, value, (*_EVENT, "recorded", *PARTICULARS[kind]), 3)
            return value
        if key in _NUMBERS:
            return self.number(path, value)
        if key in _INSTANTS:
            return self.instant(path, value)
        if key in _VALUES:
            return self.values(path, value)
        return self.text(path, value)

    def values(self, path: Path, value: object) -> dict[str, Any] | None:
        """What `set` changed: ticket fields with a value of their kind; an empty one was taken away."""
        if not isinstance(value, dict):
            self.fault(path, f"{path[-1]} is a mapping of fields", "write it like {priority: P1}")
            return None
        found: dict[str, Any] = {}
        for key, one in value.items():
            field = FIELDS.get(key)
            if field is None:
                self.foreign((*path, key), key, one, FIELDS, 4)
            found[key] = one if field is None or one in (None, "") else self.readers[field.kind]((*path, key), one, field)
        return found
