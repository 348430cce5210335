"""What is due on each ticket, one after the other: moves at once, under the desk's lock; notices, calls and commands into the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from itsm import clock
from itsm.desk import turns
from itsm.desk.acting import act
from itsm.desk.desk import Desk
from itsm.desk.facts import of_action
from itsm.desk.on_record import recorded
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
from itsm.store.codec import Document
from itsm.values import dataclass, field, replace

_ROUNDS = 20  # moves that follow one from another on one ticket in one sweep; more is a policy that chases its tail


@dataclass
class Deciding:
    """The tickets of one run before the rules. `last`: when the desk was swept before, None if never; `said`: what is to be recorded once
    all was shown.
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
        """What was said of the tickets that this run looks at."""
        return self.sight.book

    def every(self) -> None:
        """Every ticket that may have something to say, once: its moves at once, under the desk's lock; notices and calls for later."""
        self.report.problems.extend(self.sight.strays)
        for one in self.sight.every():
            if not isinstance(one, Document):
                self.report.problems.extend(one.problems)
                continue
            self._treat_safely(one)
        self.report.problems.extend(self.sight.faults)

    def case(self, ticket: Ticket) -> Case:
        """A ticket before the rules, as this run sees it."""
        idle = turns.idle_since(self.last, self.report.at)
        return Case(ticket, self.policy, self.book, self.report.at, self.channel_of, idle)

    def _treat_safely(self, document: Document) -> None:
        """One bad ticket: it is named, what was decided on it is taken back, and the rest goes on (sentence 20)."""
        report = self.report
        outcomes, said, superseded = len(report.outcomes), len(self.said), len(report.superseded)
        try:
            case = self.case(document.ticket)
            verdicts = judge(case)
            self._count_passed(verdicts)
            if (
                self._prioritized(document.ticket) != document.ticket
                or unrecorded(case, self.last)
                or any(verdict.state in ("due", "held") for verdict in verdicts)
            ):
                self._treat(document)
            else:
                self.sight.judged(case, verdicts)
        except Busy:
            raise  # somebody keeps the whole desk: no use in waiting as long for each ticket
        except (ItsmError, ValueError, OverflowError) as error:  # the last two: instants that no calendar reaches
            del report.outcomes[outcomes:], self.said[said:], report.superseded[superseded:]
            report.problems.append(Problem(document.name, 0, str(error), getattr(error, "hint", "look at its instants")))

    def _treat(self, document: Document) -> None:
        if self.report.dry:
            ticket = self._prioritized(document.ticket)
            self.report.breaches.extend((ticket, one) for one in unrecorded(self.case(ticket), self.last))
            self._moved(ticket)
            return
        with self.desk.tickets.locked("sweep"):
            document = self._on_record(self.desk.tickets.read(document.ticket.id))  # read again and decide again (zammad#3329)
            mark = len(self.report.outcomes)
            ticket = self._moved(document.ticket)
            if ticket != document.ticket:
                self.desk.tickets.save(document, ticket)
                done = [one.action for one in self.report.outcomes[mark:] if one.action.do and one.delivery == "done"]
                self.desk.journal.append([of_action("done", action) for action in done], self.report.at)

    def _on_record(self, document: Document) -> Document:
        """Write down a priority that is missing and promises that are broken, before any move can change what was promised (sentence 8)."""
        ticket = self._prioritized(document.ticket)
        broken = unrecorded(self.case(ticket), self.last)
        ticket = recorded(ticket, broken, self._hand)
        try:
            document = self.desk.tickets.save(document, ticket) if ticket != document.ticket else document
        except ItsmError as error:  # a file that can't be written must not silence what there is to say of it
            what = "a broken promise" if broken else "the priority"
            self.report.problems.append(Problem(document.name, 0, f"{what} can't be put on record: {error.message}", error.hint))
        else:
            self.report.breaches.extend((ticket, one) for one in broken)
        return document

    def _prioritized(self, ticket: Ticket) -> Ticket:
        """A ticket that was opened while sla.yaml was broken gets its priority, and what that promises from the start (sentence 9)."""
        if not lifecycle.wants_priority(ticket):
            return ticket
        priority = self.policy.priority(ticket.impact, ticket.urgency)
        return lifecycle.prioritized(ticket, priority, self._hand)

    def _moved(self, ticket: Ticket) -> Ticket:
        """Moves first, then the rest on the moved ticket, until nothing more is due (sentence 13)."""
        for _ in range(_ROUNDS):
            verdicts = judge(self.case(ticket))
            actions = due_of(verdicts)
            for action in actions:
                self._keep(action, ticket)
            moves = [action for action in actions if action.do]
            if not moves:
                self._put_off(verdicts, ticket)
                return ticket
            for action in moves:
                ticket = self._move(ticket, action)
        raise Refused(f"{ticket.id}: rules have moved it {_ROUNDS} times in one sweep", hint=f"itsm sla explain {ticket.id}")

    @property
    def _hand(self) -> Signature:
        return Signature(SWEEPER, self.report.at, clock.new_event_id)

    def _move(self, ticket: Ticket, action: Action) -> Ticket:
        if action.do is None:
            return ticket
        try:
            return act(ticket, action.do, action.rule, self._hand, self.policy)
        except ItsmError as error:
            why = f"rule {action.rule} can't {action.kind} {ticket.id}: {error.message}"
            self.report.problems.append(Problem("sla.yaml", 0, why, error.hint))
            self.report.fail(action, error.message)
            return ticket

    def _keep(self, action: Action, ticket: Ticket) -> None:
        """Take an action into the report, and into the book, so that this run doesn't decide it twice."""
        if action.do:
            self.report.outcomes.append(Outcome(action, ticket, "done"))
            self.book.add({**of_action("done", action), "at": stamp(self.report.at)})
        if action.command:
            self.report.outcomes.append(Outcome(action, ticket, "queued", COMMAND))
            self.book.add({**of_action("done", action), "at": stamp(self.report.at)})
        for one in action.to:
            channel = self.channel_of(one)
            self.report.outcomes.append(outcome(replace(action, to=(one,)), ticket, channel))
            self.book.add({**of_action("printed", action, one, channel), "at": stamp(self.report.at)})
        self.said.extend(of_action("superseded", action) | {"key": key} for key in action.lower if key not in self.book.said)
        self.said.extend(of_action("dropped", action, one, EVERYONE) for one in action.dropped)
        missed = [key for key in action.lower if "%" in action.step and key not in self.book.said]
        lower = [replace(action, key=key, step=key.split("/")[2]) for key in missed]
        self.report.superseded.extend(Outcome(one, ticket, "superseded") for one in lower)

    def _put_off(self, verdicts: Iterable[Verdict], ticket: Ticket) -> None:
        """What can't be undone is only told after a jump of the clock, and done by the next sweep (sentence 21)."""
        for verdict in verdicts:
            if verdict.state == "held" and verdict.action:
                self.report.outcomes.append(Outcome(verdict.action, ticket, "queued", why=verdict.why, held=True))
                everybody = {"to": EVERYONE, "channel": EVERYONE}
                self.said.append(of_action("held", verdict.action) | everybody | {"why": verdict.why})

    def _count_passed(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.state == "passed" and verdict.rule in self.report.new_rules:
                self.report.new_rules[verdict.rule] += 1
