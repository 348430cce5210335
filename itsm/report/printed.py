"""What a sweep found, for a person who reads cron's mail: by ticket, what to do, whom to phone, since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from itsm.model.ids import number
from itsm.model.plain import one_line
from itsm.model.ticket import Ticket
from itsm.sla.case import Action
from itsm.sla.recipients import Recipient

Local = Callable[[datetime], str]
Line = tuple[Action, Ticket | None, str]  # the action, its ticket, and how it went ("" : printed)
_DONE = {
    "close": "closed",
    "reopen": "reopened",
    "resume": "resumed",
    "escalate": "escalated",
    "assign": "assigned",
    "set": "changed",
    "note": "noted",
}

_RUN = {"": "ran", "queued": "to run", "failed": "could not run"}
_HELD = "held once, because the last sweep was more than a day ago: the next one does it"


def printed(lines: Iterable[Line], local: Local) -> str:
    """All of it as text, the tickets by number, calls first within a ticket."""
    by_ticket: dict[str, list[Line]] = {}
    for line in lines:
        by_ticket.setdefault(line[0].ticket, []).append(line)
    order = sorted(by_ticket, key=lambda one: number(one) if one else 0)
    return "\n\n".join("\n".join(_ticket(by_ticket[one], local)) for one in order)


def contact_line(customer: str, contact: Mapping[str, str]) -> str:
    """Whom to phone: the name and every number that is known."""
    numbers = " or ".join(contact[key] for key in ("mobile", "phone") if contact.get(key)) or "no number known"
    return one_line(f"{customer or 'the customer'}, {numbers}")


def _ticket(lines: Sequence[Line], local: Local) -> Iterator[str]:
    ticket = next((one for _, one, _ in lines if one), None)
    if ticket is not None:
        state = ", ".join(filter(None, (ticket.status, ticket.priority, ticket.team, ticket.assignee)))
        yield one_line(f"{ticket.id}  {ticket.title}  ({state})")
    elif lines[0][0].ticket:
        yield lines[0][0].ticket
    shown: dict[str, list[str]] = {}
    for action, _, how in sorted(lines, key=lambda line: line[0].kind != "call"):
        mark = f" ({how})" if how else ""
        words = _call(action, ticket, local, mark) if action.kind == "call" else _notice(action, ticket, local, how)
        shown.setdefault(words, []).extend(f"{_named(one)}{mark}" for one in action.to)
    for words, names in shown.items():
        yield words.replace("\0", f"tell {', '.join(dict.fromkeys(names))}" if names else "tell")


def _named(one: Recipient) -> str:
    """Of an earlier sweep's message only the address is known."""
    name = one.name or one.role or one.id
    reach = f" <{one.mail}>" if one.mail else f" {one.mobile}" if one.mobile else ""
    return one_line(f"{name}{reach}" if name not in (one.mail, one.mobile) else name)


def _call(action: Action, ticket: Ticket | None, local: Local, mark: str) -> str:
    who = contact_line(ticket.customer, ticket.contact) if ticket else ""
    answers = "|".join(action.answers)
    since = f"    since {local(action.due_at)}: {_why(action, local)}"
    return f"  phone {who}: {one_line(action.text)}{mark}\n{since}\n    then: itsm answer {action.ticket} {answers}"


def _notice(action: Action, ticket: Ticket | None, local: Local, how: str) -> str:
    if action.do:
        done = f"{_DONE.get(action.kind, action.kind)}: {one_line(_said(action))} ({_why(action, local)})"
        return f"  to be {done}\n    {_HELD}" if how == "held" else f"  {done}"
    if action.command:
        return f"  {_RUN[how]}: {one_line(action.text)} ({_why(action, local)})"
    title = f": {ticket.title}" if ticket and ticket.title in action.text else ""
    text = one_line(action.text.removesuffix(title) if title else action.text)
    since = f"    since {local(action.due_at)}: {_why(action, local)}"
    return f"  \0: {text}\n{since}" if text else f"  \0: {_why(action, local)}"


def _said(action: Action) -> str:
    return str(action.do.value) if action.do and isinstance(action.do.value, str) else action.rule


def _why(action: Action, local: Local) -> str:
    """The reason with its instant on the desk's own clock."""
    return action.reason.replace(f"{action.armed:%Y-%m-%d %H:%M} UTC", local(action.armed))
