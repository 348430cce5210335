"""The phone calls that are owed: who is to be phoned, who is dialling, and what the customer said (M15–M20)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from itsm.desk.acting import act
from itsm.desk.desk import Desk
from itsm.desk.outlook import Rows, outlook
from itsm.desk.tickets import find, read
from itsm.desk.view import book, call_json
from itsm.errors import ItsmError, Problem, Refused, Usage
from itsm.model import lifecycle
from itsm.model.event import instant, stamp
from itsm.model.lifecycle import Signature
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import Ticket
from itsm.sla import calls as sla_calls
from itsm.sla.case import Action, Case, Verdict
from itsm.sla.match import unmet
from itsm.sla.policy import FollowUp, Policy
from itsm.sla.rules import judge, standing, standing_calls
from itsm.store import atomic, locks
from itsm.values import dataclass

DIALLING = timedelta(minutes=10)  # after this the call is anybody's again


@dataclass(frozen=True, slots=True)
class Owed:
    """What the customer is called, and one call in the shape of `calls --json`, where `dialling` has taken it."""

    customer: str
    call: dict[str, Any]

    @property
    def ticket(self) -> str:
        """The ticket's ID."""
        return str(self.call["ticket"])

    @property
    def since(self) -> datetime:
        """When it fell due."""
        return instant(self.call["since"])

    @property
    def number(self) -> str:
        """What calls are grouped by: the number to dial, else the ticket itself."""
        return self.call["mobile"] or self.call["phone"] or self.ticket


def owed(desk: Desk, now: datetime) -> tuple[list[Owed], list[Problem]]:
    """All calls that stand, the longest owed first, those to one number together; and the files that couldn't be read."""
    looked, taken = outlook(desk, "calls", now, _rows), _taken(desk, now)
    found = [Owed(row.pop("customer"), row | {"dialling": taken.get(row["ticket"], "")}) for row in looked.rows]
    first: dict[str, str] = {}
    for one in found:
        first[one.number] = min(one.call["since"], first.get(one.number, one.call["since"]))
    return sorted(found, key=lambda one: (first[one.number], one.number, one.call["since"])), looked.problems


def standing_on(desk: Desk, text: str, now: datetime) -> list[Action]:
    """The calls that stand on one ticket. Raises NotFound or Invalid."""
    ticket = read(desk, text).ticket
    return standing_calls(Case(ticket, desk.policy, book(desk, ticket.id), now))


def _rows(case: Case, verdicts: Iterable[Verdict]) -> Rows:
    return [call_json(case.ticket, call) | {"customer": case.ticket.customer} for call in standing(verdicts)]


def take(desk: Desk, text: str, by: str, now: datetime) -> Ticket:
    """Say that somebody is dialling, so that nobody else does. Raises Refused where another is, or no call stands."""
    ticket_id = find(desk, text)
    with desk.tickets.locked("calls take"):
        ticket = desk.tickets.read(ticket_id).ticket
        if not standing_calls(Case(ticket, desk.policy, book(desk, ticket_id), now)):
            raise Refused(f"no call is owed on {ticket_id}", hint="itsm calls lists those that are")
        taken = _taken(desk, now)
        if taken.get(ticket_id, by) != by:
            raise Refused(f"{taken[ticket_id]} is dialling for {ticket_id}", hint="itsm calls shows who dials")
        kept = {**_read(desk), ticket_id: [by, stamp(now)]}
        fresh = {one: entry for one, entry in kept.items() if now - instant(entry[1]) < DIALLING}
        locks.own_folder(desk.root)
        atomic.replace(desk.state / "dialling.json", json.dumps(fresh).encode())
    return ticket


