"""The commands of rules, run by the sweep without the desk's lock: intent, run, result in the journal (page 3, sentences 19 and 20)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from itsm.desk.as_data import plain
from itsm.desk.desk import Desk
from itsm.desk.facts import of_action
from itsm.desk.report import Outcome, Report
from itsm.desk.rounds import Round
from itsm.errors import Problem
from itsm.model.plain import stripped
from itsm.model.ticket import Ticket
from itsm.notify import program
from itsm.notify.channel import Envelope, Failed, Result, in_turn
from itsm.sla.ledger import COMMAND, EVERYONE, Tries
from itsm.sla.policy import Policy, Retry
from itsm.store.outbox import Entry, pause, resting
from itsm.values import dataclass

LIMIT = 20.0  # seconds that a command may take; as long as a channel may, unless told otherwise
_FIELDS = ("id", "title", "type", "status", "priority", "team", "assignee", "category", "ci")


@dataclass(frozen=True)
class Commands:
    """What the rules of one run have found due to be run; `tries` are those that failed before."""

    desk: Desk
    policy: Policy
    tries: Mapping[str, Tries]
    report: Report

    def rounds(self) -> Iterator[Round]:
        """By program. What failed before rests first, a little longer each time."""
        ready: dict[str, list[Outcome]] = {}
        for one in self.report.outcomes:
            if not one.action.command:
                continue
            failed = self.tries.get(one.action.key)
            if failed and resting(failed.last + pause(failed.count), self.report.at):
                self._undone(one, failed.why, "queued")
            else:
                ready.setdefault(one.action.command[0], []).append(one)
        for outcomes in ready.values():
            failures = sum(self.tries[one.action.key].count for one in outcomes if one.action.key in self.tries)
            yield Round(len(outcomes), failures / len(outcomes), partial(self._run, outcomes))

    def _run(self, outcomes: list[Outcome], seconds: float) -> list[Result]:
        """One program's: where it can't be started, or hangs twice, the others aren't tried in this run."""
        by_key = {one.action.key: one for one in outcomes}
        self.desk.journal.append([_fact("intended", one) for one in outcomes], self.report.at)
        batch = [_envelope(self.desk, one, one.ticket) for one in outcomes if one.ticket]

        def send(envelope: Envelope, left: float) -> str:
            command = by_key[envelope.id].action.command
            _refuse_options(self.policy, by_key[envelope.id])
            return program.run(command, envelope.message, envelope.fields, min(LIMIT, left), str(self.desk.root))

        return in_turn(batch, seconds, send, partial(self._settled, by_key))

    def _settled(self, by_key: Mapping[str, Outcome], result: Result) -> None:
        """Called before the next is run, so that a kill repeats one at most."""
        one, now = by_key[result.envelope.id], self.report.at
        if result.sent:
            self.desk.journal.append([_fact("done", one)], now)
            one.delivery = "done"
        elif result.state == "not-tried":
            one.why = result.reason
        else:
            self.desk.journal.append([_fact("failed", one) | {"why": result.reason}], now)
            before = self.tries.get(one.action.key)
            tried = Tries(before.count + 1 if before else 1, before.since if before else now, now, result.reason)
            if Retry().over(tried.since, now, refused=result.state == "refused"):
                self._give_up(one, tried)
            else:
                self._undone(one, result.reason, "failed")

    def _give_up(self, one: Outcome, tried: Tries) -> None:
        """Lay it aside as a notice is, until a person has it tried again or drops it. First the outbox: what lies there was given up,
        whether or not the journal came to know.
        """
        one.delivery, one.why = "failed", tried.why
        key, program_ = one.action.key, one.action.command[0]
        entry = Entry(
            key, COMMAND, "", program_, EVERYONE, ((key, EVERYONE),), "", tried.since, tried.last, attempts=tried.count, error=tried.why
        )
        self.desk.outbox.lay_aside(entry)
        self.desk.journal.append([_fact("dead", one) | {"id": entry.id, "why": tried.why}], tried.last)

    def _undone(self, one: Outcome, why: str, delivery: str) -> None:
        one.delivery, one.why = delivery, why
        self.report.failures.append(Problem(f"rule {one.action.rule}", 0, f"{one.action.ticket}: {why}", "it will be tried again"))


def _refuse_options(policy: Policy, one: Outcome) -> None:
    """Raises Failed where a ticket's words would be taken for an option of the program."""
    rule = policy.rule(one.action.rule)
    for written, filled in zip(rule.command if rule else (), one.action.command, strict=True):
        if filled.startswith("-") and not written.startswith("-"):
            raise Failed(f"{filled!a} begins with a dash, and {one.action.command[0]} could take it for an option", permanent=True)


def _envelope(desk: Desk, one: Outcome, ticket: Ticket) -> Envelope:
    """The ticket as JSON on stdin, its plain fields in the environment; ITSM_DESK is where `itsm` finds it again."""
    told = json.dumps({"schema": 1, "kind": "ticket", "data": plain(ticket)}, ensure_ascii=False).encode("utf-8", "replace")
    fields = {name: stripped(str(getattr(ticket, name))) for name in _FIELDS}
    return Envelope(
        one.action.key, "", one.action.rule, told, {**fields, "rule": one.action.rule, "step": one.action.step, "desk": str(desk.root)}
    )


def _fact(kind: str, one: Outcome) -> dict[str, Any]:
    return of_action(kind, one.action) | {"to": EVERYONE, "channel": COMMAND, "address": one.action.command[0]}
