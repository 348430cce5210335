"""What lists show of each ticket, in the index: read again only where a file isn't as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from itsm.errors import Problem
from itsm.model.ids import number
from itsm.store.codec import Document
from itsm.store.index import Index, faults_text
from itsm.store.keys import safe_key
from itsm.store.ticket_folder import by_number
from itsm.store.tickets import Broken, Tickets
from itsm.values import dataclass

LIVE = "tickets"  # the place of those that aren't archived


@dataclass(frozen=True, slots=True)
class Read:
    """What one file says: a row as JSON and the words by which it is found; or its faults. `lasting`: as long as its bytes are the same."""

    id: str
    row: str = ""
    words: str = ""
    faults: tuple[Problem, ...] = ()
    lasting: bool = True


class Kept(NamedTuple):
    """What the index knows of one ticket, in UTF-8: `row` as it was described, or `faults` as JSON."""

    id: bytes
    row: bytes
    faults: bytes


Reading = Callable[[str, Sequence[str]], Iterable[Read]]
"""Reads the tickets with these IDs in a folder of the desk."""
Describe = Callable[[Document], tuple[str, str]]
"""A ticket's row as JSON, and its words."""


def read(tickets: Tickets, place: str, ticket_ids: Iterable[str], describe: Describe) -> Iterator[Read]:
    """These tickets as their files are now. One that is gone meanwhile is left out."""
    for ticket_id in ticket_ids:
        one = tickets.look(ticket_id, tickets.root / place)
        if isinstance(one, Document):
            yield Read(ticket_id, *describe(one))
        elif isinstance(one, Broken):
            yield Read(ticket_id, faults=tuple(one.problems), lasting=one.lasting)


def refresh(index: Index, tickets: Tickets, place: str, terms: str, reading: Reading) -> tuple[list[Kept], list[Problem]]:
    """Bring the rows of a folder up to date; `terms` are those on which they are described. Gives them, by number, and what lies in the
    folder and is no ticket.
    """
    now = index.now()
    keys, strays = tickets.scan(tickets.root / place)
    if index.term(f"rows {place}") != terms:
        with index.writing():
            index.db.execute("DELETE FROM rows WHERE place = ?", (place,))
            index.set_term(f"rows {place}", terms)
    found = _kept(index, place)
    known = {row[2].decode(): row[3].decode() for row in found}
    if known != keys or "" in known.values():
        changed = [one for one, key in keys.items() if not key or known.get(one) != key]
        changed.sort(key=by_number)
        with index.writing():
            _forget(index, place, known.keys() - keys.keys())
            _forget(index, place, changed)
            for one in reading(place, changed):
                key = safe_key(keys[one.id], now) if one.lasting else ""
                index.put("rows", place, number(one.id), one.id, key, faults_text(one.faults), one.row)
                index.put("words", place, one.id, one.words)
        found = _kept(index, place)
    return [Kept(row[2], row[5], row[4]) for row in found], strays


def _kept(index: Index, place: str) -> list[tuple[bytes, ...]]:
    wanted = "SELECT place, CAST(number AS TEXT), id, key, faults, row, sum FROM rows WHERE place = ? ORDER BY number, id"
    return index.raw(wanted, (place,))


def words(index: Index, place: str) -> dict[str, str]:
    """The words by which the tickets in a folder are found, by ID."""
    return {one: text for _, one, text in index.rows("SELECT place, id, words, sum FROM words WHERE place = ?", (place,))}


def _forget(index: Index, place: str, ticket_ids: Iterable[str]) -> None:
    for one in ticket_ids:
        index.db.execute("DELETE FROM rows WHERE place = ? AND number = ? AND id = ?", (place, number(one), one))
        index.db.execute("DELETE FROM words WHERE place = ? AND id = ?", (place, one))
