"""One record of a CSV → what it says by our names, with the source's words in ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from itsm.intake.history import Row
from itsm.intake.mapping import CHOICES, INSTANTS, PLAIN, OutOfReach, SourceMap, Template
from itsm.intake.single import rows_of_ticket
from itsm.model.ticket import CONTACT
from itsm.values import dataclass, field

_BLOCKS = ("description",)  # texts of several lines; others have one
_UNKNOWN = "?"  # what stands in a template for a column without a value


@dataclass(slots=True)
class Odd:
    """A word that can't be understood: what to tell of it."""

    message: str


@dataclass(slots=True)
class Column:
    """One of our names: its cells in a record, and what they were found to mean, since a log says few things often."""

    key: str
    template: Template
    cells: Callable[[Sequence[str]], Any]
    known: dict[Any, Any] = field(default_factory=dict)


class Reader:
    """Reads the records under one header. What comes again is read once and kept once."""

    def __init__(self, source: SourceMap, header: Sequence[str]) -> None:
        """`header` has every column that the map names."""
        place = {name: number for number, name in reversed(list(enumerate(header)))}
        self.source = source
        self.width = len(header)
        self.number = place[source.columns["number"].columns[0]]
        self.columns = [Column(key, one, itemgetter(*(place[name] for name in one.columns))) for key, one in source.columns.items()]
        self.kept: dict[Any, Any] = {}

    def reference(self, record: Sequence[str]) -> str:
        """The source's own number of the ticket, "" where the record hasn't got one."""
        word = record[self.number].strip() if self.number < len(record) else ""
        return "" if word in self.source.nulls else word

    def rows(self, number: int, record: Sequence[str]) -> list[Row]:
        """What a record says: a state, or all that one can know of the states of a whole ticket. ValueError says why it can't be read."""
        if len(record) != self.width:
            raise ValueError(f"it has {len(record)} columns, the header {self.width}")
        if not self.reference(record):
            raise ValueError("it has no number")
        words = {column.key: self._said(column, record) for column in self.columns}
        instants = {key: words[key] for key in INSTANTS if words.get(key)}
        if self.source.rows == "ticket":
            return rows_of_ticket(self._row(number, words, _both(instants, "opened")), instants, stated=bool(words.get("status")))
        return [self._row(number, words, _both(instants, "moment"))]

    def _row(self, number: int, words: Mapping[str, Any], when: Mapping[str, datetime]) -> Row:
        odd = [word.message for word in words.values() if type(word) is Odd]
        if words.get("opened") == "":
            odd.append("it doesn't say when it was opened: its first row's moment is taken")
        state = words.get("status") or ("new", "")
        plain = tuple(self._plain(words.get(name) or self.source.defaults.get(name, "")) for name in PLAIN)
        contact = {key: words[key] for key in CONTACT if words.get(key)}
        return Row(
            number=number,
            order=words.get("order") or 0,
            moment=when["moment"],
            opened=when["opened"],
            state=None if type(state) is Odd else state,
            plain=self.kept.setdefault(plain, plain),
            contact=self.kept.setdefault(tuple(contact.items()), contact),
            team=words.get("team", ""),
            assignee=words.get("assignee", ""),
            by=words.get("by", ""),
            opened_by=words.get("opened_by", words.get("by", "")),
            resolution=words.get("resolution", ""),
            how=words.get("how", ""),
            odd=tuple(odd),
        )

    def _plain(self, word: str | Odd) -> str | None:
        return None if isinstance(word, Odd) else word

    def _said(self, column: Column, record: Sequence[str]) -> Any:
        """What the column's cells mean: a text, a state, an instant, a number, or something odd; "" for nothing."""
        cells = column.cells(record)
        if cells not in column.known:
            column.known[cells] = self._meaning(column, cells if isinstance(cells, tuple) else (cells,))
        return column.known[cells]

    def _meaning(self, column: Column, cells: Sequence[str]) -> Any:
        key = column.key
        found = [self._cell(key, cell) for cell in cells]
        text = found[0]
        if column.template.text and any(found):
            text = column.template.render({name: cell or _UNKNOWN for name, cell in zip(column.template.columns, found, strict=True)})
        if key in INSTANTS:
            return self._instant(key, text) if text else ""
        return _whole_number(text) if key == "order" else self._word(key, text)

    def _cell(self, key: str, text: str) -> str:
        word = text.strip()
        if word in self.source.nulls:
            return ""
        if "\0" in word:
            raise ValueError("it holds a NUL character: is the `encoding:` of the map right?")
        if not word.isascii() and any("\udc80" <= letter <= "\udcff" for letter in word):
            raise ValueError(f"it isn't {self.source.encoding}: {word.encode(errors='surrogateescape')!r}")
        return word if key in _BLOCKS or not ("\n" in word or "\r" in word or "\t" in word) else " ".join(word.split())

    def _word(self, key: str, text: str) -> Any:
        """The source's word in ours."""
        told = self.source.values.get(key, {}).get(text)
        if told is not None:
            return told
        word = text.lower() if key in CHOICES else text
        if text and word not in CHOICES.get(key, (word,)):
            return Odd(f"{key} {text!r} isn't in the map: it stays as it was")
        return (word, "") if key == "status" and word else word

    def _instant(self, key: str, text: str) -> datetime:
        try:
            return self.source.instant(text)
        except OutOfReach as error:
            raise ValueError(f"{key} {error}") from None
        except (ValueError, OverflowError):
            raise ValueError(f"{key} {text!r} is no date of the form {self.source.date_format or '2026-11-22T01:16:00Z'}") from None


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"order {text!r} is no whole number") from None


def _both(instants: Mapping[str, datetime], needed: str) -> dict[str, datetime]:
    """When a state began and when the ticket was opened, each standing in for the other."""
    if needed not in instants:
        raise ValueError(f"it has no date for {needed}")
    given = instants[needed]
    return {"opened": instants.get("opened", given), "moment": given}
