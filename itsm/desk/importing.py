"""Tickets from another system's CSV onto the desk (issue 2, item 7): read the map, read the file, write what isn't here yet.

Whatever stops it half way, repeating it is safe: the source's own number is the ticket's `reference`, and one that is on
the desk isn't taken again. Each ticket is made as `open` makes it, so that nobody waits for an import.
"""

from __future__ import annotations

import io
import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.errors import Busy, Invalid, ItsmError, Problem, Usage
from itsm.intake.csv import MAX_LINE, Log, TooLong, read_log
from itsm.intake.history import Note
from itsm.intake.mapping import SourceMap, read_map
from itsm.model.event import stamp
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import Ticket
from itsm.sla.spec import Mistake
from itsm.store import atomic, locks, strict
from itsm.store.tickets import Broken
from itsm.values import dataclass, field, replace

MAPS = Path(__file__).parent.parent / "maps"  # those that are shipped, by name
_EVERY = 500  # lines or tickets between two words about the progress
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


# --- reading ----------------------------------------------------------------------------------


def _read(order: Order, desk: Desk, progress: Progress) -> Log:
    source, tree, path = read_map_file(order.map)
    teams = {team.name: team.level for team in desk.policy_or_default.teams.values()}
    with _lines(order.file, source.encoding, progress) as lines:
        log = read_log(lines, replace(source, levels={**teams, **source.levels}))
    if log.mistakes:
        raise _invalid(path, tree, log.mistakes)
    return log


def read_map_file(name: str) -> tuple[SourceMap, strict.Node, str]:
    """The map in this file, or the shipped one of this name; with its tree and file name, so that more mistakes can be placed."""
    shipped = sorted(path.stem for path in MAPS.glob("*.yaml"))
    path = Path(name) if Path(name).is_file() or name not in shipped else MAPS / f"{name}.yaml"
    try:
        with _regular(path) as raw:
            tree = strict.load(raw.read(strict.MAX_BYTES + 1), str(path))
    except FileNotFoundError:
        raise Usage(
            f"there is no map {name}", hint=f"name a file, or one of those that are shipped: {did_you_mean(name, shipped)}"
        ) from None
    except OSError as error:
        raise Usage(f"{path}: can't be read: {error.strerror}") from error
    except strict.Unreadable as error:
        raise Invalid("\n".join(map(str, error.problems)), hint="nothing was imported") from None
    source, mistakes = read_map(strict.to_data(tree))
    if source is None:
        raise _invalid(str(path), tree, mistakes)
    return source, tree, str(path)


def _invalid(path: str, tree: strict.Node, mistakes: list[Mistake]) -> Invalid:
    """All that is wrong with a map, each with its line."""
    places = [(*strict.line_of(tree, mistake.path), mistake) for mistake in mistakes]
    problems = [Problem(path, line, one.message, one.remedy, column) for line, column, one in sorted(places, key=lambda place: place[:2])]
    return Invalid("\n".join(map(str, problems)), hint="nothing was imported; docs/import.md tells what a map may say")


@contextmanager
def _lines(path: Path, encoding: str, progress: Progress) -> Iterator[Iterator[str]]:
    """The lines of a CSV, or of the one in a zip. Bytes that aren't of the encoding go through as half characters: the row is refused."""
    name = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        with _opened(path) as (raw, size), io.TextIOWrapper(raw, name, errors="surrogateescape", newline="") as text:
            yield _told(text, raw, size, progress)
    except FileNotFoundError:
        raise Usage(f"there is no file {path}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Invalid(f"{path}: the zip can't be read: {error}", hint="nothing was imported") from error
    except UnicodeError as error:
        raise Invalid(f"{path}: not {encoding}: {error}", hint="say `encoding:` in the map") from error
    except OSError as error:
        raise Usage(f"{path}: can't be read: {error.strerror or error}") from error
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}", hint=error.hint) from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The bytes, and how many there are."""
    with _regular(path) as raw:
        if zipfile.is_zipfile(raw):
            with _unpacked(raw, path) as member:
                yield member
        else:
            raw.seek(0)
            yield raw, os.fstat(raw.fileno()).st_size


def _regular(path: Path) -> BinaryIO:
    """A file opened for reading. Raises Usage for a pipe, a device or a folder: nobody waits for what never comes or never ends."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Usage(f"{path}: can't be read: not a regular file", hint="write what it gives into a file first")
    return os.fdopen(fd, "rb")


@contextmanager
def _unpacked(raw: BinaryIO, path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The one CSV of a zip."""
    with zipfile.ZipFile(raw) as pack:
        found = [one for one in pack.infolist() if one.filename.lower().endswith(".csv") and not one.filename.startswith("__MACOSX/")]
        if len(found) != 1:
            names = ", ".join(one.filename for one in found)
            raise Usage(f"{path} holds {len(found)} .csv files{f': {names}' if names else ''}", hint="unpack it and name the one to import")
        with pack.open(found[0]) as member:
            yield cast("BinaryIO", member), found[0].file_size


def _told(lines: io.TextIOWrapper, raw: BinaryIO, size: int, progress: Progress) -> Iterator[str]:
    for place, line in enumerate(_bounded(lines)):
        if place % _EVERY == 0:
            progress("reading", raw.tell(), size)
        yield line


def _bounded(lines: io.TextIOWrapper) -> Iterator[str]:
    """The lines, none longer than MAX_LINE: of one that is, only its quotes are left, and it is never held whole."""
    while line := lines.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE:
            yield line
            continue
        quotes = line.count('"')
        while line and line[-1] not in "\r\n":
            line = lines.readline(MAX_LINE + 1)
            quotes += line.count('"')
        yield TooLong('"\n' if quotes % 2 else "\n")
