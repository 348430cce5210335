"""Tickets from another system's CSV onto the desk (issue 2, item 7): read the map, read the file, write what isn't here yet.

Whatever stops it half way, repeating it is safe: the source's own number is the ticket's `reference`, and one that is on
the desk isn't taken again. Each ticket is made as `open` makes it, so that nobody waits for an import.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from functools import partial
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.import_files import csv_lines, invalid_map, read_map_file
from itsm.errors import Busy, ItsmError, Problem
from itsm.intake.csv import Log, read_log
from itsm.intake.history import Note
from itsm.model.event import stamp
from itsm.model.ticket import Ticket
from itsm.store import atomic, locks
from itsm.store.tickets import Broken
from itsm.values import dataclass, field, replace

_EVERY = 500  # tickets between two words about the progress
_BATCH = 400  # tickets that are written together; each is an open file
_REFERENCE = re.compile(rb"\breference: *['\"]?([^'\"},\r\n]+)")


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `until`: the desk as it stood then. `arm`: have what is already due. `now`: when this is done."""

    file: Path
    map: str
    now: datetime
    until: datetime | None = None
    arm: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Summary:
    """What came of it. `here` were on the desk already, `later` came after `until`, of `lost` a row was refused."""

    rows: int = 0
    taken: int = 0
    first: str = ""
    last: str = ""
    here: int = 0
    later: int = 0
    lost: int = 0
    events: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    refused: list[Note] = field(default_factory=list)
    changed: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def import_(desk: Desk, order: Order, progress: Progress = silent) -> Summary:
    """Bring the file's tickets in. Raises Usage for a file or map that isn't there, Invalid for one that can't be read, Busy."""
    log = _read(order, desk, progress)
    with locks.try_lock(desk.root / locks.OWN / "import", "itsm import") as other:
        if other is not None:
            raise Busy(f"another import is at work: {other}", hint="try again when it is done; what is here by then isn't taken twice")
        summary = Summary(rows=log.rows_read, refused=list(log.refused), lost=len(log.lost - {""}))
        known = _references(desk, summary, progress)
        numbers = [number for number in log.in_order() if number not in known]
        summary.here = len(log.groups) - len(numbers)
        there = [number for number in numbers if log.is_there(number, order.until)]
        summary.later = len(numbers) - len(there)
        _take(desk, order, log, there, summary, progress)
    summary.refused.sort(key=lambda note: note.row)
    summary.changed.sort(key=lambda note: note.row)
    return summary


def record_passed(desk: Desk, first_id: str, last_id: str, until: datetime) -> None:
    """Write down that nothing of these tickets that was due by `until` will be said: nobody is flooded by the past (page 3, 16)."""
    desk.journal.append([{"fact": "passed", "tickets": [first_id, last_id], "until": stamp(until)}], at=until)


# --- writing ----------------------------------------------------------------------------------


def _take(desk: Desk, order: Order, log: Log, numbers: list[str], summary: Summary, progress: Progress) -> None:
    def announced(first: str, last: str) -> None:
        """Has the journal know of a batch before its files are there: a sweep meanwhile must not say a word of them."""
        if not order.arm:
            record_passed(desk, first, last, order.now)

    for start in range(0, len(numbers), _BATCH):
        batch = numbers[start : start + _BATCH]
        notes: dict[str, list[Note]] = {}
        builds = [partial(_built, log, number, order.until, notes) for number in batch]
        if order.dry_run:
            made: list[Ticket | ItsmError] = [build(f"{desk.tickets.prefix}-{start + n}") for n, build in enumerate(builds, 1)]
        else:
            made = desk.tickets.create_many(builds, announced)
        for number, one in zip(batch, made, strict=True):
            if isinstance(one, ItsmError):
                summary.refused.append(Note(log.groups[number][0].number, number, one.message))
                summary.lost += 1
            else:
                _count(summary, one, notes[number])
        progress("writing", start, len(numbers))


def _built(log: Log, number: str, until: datetime | None, notes: dict[str, list[Note]], ticket_id: str) -> Ticket:
    """The ticket under this ID; called again with another one where somebody was faster."""
    ticket, notes[number] = log.ticket(number, ticket_id, until)
    return ticket


def _count(summary: Summary, ticket: Ticket, notes: list[Note]) -> None:
    summary.taken += 1
    summary.first = summary.first or ticket.id
    summary.last = ticket.id
    summary.events.update(event.kind for event in ticket.history)
    summary.statuses[ticket.status] += 1
    summary.changed += notes


def _references(desk: Desk, summary: Summary, progress: Progress) -> set[str]:
    """The numbers that are on the desk. A file that is broken still tells its own, or its ticket would come a second time."""
    found = set()
    total = len(desk.tickets.ids())
    for archived in (False, True):
        for place, one in enumerate(desk.tickets.read_all(archived=archived)):
            if isinstance(one, Broken):
                summary.problems += one.problems[:1]
                found |= {word.decode(errors="replace").strip() for word in _REFERENCE.findall(_raw(desk, one.id))}
            elif one.ticket.reference:
                found.add(one.ticket.reference)
            if place % _EVERY == 0:
                progress("looking at what is here", place, total)
    return found


def _raw(desk: Desk, ticket_id: str) -> bytes:
    """The bytes of a broken ticket, none where it isn't even a file: that has been told as its problem."""
    path = desk.tickets.find(ticket_id)
    try:
        return atomic.read(path) if path else b""
    except (OSError, ItsmError):
        return b""


def _read(order: Order, desk: Desk, progress: Progress) -> Log:
    source, tree, path = read_map_file(order.map)
    teams = {team.name: team.level for team in desk.policy_or_default.teams.values()}
    with csv_lines(order.file, source.encoding, progress) as lines:
        log = read_log(lines, replace(source, levels={**teams, **source.levels}))
    if log.mistakes:
        raise invalid_map(path, tree, log.mistakes)
    return log
