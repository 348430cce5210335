"""What the rules take and give: one ticket's case, a verdict on each step, and the actions that are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from itsm.model.event import Event, stamp
from itsm.model.ticket import Ticket
from itsm.model.timeline import Timeline, timeline
from itsm.sla.clocks import Clock, clocks
from itsm.sla.ledger import ANYHOW, Ledger
from itsm.sla.policy import Do, Policy
from itsm.sla.recipients import Recipient
from itsm.sla.steps import Step
from itsm.values import dataclass, field

State = Literal["due", "held", "said", "waiting", "passed", "superseded", "settled", "idle"]


Words = str | tuple[Any, ...]  # a text, or the function that makes it and what it takes: a value like others, to be compared


def spelt(words: Words) -> str:
    """The text itself."""
    return words if isinstance(words, str) else str(words[0](*words[1:]))


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do now: tell `to` something, put a call on the list, move the ticket (`do`), or run a `command` (`to` is nobody).

    `since`: when it would have been due at any hour, where it waits for one at which it may be said (page 3, sentence 18).
    `dropped` says that the customer is no longer told. What is said of it in words, `reason` and `text`, is made when somebody wants it:
    most of what is judged is neither due nor looked at.
    """

    ticket: str
    rule: str
    step: str
    kind: str
    key: str
    due_at: datetime
    armed: datetime
    because: Words
    to: tuple[Recipient, ...] = ()
    says: Words = ""
    do: Do | None = None
    answers: tuple[str, ...] = ()
    missed: tuple[Step, ...] = ()
    dropped: tuple[Recipient, ...] = ()
    command: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def reason(self) -> str:
        """Why it is due, and since when."""
        return spelt(self.because)

    @property
    def text(self) -> str:
        """What it says to whom it is for."""
        return spelt(self.says)

    @property
    def lower(self) -> tuple[str, ...]:
        """The keys of missed earlier steps that this one stands for."""
        return tuple(key(self.ticket, self.rule, one, self.kind) for one in self.missed)


def key(ticket_id: str, rule: str, step: Step, kind: str, label: str = "") -> str:
    """(ticket, rule, step, kind, the instant that armed it): reopening makes a new one, a date never is one (zammad#4348)."""
    return f"{ticket_id}/{rule}/{label or step.name}/{kind}/{stamp(step.armed)}"


def ticket_of(key: str) -> str:
    """The ticket that a key is about."""
    return key.partition("/")[0]


def rule_of(key: str) -> str:
    """The rule that a key is of."""
    return key.partition("/")[2].partition("/")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one step of one rule: due or not, and why (`because`, else the action's own reason). `action` is what it does when due."""

    rule: str
    state: State
    because: Words = ""
    action: Action | None = None

    @property
    def why(self) -> str:
        """Why, in words."""
        if not self.because and self.action:
            return self.action.reason
        return spelt(self.because)


@dataclass(frozen=True)
class Case:
    """One ticket before the rules. `channel_of` tells by which channel this run reaches a recipient; who only looks needs none.

    `idle_since` is when the last sweep was, if that is so long ago that the clock may be wrong: what is final is held once (21).
    """

    ticket: Ticket
    policy: Policy
    book: Ledger
    now: datetime
    channel_of: Callable[[Recipient], str] = field(default=lambda _: ANYHOW)
    idle_since: datetime | None = None

    @cached_property
    def line(self) -> Timeline:
        """When what happened to the ticket."""
        line = timeline(self.ticket)
        if self.ticket.until is not None:
            line.moments["until"] = self.ticket.until
        return line

    @cached_property
    def ruled(self) -> dict[str, list[Event]]:
        """What in the history names a rule: its answers and its moves, by the rule's name."""
        found: dict[str, list[Event]] = {}
        for event in self.ticket.history:
            if rule := event.data.get("rule"):
                found.setdefault(rule, []).append(event)
        return found

    @cached_property
    def topics(self) -> dict[str, frozenset[str]]:
        """The names of the rules that share a topic."""
        rules = [rule for rule in self.policy.rules if rule.topic]
        return {one.topic: frozenset(rule.name for rule in rules if rule.topic == one.topic) for one in rules}

    @cached_property
    def clocks(self) -> list[Clock]:
        """The ticket's promises."""
        return clocks(self.ticket, self.line, self.policy, self.now)
