"""Until when nothing can become due on a ticket that nobody touches: what lets a sweep leave its file closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from itsm.model.ids import number
from itsm.sla.case import Case, Verdict
from itsm.sla.match import AGE, unmet
from itsm.sla.policy import Rule
from itsm.sla.rules import UNTIL
from itsm.sla.steps import steps
from itsm.sla.weighing import lateness

_SETTLED = frozenset({"said", "passed", "superseded", "settled", "idle"})
_LONGEST = timedelta(hours=12)  # then it is judged anew all the same: a new table of holidays or time zones comes with no notice
_SPREAD = 12 * 3600  # seconds over which those that were judged together are judged again


def quiet_until(case: Case, verdicts: Sequence[Verdict]) -> datetime | None:
    """The first instant after now at which anything of these `verdicts` can change, as long as neither the ticket, nor the policy, nor
    what was said does. None where something is due now, or where nothing can be promised.
    """
    if any(event.at > case.now for event in case.ticket.history):
        return None  # a clock was ahead: what such an event settles, and from when on, isn't worth a proof
    turning = []
    for verdict in verdicts:
        ahead = [verdict.action.due_at] if verdict.action else []
        if verdict.state not in _SETTLED and not (verdict.state == "waiting" and ahead and ahead[0] > case.now):
            return None
        turning += ahead
    turning += [moment for rule in (UNTIL, *case.policy.rules) for moment in _turns(case, rule)]
    turning += _too_late(case, verdicts)
    turning += [clock.due for clock in case.clocks if clock.due]
    turning.append(case.now + _LONGEST + timedelta(seconds=number(case.ticket.id) * 37 % _SPREAD))
    return min(moment for moment in turning if moment > case.now)


def ages(rule: Rule) -> list[timedelta]:
    """How old a ticket is when a match that asks for its age begins or ceases to hold: just that, or a second more."""
    return [timedelta(seconds=one.values[0].total + more) for one in rule.match if one.field == AGE for more in (0, 1)]


def _turns(case: Case, rule: Rule) -> Iterator[datetime]:
    """When the rule's match may flip, and when its steps are reached, whoever may be told of them at that hour."""
    yield from (case.ticket.opened + age for age in ages(rule))
    if unmet(rule.match, case.ticket, case.now):
        return  # as long as it is as it is, and no older
    yield from (step.moment for step in steps(rule, case.line, case.clocks, case.policy, case.now))


def _too_late(case: Case, verdicts: Sequence[Verdict]) -> Iterator[datetime]:
    """When what a customer was or wasn't told becomes too late to tell."""
    for verdict in verdicts:
        if verdict.action and any(one.role == "customer" for one in verdict.action.to):
            rule = case.policy.rule(verdict.rule)
            late = verdict.action.due_at + lateness(rule)
            yield from (late, late + timedelta(seconds=1))
