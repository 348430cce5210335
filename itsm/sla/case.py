"""What the rules take and give: one ticket's case, a verdict on each step, and the actions that are due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Literal

from itsm.model.replay import Timeline, timeline
from itsm.model.ticket import Ticket
from itsm.sla.clocks import Clock, clocks
from itsm.sla.ledger import ANYHOW, Ledger
from itsm.sla.policy import Do, Policy
from itsm.sla.recipients import Recipient
from itsm.values import dataclass, field

State = Literal["due", "held", "said", "waiting", "passed", "superseded", "settled", "idle"]


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do now: tell `to` something, put a call on the list, move the ticket (`do`), or run a `command` (`to` is nobody).

    `lower` are the keys of missed earlier steps that this one stands for; `dropped` says that the customer is no longer told.
    """

    ticket: str
    rule: str
    step: str
    kind: str
    key: str
    due_at: datetime
    armed: datetime
    reason: str
    to: tuple[Recipient, ...] = ()
    text: str = ""
    do: Do | None = None
    answers: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    dropped: tuple[Recipient, ...] = ()
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one step of one rule: due or not, and why. `action` is what it says or does when due."""

    rule: str
    state: State
    why: str
    action: Action | None = None


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
    def clocks(self) -> list[Clock]:
        """The ticket's promises."""
        return clocks(self.ticket, self.line, self.policy, self.now)
