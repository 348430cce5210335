"""What a notice says: (action, ticket, policy, recipient, now) → subject and body. Pure; how it travels is the channels' business.

Staff read what to do, why, and about which ticket; customers read one sentence without jargon, the ID first (M9, M21).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from itsm.model.event import NOTHING
from itsm.model.plain import stripped, visible
from itsm.model.ticket import Ticket
from itsm.sla.case import Action
from itsm.sla.policy import Policy
from itsm.sla.recipients import Recipient
from itsm.sla.wording import Template, filled, words
from itsm.values import dataclass

Item = tuple[Action, Ticket]

_NUMBERS = (("mobile", "mobile"), ("phone", "fixed line"))
_NAMED_IN_SUBJECT = 5  # tickets that a digest's subject names


@dataclass(frozen=True, slots=True)
class Text:
    """A message before it has a form: the subject is one line of any length, the body ends with a line feed."""

    subject: str
    body: str


def compose(
    action: Action, ticket: Ticket, policy: Policy, recipient: Recipient, now: datetime, templates: Mapping[str, Template] = NOTHING
) -> Text:
    """One notice or call for one recipient, in the desk's own words where it has any for it. The subject names the ticket's ID, by which
    mails are sorted; the built-in body says it, too.
    """
    for name in template_names(action, recipient):
        if name in templates:
            return _own(templates[name], action, ticket, policy, recipient, now)
    if recipient.role == "customer":
        subject, lines = _sentence(action, ticket), _for_customer([(action, ticket)], policy)
    elif action.kind == "call":
        subject, lines = f"Phone {_customer(ticket)}: {action.text}", _for_caller(action, ticket, policy, now)
    else:
        subject, lines = _without_id(action.text, ticket), _for_staff(action, ticket, policy, now)
    return Text(stripped(f"[{ticket.id}] {subject}"), visible("\n".join(lines)))


def template_names(action: Action, recipient: Recipient) -> tuple[str, str]:
    """The templates that may speak for it, the first that is there does: the rule's own, then that of all customers, calls or notices."""
    if recipient.role == "customer":
        return action.rule, "customer"
    return (f"{action.rule}.call", "call") if action.kind == "call" else (action.rule, "notice")


KINDS = ("customer", "call", "notice")
"""The templates that aren't a rule's."""


def digest(items: Sequence[Item], policy: Policy, recipient: Recipient, now: datetime) -> Text:
    """Many notices to one address as one message, calls first (page 3, sentence 15: more than 20 in one run)."""
    tickets = list(dict.fromkeys(ticket.id for _, ticket in items))
    more = len(tickets) - _NAMED_IN_SUBJECT
    which = ", ".join(tickets[:_NAMED_IN_SUBJECT]) + (f" and {more} more" if more > 0 else "")
    if recipient.role == "customer":
        return Text(stripped(f"[{policy.desk.name}] Your tickets {which}"), visible("\n".join(_for_customer(items, policy))))
    calls = [item for item in items if item[0].kind == "call"]
    notices = [item for item in items if item[0].kind != "call"]
    what = " and ".join(part for part in (_count(calls, "call to make", "calls to make"), _count(notices, "notice", "notices")) if part)
    lines = [f"{what}, as of {_clock(now, policy)} ({policy.desk.timezone})."]
    for heading, some in (("To phone", calls), ("To know", notices)):
        if some:
            lines += ["", f"{heading}:", *(line for action, ticket in some for line in _digested(action, ticket, policy))]
    return Text(stripped(f"[{policy.desk.name}] {what}: {which}"), visible("\n".join([*lines, ""])))


def _own(template: Template, action: Action, ticket: Ticket, policy: Policy, recipient: Recipient, now: datetime) -> Text:
    values = {
        **words(ticket, action.rule, action.armed, now),
        "text": _sentence(action, ticket) if recipient.role == "customer" else action.text,
        "why": _reason(action, policy),
        "due": _clock(action.due_at, policy),
        "facts": "\n".join(_facts(ticket, policy, now)).rstrip("\n"),
        "answers": "\n".join(f"itsm answer {ticket.id} {answer}" for answer in action.answers),
        "desk": policy.desk.name,
        "recipient": recipient.name,
    }
    subject = filled(template.subject, values)
    return Text(stripped(subject if ticket.id in subject else f"[{ticket.id}] {subject}"), visible(filled(template.body, values)))


# --- for customers ----------------------------------------------------------------------------


def _for_customer(items: Sequence[Item], policy: Policy) -> Iterator[str]:
    """No rule names, no commands, no colleagues: what the customer is told, which ID to name, and thanks."""
    ids = list(dict.fromkeys(ticket.id for _, ticket in items))
    yield f"Ticket {', '.join(ids)}" if len(ids) == 1 else f"Tickets {', '.join(ids)}"
    for action, ticket in items:
        yield from ("", _sentence(action, ticket))
    yield from (
        "",
        f"Please name {'the number ' + ids[0] if len(ids) == 1 else 'the number of the ticket'} whenever you call or write to us.",
    )
    yield from ("", "Thank you", stripped(policy.desk.name), "")


