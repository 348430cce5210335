"""What a person decides over messages: those that are held, still being tried, or given up (page 3, sentences 16 and 20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Literal

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.desk.facts import of_key, settling
from itsm.desk.notices import DEAD, HELD, WAITING, of_a_command
from itsm.desk.tickets import find
from itsm.desk.view import book
from itsm.errors import Refused
from itsm.model.event import instant
from itsm.sla.ledger import EVERYONE
from itsm.store import locks
from itsm.store.outbox import Entry
from itsm.store.tickets import LOCK_TIMEOUT
from itsm.values import dataclass

ALL = "all"
Verdict = Literal["release", "retry", "drop"]
_FACT = {"release": "released", "retry": "retried", "drop": "dropped"}
_OVER = {"release": (HELD,), "retry": (DEAD, WAITING), "drop": (HELD, DEAD, WAITING)}


def decide(desk: Desk, verdict: Verdict, which: str, by: str, now: datetime, wait: Callable[[str], None] = lambda _: None) -> int:
    """`release` or `drop` what is held, `retry` or `drop` what is still being tried or was given up: all of it, one ticket's, or one key's.
    How many messages. The journal keeps who did it. `wait` is told of a sweep that must end first: it may be sending that very message.

    Raises Refused where there is nothing to decide, or where a word could mean more than was meant; Busy.
    """
    elsewhere = turns.not_sender(desk)
    with ExitStack() as stack:
        chosen = [] if elsewhere and verdict == "retry" else _chosen(desk, verdict, which)
        tried = any(one.kind == WAITING for one in chosen)
        if elsewhere and (tried or verdict == "retry"):
            raise Refused(elsewhere.removeprefix("a dry run: "), hint="do it there, or itsm sender take")
        if tried:
            stack.enter_context(_between_sweeps(desk, verdict, wait))
            chosen = _chosen(desk, verdict, which)
        if not chosen:
            hint = "itsm notices lists what was said, itsm notices waiting what is still being tried"
            raise Refused(f"there is nothing to {verdict}{f' for {which}' if which else ''}", hint=hint)
        for one in chosen:
            one.done(desk, verdict, by, now)
    return len(chosen)


@contextmanager
def _between_sweeps(desk: Desk, verdict: str, wait: Callable[[str], None]) -> Iterator[None]:
    """The sweep's own lock: whose it is has the outbox to itself. A sweep that waits for a dead server keeps it for all of its time."""
    place, what = turns.lock(desk), f"notices {verdict}"
    with ExitStack() as stack:
        if holder := stack.enter_context(locks.try_lock(place, what)):
            wait(f"waiting for the end of {holder}")
            stack.enter_context(locks.lock(place, desk.policy.desk.sweep_limit.total + LOCK_TIMEOUT, what))
        yield


@dataclass(frozen=True)
class _Message:
    """Something to decide over: its facts in the journal, since when it waits for that, and the message itself, if the outbox has it."""

    kind: str
    facts: tuple[Mapping[str, Any], ...]
    since: datetime | None
    entry: Entry | None = None

    def meant(self, key: str, ticket: str) -> bool:
        """Whether it is about this notice, or this ticket."""
        return any(fact["key"] == key or fact.get("ticket") == ticket for fact in self.facts)

    def done(self, desk: Desk, verdict: Verdict, by: str, now: datetime) -> None:
        """What was given up goes first: killed then, the journal only doesn't know why. What is still being tried is dropped once the
        journal says so: killed then, the next sweep takes it out of the outbox.
        """
        dropped = self.entry if verdict == "drop" else None
        if self.entry and verdict == "retry":
            self._hasten(desk, self.entry, now)
        if dropped and self.kind == DEAD:
            desk.outbox.forget(dropped)
        more = {"by": by, **(settling(self.since, now) if self.since else {})}
        desk.journal.append([{**fact, "fact": _FACT[verdict], **more} for fact in self.facts], now)
        if dropped and self.kind == WAITING:
            desk.outbox.remove(dropped)

    def _hasten(self, desk: Desk, entry: Entry, now: datetime) -> None:
        if of_a_command(entry):
            desk.outbox.forget(entry)
        elif self.kind == WAITING:
            desk.outbox.hurry(entry, now)
        else:
            desk.outbox.revive(entry, now)


def _chosen(desk: Desk, verdict: Verdict, which: str) -> list[_Message]:
    found = [one for one in _undecided(desk) if one.kind in _OVER[verdict]]
    if which == ALL:
        return found
    if which in (HELD, WAITING, DEAD):
        return [one for one in found if one.kind == which]
    if which:
        ticket = "" if "/" in which else find(desk, which)
        return [one for one in found if one.meant(which, ticket)]
    kinds = [kind for kind in (HELD, DEAD) if any(one.kind == kind for one in found)]
    if len(kinds) > 1:
        raise Refused("some messages are held, others were given up", hint=f"itsm notices {verdict} held, dead, T-42, or all")
    if found and not kinds and verdict == "drop":
        raise Refused("what is still being tried is dropped only by name", hint="itsm notices drop waiting, or T-42")
    return [one for one in found if one.kind != WAITING or verdict == "retry"]


def _undecided(desk: Desk) -> Iterator[_Message]:
    ledger = book(desk)
    for fact in ledger.held.values():
        yield _Message(HELD, (of_key("", fact["key"], fact["to"], EVERYONE),), instant(fact["at"]))
    waiting, dead = desk.outbox.waiting(), desk.outbox.dead()
    for entry in waiting:
        yield _Message(WAITING, _facts(entry), entry.queued, entry)
    for entry in dead:
        known = [instant(ledger.dead[pair]["at"]) for pair in entry.keys if pair in ledger.dead]
        yield _Message(DEAD, _facts(entry), max(known, default=None), entry)
    kept = {pair for entry in (*waiting, *dead) for pair in entry.keys}
    for (key, who), fact in ledger.dead.items():
        if (key, who) not in kept:
            yield _Message(DEAD, (of_key("", key, who, fact["channel"]),), instant(fact["at"]))


def _facts(entry: Entry) -> tuple[Mapping[str, Any], ...]:
    return tuple(of_key("", key, who, entry.channel, id=entry.id, address=entry.to) for key, who in entry.keys)
