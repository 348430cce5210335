"""What was said to whom; what is on its way or was given up; and what a person decides over that (page 3, sentences 16 and 20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.desk.facts import of_key, settling
from itsm.desk.tickets import find
from itsm.desk.view import book
from itsm.errors import Problem, Refused
from itsm.model.event import instant, stamp
from itsm.sla.case import rule_of, ticket_of
from itsm.sla.ledger import EVERYONE, Ledger
from itsm.store.outbox import Entry
from itsm.values import dataclass

_SHOWN = frozenset({"printed", "sent", "failed", "held", "released", "dropped", "dead", "retried"})
ALL, HELD, DEAD = "all", "held", "dead"
Verdict = Literal["release", "retry", "drop"]
_FACT = {"release": "released", "retry": "retried", "drop": "dropped"}
_OVER = {"release": (HELD,), "retry": (DEAD,), "drop": (HELD, DEAD)}


def said(desk: Desk, text: str = "") -> list[dict[str, Any]]:
    """The journal's facts about people, oldest first; of one ticket if `text` names it. The last failure of what is still on its way
    says how often it was tried and when it will be again.
    """
    ticket_id = find(desk, text) if text else ""
    facts = [fact for fact in desk.journal.facts() if fact["fact"] in _SHOWN and (not ticket_id or fact.get("ticket") == ticket_id)]
    last = {fact["id"]: place for place, fact in enumerate(facts) if "id" in fact}
    for entry, state in [*((one, "") for one in desk.outbox.waiting()), *((one, DEAD) for one in desk.outbox.dead())]:
        if entry.id in last:
            facts[last[entry.id]] |= _tries(entry, state)
    return facts


def underway(desk: Desk, *, dead_only: bool = False) -> list[dict[str, Any]]:
    """A row for each message in the outbox: what was given up, then what waits, oldest first."""
    rows = [_row(entry, DEAD) for entry in desk.outbox.dead()]
    if not dead_only:
        rows.extend(_row(entry, "failed" if entry.error else "queued") for entry in desk.outbox.waiting())
    return rows


def held(desk: Desk) -> list[Mapping[str, Any]]:
    """The customers' messages that are held."""
    return list(book(desk).held.values())


def given_up(desk: Desk, said: Ledger | None = None) -> Iterator[Problem]:
    """What was given up, until a person decides: each message that lies aside and, where all that was `said` is known, what of such is
    nowhere any more.
    """
    dead = desk.outbox.dead()
    yield from desk.outbox.problems
    for entry in dead:
        tickets = ", ".join(dict.fromkeys(ticket_of(key) for key, _ in entry.keys))
        tries = f" after {entry.attempts} {'try' if entry.attempts == 1 else 'tries'}" if entry.attempts else ""
        whose, to = (f"rule {rule_of(entry.keys[0][0])}", "") if of_a_command(entry) else (entry.channel, f" to {entry.to}")
        yield Problem(whose, 0, f"{tickets}{to}: given up{tries}: {entry.error}", "itsm notices retry, or drop")
    kept = {pair for entry in (*dead, *desk.outbox.waiting()) for pair in entry.keys}
    if said is None or desk.settings.policy is None or turns.not_sender(desk):
        return  # or it is another copy's outbox, as far as anybody can tell
    for (key, who), fact in said.dead.items():
        if (key, who) in kept:
            continue
        if who == EVERYONE:
            yield Problem(f"rule {rule_of(key)}", 0, f"{ticket_of(key)}: given up: {fact.get('why', '')}", "itsm notices retry, or drop")
        else:
            what = f"{key} to {fact.get('address', who)}: given up, and the message is lost"
            yield Problem("notices", 0, what, "itsm notices retry decides it anew, or drop")


def of_a_command(entry: Entry) -> bool:
    """Whether what was given up is a rule's command: it has nothing to send, and is decided anew when it is to be tried again."""
    return entry.recipient == EVERYONE and bool(entry.keys)


