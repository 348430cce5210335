"""The sweep: decide what is due, move tickets, say the rest (page 3, sentences 12–20). Decisions are `sla.rules`' business alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from itsm.desk import turns
from itsm.desk.deciding import Deciding
from itsm.desk.desk import Desk
from itsm.desk.facts import of_action
from itsm.desk.holding import hold
from itsm.desk.leftovers import tidied, warnings
from itsm.desk.notices import given_up
from itsm.desk.report import PRINT, Report
from itsm.desk.sight import Sight
from itsm.desk.underway import known
from itsm.model.event import stamp
from itsm.sla.ledger import Ledger
from itsm.sla.policy import Policy
from itsm.sla.recipients import Recipient
from itsm.store import locks
from itsm.values import dataclass, field

if TYPE_CHECKING:
    from itsm.desk.delivery import Delivery
    from itsm.desk.rounds import Round


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
        """What is due on every ticket that may have something to say; too much for customers at once is held."""
        deciding = Deciding(self.desk, self.policy, self.sight, self.report, self.last, self.channel_of)
        deciding.every()
        self.said.extend([*deciding.said, *hold(self.report, self.policy, self.book, self.channel_of)])

    def deliver(self) -> None:
        """Mail what is to be mailed, run what is to be run: intent, send, result. All of it within one time."""
        if not self.report.dry and (self.report.mail or self._commands):
            from itsm.desk import rounds

            rounds.run(self._rounds(), rounds.sending_limit(self.policy.desk), self.report)
        self.report.failures.extend(given_up(self.desk))

    @property
    def _commands(self) -> bool:
        return any(one.action.command for one in self.report.outcomes)

    def _rounds(self) -> Iterator[Round]:
        if self.report.mail:
            yield from self.delivery.rounds()
        if self._commands:
            from itsm.desk.hooks import Commands

            yield from Commands(self.desk, self.policy, self.book.tries, self.report).rounds()

    def remember(self) -> None:
        """What was shown counts as said from now on."""
        printed = [one for one in self.report.outcomes if one.delivery == "printed"]
        self._record([*self.said, *(of_action("printed", one.action, one.action.to[0], one.channel) for one in printed)])
        if not self.report.dry:
            turns.ended(self.desk, self.report.at)
            self.sight.remember(self.learned)

    def _record(self, facts: list[dict[str, Any]]) -> None:
        if not self.report.dry:
            self.desk.journal.append(facts, self.report.at)
