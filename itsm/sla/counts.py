"""What came of tickets under a policy, one fact a time, and added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from itsm.values import dataclass, field

BREACH = "breach"
REFUSED = "refused"  # a move that the lifecycle or the policy doesn't allow: the sweep would name it as a problem


@dataclass(frozen=True, slots=True)
class Window:
    """The instants that count, both ends included (UTC). What lies before `since` happens all the same, and isn't counted."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """What came of one ticket at one instant: an action of a rule, counted once a key, or a promise that was broken.

    `kind` is the action's (`notify`, `call`, `close`, …), REFUSED or BREACH; `name` the rule's, or that of the promise. Of a breach:
    the target, and the ticket's priority at that moment.
    """

    at: datetime
    kind: str
    name: str
    target: str = ""
    priority: str = ""


@dataclass(slots=True)
class Counts:
    """Facts added up: breaches by (promise, target, priority), actions by (kind, rule, hour of the desk's day)."""

    tickets: int = 0
    breaches: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def take(self, facts: Iterable[Fact], zone: ZoneInfo) -> None:
        """One more ticket."""
        self.tickets += 1
        for fact in facts:
            if fact.kind == BREACH:
                self.breaches[fact.name, fact.target, fact.priority] += 1
            else:
                self.actions[fact.kind, fact.name, fact.at.astimezone(zone).hour] += 1

    def add(self, other: Counts) -> None:
        """What another part of the tickets came to."""
        self.tickets += other.tickets
        self.breaches.update(other.breaches)
        self.actions.update(other.actions)
