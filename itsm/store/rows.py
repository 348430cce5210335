"""What lists show of each ticket, in the index: read again only where a file isn't as it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from itsm.errors import Problem
from itsm.model.ids import number
from itsm.store.document import Document
from itsm.store.index import Damaged, Index, faults_text
from itsm.store.keys import safe_key
from itsm.store.ticket_folder import by_number
from itsm.store.tickets import Tickets
from itsm.values import dataclass

LIVE = "tickets"  # the place of those that aren't archived


class Read(NamedTuple):
    """What one file says: a row as JSON and the words by which it is found; or its faults. `lasting`: as long as its bytes are the same."""

    id: str
    row: str = ""
    words: str = ""
    faults: tuple[Problem, ...] = ()
    lasting: bool = True


Kept = tuple[bytes, bytes]
"""What the index knows of one ticket, in UTF-8: its row as it was described, or its faults as JSON."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a folder has that the index doesn't know: tickets that `changed`, by number, and those that are `gone`; and the `keys` of all
    its files, looked at when the file system's clock said `now`. Of the changed ones the index knew those `replaced`.
    """

    place: str
    now: int
    keys: Mapping[str, str]
    changed: Sequence[str]
    replaced: Sequence[str]
    gone: Sequence[str]

    def key(self, one: Read) -> str:
        """The key to remember a file by that was read."""
        return safe_key(self.keys[one.id], self.now) if one.lasting else ""


Batch = tuple[Changes, Sequence[Read]]
Reading = Callable[[Iterable[Changes]], Iterator[Batch]]
"""Reads what has changed in each folder, by batches: at least one a folder."""
Describe = Callable[[Document], tuple[str, str]]
"""A ticket's row as JSON, and its words."""


def changes(place: str, now: int, keys: Mapping[str, str], known: Mapping[str, str]) -> Changes:
    """What is to be read and forgotten in a folder with files of these keys, if the index knows it with those."""
    changed = sorted((one for one, key in keys.items() if not key or known.get(one) != key), key=by_number)
    return Changes(place, now, keys, changed, [one for one in changed if one in known], [one for one in known if one not in keys])


def read(tickets: Tickets, place: str, ticket_ids: Iterable[str], describe: Describe) -> Iterator[Read]:
    """These tickets as their files are now. One that is gone meanwhile is left out."""
    for one in tickets.looks(place, ticket_ids):
        if isinstance(one, Document):
            yield Read(one.ticket.id, *describe(one))
        else:
            yield Read(one.id, faults=tuple(one.problems), lasting=one.lasting)


def refresh(index: Index, tickets: Tickets, terms: Mapping[str, str], reading: Reading) -> tuple[list[list[Kept]], list[list[Problem]]]:
    """Bring the rows of folders up to date; `terms` are those on which each is described. Gives for each its rows, by number, and what lies
    in it and is no ticket.
    """
    found: dict[str, dict[str, Kept | None]] = {}
    strays: dict[str, list[Problem]] = {}

    def folders() -> Iterator[Changes]:
        for place, told in terms.items():
            now = index.now()
            keys, strays[place] = tickets.scan(tickets.root / place)
            same = index.term(f"rows {place}") == told
            known, found[place] = _known(index, place) if same else ({}, {})
            if not same or known != keys or "" in known.values():
                yield changes(place, now, keys, known)

    for folder, batches in groupby(reading(folders()), itemgetter(0)):
        with index.writing():
            if index.term(f"rows {folder.place}") != terms[folder.place]:
                index.db.execute("DELETE FROM rows WHERE place = ?", (folder.place,))
                index.db.execute("DELETE FROM words WHERE place = ?", (folder.place,))
                index.set_term(f"rows {folder.place}", terms[folder.place])
            _forget(index, folder.place, (*folder.gone, *folder.replaced))
            news = (_remembered(index, folder, batch) for _, batch in batches)
            if found[folder.place]:
                found[folder.place] = _brought_up(found[folder.place], folder, news)
            else:
                deque(news, 0)
    for place, kept in found.items():
        if not kept:  # of a hundred thousand tickets that were new nothing is held while they are read
            found[place] = _known(index, place)[1]
    return [[one for one in found[place].values() if one] for place in terms], list(strays.values())


def _known(index: Index, place: str) -> tuple[dict[str, str], dict[str, Kept | None]]:
    """The tickets of a folder, by number: of each the key of its file, and what is known of it."""
    rows = index.marked("SELECT mark, told, sum FROM rows WHERE place = ? ORDER BY number, id", (place,))
    names = [mark[0].decode() for mark, _ in rows]
    numbers = list(map(number, names))
    keys = dict(zip(names, (mark[1].decode() for mark, _ in rows), strict=True))
    if numbers != sorted(numbers) or len(keys) != len(names):  # the columns by which they are sorted and replaced have no checksum
        raise Damaged
    return keys, dict(zip(names, ((told, mark[2]) for mark, told in rows), strict=True))


def _brought_up(kept: dict[str, Kept | None], folder: Changes, news: Iterable[Mapping[str, Kept]]) -> dict[str, Kept | None]:
    """What is known of a folder, with the news of it. None of a ticket that was replaced, and gone when it was to be read."""
    last, first = next(reversed(kept), None), next((one for one in folder.changed if one not in kept), None)
    for one in folder.gone:
        del kept[one]
    kept |= dict.fromkeys(folder.replaced)
    for some in news:
        kept |= some
    mixed = first and last and by_number(first) < by_number(last)
    return dict(sorted(kept.items(), key=lambda one: by_number(one[0]))) if mixed else kept


def _remembered(index: Index, folder: Changes, batch: Sequence[Read]) -> dict[str, Kept]:
    found, place = {one.id: (one.row, faults_text(one.faults)) for one in batch}, folder.place
    index.mark_all("rows", (((place, number(one.id), one.id), (one.id, folder.key(one), found[one.id][1]), one.row) for one in batch))
    index.put_all("words", [(place, one.id, one.words) for one in batch])
    return {one: (row.encode(), faults.encode()) for one, (row, faults) in found.items()}


def words(index: Index, place: str) -> dict[str, str]:
    """The words by which the tickets in a folder are found, by ID."""
    return {one: text for _, one, text in index.rows("SELECT place, id, words, sum FROM words WHERE place = ?", (place,))}


def _forget(index: Index, place: str, ticket_ids: Iterable[str]) -> None:
    for one in ticket_ids:
        index.db.execute("DELETE FROM rows WHERE place = ? AND number = ? AND id = ?", (place, number(one), one))
        index.db.execute("DELETE FROM words WHERE place = ? AND id = ?", (place, one))
