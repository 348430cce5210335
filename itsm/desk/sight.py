"""What a sweep has to look at: the tickets on which something can be due, and what was said of them. The rest stays closed.

The index only ever spares work. Without it, or where it can't be believed, every file and every line of the journal is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.errors import Problem
from itsm.sla.case import Case, Verdict, ticket_of
from itsm.sla.ledger import Ledger, ledger
from itsm.sla.quiet import quiet_until
from itsm.store.codec import Document
from itsm.store.folders import archive_strays
from itsm.store.index import Index, looked_up, used
from itsm.store.recall import facts, faults, recall
from itsm.store.rest import Rest, rest, resting
from itsm.store.ticket_folder import by_number
from itsm.store.tickets import Broken
from itsm.values import dataclass, field

_AGAIN = timedelta(hours=12)  # when a file that can't be read is read again, though it hasn't changed


@dataclass
class Sight:
    """One sweep's look at the desk. `way` is how it says things, by mail or in print: what was printed isn't mailed.

    `keys` are the live tickets, each with the key of its file; `still` those to be left alone, with what is wrong with their
    files; `strays` what lies among the files and `faults` what stands in the journal and shouldn't; `read` when the look was taken, by the
    file system's clock, 0 without an index; `unsettled` the tickets of which nothing may be remembered.
    """

    desk: Desk
    way: str
    now: datetime
    keys: Mapping[str, str]
    book: Ledger
    strays: list[Problem]
    faults: list[Problem]
    still: Mapping[str, Sequence[Problem]] = field(default_factory=dict)
    read: int = 0
    unsettled: AbstractSet[str] = frozenset()
    found: list[tuple[str, Rest]] = field(default_factory=list)

    def every(self) -> Iterator[Document | Broken]:
        """The tickets to be judged and those that can't be read, by number."""
        faulty = [one for one, problems in self.still.items() if problems]
        for one in sorted([*(self.keys.keys() - self.still.keys()), *faulty], key=by_number):
            if one not in self.still:
                document = self.desk.tickets.look(one)
                if isinstance(document, Broken) and document.lasting:
                    self.found.append((one, Rest(self.now, self.now + _AGAIN, tuple(document.problems))))
                if document is not None:
                    yield document
            else:
                yield Broken(one, list(self.still[one]))

    def judged(self, case: Case, verdicts: Sequence[Verdict]) -> None:
        """Nothing is due on this ticket: until when, perhaps, nothing will be."""
        if not self.read or case.ticket.id in self.unsettled:
            return
        with suppress(OverflowError):  # instants that no calendar reaches
            until = quiet_until(case, verdicts)
            if until is not None:
                self.found.append((case.ticket.id, Rest(self.now, until)))

    def remember(self, general: Sequence[Mapping[str, Any]]) -> None:
        """Have the next sweep know what this one found. `general` are the facts on all tickets that it has recorded itself: who else has
        recorded any meanwhile has changed what was decided on.
        """

        def use(index: Index) -> None:
            news = recall(index, self.desk.journal)
            ours = [dict(one) for one in general]
            foreign = [one for one in news.general if {name: value for name, value in one.items() if name != "at"} not in ours]
            if not (foreign or news.rewritten):
                found = [(one, what) for one, what in self.found if one not in news.tickets]
                rest(index, self.way, _terms(self.desk), self.keys, found, self.read)

        if self.read and self.found:
            used(self.desk.root, use)


def look(desk: Desk, way: str, now: datetime, awake: AbstractSet[str], *, dry: bool = False) -> Sight:
    """What to look at, at this instant. `awake` are tickets to look at whatever is known of them; `dry`: nothing may be written."""

    def use(index: Index) -> Sight:
        read = index.now()
        recall(index, desk.journal)
        keys, strays = desk.tickets.scan()
        last = turns.noted_sweep(desk)  # what was closed before it is left alone, so without it nothing is known
        found = resting(index, way, _terms(desk), keys, (last, now)) if last else {}
        still = {one: what for one, what in found.items() if one not in awake}
        book = ledger(facts(index, [one for one in keys if one not in still]))
        strays += archive_strays(index, desk.tickets)
        return Sight(desk, way, now, keys, book, strays, faults(index, desk.journal), still, read, awake | _underway(book))

    return (looked_up if dry else used)(desk.root, use) or _without(desk, way, now)


def _without(desk: Desk, way: str, now: datetime) -> Sight:
    keys, _ = desk.tickets.scan()
    book = ledger(desk.journal.facts())
    return Sight(desk, way, now, keys, book, desk.tickets.strays(), desk.journal.problems)


def _terms(desk: Desk) -> str:
    """On which terms a ticket was judged besides what it says itself: the policy's."""
    return desk.settings.raw.decode("utf-8", "replace")


def _underway(book: Ledger) -> set[str]:
    """The tickets of which something is under way: whether it was said, the outbox knows."""
    return {ticket_of(key) for key, told in book.underway.items() if any((key, to) not in book.held for to, _ in told)}
