"""More messages to customers in one run than usual: they are held, the desk is told once, a person decides (sentence 16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from itsm.desk.facts import of_action
from itsm.desk.report import Outcome, Report, outcome
from itsm.model.event import stamp
from itsm.sla.case import Action
from itsm.sla.ledger import EVERYONE, Ledger
from itsm.sla.policy import Policy
from itsm.sla.recipients import Recipient, callcentre

_HOLD = "hold-over"


def hold(report: Report, policy: Policy, book: Ledger, channel_of: Callable[[Recipient], str]) -> list[dict[str, Any]]:
    """Hold the customers' messages of this report if they are more than `hold_over`, and tell the desk. What goes to the journal."""
    customers = [one for one in report.outcomes if _is_customers(one) and (one.action.key, "customer") not in book.released]
    if len(customers) <= policy.desk.hold_over:
        return []
    for one in customers:
        one.delivery, one.held = "queued", True
    told = f"{len(customers)} messages to customers are held: look at them with itsm notices, then itsm notices release or drop"
    desk_is_told = Action(
        ticket="", rule=_HOLD, step=str(len(customers)), kind="notify",
        key=f"-/{_HOLD}/{len(customers)}/notify/{stamp(report.at)}",
        due_at=report.at, armed=report.at, because=f"more than {policy.desk.hold_over} in one run",
        to=(callcentre(policy),), says=told,
    )  # fmt: skip
    report.outcomes.append(outcome(desk_is_told, None, channel_of(desk_is_told.to[0])))
    return [of_action("held", one.action, one.action.to[0], EVERYONE) | {"text": one.action.text} for one in customers]


def _is_customers(one: Outcome) -> bool:
    return bool(one.action.to) and one.action.to[0].role == "customer"
