"""What a sweep decides, ticket by ticket, and the moves that it makes (page 3, sentences 13 and 14). What is due, `sla.rules` says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any

from itsm import clock
from itsm.desk import turns
from itsm.desk.decision import Decision, Judged
from itsm.desk.desk import Desk
from itsm.desk.facts import of_action
from itsm.desk.report import Outcome, Report, outcome
from itsm.desk.sight import Sight
from itsm.errors import Busy, ItsmError, Problem, Refused
from itsm.model import lifecycle
from itsm.model.event import stamp
from itsm.model.lifecycle import SWEEPER, Signature
from itsm.model.ticket import Ticket
from itsm.sla.breaches import unrecorded
from itsm.sla.case import Action, Case, Verdict
from itsm.sla.ledger import COMMAND, EVERYONE, Ledger
from itsm.sla.policy import Policy
from itsm.sla.recipients import Recipient
from itsm.sla.rules import due_of, judge
from itsm.store.document import Document
from itsm.values import dataclass, field, replace

_ROUNDS = 20  # moves that follow one from another on one ticket in one sweep; more is a policy that chases its tail
_TOGETHER = 50  # tickets that are acted on under one lock, and waited for on the disk once: who wants the desk meanwhile waits 0.1 s


@dataclass
class Deciding:
    """What one run decides on all that is in its `sight`. `last`: when the desk was swept before, None if never; `said`: what the journal
    is to be told once all was shown.
    """

    desk: Desk
    policy: Policy
    sight: Sight
    report: Report
    last: datetime | None
    channel_of: Callable[[Recipient], str]
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def book(self) -> Ledger:
        """What was said of these tickets."""
        return self.sight.book

    def every(self) -> None:
        """Every ticket that may have something to say, once: its moves at once, under the desk's lock; the rest into the report."""
        waiting: list[Judged] = []
        self.report.problems.extend(self.sight.strays)
        for one in self.sight.every():
            if not isinstance(one, Document):
                self.report.problems.extend(one.problems)
                continue
            with self._safely(one):
                judged = self._judged(one)
                self._count_passed(judged.verdicts)
                if judged.idle:
                    self.sight.judged(judged.case, judged.verdicts)
                else:
                    waiting.append(judged)
            if len(waiting) == _TOGETHER:
                self._treat(waiting)
                waiting.clear()
        self._treat(waiting)
        self.report.problems.extend(self.sight.faults)

    @contextmanager
    def _safely(self, document: Document) -> Iterator[None]:
        """One bad ticket: it is named, and the rest goes on (sentence 20)."""
        try:
            yield
        except Busy:
            raise  # somebody keeps the whole desk: no use in waiting as long for each ticket
        except (ItsmError, ValueError, OverflowError) as error:  # the last two: instants that no calendar reaches
            self.report.problems.append(Problem(document.name, 0, str(error), getattr(error, "hint", "look at its instants")))

    # --- one ticket

    def _case(self, ticket: Ticket) -> Case:
        """A ticket before the rules, as this run sees it."""
        idle = turns.idle_since(self.last, self.report.at)
        return Case(ticket, self.policy, self.book, self.report.at, self.channel_of, idle)

    def _judged(self, document: Document) -> Judged:
        """A priority that is missing and promises that are broken come first, before any move can change what was promised (sentence 8)."""
        case = self._case(self._prioritized(document.ticket))
        broken = unrecorded(case, self.last)
        if broken:
            from itsm.desk.on_record import recorded

            case = self._case(recorded(case.ticket, broken, self._hand))
        return Judged(document, case, broken, judge(case))

    def _prioritized(self, ticket: Ticket) -> Ticket:
        """A ticket that was opened while sla.yaml was broken gets its priority, and what that promises from the start (sentence 9)."""
        if not lifecycle.wants_priority(ticket):
            return ticket
        priority = self.policy.priority(ticket.impact, ticket.urgency)
        return lifecycle.prioritized(ticket, priority, self._hand)

    def _decided(self, judged: Judged) -> Decision:
        """Moves first, then the rest on the moved ticket, until nothing more is due (sentence 13)."""
        found, verdicts = Decision(judged, judged.case.ticket), judged.verdicts
        for _ in range(_ROUNDS):
            actions = due_of(verdicts)
            for action in actions:
                self._keep(action, found)
            moves = [action for action in actions if action.do]
            if not moves:
                self._put_off(verdicts, found)
                return found
            for action in moves:
                self._move(action, found)
            verdicts = judge(self._case(found.ticket))
        raise Refused(f"{found.ticket.id}: rules have moved it {_ROUNDS} times in one sweep", hint=f"itsm sla explain {found.ticket.id}")

    @property
    def _hand(self) -> Signature:
        return Signature(SWEEPER, self.report.at, clock.new_event_id)

    def _move(self, action: Action, found: Decision) -> None:
        if action.do is None:
            return
        try:
            from itsm.desk.acting import act  # what moves tickets is 2 ms to import, and most sweeps move none

            found.ticket = act(found.ticket, action.do, action.rule, self._hand, self.policy)
        except ItsmError as error:
            why = f"rule {action.rule} can't {action.kind} {found.ticket.id}: {error.message}"
            self.report.problems.append(Problem("sla.yaml", 0, why, error.hint))
            for one in found.outcomes:
                if one.action.key == action.key and one.action.do:
                    one.delivery, one.why = "failed", error.message

    def _keep(self, action: Action, found: Decision) -> None:
        """Take an action into the decision, and into the book, so that this run doesn't decide it twice."""
        now = stamp(self.report.at)
        if action.do:
            found.outcomes.append(Outcome(action, found.ticket, "done"))
            self.book.add({**of_action("done", action), "at": now})
        if action.command:
            found.outcomes.append(Outcome(action, found.ticket, "queued", COMMAND))
            self.book.add({**of_action("done", action), "at": now})
        for one in action.to:
            channel = self.channel_of(one)
            found.outcomes.append(outcome(replace(action, to=(one,)), found.ticket, channel))
            self.book.add({**of_action("printed", action, one, channel), "at": now})
        found.said.extend(of_action("superseded", action) | {"key": key} for key in action.lower if key not in self.book.said)
        found.said.extend(of_action("dropped", action, one, EVERYONE) for one in action.dropped)
        missed = [key for key in action.lower if "%" in action.step and key not in self.book.said]
        lower = [replace(action, key=key, step=key.split("/")[2]) for key in missed]
        found.superseded.extend(Outcome(one, found.ticket, "superseded") for one in lower)

    def _put_off(self, verdicts: Iterable[Verdict], found: Decision) -> None:
        """What can't be undone is only told after a jump of the clock, and done by the next sweep (sentence 21)."""
        for verdict in verdicts:
            if verdict.state == "held" and verdict.action:
                found.outcomes.append(Outcome(verdict.action, found.ticket, "queued", why=verdict.why, held=True))
                everybody = {"to": EVERYONE, "channel": EVERYONE}
                found.said.append(of_action("held", verdict.action) | everybody | {"why": verdict.why})

    # --- some tickets, under the desk's lock

    def _treat(self, waiting: Sequence[Judged]) -> None:
        """Act on these tickets, and take into the report what came of it."""
        decided: list[Decision] = []
        with self.desk.tickets.locked("sweep") if waiting and not self.report.dry else nullcontext():
            for one in waiting:
                with self._safely(one.document):
                    decided.append(self._decided(one if self.report.dry else self._as_it_is_now(one)))
            self._take(decided if self.report.dry else self._written(decided))

    def _as_it_is_now(self, judged: Judged) -> Judged:
        """What was judged before the lock was ours is judged again, unless the file is the same to the byte (zammad#3329)."""
        if self.desk.tickets.is_as_read(judged.document):
            return judged
        return self._judged(self.desk.tickets.read(judged.document.ticket.id))

    def _written(self, decided: Sequence[Decision]) -> list[Decision]:
        """Save what has changed, then have the journal know of the moves. Gives those that stand: what couldn't be moved was neither done
        nor said; that something can't be put on record must not silence what else there is to say of a ticket.
        """
        changes = [(one.judged.document, one.ticket) for one in decided if one.ticket != one.judged.document.ticket]
        failed = self.desk.tickets.save_many(changes)
        for one in decided:
            if error := failed.get(one.ticket.id):
                what = "a broken promise" if one.judged.broken else "the change" if one.moved else "the priority"
                why = f"{what} can't be put on record: {error.message}"
                self.report.problems.append(Problem(one.judged.document.name, 0, why, error.hint))
                one.judged = replace(one.judged, broken=())
        stand = [one for one in decided if not (one.moved and one.ticket.id in failed)]
        moved = [one for one in stand if one.done()]
        try:
            self.desk.journal.append([fact for one in moved for fact in one.done()], self.report.at)
        except ItsmError as error:
            self.report.problems.extend(Problem(one.judged.document.name, 0, str(error), error.hint) for one in moved)
            stand = [one for one in stand if one not in moved]
        return stand

    def _take(self, decided: Iterable[Decision]) -> None:
        for one in decided:
            self.report.breaches.extend((one.judged.case.ticket, clock) for clock in one.judged.broken)
            self.report.outcomes.extend(one.outcomes)
            self.report.superseded.extend(one.superseded)
            self.said.extend(one.said)

    def _count_passed(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.state == "passed" and verdict.rule in self.report.new_rules:
                self.report.new_rules[verdict.rule] += 1
