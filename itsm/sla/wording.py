"""Filling `say:`, `call:` and the desk's templates: plain names in braces, nothing that could run, nothing that could look further."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from itsm.model.plain import stripped
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import Ticket
from itsm.patterns import pattern
from itsm.values import dataclass

_CONTACT = ("name", "mobile", "phone", "email", "organization")
PLACEHOLDERS = (
    "id", "title", "days", "status", "priority", "team", "assignee", "customer", "organization", "category", "ci", "rule",
    *(f"contact.{key}" for key in _CONTACT),
)  # fmt: skip
"""What `say` and `call` fill."""
IN_TEMPLATES = (*PLACEHOLDERS, "text", "why", "due", "facts", "answers", "desk", "recipient")
"""What a template of a whole message fills."""
IN_DIGESTS = ("what", "count", "tickets", "calls", "notices", "list", "now", "desk", "recipient")
"""What a template of a digest fills."""
_NAMES = pattern(r"\{([a-z]+(?:\.[a-z]+)?)\}( days)?")
_BRACES = pattern(r"\{([^{}\n]*)\}")
_SUBJECT = "Subject:"


@dataclass(frozen=True, slots=True)
class Template:
    """A desk's own words for a message."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong in a template, at which line and column (from 1), and what to write instead."""

    line: int
    column: int
    message: str
    remedy: str = ""


def fill(template: str, ticket: Ticket, rule: str, armed: datetime, now: datetime) -> str:
    """The sentence with the ticket's own words in it. `{days}` counts whole days since the rule was armed: "1 day", "2 days"."""
    return filled(template, words(ticket, rule, armed, now))


def words(ticket: Ticket, rule: str, armed: datetime, now: datetime) -> dict[str, str]:
    """What each of PLACEHOLDERS stands for; "" where the ticket says nothing."""
    found = {name: str(getattr(ticket, name)) for name in PLACEHOLDERS if hasattr(ticket, name)}
    contact = {f"contact.{key}": ticket.contact.get(key, "") for key in _CONTACT}
    days = max(0, (now - armed) // timedelta(days=1))
    return {**found, **contact, "organization": contact["contact.organization"], "days": str(days), "rule": rule}


def filled(template: str, values: Mapping[str, str]) -> str:
    """Each name in braces once, in one pass: what a value brings is text, braces and all. A name without a value stays as it is."""

    def word(found: re.Match[str]) -> str:
        name, unit = found[1], found[2] or ""
        if name == "days" and unit and values.get(name) == "1":
            return "1 day"
        return values.get(name, f"{{{name}}}") + unit

    return _NAMES.sub(word, template)


def arguments(command: Iterable[str], ticket: Ticket, rule: str, armed: datetime, now: datetime) -> tuple[str, ...]:
    """A program's arguments with the ticket's own words in them, each a single line without controls."""
    return tuple(stripped(fill(word, ticket, rule, armed, now)) for word in command)


def shown(command: Iterable[str]) -> str:
    """A command as a person would type it."""
    import shlex

    return shlex.join(command)


def unfilled(argument: str) -> list[str]:
    """The names in braces that nothing fills, in an argument where other braces stay as they are: JSON is full of them."""
    return [found[1] for found in _NAMES.finditer(argument) if found[1] not in PLACEHOLDERS]


def unknown(template: str, known: Sequence[str] = PLACEHOLDERS) -> list[str]:
    """The names in braces that nothing fills."""
    return [name for name in _BRACES.findall(template) if name not in known]


def parse(text: str, known: Sequence[str] = IN_TEMPLATES) -> Template | list[Slip]:
    """A template's file: `Subject: …`, an empty line, the text. Or every mistake in it. `known` are the names that something fills."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    slips = list(_slips(lines, known))
    if not lines[0].startswith(_SUBJECT) or not lines[0].removeprefix(_SUBJECT).strip():
        slips.insert(0, Slip(1, 1, "the first line is no subject", "Subject: {id}: {title}" if "id" in known else "Subject: {what}"))
    elif len(lines) > 1 and lines[1].strip():
        slips.insert(0, Slip(2, 1, "the line below the subject isn't empty", "leave it empty; the text begins below"))
    body = "\n".join(lines[2:]).rstrip("\n")
    if not slips and not body.strip():
        what = "{text} is what the rule says" if "text" in known else "{list} is what there is to say"
        slips.append(Slip(len(lines), 1, "there is no text below the subject", what))
    return slips or Template(lines[0].removeprefix(_SUBJECT).strip(), body + "\n")


def _slips(lines: Sequence[str], known: Sequence[str]) -> Iterator[Slip]:
    for number, line in enumerate(lines, 1):
        for found in _BRACES.finditer(line):
            if found[1] not in known:
                yield Slip(number, found.start() + 1, f"nothing fills {found[0]}", did_you_mean(found[1], known))
