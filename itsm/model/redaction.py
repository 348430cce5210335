"""Erasing a person's data: what a ticket says once the name, the numbers and the words of a customer are gone. IDs and times stay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from itsm.model.event import Event
from itsm.model.ticket import CONTACT, Ticket
from itsm.values import replace

MARK = "[redacted]"
FIELDS = (*CONTACT, "title", "description", "notes")
USUAL = ("name", "mobile", "phone", "email", "description", "notes")
_IDENTIFYING = ("name", "mobile", "phone", "email")
_WORDS = ("text", "note", "comment")  # a customer's words, or words about them, in an event
_DIALLED = 7  # fewer digits are a part of a number
_SHORTEST = 2  # one character is no name that could be looked for


def traces(ticket: Ticket, names: Iterable[str] = _IDENTIFYING) -> frozenset[str]:
    """The texts by which the customer of a ticket can be known: names and numbers (of them `names`), those that were corrected, too."""
    wanted = frozenset(names)
    contacts = [ticket.contact, *(event.data.get(side, {}).get("contact", {}) for event in ticket.history for side in ("set", "was"))]
    found = {str(one.get(key, "")).strip() for one in contacts if isinstance(one, Mapping) for key in _IDENTIFYING if key in wanted}
    return frozenset(text for text in found if len(text) >= _SHORTEST and text != MARK)


def of_person(ticket: Ticket, who: str) -> bool:
    """Whether a ticket's customer is `who`: the whole name or address, whatever its case, or the whole number, however it is spaced."""
    wanted, number = who.strip().casefold(), _number(who)
    return any(text.casefold() == wanted or (number and _same_number(_number(text), number)) for text in traces(ticket))


def redacted(ticket: Ticket, names: Iterable[str], marks: Iterable[str]) -> Ticket:
    """The ticket without what `names` (of FIELDS) say, and without `marks` wherever they occur in its texts."""
    rubber = _Rubber(frozenset(names), _pattern(marks))
    return replace(
        ticket,
        contact=rubber.contact(ticket.contact),
        title=MARK if "title" in rubber.names else rubber.text(ticket.title),
        description=MARK if "description" in rubber.names and ticket.description else rubber.text(ticket.description),
        extra={key: rubber.anything(value) for key, value in ticket.extra.items()},
        history=tuple(rubber.event(event) for event in ticket.history),
    )


def without(value: Any, marks: Iterable[str]) -> Any:
    """Plain data with MARK in place of each of `marks`; keys stay."""
    return _Rubber(frozenset(), _pattern(marks)).anything(value)


class _Rubber:
    def __init__(self, names: frozenset[str], pattern: re.Pattern[str] | None) -> None:
        self.names, self.pattern = names, pattern

    def text(self, text: str) -> str:
        return self.pattern.sub(MARK, text) if self.pattern else text

    def anything(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.anything(one) for key, one in value.items()}
        return [self.anything(one) for one in value] if isinstance(value, (list, tuple)) else value

    def contact(self, contact: Mapping[str, str]) -> dict[str, str]:
        """The name leaves a mark, so that people see why it is gone; a number that is none must not be dialled, and goes."""
        kept = {key: value for key, value in contact.items() if key not in self.names}
        return ({"name": MARK} if "name" in self.names and contact.get("name") else {}) | {k: self.text(v) for k, v in kept.items()}

    def event(self, event: Event) -> Event:
        data = {name: self.particular(name, value) for name, value in event.data.items()}
        return event if data == event.data else replace(event, data=data)

    def particular(self, name: str, value: Any) -> Any:
        if name in ("set", "was"):
            return {key: self.field(key, one) for key, one in value.items()}
        if name in _WORDS and "notes" in self.names:
            return MARK
        return self.text(value) if name in (*_WORDS, "how", "why", "resolution") else value

    def field(self, name: str, value: Any) -> Any:
        if name == "contact" and isinstance(value, Mapping):
            return self.contact(value)
        return MARK if name in self.names and value else self.anything(value)


def _pattern(marks: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the texts, whole words of them (`Li` isn't looked for in `Client`), numbers however they are spaced."""
    found = [_spaced(number) if (number := _number(mark)) else _whole(mark) for mark in sorted(set(marks), key=len, reverse=True) if mark]
    return re.compile("|".join(found), re.IGNORECASE) if found else None


def _whole(mark: str) -> str:
    return f"{_edge(mark[0], '<!')}{re.escape(mark)}{_edge(mark[-1], '!')}"


def _edge(character: str, look: str) -> str:
    return f"(?{look}[A-Za-z0-9])" if character.isascii() and character.isalnum() else ""


def _spaced(number: str) -> str:
    return r"\+?(?<![0-9])" + r"[ ().-]*".join(number) + "(?![0-9])"


def _number(text: str) -> str:
    """The digits of a number that can be dialled; "" for anything else."""
    digits = "".join(one for one in text if one in "0123456789")
    return digits if len(digits) >= _DIALLED and not any(map(str.isalpha, text)) and "@" not in text else ""


def _same_number(one: str, other: str) -> bool:
    """With or without the country's code."""
    return bool(one) and (one.endswith(other) or other.endswith(one))
