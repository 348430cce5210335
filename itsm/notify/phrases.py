"""What messages are made of, in the desk's time zone and without a stranger's controls: who, by which number, when, how long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from itsm.model.plain import stripped
from itsm.model.ticket import Ticket
from itsm.sla.case import Action
from itsm.sla.policy import Policy

_NUMBERS = (("mobile", "mobile"), ("phone", "fixed line"))


def without_id(text: str, ticket: Ticket) -> str:
    """`T-42: it burns` under a subject that begins with the ID already: `it burns`."""
    return text.removeprefix(f"{ticket.id}: ")


def customer(ticket: Ticket) -> str:
    """Whom to phone, by name."""
    return stripped(ticket.customer) or "the customer"


def numbers(ticket: Ticket) -> str:
    """Every number that is known."""
    found = [f"{stripped(number)} ({label})" for key, label in _NUMBERS if (number := ticket.contact.get(key))]
    return " or ".join(found) or "no number is known"


def person(name: str, policy: Policy) -> str:
    """`李雷 (li.lei)`, where sla.yaml knows the name."""
    known = policy.people[name].name if name in policy.people else ""
    return f"{known} ({name})" if known and known != name else name


def reason(action: Action, policy: Policy) -> str:
    """The reason with its instant in the desk's time zone: people don't think in UTC (page 2)."""
    return action.reason.replace(f"{action.armed:%Y-%m-%d %H:%M} UTC", clock(action.armed, policy))


def clock(moment: datetime, policy: Policy) -> str:
    """An instant on the desk's own clock."""
    return f"{moment.astimezone(ZoneInfo(policy.desk.timezone)):%Y-%m-%d %H:%M}"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the two largest units; nothing within the last minute."""
    minutes = max(0, (now - moment) // timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (rest, "min")) if n][:2]
    return f" ({' '.join(parts)} ago)" if parts else ""


def sentence(action: Action, ticket: Ticket) -> str:
    """The rule's sentence; a rule without `say` has none, and its stopgap names the rule, which is nobody's business outside."""
    return f"{ticket.id}: {ticket.title}" if action.text in ("", f"{ticket.id} ({action.rule}): {ticket.title}") else action.text
