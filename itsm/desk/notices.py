"""What was said to whom; and what is held for a person to decide (page 3, sentence 16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from itsm.desk.desk import Desk
from itsm.desk.tickets import find
from itsm.desk.view import book
from itsm.errors import Refused
from itsm.sla.ledger import EVERYONE

_SHOWN = frozenset({"printed", "sent", "failed", "held", "released", "dropped", "dead"})


def said(desk: Desk, text: str = "") -> list[dict[str, Any]]:
    """The journal's facts about people, oldest first; of one ticket if `text` names it."""
    ticket_id = find(desk, text) if text else ""
    return [fact for fact in desk.journal.facts() if fact["fact"] in _SHOWN and (not ticket_id or fact.get("ticket") == ticket_id)]


def held(desk: Desk) -> list[Mapping[str, Any]]:
    """The customers' messages that are held."""
    return list(book(desk).held.values())


def decide(desk: Desk, verdict: str, ticket: str, now: datetime) -> int:
    """`release` or `drop` what is held, all of it or one ticket's. How many. Raises Refused where nothing is."""
    ticket_id = find(desk, ticket) if ticket else ""
    chosen = [fact for fact in held(desk) if not ticket_id or fact["ticket"] == ticket_id]
    if not chosen:
        raise Refused(f"no message is held{f' for {ticket_id}' if ticket_id else ''}", hint="itsm notices lists what was said")
    kind = {"release": "released", "drop": "dropped"}[verdict]
    desk.journal.append([{"fact": kind, "key": f["key"], "ticket": f["ticket"], "to": f["to"], "channel": EVERYONE} for f in chosen], now)
    return len(chosen)