def _sentence(action: Action, ticket: Ticket) -> str:
    """The rule's sentence; a rule without `say` has none, and its stopgap names the rule, which is nobody's business outside."""
    return f"{ticket.id}: {ticket.title}" if action.text in ("", f"{ticket.id} ({action.rule}): {ticket.title}") else action.text


# --- for staff --------------------------------------------------------------------------------


def _for_staff(action: Action, ticket: Ticket, policy: Policy, now: datetime) -> Iterator[str]:
    yield from (action.text, "")
    yield from _why(action, policy, now)
    yield from _facts(ticket, policy, now)


def _for_caller(action: Action, ticket: Ticket, policy: Policy, now: datetime) -> Iterator[str]:
    """A call that the call centre owes (M15, M16, M18): whom to phone, what to ask, how to write down the answer."""
    yield f"Please phone {_customer(ticket)}: {_numbers(ticket)}"
    yield from ("", f"    {action.text}", "", "and write down the answer:", "")
    yield from (f"    itsm answer {ticket.id} {answer}" for answer in action.answers)
    yield ""
    yield from _why(action, policy, now)
    yield from _facts(ticket, policy, now)


def _why(action: Action, policy: Policy, now: datetime) -> Iterator[str]:
    yield f"Why: {_reason(action, policy)} (rule {action.rule})"
    yield f"Due: {_clock(action.due_at, policy)}{_ago(action.due_at, now)}"
    yield ""


def _facts(ticket: Ticket, policy: Policy, now: datetime) -> Iterator[str]:
    waiting = f" for the {ticket.pending_for}" if ticket.status == "pending" and ticket.pending_for else ""
    level = f" (level {ticket.level})" if ticket.level is not None else ""
    facts = {
        "Title": ticket.title,
        "Status": f"{ticket.status}{waiting}",
        "Priority": ticket.priority,
        "Team": ticket.team and f"{ticket.team}{level}",
        "Assignee": _person(ticket.assignee, policy),
        "Customer": ", ".join(part for part in (_customer(ticket), ticket.contact.get("organization", "")) if part),
        "Phone": _numbers(ticket),
        "Opened": f"{_clock(ticket.opened, policy)}{_ago(ticket.opened, now)}",
        "Resolved": ticket.resolved and f"{_clock(ticket.resolved, policy)}{_ago(ticket.resolved, now)}",
    }
    yield f"Ticket {ticket.id}"
    yield from (f"  {name + ':':<10} {stripped(content)}" for name, content in facts.items() if content)
    yield from ("", f"Times are in {policy.desk.timezone}. Everything else: itsm show {ticket.id}", "")


def _digested(action: Action, ticket: Ticket, policy: Policy) -> Iterator[str]:
    yield ""
    if action.kind == "call":
        yield f"{ticket.id}  {_customer(ticket)}: {_numbers(ticket)}"
        yield f"    {action.text}"
        yield f"    itsm answer {ticket.id} {'|'.join(action.answers)}"
    else:
        yield f"{ticket.id}  {_without_id(action.text, ticket)}"
    team = ", ".join(part for part in (ticket.status, ticket.priority, ticket.team, _person(ticket.assignee, policy)) if part)
    yield f"    {stripped(ticket.title)}"
    yield f"    {team}; due {_clock(action.due_at, policy)}: {_reason(action, policy)}"


# --- words ------------------------------------------------------------------------------------


def _without_id(text: str, ticket: Ticket) -> str:
    """`T-42: it burns` under a subject that begins with the ID already: `it burns`."""
    return text.removeprefix(f"{ticket.id}: ")


def _customer(ticket: Ticket) -> str:
    return stripped(ticket.customer) or "the customer"


def _numbers(ticket: Ticket) -> str:
    found = [f"{stripped(number)} ({label})" for key, label in _NUMBERS if (number := ticket.contact.get(key))]
    return " or ".join(found) or "no number is known"


def _person(name: str, policy: Policy) -> str:
    known = policy.people[name].name if name in policy.people else ""
    return f"{known} ({name})" if known and known != name else name


def _count(items: Sequence[Item], one: str, many: str) -> str:
    return f"{len(items)} {one if len(items) == 1 else many}" if items else ""


def _reason(action: Action, policy: Policy) -> str:
    """The reason with its instant in the desk's time zone: people don't think in UTC (page 2)."""
    return action.reason.replace(f"{action.armed:%Y-%m-%d %H:%M} UTC", _clock(action.armed, policy))


def _clock(moment: datetime, policy: Policy) -> str:
    return f"{moment.astimezone(ZoneInfo(policy.desk.timezone)):%Y-%m-%d %H:%M}"


def _ago(moment: datetime, now: datetime) -> str:
    """How long ago, in the two largest units; nothing within the last minute."""
    minutes = max(0, (now - moment) // timedelta(minutes=1))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (rest, "min")) if n][:2]
    return f" ({' '.join(parts)} ago)" if parts else ""