def decide(desk: Desk, verdict: Verdict, which: str, by: str, now: datetime) -> int:
    """`release` or `drop` what is held, `retry` or `drop` what was given up: all of it, one ticket's, or one key's. How many messages.
    The journal keeps who did it.

    Raises Refused where there is nothing to decide, or where a word could mean more than was meant.
    """
    ours = turns.not_sender(desk)
    if ours and verdict == "retry":
        raise Refused(ours.removeprefix("a dry run: "), hint="do it there, or itsm sender take")
    chosen = _chosen(desk, verdict, which)
    if not chosen:
        hint = "itsm notices lists what was said, itsm notices waiting what is still being tried"
        raise Refused(f"there is nothing to {verdict}{f' for {which}' if which else ''}", hint=hint)
    for one in chosen:
        one.done(desk, verdict, by, now)
    return len(chosen)


@dataclass(frozen=True)
class _Message:
    """Something to decide over: its facts in the journal, since when it waits for that, and the message that lies aside, if it does."""

    kind: str
    facts: tuple[Mapping[str, Any], ...]
    since: datetime | None
    entry: Entry | None = None

    def meant(self, key: str, ticket: str) -> bool:
        """Whether it is about this notice, or this ticket."""
        return any(fact["key"] == key or fact.get("ticket") == ticket for fact in self.facts)

    def done(self, desk: Desk, verdict: Verdict, by: str, now: datetime) -> None:
        """The message first: killed then, it is sent or forgotten, and the journal only doesn't know why."""
        if self.entry and verdict == "retry" and not of_a_command(self.entry):
            desk.outbox.revive(self.entry, now)
        elif self.entry:
            desk.outbox.forget(self.entry)
        more = {"by": by, **(settling(self.since, now) if self.since else {})}
        desk.journal.append([{**fact, "fact": _FACT[verdict], **more} for fact in self.facts], now)


def _chosen(desk: Desk, verdict: Verdict, which: str) -> list[_Message]:
    found = [one for one in _undecided(desk) if one.kind in _OVER[verdict]]
    kinds = sorted({one.kind for one in found})
    if not which and len(kinds) > 1:
        raise Refused("some messages are held, others were given up", hint=f"itsm notices {verdict} held, dead, T-42, or all")
    if which in ("", ALL):
        return found
    if which in (HELD, DEAD):
        return [one for one in found if one.kind == which]
    ticket = "" if "/" in which else find(desk, which)
    return [one for one in found if one.meant(which, ticket)]


def _undecided(desk: Desk) -> Iterator[_Message]:
    ledger = book(desk)
    for fact in ledger.held.values():
        yield _Message(HELD, (of_key("", fact["key"], fact["to"], EVERYONE),), instant(fact["at"]))
    dead = desk.outbox.dead()
    for entry in dead:
        facts = tuple(of_key("", key, who, entry.channel, id=entry.id, address=entry.to) for key, who in entry.keys)
        known = [instant(ledger.dead[pair]["at"]) for pair in entry.keys if pair in ledger.dead]
        yield _Message(DEAD, facts, max(known, default=None), entry)
    kept = {pair for entry in dead for pair in entry.keys}
    for (key, who), fact in ledger.dead.items():
        if (key, who) not in kept:
            yield _Message(DEAD, (of_key("", key, who, fact["channel"]),), instant(fact["at"]))


def _tries(entry: Entry, state: str) -> dict[str, Any]:
    return {"attempts": entry.attempts, "next_try": None if state == DEAD else stamp(entry.next_try)}


def _row(entry: Entry, state: str) -> dict[str, Any]:
    key, to = entry.keys[0] if entry.keys else ("", "")
    facts = {"at": stamp(entry.queued), **of_key(state, key, to, entry.channel)}
    more = {"keys": [key for key, _ in entry.keys], "address": entry.to, "id": entry.id, "why": entry.error}
    return {**facts, **more, **_tries(entry, state)}
