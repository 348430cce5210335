"""The sweep: decide what is due, move tickets, say the rest (page 3, sentences 12–20). Decisions are `sla.rules`' business alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from itsm import clock
from itsm.desk import turns
from itsm.desk.acting import act
from itsm.desk.desk import Desk
from itsm.desk.facts import of_action
from itsm.desk.holding import hold
from itsm.desk.leftovers import tidied, warnings
from itsm.desk.notices import given_up
from itsm.desk.on_record import recorded
from itsm.desk.report import PRINT, Outcome, Report, outcome
from itsm.desk.sight import Sight
from itsm.desk.underway import known
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
from itsm.store import locks
from itsm.store.codec import Document
from itsm.values import dataclass, field, replace

if TYPE_CHECKING:
    from itsm.desk.delivery import Delivery

_ROUNDS = 20  # moves that follow one from another on one ticket in one sweep; more is a policy that chases its tail


def sweep(desk: Desk, now: datetime, *, mail: bool, dry_run: bool, show: Callable[[Report], None]) -> Report:
    """Do everything that is due at `now`, and `show` it; what was shown counts as said only when `show` has come back.

    Raises Invalid where sla.yaml is broken. On a copy that isn't the desk's sender it is a dry run that says so.
    """
    why_dry = "a dry run: nothing was done, nothing counts as said" if dry_run else turns.not_sender(desk)
    report = Report(now, mail=mail, dry=why_dry)
    with ExitStack() as stack:
        if not why_dry:
            busy = stack.enter_context(locks.try_lock(turns.lock(desk), "sweep"))
            if busy is not None:
                report.busy = turns.busy(desk, busy, now)
                show(report)
                return report
            turns.begun(desk, now)
            tidied(desk, now)
        report.warnings = warnings(desk)
        seen = known(desk, report)
        run = Sweep(desk, desk.policy, seen, report, turns.last_sweep(desk) if seen.book.swept else None)
        run.learn_rules()
        run.decide()
        run.said.extend(hold(run.report, run.policy, run.book, run.channel_of))
        run.deliver()
        show(report)
        run.remember()
    return report


@dataclass
class Sweep:
    """One run over a desk. `last`: when it was swept before; None if never. `learned`: the facts that it has recorded on all tickets."""

    desk: Desk
    policy: Policy
    sight: Sight
    report: Report
    last: datetime | None
    said: list[dict[str, Any]] = field(default_factory=list)
    learned: list[dict[str, Any]] = field(default_factory=list)

    @property
    def book(self) -> Ledger:
        """What was said of the tickets that this run looks at."""
        return self.sight.book

    @cached_property
    def delivery(self) -> Delivery:
        """How this run reaches people."""
        from itsm.desk.delivery import Delivery  # what sends takes 7 ms to import, and most sweeps have nothing to send

        return Delivery(self.desk, self.policy, self.report)

    def channel_of(self, one: Recipient) -> str:
        """The channel by which this run reaches somebody."""
        return self.delivery.channel_of(one) if self.report.mail else PRINT

    def case(self, ticket: Ticket) -> Case:
        """A ticket before the rules, as this run sees it."""
        idle = turns.idle_since(self.last, self.report.at)
        return Case(ticket, self.policy, self.book, self.report.at, self.channel_of, idle)

    def learn_rules(self) -> None:
        """A rule that is new on a desk that has swept before says nothing of what lies before that sweep (sentence 16)."""
        names = [rule.name for rule in self.policy.rules if rule.name not in self.book.rules]
        if not names and self.book.swept:
            return
        since = min(self.last, self.report.at) if self.last else None  # a clock that was ahead once must not silence the rule for years
        fact = {"fact": "rules", "since": {name: stamp(since) if since else None for name in names}}
        self.book.add(fact)
        self._record([fact])
        self.learned.append(fact)
        self.report.new_rules = dict.fromkeys(names, 0) if since else {}

    def decide(self) -> None:
        """Every ticket that may have something to say, once: its moves at once, under the desk's lock; notices and calls for later."""
        self.report.problems.extend(self.sight.strays)
        for one in self.sight.every():
            if not isinstance(one, Document):
                self.report.problems.extend(one.problems)
                continue
            self._treat_safely(one)
        self.report.problems.extend(self.sight.faults)

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
                self._record([of_action("done", action) for action in done])

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

    def deliver(self) -> None:
        """Mail what is to be mailed, run what is to be run: intent, send, result."""
        if self.report.dry:
            self.report.failures.extend(given_up(self.desk))
            return
        if self.report.mail:
            self.delivery.send()
        if any(one.action.command for one in self.report.outcomes):
            from itsm.desk.hooks import run_commands

            run_commands(self.desk, self.policy, self.book.tries, self.report)
        self.report.failures.extend(given_up(self.desk))

    def remember(self) -> None:
        """What was shown counts as said from now on."""
        printed = [one for one in self.report.outcomes if one.delivery == "printed"]
        self._record([*self.said, *(of_action("printed", one.action, one.action.to[0], one.channel) for one in printed)])
        if not self.report.dry:
            turns.ended(self.desk, self.report.at)
            self.sight.remember(self.learned)

    def _count_passed(self, verdicts: Iterable[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.state == "passed" and verdict.rule in self.report.new_rules:
                self.report.new_rules[verdict.rule] += 1

    def _record(self, facts: list[dict[str, Any]]) -> None:
        if not self.report.dry:
            self.desk.journal.append(facts, self.report.at)