def answer(desk: Desk, text: str, word: str, rule: str, hand: Signature, *, note: str = "", score: int | None = None) -> tuple[Ticket, str]:
    """Write down what the customer said, and do at once what follows. Gives the ticket and the rules that were answered."""
    policy, ticket_id = desk.policy, find(desk, text)
    said = book(desk, ticket_id)
    answered = ""

    def edit(ticket: Ticket) -> Ticket:
        nonlocal answered
        meant = _meant(standing_calls(Case(ticket, policy, said, hand.at)), ticket, word, rule)
        answered = ", ".join(call.rule for call, _ in meant)
        for call, given in meant:
            ticket = _answered(ticket, call, given, hand, policy, note=note, score=score)
        return ticket

    from itsm.desk.on_record import change  # it looks at the promises, for which who only looks at the calls needn't wait

    return change(desk, ticket_id, edit, hand).ticket, answered


def ahead(desk: Desk, ticket: Ticket, now: datetime) -> list[Action]:
    """What an answer leads to later: the next call and the automatic close, where they are still to come."""
    waiting = [v.action for v in judge(Case(ticket, desk.policy, book(desk, ticket.id), now)) if v.action and v.state == "waiting"]
    first = {
        action.kind: action for action in sorted(waiting, key=lambda one: one.due_at, reverse=True) if action.kind in ("call", "close")
    }
    return sorted(first.values(), key=lambda one: one.due_at)


def _meant(calls: list[Action], ticket: Ticket, word: str, rule: str) -> list[tuple[Action, str]]:
    """The call that is meant, and the answer as its rule spells it; who doesn't pick up has answered none of them.

    Raises Refused where no call stands, Usage where it isn't clear which is meant.
    """
    meant = [call for call in calls if not rule or call.rule == rule]
    if not meant:
        stand = f"; standing: {', '.join(call.rule for call in calls)}" if calls else ""
        raise Refused(
            f"no call{f' of {rule}' if rule else ''} is owed on {ticket.id}{stand}",
            hint=f"itsm close, reopen or note {ticket.id} --from-customer writes down what the customer says unasked",
        )
    fitting = [(call, one) for call in meant for one in call.answers if one.casefold() == word.casefold()]
    if not fitting:
        known = {one for call in meant for one in call.answers}
        raise Usage(f"{word!r} is no answer to “{meant[0].text}”", hint=did_you_mean(word, known))
    if len(fitting) > 1 and fitting[0][1] != sla_calls.NO_ANSWER:
        names = ", ".join(call.rule for call, _ in fitting)
        raise Usage(f"several calls on {ticket.id} take {word!r}: {names}", hint=f"--rule {fitting[0][0].rule}")
    return fitting


def _answered(ticket: Ticket, call: Action, given: str, hand: Signature, policy: Policy, *, note: str, score: int | None) -> Ticket:
    rule = policy.rule(call.rule)
    attempt = _attempt(call, rule.answers[given] if rule else ())
    follow_ups = [one for one in (sla_calls.follow_ups(rule, given, attempt or 1) if rule else ()) if not unmet(one.match, ticket, hand.at)]
    scored = score if score is not None else next((do.value for one in follow_ups for do in one.moves if do.kind == "score"), None)
    data = {"rule": call.rule, "answer": given, "attempt": attempt, "note": note, "score": scored}
    ticket = lifecycle.move(ticket, "answer", hand, **data)
    for do in (do for one in follow_ups for do in one.moves if do.kind != "score"):
        ticket = act(ticket, do, call.rule, hand, policy)
    return ticket


def _attempt(call: Action, follow_ups: Iterable[FollowUp]) -> int | None:
    """Which try this was of a call that comes back: what `times` counts."""
    if not any(one.again for one in follow_ups):
        return None
    return int(call.step.rpartition("+")[2]) + 1 if "+" in call.step else 1


def _taken(desk: Desk, now: datetime) -> dict[str, str]:
    """Who is dialling for which ticket."""
    return {ticket_id: by for ticket_id, (by, since) in _read(desk).items() if timedelta(0) <= now - instant(since) < DIALLING}


def _read(desk: Desk) -> dict[str, list[str]]:
    """This clone's note of who dials. One that can't be read says nothing: it is a courtesy, no record."""
    try:
        data = json.loads(atomic.read(desk.state / "dialling.json"))
        return {key: [str(by), stamp(instant(since))] for key, (by, since) in data.items()}
    except (OSError, ValueError, TypeError, AttributeError, ItsmError):
        return {}
