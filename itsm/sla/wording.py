"""Filling `say:` and `call:`: plain names in braces, nothing that could run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from itsm.model.plain import stripped
from itsm.model.ticket import Ticket
from itsm.patterns import pattern

PLACEHOLDERS = ("id", "title", "days", "status", "priority", "team", "assignee", "customer", "organization", "category", "ci", "rule")
_NAMES = pattern(r"\{([a-z]+)\}( days)?")


def fill(template: str, ticket: Ticket, rule: str, armed: datetime, now: datetime) -> str:
    """The sentence with the ticket's own words in it. `{days}` counts whole days since the rule was armed: "1 day", "2 days"."""
    days = max(0, (now - armed) // timedelta(days=1))

    def word(found: re.Match[str]) -> str:
        name, unit = found[1], found[2] or ""
        if name == "days":
            return f"{days}{' day' if unit and days == 1 else unit}"
        if name == "rule":
            return rule + unit
        if name == "organization":
            return ticket.contact.get("organization", "") + unit
        return (str(getattr(ticket, name)) if name in PLACEHOLDERS else found[0]) + unit

    return _NAMES.sub(word, template)


def arguments(command: Iterable[str], ticket: Ticket, rule: str, armed: datetime, now: datetime) -> tuple[str, ...]:
    """A program's arguments with the ticket's own words in them, each a single line without controls."""
    return tuple(stripped(fill(word, ticket, rule, armed, now)) for word in command)


def unfilled(argument: str) -> list[str]:
    """The names in braces that nothing fills, in an argument where other braces stay as they are: JSON is full of them."""
    return [found[1] for found in _NAMES.finditer(argument) if found[1] not in PLACEHOLDERS]


def unknown(template: str) -> list[str]:
    """The names in braces that nothing fills."""
    return [name for name in re.findall(r"\{([^{}]*)\}", template) if name not in PLACEHOLDERS]
