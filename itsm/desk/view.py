"""A ticket as others see it: as plain data, with its promises and the calls that it is owed; and what was said of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from itsm.desk.as_data import clock_json, plain
from itsm.desk.desk import Desk
from itsm.model.event import stamp
from itsm.model.ticket import Ticket
from itsm.sla.case import Action, Case
from itsm.sla.ledger import Ledger, ledger
from itsm.sla.rules import standing_calls

_LONG = 300_000  # bytes of journal from which on it takes less time to open the index than to read them all


def ticket_json(desk: Desk, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """The file's fields plus `sla` and `calls`."""
    case = Case(ticket, desk.policy_or_default, book(desk, ticket.id), now)
    return {
        **plain(ticket),
        "sla": [clock_json(clock) for clock in case.clocks],
        "calls": [call_json(ticket, call) for call in standing_calls(case)],
    }


def call_json(ticket: Ticket, call: Action) -> dict[str, Any]:
    """One call that is owed: what to ask, whom to phone."""
    contact = ticket.contact
    return {
        "ticket": ticket.id,
        "rule": call.rule,
        "ask": call.text,
        "answers": list(call.answers),
        "since": stamp(call.due_at),
        "name": contact.get("name", ""),
        "mobile": contact.get("mobile", ""),
        "phone": contact.get("phone", ""),
    }


def book(desk: Desk, ticket_id: str = "") -> Ledger:
    """What was said so far; of one ticket only, if it is named."""
    if ticket_id and desk.journal.size() > _LONG:
        from itsm.store.index import used
        from itsm.store.recall import told

        known = used(desk.root, lambda index: told(index, desk.journal, ticket_id))
        if known is not None:
            return ledger(known)
    return ledger(desk.journal.facts_of(ticket_id) if ticket_id else desk.journal.facts())
