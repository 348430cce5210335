"""Who is on the phone: customers as earlier tickets know them (M8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from itsm.desk.desk import Desk
from itsm.model.ticket import Ticket
from itsm.store.codec import Document
from itsm.values import dataclass

_DIGITS_TO_KNOW = 3  # fewer digits of a number than these name nobody
_DIGITS_TO_DIAL = 7  # fewer are a part of a number, which is no number to keep


@dataclass(frozen=True, slots=True)
class Caller:
    """One customer: the contact of their newest ticket, and their tickets that are still open."""

    contact: Mapping[str, str]
    open: tuple[Ticket, ...]


def everybody(desk: Desk) -> list[Ticket]:
    """Every ticket that can be read, for its contact."""
    return [one.ticket for old in (False, True) for one in desk.tickets.read_all(archived=old) if isinstance(one, Document)]


def callers(desk: Desk, text: str) -> list[Caller]:
    """The customers whose number or name has `text` in it, the one who called last first."""
    known = _customers(ticket for ticket in everybody(desk) if _is(ticket.contact, text))
    return [one for one in known if text.casefold() == one.contact.get("name", "").casefold()] or known


def recognized(tickets: Iterable[Ticket], name: str, value: str) -> list[Caller]:
    """The customers of these tickets whose field `name` is this one: all digits of a number, else the whole text."""
    wanted = _same(value)
    return _customers(ticket for ticket in tickets if wanted and _same(ticket.contact.get(name, "")) == wanted)


def _customers(tickets: Iterable[Ticket]) -> list[Caller]:
    """Who these tickets are of, the one who called last first."""
    found: dict[tuple[str, ...], list[Ticket]] = {}
    for ticket in sorted(tickets, key=lambda ticket: ticket.opened, reverse=True):
        found.setdefault(_identity(ticket.contact), []).append(ticket)
    return [Caller(dict(of[0].contact), tuple(ticket for ticket in of if ticket.live)) for of in found.values()]


def _same(value: str) -> str:
    """What two ways to write a name, a number or an address have in common."""
    return _digits(value) if _is_number(value) else " ".join(value.split()).casefold()


def new_contact(text: str) -> dict[str, str]:
    """What `--caller` says of somebody whom no ticket knows: a number, an address or a name; of a part of a number nothing."""
    if _is_number(text):
        return {"mobile": text.strip()} if len(_digits(text)) >= _DIGITS_TO_DIAL else {}
    return {"email" if "@" in text else "name": text.strip()}


def _is(contact: Mapping[str, str], text: str) -> bool:
    digits = _digits(text)
    if len(digits) >= _DIGITS_TO_KNOW and _is_number(text):
        return any(digits in _digits(contact.get(key, "")) for key in ("mobile", "phone"))
    wanted = text.strip().casefold()
    return bool(wanted) and any(wanted in contact.get(key, "").casefold() for key in ("name", "email", "organization"))


def _identity(contact: Mapping[str, str]) -> tuple[str, ...]:
    """What makes two tickets one customer's: the mobile or phone number, else the address, else the name."""
    numbers = _digits(contact.get("mobile", "")) or _digits(contact.get("phone", ""))
    return (numbers,) if numbers else (contact.get("email", "").casefold() or contact.get("name", "").casefold(),)


def _is_number(text: str) -> bool:
    return bool(_digits(text)) and not any(character.isalpha() for character in text)


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")
