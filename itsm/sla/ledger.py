"""What has been said already: the notices journal, folded into what decisions ask of it (page 3, sentences 12 and 16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from itsm.model.event import instant
from itsm.model.ids import number
from itsm.values import dataclass, field

EVERYONE = "*"  # a fact that counts for every recipient and channel: superseded, dropped, a move that is done
COMMAND = "command"  # how a rule's command is done, as `mail` is how a notice is said
ANYHOW = ""  # by whatever channel: for those who only look, and aren't about to print or mail
_SAID = frozenset({"printed", "sent", "dead", "superseded", "dropped", "done"})
_UNDERWAY = frozenset({"intended", "failed", "held", "retried"})
_OPEN = frozenset({"intended", "failed", "held", "dead"})  # what a later fact settles
Who = tuple[str, str]  # recipient, channel


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a command has failed, since when, when last, and why."""

    count: int
    since: datetime
    last: datetime
    why: str


@dataclass(slots=True)
class Ledger:
    """Which steps were said to whom by which channel, and what is passed over as lying in the past.

    `underway` is what was intended and has no result yet: the outbox has it, or a person decides over it (`held`). `dead` is what was
    given up: it isn't said again of itself, but a person may have it tried again (`retried`).
    `dropped`, by key, recipient and channel, is what isn't to be sent any more, though a crash may have left it in the outbox.
    `put_off` are the moves that were held once after a jump of the clock, and when (sentence 21): nobody need decide over them.
    `tries` are the commands that failed so far. `settled`: when a clock that had been ahead was right again, and said up to which of its
    instants a step is settled.
    """

    said: dict[str, dict[Who, datetime]] = field(default_factory=dict)
    underway: dict[str, dict[Who, datetime]] = field(default_factory=dict)
    held: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    dead: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    dropped: set[tuple[str, str, str]] = field(default_factory=set)
    put_off: dict[str, datetime] = field(default_factory=dict)
    tries: dict[str, Tries] = field(default_factory=dict)
    released: set[tuple[str, str]] = field(default_factory=set)
    rules: dict[str, datetime | None] = field(default_factory=dict)
    passed: list[tuple[int, int, datetime]] = field(default_factory=list)
    swept: bool = False
    settled: dict[tuple[str, str, str], tuple[datetime, datetime]] = field(default_factory=dict)

    def said_at(self, key: str, recipient: str, channel: str) -> datetime | None:
        """When this step was last said to this recipient by this channel, or settled for everybody, or taken in hand. Of several facts
        the last counts: what was said before its moment moved on is in hand again as soon as it is in the outbox.
        """
        theirs = ((recipient, channel), (recipient, EVERYONE), (EVERYONE, EVERYONE))
        found = [
            at
            for facts in (self.said.get(key, {}), self.underway.get(key, {}))
            for who, at in facts.items()
            if who in theirs or (channel == ANYHOW and who[0] == recipient)
        ]
        return max(found, default=None)

    def was_put_off(self, key: str, moment: datetime) -> bool:
        """Whether this move was held once already since it fell due at `moment`."""
        return key in self.put_off and self.put_off[key] >= moment

    def said_to_anybody(self, key: str, channel: str) -> bool:
        """Whether this step was said by this channel at all."""
        return any(channel in (by, ANYHOW) for _, by in self.said.get(key, {}))

    def passed_over(self, ticket_id: str, rule: str, moment: datetime, *, imported: bool = True) -> str:
        """Why this moment is left alone as belonging to the past; "" if it isn't.

        A killed import leaves IDs that it never used: whoever gets one by hand isn't `imported`, and nothing of it is passed over.
        """
        since = self.rules.get(rule)
        if since is not None and moment <= since:
            return f"the rule is newer than that (known since {since:%Y-%m-%d %H:%M} UTC)"
        if not (imported and self.passed):
            return ""
        wanted = number(ticket_id)
        if any(first <= wanted <= last and moment <= until for first, last, until in self.passed):
            return "it was due before the ticket was imported"
        return ""

    def add(self, fact: Mapping[str, Any]) -> None:
        """Take one more line of the journal into account. Facts of later versions are passed over."""
        kind = fact.get("fact")
        if kind == "rules":
            self.swept = True
            self.rules.update({name: instant(since) if since else None for name, since in fact["since"].items()})
        elif kind == "passed":
            first, last, until = *map(number, fact["tickets"]), instant(fact["until"])
            if self.passed and self.passed[-1][1:] == (first - 1, until):
                first = self.passed.pop()[0]  # the batches of an import are one range: it is searched for each moment
            self.passed.append((first, last, until))
        elif kind in _UNDERWAY or kind in _SAID or kind == "released":
            self._step(str(kind), fact)

    def forget_lost(self, kept: set[Who]) -> None:
        """What was to be sent and is in no outbox any more was never said: (key, recipient) pairs not in `kept` are decided anew."""
        for key, facts in self.underway.items():
            for who in [who for who in facts if (key, who[0]) not in kept and (key, who[0]) not in self.held]:
                del facts[who]

    def _own(self, kind: str, key: str, fact: Mapping[str, Any]) -> None:
        """A move that waits for the next sweep, or a command that was to be run: where it was killed in between, it is run again. One that
        was given up and is to be tried once more begins anew.
        """
        at, before = instant(fact["at"]), self.tries.get(key)
        if kind == "held":
            self.put_off[key] = at
        elif kind == "failed":
            count, since = (before.count + 1, before.since) if before else (1, at)
            self.tries[key] = Tries(count, since, at, str(fact.get("why", "")))
        elif kind == "retried":
            self.tries.pop(key, None)
            self.dead.pop((key, EVERYONE), None)
            self.said.get(key, {}).pop((EVERYONE, COMMAND), None)

    def _overtaken(self, kind: str, key: str, to: str, fact: Mapping[str, Any]) -> bool:
        """Whether this was settled already, by a clock that was right again: what it wrote stands in an earlier month, which is read first.

        Within a month the lines tell the order themselves.
        """
        if not (self.settled or "decided" in fact):
            return False
        who, at = (key, to, fact.get("channel", EVERYONE)), instant(fact["at"])
        if "decided" in fact:
            decided = instant(fact["decided"])
            self.settled[who] = at, max(decided, self.settled.get(who, (at, decided))[1])
        if kind not in _OPEN or who not in self.settled:
            return False
        when, upto = self.settled[who]
        return at <= upto and (when.year, when.month) < (at.year, at.month)

    def _step(self, kind: str, fact: Mapping[str, Any]) -> None:
        key, to = fact["key"], fact.get("to", EVERYONE)
        if self._overtaken(kind, key, to, fact):
            return
        if to == EVERYONE and kind in _UNDERWAY:  # no message of anybody's: no outbox has it
            self._own(kind, key, fact)
            return
        who, at = (to, fact.get("channel", EVERYONE)), instant(fact["at"])
        decided = max(self.underway.get(key, {}).pop(who, at), instant(fact.get("decided", fact["at"])))
        self.held.pop((key, to), None)
        self.dead.pop((key, to), None)
        (self.dropped.add if kind == "dropped" else self.dropped.discard)((key, *who))
        if kind == "released":
            self.released.add((key, to))
        elif kind in _SAID:
            self.said.setdefault(key, {})[who] = max(at, decided)  # sent by a clock that was set back since: no earlier than it was decided
            if kind == "dead":
                self.dead[key, to] = fact
        else:
            self.underway.setdefault(key, {})[who] = max(at, decided)
            if kind == "retried":
                self.said.get(key, {}).pop(who, None)
            if kind == "held":
                self.held[key, to] = fact


def ledger(facts: Iterable[Mapping[str, Any]]) -> Ledger:
    """The ledger that these facts, in the order of the journal, make."""
    book = Ledger()
    for fact in facts:
        book.add(fact)
    return book
