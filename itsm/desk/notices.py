"""What was said to whom, what is on its way, and what was given up (page 3, sentences 16 and 20). `postmaster` decides over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.desk.facts import of_key
from itsm.desk.tickets import find
from itsm.desk.view import book
from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.sla.case import rule_of, ticket_of
from itsm.sla.ledger import EVERYONE, Ledger
from itsm.store.outbox import Entry

_SHOWN = frozenset({"printed", "sent", "failed", "held", "released", "dropped", "dead", "retried"})
HELD, WAITING, DEAD = "held", "waiting", "dead"


def said(desk: Desk, text: str = "") -> list[dict[str, Any]]:
    """The journal's facts about people, oldest first; of one ticket if `text` names it. All that failed of one message is one row: its last
    failure, with how often it was tried, and for what is still on its way when it will be again.
    """
    ticket_id = find(desk, text) if text else ""
    facts = [fact for fact in desk.journal.facts() if fact["fact"] in _SHOWN and (not ticket_id or fact.get("ticket") == ticket_id)]
    failures: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for fact in facts:
        if fact["fact"] == "failed":
            failures.setdefault(_message(fact), []).append(fact)
    for tries in failures.values():
        tries[-1]["attempts"] = len(tries)
    rows = [fact for fact in facts if fact["fact"] != "failed" or fact is failures[_message(fact)][-1]]
    last = {_message(fact): fact for fact in rows}
    for entry, state in [*((one, "") for one in desk.outbox.waiting()), *((one, DEAD) for one in desk.outbox.dead())]:
        for one in [(entry.id, key, to) for key, to in entry.keys]:
            last.get(one, {}).update(_tries(entry, state))
    return rows


def _message(fact: Mapping[str, Any]) -> tuple[str, ...]:
    """Which message a fact is about, and for which notice in it. Those of a rule's command have no ID."""
    return fact.get("id", ""), fact["key"], fact.get("to", EVERYONE)


def underway(desk: Desk, now: datetime, *, dead_only: bool = False) -> list[dict[str, Any]]:
    """A row for each message that isn't delivered: what was given up, then what is on its way, then what is no message yet, because it
    waits for an hour at which it may be said; each oldest first.
    """
    rows = [_row(entry, DEAD) for entry in desk.outbox.dead()]
    if not dead_only:
        rows.extend(_row(entry, "failed" if entry.error else "queued") for entry in desk.outbox.waiting())
        rows.extend(_kept_back(desk, now))
    return rows


def unreadable(desk: Desk) -> list[Problem]:
    """The files of the outbox that are no messages: nobody can say what is in them, or decide over it."""
    desk.outbox.waiting()
    found = desk.outbox.problems
    desk.outbox.dead()
    return found + desk.outbox.problems


def _kept_back(desk: Desk, now: datetime) -> Iterator[dict[str, Any]]:
    if desk.settings.policy is None:
        return
    from itsm.desk.ahead import kept_back

    for row in kept_back(desk, now):
        for to, address in row["recipients"].items():
            facts = {"at": row["since"], **of_key(WAITING, row["key"], to, ""), "keys": [row["key"]], "address": address, "id": ""}
            yield {**facts, "why": "", "attempts": 0, "next_try": row["due_at"]}


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


def _tries(entry: Entry, state: str) -> dict[str, Any]:
    return {"attempts": entry.attempts, "next_try": None if state == DEAD else stamp(entry.next_try)}


def _row(entry: Entry, state: str) -> dict[str, Any]:
    key, to = entry.keys[0] if entry.keys else ("", "")
    facts = {"at": stamp(entry.queued), **of_key(state, key, to, entry.channel)}
    more = {"keys": [key for key, _ in entry.keys], "address": entry.to, "id": entry.id, "why": entry.error}
    return {**facts, **more, **_tries(entry, state)}
