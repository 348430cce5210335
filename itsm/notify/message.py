"""What a notice says: (action, ticket, policy, recipient, now) → subject and body. Pure; how it travels is the channels' business.

Staff read what to do, why, and about which ticket; customers read one sentence without jargon, the ID first (M9, M21).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from itsm.model.event import NOTHING
from itsm.model.plain import stripped, visible
from itsm.model.ticket import Ticket
from itsm.notify.phrases import ago, clock, customer, numbers, person, reason, sentence, without_id
from itsm.sla.case import Action
from itsm.sla.policy import Policy
from itsm.sla.recipients import Recipient
from itsm.sla.wording import Template, filled, words
from itsm.values import dataclass

Item = tuple[Action, Ticket]


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
        if name in templates and name not in DIGESTS:
            return _own(templates[name], action, ticket, policy, recipient, now)
    if recipient.role == "customer":
        subject, lines = sentence(action, ticket), for_customer([(action, ticket)], policy)
    elif action.kind == "call":
        subject, lines = f"Phone {customer(ticket)}: {action.text}", _for_caller(action, ticket, policy, now)
    else:
        subject, lines = without_id(action.text, ticket), _for_staff(action, ticket, policy, now)
    return Text(stripped(f"[{ticket.id}] {subject}"), visible("\n".join(lines)))


def template_names(action: Action, recipient: Recipient) -> tuple[str, str]:
    """The templates that may speak for it, the first that is there does: the rule's own, then that of all customers, calls or notices."""
    if recipient.role == "customer":
        return action.rule, "customer"
    return (f"{action.rule}.call", "call") if action.kind == "call" else (action.rule, "notice")


KINDS = ("customer", "call", "notice")
"""The templates that aren't a rule's."""
DIGESTS = ("digest", "digest.customer")
"""Those of many notices in one message, to colleagues and to a customer. A rule of such a name has none of its own."""


def _own(template: Template, action: Action, ticket: Ticket, policy: Policy, recipient: Recipient, now: datetime) -> Text:
    values = {
        **words(ticket, action.rule, action.armed, now),
        "text": sentence(action, ticket) if recipient.role == "customer" else action.text,
        "why": reason(action, policy),
        "due": clock(action.due_at, policy),
        "facts": "\n".join(_facts(ticket, policy, now)).rstrip("\n"),
        "answers": "\n".join(f"itsm answer {ticket.id} {answer}" for answer in action.answers),
        "desk": policy.desk.name,
        "recipient": recipient.name,
    }
    subject = filled(template.subject, values)
    return Text(stripped(subject if ticket.id in subject else f"[{ticket.id}] {subject}"), visible(filled(template.body, values)))


# --- for customers ----------------------------------------------------------------------------


def for_customer(items: Sequence[Item], policy: Policy) -> Iterator[str]:
    """No rule names, no commands, no colleagues: what the customer is told, which ID to name, and thanks."""
    ids = list(dict.fromkeys(ticket.id for _, ticket in items))
    yield f"Ticket {', '.join(ids)}" if len(ids) == 1 else f"Tickets {', '.join(ids)}"
    for action, ticket in items:
        yield from ("", sentence(action, ticket))
    yield from (
        "",
        f"Please name {'the number ' + ids[0] if len(ids) == 1 else 'the number of the ticket'} whenever you call or write to us.",
    )
    yield from ("", "Thank you", stripped(policy.desk.name), "")


# --- for staff --------------------------------------------------------------------------------


def _for_staff(action: Action, ticket: Ticket, policy: Policy, now: datetime) -> Iterator[str]:
    yield from (action.text, "")
    yield from _why(action, policy, now)
    yield from _facts(ticket, policy, now)


def _for_caller(action: Action, ticket: Ticket, policy: Policy, now: datetime) -> Iterator[str]:
    """A call that the call centre owes (M15, M16, M18): whom to phone, what to ask, how to write down the answer."""
    yield f"Please phone {customer(ticket)}: {numbers(ticket)}"
    yield from ("", f"    {action.text}", "", "and write down the answer:", "")
    yield from (f"    itsm answer {ticket.id} {answer}" for answer in action.answers)
    yield ""
    yield from _why(action, policy, now)
    yield from _facts(ticket, policy, now)


def _why(action: Action, policy: Policy, now: datetime) -> Iterator[str]:
    yield f"Why: {reason(action, policy)} (rule {action.rule})"
    yield f"Due: {clock(action.due_at, policy)}{ago(action.due_at, now)}"
    yield ""


def _facts(ticket: Ticket, policy: Policy, now: datetime) -> Iterator[str]:
    waiting = f" for the {ticket.pending_for}" if ticket.status == "pending" and ticket.pending_for else ""
    level = f" (level {ticket.level})" if ticket.level is not None else ""
    facts = {
        "Title": ticket.title,
        "Status": f"{ticket.status}{waiting}",
        "Priority": ticket.priority,
        "Team": ticket.team and f"{ticket.team}{level}",
        "Assignee": person(ticket.assignee, policy),
        "Customer": ", ".join(part for part in (customer(ticket), ticket.contact.get("organization", "")) if part),
        "Phone": numbers(ticket),
        "Opened": f"{clock(ticket.opened, policy)}{ago(ticket.opened, now)}",
        "Resolved": ticket.resolved and f"{clock(ticket.resolved, policy)}{ago(ticket.resolved, now)}",
    }
    yield f"Ticket {ticket.id}"
    yield from (f"  {name + ':':<10} {stripped(content)}" for name, content in facts.items() if content)
    yield from ("", f"Times are in {policy.desk.timezone}. Everything else: itsm show {ticket.id}", "")
