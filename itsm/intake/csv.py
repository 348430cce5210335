"""CSV lines → the rows of each ticket, by the source's own number. What can't be read is a Note, never an exception.

A number with one unreadable instant is refused whole: half a history would look like a whole one, and once the file
is mended, the same import takes what is missing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime

from itsm.errors import Invalid
from itsm.intake.history import Note, Row, arranged, build, told_at_the_end
from itsm.intake.mapping import SourceMap
from itsm.intake.reading import Reader
from itsm.model.ticket import Ticket
from itsm.sla.spec import Mistake
from itsm.values import dataclass, field

MAX_LINE = 1 << 20  # characters of a line or a cell: no ticket holds more
MAX_RECORD = 16 * MAX_LINE  # what isn't closed by then never will be


class TooLong(str):
    """What stands for a line that is too long to be read: its quotes, so far as they decide where the record ends."""

    __slots__ = ()


@dataclass(slots=True)
class Log:
    """A whole source: the rows of each number, and the rows that were refused.

    `lost` are the numbers of which nothing is taken, because of a refused row. With `mistakes` (the map's) nothing was read.
    """

    source: SourceMap
    mistakes: list[Mistake] = field(default_factory=list)
    rows_read: int = 0
    groups: dict[str, list[Row]] = field(default_factory=dict)
    refused: list[Note] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)

    def in_order(self) -> list[str]:
        """The numbers in the order in which they were opened, then by number: the order in which they get their IDs."""
        return sorted(self.groups, key=lambda number: (self.groups[number][0].opened, number))

    def is_there(self, number: str, until: datetime | None) -> bool:
        """Whether the source had this ticket at `until`: it exists from its first row."""
        return until is None or any(row.moment <= until for row in self.groups[number])

    def ticket(self, number: str, ticket_id: str, until: datetime | None) -> tuple[Ticket, list[Note]]:
        """The ticket as it stood at `until`, when it was there, and what had to be changed on the way in."""
        return build(ticket_id, number, [row for row in self.groups[number] if until is None or row.moment <= until], self.source)


def read_log(lines: Iterable[str], source: SourceMap) -> Log:
    """Everything that the CSV's lines say. Raises Invalid where the file is empty or can't be read further as CSV."""
    log = Log(source)
    records = _records(lines, source)
    _, header, fault = next(records, (0, [], ""))
    if fault:
        raise Invalid(f"row 1 can't be read: {fault}", hint="its first row must name its columns")
    if any("\0" in name for name in header):
        raise Invalid(f"not {source.encoding}: it is full of NUL characters", hint="say `encoding:` in the map, for example utf-16")
    if not header:
        raise Invalid("the file is empty", hint="its first row must name its columns")
    names = [name.strip() for name in header]
    log.mistakes = source.missing(names)
    if log.mistakes:
        return log
    reader = Reader(source, names)
    for number, record, fault in records:
        log.rows_read += 1
        reference = reader.reference(record)
        if fault:
            log.refused.append(Note(number, reference, fault if reference else f"{fault}; which ticket it tells of isn't known"))
            log.lost.add(reference)
            continue
        if source.rows == "ticket" and reference in log.groups:
            log.refused.append(Note(number, reference, f"it stands in row {log.groups[reference][0].number} already, and that one counts"))
            continue
        try:
            log.groups.setdefault(reference, []).extend(reader.rows(number, record))
        except ValueError as error:
            log.refused.append(Note(number, reference, str(error)))
            log.lost.add(reference)
    log.groups = {number: _ordered(rows, source) for number, rows in log.groups.items() if number not in log.lost}
    return log


def _ordered(rows: list[Row], source: SourceMap) -> list[Row]:
    """The states of one ticket in order, each with what the source knew by then. Those of a single row come in order."""
    return told_at_the_end(arranged(rows) if source.rows == "event" else rows, source)


def _records(lines: Iterable[str], source: SourceMap) -> Iterator[tuple[int, list[str], str]]:
    """The records that aren't blank, with their row numbers (the header is row 1, as a spreadsheet has it) and why one is refused."""
    csv.field_size_limit(MAX_RECORD)
    number = 0
    fed = _Fed(lines)
    reader = csv.reader(fed, delimiter=source.delimiter)
    while True:
        number += 1
        fed.size, fed.too_long = 0, False
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(f"row {number} can't be read as CSV: {error}", hint="nothing was imported; mend the file and try again") from None
        if record or fed.too_long:
            yield number, record, _too_long(record, fed)


class _Fed:
    """The lines on their way to the CSV reader. `size` and `too_long` tell of those since they were last set."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = iter(lines)
        self.size = 0
        self.too_long = False

    def __iter__(self) -> Iterator[str]:
        """Itself: there is no second time."""
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.size += len(line)
        self.too_long |= type(line) is TooLong
        if self.size > MAX_RECORD:
            raise csv.Error(f"it is longer than {MAX_RECORD:,} characters: a quote that isn't closed?")
        return line


def _too_long(record: list[str], fed: _Fed) -> str:
    if fed.too_long:
        return f"one of its lines is longer than {MAX_LINE:,} characters"
    if fed.size > MAX_LINE and any(len(cell) > MAX_LINE for cell in record):
        return f"one of its cells is longer than {MAX_LINE:,} characters"
    return ""
