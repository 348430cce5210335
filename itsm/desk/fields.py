"""`set`: change fields of a ticket, each change a part of its history; the matrix follows impact and urgency."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from itsm.desk.desk import Desk
from itsm.desk.tickets import find, known_priority, one_line
from itsm.errors import Usage
from itsm.model import lifecycle
from itsm.model.event import Event
from itsm.model.lifecycle import Signature
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CONTACT, FIELDS, Ticket
from itsm.sla.policy import Policy

_SETTABLE = tuple(name for name, one in FIELDS.items() if one.settable)
_OTHER_COMMANDS = {
    "assign": ("team", "assignee", "owner"),
    "escalate": ("level",),
    "link": ("parent", "duplicate_of", "caused_by"),
    "resolve": ("status", "resolved"),
    "close": ("closed", "score"),
    "contacted": ("contacted",),
    "pend": ("pending_for", "until"),
    "open": ("opened",),
    "note": ("history",),
}
_HANDED = {"team": "{}", "assignee": "TEAM --to {}", "owner": "TEAM --to {}"}
_REACHED = {"new": "reopen", "assigned": "assign", "in-progress": "start", "pending": "pend", "closed": "close", "cancelled": "cancel"}
BY_COMMAND = {name: command for command, names in _OTHER_COMMANDS.items() for name in names}


def set_(desk: Desk, text: str, words: Iterable[str], hand: Signature) -> tuple[Ticket, tuple[Event, ...]]:
    """Change the fields that `words` (`name=value`) say. The ticket and the events that it got. Raises Usage where one can't be."""
    wanted = dict(_word(word, text) for word in words)
    policy = desk.policy
    before = 0

    def edit(ticket: Ticket) -> Ticket:
        nonlocal before
        before = len(ticket.history)
        return changed(ticket, wanted, hand, policy)

    from itsm.desk.on_record import change  # it looks at the promises, for which other commands that set something needn't wait

    ticket = change(desk, find(desk, text), edit, hand).ticket
    return ticket, ticket.history[before:]


def changed(ticket: Ticket, wanted: dict[str, str], hand: Signature, policy: Policy, rule: str = "") -> Ticket:
    """The ticket with these fields, and the priority that follows from them."""
    values = {name: _value(ticket, name, text) for name, text in wanted.items() if name not in CONTACT}
    contact = {name: text for name, text in wanted.items() if name in CONTACT}
    if contact:
        values["contact"] = {name: text for name, text in {**ticket.contact, **contact}.items() if text}
    known_priority(values.get("priority", ""), policy)
    values = {name: value for name, value in values.items() if value != getattr(ticket, name)}
    if values:
        was = {name: old for name in values if (old := getattr(ticket, name)) not in ("", (), None) and name != "description"}
        ticket = lifecycle.move(ticket, "set", hand, set=plain(values), was=plain(was), rule=rule)
    return repriced(ticket, values, hand, policy)


def repriced(ticket: Ticket, values: dict[str, Any], hand: Signature, policy: Policy) -> Ticket:
    """Impact × urgency decides the priority, unless a person has."""
    asked = not values.keys().isdisjoint({"impact", "urgency"}) or values.get("priority") == ""
    computed = policy.priority(ticket.impact, ticket.urgency)
    if asked and computed and not lifecycle.priority_by_hand(ticket):
        return lifecycle.prioritized(ticket, computed, hand)
    return ticket


def _word(word: str, which: str) -> tuple[str, str]:
    name, sign, value = word.partition("=")
    name = "organization" if name == "org" else name.replace("-", "_")
    if not sign:
        raise Usage(f"{word!r} is no name=value", hint="itsm set T-42 priority=P1 ci=mail-01")
    if name in BY_COMMAND:
        raise Usage(f"{name} isn't set by hand", hint=_instead(name, value, which))
    if name not in _SETTABLE and name not in CONTACT:
        raise Usage(f"no field that can be set: {name}", hint=did_you_mean(name, (*_SETTABLE, *CONTACT)))
    choices = FIELDS[name].choices if name in FIELDS else ()
    if choices and value not in choices and not (value == "" and name != "type"):
        raise Usage(f"no such {name}: {value}", hint=did_you_mean(value, choices))
    if name != "description":
        one_line(name, value)
    if name == "title" and (not value.strip() or "\n" in value):
        raise Usage("a title is one line that isn't empty")
    return name, value


def _instead(name: str, value: str, which: str) -> str:
    """The command that does what was meant by setting this field."""
    if value and name in _HANDED:
        return f"itsm assign {which} {_HANDED[name].format(value)}"
    return f"itsm {_REACHED.get(value, BY_COMMAND[name]) if name == 'status' else BY_COMMAND[name]} --help"


def _value(ticket: Ticket, name: str, text: str) -> Any:
    """The field's new value; lists take `a,b`, and `+a` or `-a` to add or take away."""
    if FIELDS[name].kind != "list":
        return text
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or any(word[0] not in "+-" for word in words):
        return tuple(dict.fromkeys(words))
    kept = [one for one in getattr(ticket, name) if f"-{one}" not in words]
    return tuple(dict.fromkeys((*kept, *(word[1:] for word in words if word[0] == "+"))))


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """The values as an event keeps them."""
    return {
        name: list(value) if isinstance(value, tuple) else dict(value) if name == "contact" else value for name, value in values.items()
    }
