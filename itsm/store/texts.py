"""Where words may be: `.itsm/words.sqlite`, the texts of all tickets, live and archived, by each three letters in a row (FTS5's trigrams).

It names the files that are worth reading; whether they have the words is the files' to say. Disposable as the index is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from itsm.store.index import Damaged, Index, Kind
from itsm.store.rows import LIVE, Changes, Read, Reading, changes
from itsm.store.ticket_folder import by_number
from itsm.store.tickets import Tickets

TEXTS = Kind("words.sqlite", """
CREATE TABLE entries (n INTEGER PRIMARY KEY, place TEXT, id TEXT, key TEXT, faulty INTEGER, sum INTEGER);
CREATE UNIQUE INDEX by_place ON entries (place, id);
CREATE INDEX by_fault ON entries (faulty);
CREATE TABLE texts (n INTEGER PRIMARY KEY, text TEXT, sum INTEGER);
CREATE TABLE solved (n INTEGER PRIMARY KEY, place TEXT, id TEXT, told TEXT, sum INTEGER);
CREATE VIRTUAL TABLE threes USING fts5 (text, content = 'texts', content_rowid = 'n', detail = none, columnsize = 0,
    tokenize = 'trigram case_sensitive 1');
""")  # fmt: skip
_MOST = 16  # threes that FTS5 is asked for at once: the text itself is looked at afterwards
_CHUNK = 500  # SQLite takes no more than 999 values in old versions
_ALL_TEXTS = "SELECT n, text, sum FROM texts"
_WITH_THREES = "SELECT n, text, sum FROM texts WHERE n IN (SELECT rowid FROM threes WHERE threes MATCH ?)"
_ENTRIES = "SELECT n, place, id, key, faulty, sum FROM entries WHERE"

Wanted = Sequence[Sequence[Sequence[str]]]
"""Of each word that is looked for the ways to write it, and of each way the pieces that must be there; folded as the texts are."""


def refresh(index: Index, tickets: Tickets, reading: Reading) -> None:
    """Have it know every ticket as its file is now. `reading` gives the texts, folded, and as a row how each was solved. Every file is
    looked at, changed ones are read.
    """
    places = [LIVE, *tickets.years()]
    for (place,) in index.db.execute("SELECT substr(name, 8) FROM terms WHERE name LIKE 'folder %'").fetchall():
        if place not in places:
            with index.writing():
                _forget(index, (n for n, *_ in index.rows(f"{_ENTRIES} place = ?", (place,))))
                index.db.execute("DELETE FROM terms WHERE name = ?", (f"folder {place}",))
    states: dict[str, str] = {}

    def folders() -> Iterator[Changes]:
        for place in places:
            now = index.now()
            keys, _ = tickets.scan(tickets.root / place)
            states[place] = _state(keys)
            if index.term(f"folder {place}") != states[place]:
                yield changes(place, now, keys, {one: key for _, _, one, key, _ in index.each(f"{_ENTRIES} place = ?", (place,))})

    for folder, batches in groupby(reading(folders()), itemgetter(0)):
        with index.writing():
            settled = _catch_up(index, folder, (batch for _, batch in batches))
            index.set_term(f"folder {folder.place}", states[folder.place] if settled else "")


def candidates(index: Index, wanted: Wanted) -> list[tuple[str, str]]:
    """Place and ID of each ticket that may have all the words, and of those whose files have faults: live ones by number, then the rest."""
    found: set[int] | None = None
    for ways in wanted:
        some = {n for pieces in ways for n in _having(index, pieces)}
        found = some if found is None else found & some
    numbers = sorted(found or ())
    named = index.rows(f"{_ENTRIES} faulty = 1")
    for start in range(0, len(numbers), _CHUNK):
        chunk = numbers[start : start + _CHUNK]
        rows = index.rows(f"{_ENTRIES} n IN ({', '.join('?' * len(chunk))})", chunk)
        if len(rows) != len(chunk):
            raise Damaged
        named += rows
    return sorted({(place, one) for _, place, one, *_ in named}, key=_in_order)


def solved(index: Index) -> tuple[list[str], list[tuple[str, str]]]:
    """What is kept of each solved ticket, in the order of `candidates`; and place and ID of those whose files have faults."""
    kept = [((place, one), told) for _, place, one, told in index.rows("SELECT n, place, id, told, sum FROM solved")]
    faulty = [(place, one) for _, place, one, *_ in index.rows(f"{_ENTRIES} faulty = 1")]
    return [told for _, told in sorted(kept, key=lambda one: _in_order(one[0]))], sorted(faulty, key=_in_order)


def _in_order(one: tuple[str, str]) -> tuple[str | int, ...]:
    """By what a place and an ID are sorted; of a ticket that lies in two years the later comes first."""
    place, ticket_id = one
    year = 0 if place == LIVE else int(place.rpartition("/")[2])
    return (place != LIVE, *by_number(ticket_id), -year)


def _having(index: Index, pieces: Sequence[str]) -> Iterator[int]:
    """The texts that have all these pieces. Without three letters in a row all texts are looked through, which is no small work."""
    threes = sorted({piece[at : at + 3] for piece in pieces for at in range(len(piece) - 2)})[:_MOST]
    asked = " AND ".join('"{}"'.format(three.replace('"', '""')) for three in threes)
    for n, text in index.each(_WITH_THREES, [asked]) if threes else index.each(_ALL_TEXTS):
        if pieces and all(piece in text for piece in pieces):
            yield n


def _catch_up(index: Index, folder: Changes, batches: Iterable[Sequence[Read]]) -> bool:
    """Take in what was read of a folder. Whether nothing in it may change again and look the same."""
    if old := {*folder.gone, *folder.replaced}:
        _forget(index, [n for n, _, one, *_ in index.rows(f"{_ENTRIES} place = ?", (folder.place,)) if one in old])
    settled = True
    for batch in batches:
        keys = [folder.key(one) for one in batch]
        settled = settled and "" not in keys
        _remember(index, folder.place, batch, keys)
    return settled


def _remember(index: Index, place: str, batch: Sequence[Read], keys: Sequence[str]) -> None:
    last = index.db.execute("SELECT max(n) FROM entries").fetchone()[0] or 0
    found = list(enumerate(batch, last + 1))
    index.put_all("entries", [(n, place, one.id, key, int(bool(one.faults))) for (n, one), key in zip(found, keys, strict=True)])
    index.put_all("texts", [(n, one.words) for n, one in found])
    index.put_all("solved", [(n, place, one.id, one.row) for n, one in found if one.row])
    index.db.executemany("INSERT INTO threes (rowid, text) VALUES (?, ?)", [(n, one.words) for n, one in found])


def _forget(index: Index, numbers: Iterable[int]) -> None:
    for n in numbers:
        for _, text in index.rows("SELECT n, text, sum FROM texts WHERE n = ?", (n,)):
            index.db.execute("INSERT INTO threes (threes, rowid, text) VALUES ('delete', ?, ?)", (n, text))
        for table in ("texts", "solved", "entries"):
            index.db.execute(f"DELETE FROM {table} WHERE n = ?", (n,))  # noqa: S608 - our own names


def _state(keys: Mapping[str, str]) -> str:
    """All files of a folder with their keys, in few letters."""
    from hashlib import blake2b

    known = "\n".join([f"{one} {key}" for one, key in keys.items()])
    return blake2b(known.encode()).hexdigest()
