"""Plain data → Ticket, or every reason why it is none. Where a fault stands in the file, only the caller's tree knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from itsm.model.event import FIELDS as PARTICULARS
from itsm.model.event import Event
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import FIELDS, REQUIRED, SCORES, Ticket
from itsm.store.kinds import Fault, Kinds, Path, TooMany

__all__ = ["Fault", "TooMany", "build", "event", "field", "foreign"]

T = TypeVar("T")

_EVENT = ("id", "at", "by", "event")
_NUMBERS = frozenset(("level", "score", "attempt", "by_seconds"))
_INSTANTS = frozenset(("until", "due"))
_VALUES = frozenset(("set", "was"))


def build(data: object, stem: str) -> tuple[Ticket | None, list[Fault]]:
    """The ticket that `data` is, and what is wrong with it: one or the other. `stem` is the file's name without `.yaml`."""
    shape = _Shape()
    try:
        ticket = shape.ticket(data, stem)
    except TooMany:
        return None, shape.faults
    return (None, shape.faults) if shape.faults else (ticket, [])


def field(key: str, data: object) -> Any:
    """The value of one field of ours. Raises ValueError where the data is none."""
    kind = FIELDS[key]
    return _sound(lambda shape: shape.field((key,), data, kind))


def foreign(key: str, data: object) -> None:
    """Raises ValueError where this isn't what others may keep in a ticket."""
    _sound(lambda shape: shape.foreign((key,), key, data, (), 1))


def event(data: object) -> Event:
    """One event of a history. Raises ValueError where the data is none."""
    return cast("Event", _sound(lambda shape: shape.event((), data)))


def _sound(read: Callable[[_Shape], T]) -> T:
    shape = _Shape()
    found = read(shape)
    if shape.faults:
        raise ValueError(shape.faults[0].message)
    return found


class _Shape(Kinds):
    """A ticket and its history, of such values."""

    def ticket(self, data: object, stem: str) -> Ticket | None:
        if not isinstance(data, dict):
            self.fault((), "no ticket: a ticket is lines of `key: value`", "restore it from git")
            return None
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in data.items():
            known = FIELDS.get(key)
            if known is not None:
                if value is not None:
                    values[key] = self.field((key,), value, known)
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
            known = FIELDS.get(key)
            if known is None:
                self.foreign((*path, key), key, one, FIELDS, 4)
            found[key] = one if known is None or one in (None, "") else self.field((*path, key), one, known)
        return found
