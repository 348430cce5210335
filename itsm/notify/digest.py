"""Many notices to one address as one message (page 3, sentence 15: more than 20 in one run). Pure, as `message` is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from itsm.model.event import NOTHING
from itsm.model.plain import stripped, visible
from itsm.model.ticket import Ticket
from itsm.notify.message import DIGESTS, Item, Text, for_customer
from itsm.notify.phrases import clock, customer, numbers, person, reason, sentence, without_id
from itsm.sla.case import Action
from itsm.sla.policy import Policy
from itsm.sla.recipients import Recipient
from itsm.sla.wording import Template, filled

_NAMED_IN_SUBJECT = 5  # tickets that its subject names


def digest(items: Sequence[Item], policy: Policy, recipient: Recipient, now: datetime, templates: Mapping[str, Template] = NOTHING) -> Text:
    """Calls first, then notices, in the desk's own words where it has a template for them."""
    own = templates.get(DIGESTS[recipient.role == "customer"])
    words = _words(items, policy, recipient, now)
    if own:
        return Text(stripped(filled(own.subject, words)), visible(filled(own.body, words)))
    if recipient.role == "customer":
        return Text(stripped(f"[{policy.desk.name}] Your tickets {words['tickets']}"), visible("\n".join(for_customer(items, policy))))
    body = f"{words['what']}, as of {words['now']} ({policy.desk.timezone}).\n\n{words['list']}\n"
    return Text(stripped(f"[{policy.desk.name}] {words['what']}: {words['tickets']}"), visible(body))


def _words(items: Sequence[Item], policy: Policy, recipient: Recipient, now: datetime) -> dict[str, str]:
    """What each of `sla.wording.IN_DIGESTS` stands for. A customer's has sentences only: no rules, no commands, no colleagues."""
    tickets = list(dict.fromkeys(ticket.id for _, ticket in items))
    more = len(tickets) - _NAMED_IN_SUBJECT
    some = [[item for item in items if (item[0].kind == "call") == call] for call in (True, False)]
    calls, notices = ("\n\n".join(_block(*item, policy, recipient) for item in part) for part in some)
    headed = (f"{heading}:\n\n{blocks}" for heading, blocks in (("To phone", calls), ("To know", notices)) if blocks)
    return {
        "what": " and ".join(filter(None, (_count(some[0], "call to make", "calls to make"), _count(some[1], "notice", "notices")))),
        "count": str(len(items)),
        "tickets": ", ".join(tickets[:_NAMED_IN_SUBJECT]) + (f" and {more} more" if more > 0 else ""),
        "calls": calls,
        "notices": notices,
        "list": notices if recipient.role == "customer" else "\n\n".join(headed),
        "now": clock(now, policy),
        "desk": policy.desk.name,
        "recipient": recipient.name,
    }


def _block(action: Action, ticket: Ticket, policy: Policy, recipient: Recipient) -> str:
    return sentence(action, ticket) if recipient.role == "customer" else "\n".join(_for_staff(action, ticket, policy))


def _for_staff(action: Action, ticket: Ticket, policy: Policy) -> Iterator[str]:
    if action.kind == "call":
        yield f"{ticket.id}  {customer(ticket)}: {numbers(ticket)}"
        yield f"    {action.text}"
        yield f"    itsm answer {ticket.id} {'|'.join(action.answers)}"
    else:
        yield f"{ticket.id}  {without_id(action.text, ticket)}"
    team = ", ".join(part for part in (ticket.status, ticket.priority, ticket.team, person(ticket.assignee, policy)) if part)
    yield f"    {stripped(ticket.title)}"
    yield f"    {team}; due {clock(action.due_at, policy)}: {reason(action, policy)}"


def _count(items: Sequence[Item], one: str, many: str) -> str:
    return f"{len(items)} {one if len(items) == 1 else many}" if items else ""
