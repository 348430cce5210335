"""Moves that a rule or an answer makes, the same for both: each becomes an event of its own that names the rule."""

from __future__ import annotations

from itsm.desk.fields import changed
from itsm.desk.tickets import escalated, team_named
from itsm.model import lifecycle
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.sla.policy import Do, Policy


def act(ticket: Ticket, do: Do, rule: str, hand: Signature, policy: Policy) -> Ticket:
    """The ticket after this move. Raises Refused where the lifecycle doesn't allow it."""
    if do.kind == "mark":
        return lifecycle.mark(ticket, do.value, hand, rule)
    if do.kind == "set":
        return changed(ticket, dict(do.value), hand, policy, rule)
    if do.kind == "escalate":
        return escalated(ticket, do.value, hand, policy, rule=rule)
    if do.kind == "assign":
        team = team_named(policy, do.value)
        return lifecycle.move(ticket, "assign", hand, team=team.name, level=team.level, rule=rule)
    word = {"close": "how", "reopen": "why", "note": "text"}.get(do.kind)
    return lifecycle.move(ticket, do.kind, hand, **({word: do.value} if word else {}), rule=rule)
