"""What a look at the desk has to open: the tickets that may have changed for it, and what was said of them. The rest stays closed.

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
from itsm.store.document import Document
from itsm.store.folders import archive_strays
from itsm.store.index import Index, looked_up, used
from itsm.store.recall import facts, faults, recall, turn
from itsm.store.rest import Known, Rest, rest, resting
from itsm.store.ticket_folder import by_number
from itsm.store.tickets import Broken
from itsm.values import dataclass, field

_AGAIN = timedelta(hours=12)  # when a file that can't be read is read again, though it hasn't changed


@dataclass
class Sight:
    """One look at the desk, in some `way`: a sweep's by mail or in print, for what was printed isn't mailed; a command's that only looks.

    `keys` are the live tickets, each with the key of its file; `still` those to be left alone, with what is known of them; `strays` what
    lies among the files and `faults` what stands in the journal and shouldn't; `read` when the look was taken, by the file system's
    clock, 0 without an index; `turn` how much of the journal was known then; `unsettled` the tickets of which nothing may be remembered.
    """

    desk: Desk
    way: str
    now: datetime
    keys: Mapping[str, str]
    book: Ledger
    strays: list[Problem]
    faults: list[Problem]
    still: Mapping[str, Known] = field(default_factory=dict)
    read: int = 0
    turn: str = ""
    unsettled: AbstractSet[str] = frozenset()
    found: list[tuple[str, Rest]] = field(default_factory=list)

    def every(self) -> Iterator[Document | Broken]:
        """The tickets to be judged and those that can't be read, by number."""
        faulty = [one for one, known in self.still.items() if known.faults]
        for one in sorted([*(self.keys.keys() - self.still.keys()), *faulty], key=by_number):
            if one not in self.still:
                document = self.desk.tickets.look(one)
                if isinstance(document, Broken) and document.lasting:
                    self.found.append((one, Rest(self.now, self.now + _AGAIN, Known(tuple(document.problems)))))
                if document is not None:
                    yield document
            else:
                yield Broken(one, list(self.still[one].faults))

    def judged(self, case: Case, verdicts: Sequence[Verdict], seen: str = "", before: datetime | None = None) -> None:
        """Nothing is due on this ticket: perhaps until when nothing will be. `seen` was made of it, and holds only `before` then."""
        if not self.read or case.ticket.id in self.unsettled:
            return
        with suppress(OverflowError):  # instants that no calendar reaches
            until = quiet_until(case, verdicts)
            if until is not None:
                self.found.append((case.ticket.id, Rest(self.now, min(until, before or until), Known((), seen))))

    def remember(self, general: Sequence[Mapping[str, Any]] = ()) -> None:
        """Have the next look know what this one found. `general` are the facts on all tickets that it has recorded itself: who else has
        recorded any meanwhile has changed what was decided on.
        """

        def use(index: Index) -> None:
            if turn(index) != self.turn:
                return  # another look has had the news of tickets that we have judged without them
            news = recall(index, self.desk.journal)
            ours = [dict(one) for one in general]
            foreign = [one for one in news.general if {name: value for name, value in one.items() if name != "at"} not in ours]
            if not (foreign or news.rewritten):
                found = [(one, what) for one, what in self.found if one not in news.tickets]
                rest(index, self.way, _terms(self.desk), self.keys, found, self.read)

        if self.read and self.found:
            used(self.desk.root, use)


def look(desk: Desk, way: str, now: datetime, awake: AbstractSet[str], *, dry: bool = False) -> Sight:
    """What a sweep has to look at, at this instant. `awake` are tickets to look at whatever is known of them; `dry`: nothing may be
    written.
    """

    def use(index: Index) -> Sight:
        # What was closed before the last sweep is left alone, so without it nothing is known.
        seen = _seen(desk, index, way, turns.noted_sweep(desk), now, awake)
        seen.unsettled = awake | _underway(seen.book)
        return seen

    return (looked_up if dry else used)(desk.root, use) or _without(desk, way, now)


def glance(desk: Desk, way: str, now: datetime) -> Sight:
    """What there is to be read for who only looks. Whether something was said already, and not by what, the journal alone tells."""
    return used(desk.root, lambda index: _seen(desk, index, way, now, now, frozenset())) or _without(desk, way, now)


def _seen(desk: Desk, index: Index, way: str, last: datetime | None, now: datetime, awake: AbstractSet[str]) -> Sight:
    read = index.now()
    recall(index, desk.journal)
    keys, strays = desk.tickets.scan()
    found = resting(index, way, _terms(desk), keys, (last, now)) if last else {}
    still = {one: what for one, what in found.items() if one not in awake}
    book = ledger(facts(index, [one for one in keys if one not in still]))
    strays += archive_strays(index, desk.tickets)
    return Sight(desk, way, now, keys, book, strays, faults(index, desk.journal), still, read, turn(index))


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
