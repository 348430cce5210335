"""The phone calls that the call centre owes a customer (M15–M20): derived from rules and history, stored nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from itsm.model.event import Event
from itsm.model.ticket import Ticket
from itsm.sla.clocks import due_at
from itsm.sla.policy import FollowUp, Rule
from itsm.sla.steps import Step
from itsm.values import dataclass

NO_ANSWER = "no-answer"  # nobody picked up: the one answer that is about the phone and not about the question


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where one call stands: `due` is when it falls due (again), None once it is settled; `tried` is how often nobody answered."""

    rule: Rule
    step: Step
    due: datetime | None
    tried: int

    @property
    def name(self) -> str:
        """The step's name in keys: each time that the call comes back is a step of its own."""
        return f"{self.step.name}+{self.tried}" if self.tried else self.step.name


def attempt(rule: Rule, step: Step, ticket: Ticket, topics: frozenset[str]) -> Attempt:
    """How the call of this step stands after the answers given since it fell due. `topics` are the rules that share its topic."""
    due: datetime | None = step.moment
    tried = 0
    for event in ticket.history:
        if event.kind != "answered" or event.data.get("rule") not in topics or event.at < step.moment:
            continue
        retry = _retry(rule, event)
        if retry is None or retry.again is None or tried >= retry.times:
            return Attempt(rule, step, None, tried)
        tried += 1
        due = due_at(None, event.at, retry.again)
    return Attempt(rule, step, due, tried)


def newest(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Of the calls that share a topic only the one whose step is newest stands (page 2)."""
    standing: dict[str, Attempt] = {}
    for one in attempts:
        topic = one.rule.topic or f"rule:{one.rule.name}"
        if topic not in standing or one.step.moment >= standing[topic].step.moment:
            standing[topic] = one
    return list(standing.values())


def follow_ups(rule: Rule, answer: str, attempt: int) -> tuple[FollowUp, ...]:
    """What this answer leads to: its follow-ups, and what comes `then` once the last `no-answer` is used up."""
    found: list[FollowUp] = []
    for follow in rule.answers.get(answer, ()):
        found.append(follow)
        if follow.again is not None and attempt > follow.times:
            found.extend(follow.then)
    return tuple(found)


def _retry(rule: Rule, event: Event) -> FollowUp | None:
    """The follow-up that brings the call back after this answer."""
    return next((follow for follow in rule.answers.get(str(event.data.get("answer")), ()) if follow.again), None)
