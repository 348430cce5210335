"""CSV lines → the rows of each ticket, by the source's own number. What can't be read is a Note, never an exception.

A number with one unreadable instant is refused whole: half a history would look like a whole one, and once the file
is mended, the same import takes what is missing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from itsm.errors import Invalid
from itsm.intake.history import Note, Row, arranged, build, told_at_the_end
from itsm.intake.mapping import SourceMap
from itsm.intake.reading import Reader
from itsm.model.ticket import Ticket
from itsm.sla.spec import Mistake


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
    _, header = next(records, (0, []))
    if not header:
        raise Invalid("the file is empty", hint="its first row must name its columns")
    names = [name.strip() for name in header]
    log.mistakes = source.missing(names)
    if log.mistakes:
        return log
    reader = Reader(source, names)
    for number, record in records:
        log.rows_read += 1
        reference = reader.reference(record)
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


def _records(lines: Iterable[str], source: SourceMap) -> Iterator[tuple[int, list[str]]]:
    """The records that aren't blank, with their row numbers: the header is row 1, as a spreadsheet has it."""
    number = 0
    reader = csv.reader(lines, delimiter=source.delimiter)
    while True:
        number += 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Invalid(f"row {number} can't be read as CSV: {error}", hint="nothing was imported; mend the file and try again") from None
        if record:
            yield number, record
