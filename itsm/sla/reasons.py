"""Why something is due, and what a rule without a `say` of its own says."""

from __future__ import annotations

from datetime import datetime

from itsm.model.ticket import Ticket
from itsm.sla.clocks import Clock
from itsm.sla.duration import format_seconds
from itsm.sla.policy import Rule
from itsm.sla.steps import Step

_CAUSES = {"until": "the time to wait was over"}


def reason(rule: Rule, step: Step, name: str) -> str:
    """Why a step of a rule is due. The instant is the one that armed it: pages show it on the desk's clock."""
    at = f"{step.armed:%Y-%m-%d %H:%M} UTC"
    if name.startswith("answer:"):
        return f"answered {name.removeprefix('answer:')} at {at}"
    if rule.of:
        return f"{name}{' of' if name.endswith('%') else ''} the time to {rule.of}, which began at {at}"
    if rule.every or rule.rrule:
        return f"every {rule.every.text if rule.every else rule.rrule} since it was {step.cause} at {at}"
    if name == step.cause:
        return f"the rule has done so at {at}"
    delay = f"{rule.after.text} after it was " if rule.after and rule.after.total else ""
    return f"{delay}{_CAUSES.get(step.cause, step.cause)} at {at}"


def plain(ticket: Ticket, rule: Rule, step: Step) -> str:
    """What a rule without `say` says."""
    if rule.of:
        part = (
            f"{step.name} of the time to {rule.of} is used up"
            if step.name.endswith("%")
            else f"{step.name} the end of the time to {rule.of}"
        )
        return f"{ticket.id}: {part}: {ticket.title}"
    return f"{ticket.id} ({rule.name}): {ticket.title}"


def held(since: datetime) -> str:
    """Why what can't be undone waits for the next sweep."""
    return f"held once: the last sweep was at {since:%Y-%m-%d %H:%M} UTC, more than a day before; the next one does it"


def stale(ticket: Ticket, text: str) -> str:
    """What the desk is told instead of the customer."""
    return f"{ticket.id}: a message to the customer is stale and was dropped: {text}"


def standing(clock: Clock) -> str:
    """How a promise stands, and why."""
    limit, left = format_seconds(clock.limit), format_seconds(abs(clock.remaining))
    if clock.breach is not None:
        return f"{limit} were promised; it was broken, and put on record at {clock.breach.at:%Y-%m-%d %H:%M} UTC"
    if clock.state == "paused":
        return f"{left} of {limit} are left; the clock stands still while it waits"
    if clock.state == "running":
        return f"{left} of {limit} are left"
    ended = f", at {clock.stopped:%Y-%m-%d %H:%M} UTC" if clock.stopped else ""
    return (
        f"kept with {left} of {limit} left{ended}" if clock.state == "met" else f"{left} later than the {limit} that were promised{ended}"
    )
