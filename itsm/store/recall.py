"""The journal by ticket, in the index: append-only files are read from their tail, and nobody reads years of notices for one ticket."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from itsm.errors import ItsmError, Problem
from itsm.store import atomic
from itsm.store.index import Index
from itsm.store.keys import key_of, safe_key
from itsm.store.notices import MAX_BYTES, Journal, no_fact, parsed

Fact = dict[str, Any]
_TURN = "journal"  # the name of the term that counts
STUCK = ("held", "dead")  # what is said of messages that wait for a person
_OF_STUCK = "id IN (SELECT id FROM said WHERE stuck)"
_SAID = "SELECT id, month, facts, lines, stuck, sum FROM said"
_ALL = ""  # the ticket of a fact that names none: it concerns all of them


class News(NamedTuple):
    """What the journal holds that the index didn't know: facts on which tickets, and which that concern all; has an old one gone?"""

    tickets: set[str]
    general: list[Fact]
    rewritten: bool


class _Month(NamedTuple):
    """What is known of one file: `size` bytes of it were read, with this digest (SHA-256), which were so many whole lines."""

    key: str = ""
    size: int = 0
    digest: str = ""
    lines: int = 0
    faults: str = "[]"


def recall(index: Index, journal: Journal) -> News:
    """Bring what the index knows of the journal up to date. Who is in the news is quiet no more."""
    now = index.now()
    known = {row[0]: _Month(*row[1:]) for row in index.rows("SELECT name, key, size, digest, lines, faults, sum FROM months")}
    paths = {path.name: path for path in journal.months()}
    keys = {name: key_of(os.lstat(path)) for name, path in paths.items()}
    if {name: month.key for name, month in known.items()} == keys:
        return News(set(), [], rewritten=False)
    with index.writing():
        old = [name for name in known if name not in paths]
        tickets: set[str] = set()
        general: list[Fact] = []
        for name, path in paths.items():
            month = known.get(name, _Month())
            if month.key == keys[name]:
                continue
            raw = _raw(path)
            if not _begins_with(raw, month):
                old.append(name)
                month = _Month()
                index.db.execute("DELETE FROM said WHERE month = ?", (name,))
            told = _read_on(index, path, raw, month, safe_key(keys[name], now))
            general += [json.loads(line) for line in told.pop(_ALL, [])]
            tickets |= told.keys()
        for name in set(old) - paths.keys():
            index.db.execute("DELETE FROM said WHERE month = ?", (name,))
            index.db.execute("DELETE FROM months WHERE name = ?", (name,))
        _wake(index, tickets, everybody=bool(old or general))
        if old or general or tickets:
            index.set_term(_TURN, str(int(turn(index)) + 1))
    return News(tickets, general, bool(old))


def turn(index: Index) -> str:
    """How often the index has learnt something of the journal. Who finds another turn than its own doesn't know who was in the news."""
    return index.term(_TURN) or "0"


def facts(index: Index, ticket_ids: Iterable[str]) -> list[Fact]:
    """What the journal says of all tickets and of these, in its order as far as one ticket is concerned."""
    found: list[Fact] = []
    for one in (_ALL, *ticket_ids):
        for row in index.rows(f"{_SAID} WHERE id = ? ORDER BY month", (one,)):
            found.extend(json.loads(f"[{row[2]}]"))
    return found


def of_stuck(index: Index) -> list[Fact]:
    """What the journal says, in its order, of the tickets of which any message was ever STUCK."""
    known = index.rows(f"{_SAID} WHERE {_OF_STUCK}")
    places = [(month, int(number)) for _, month, _, lines, _ in known for number in lines.split(",")]
    found = json.loads(f"[{','.join(text for _, _, text, _, _ in known)}]")
    return [fact for _, fact in sorted(zip(places, found, strict=True), key=lambda one: one[0])]


def told(index: Index, journal: Journal, ticket_id: str) -> list[Fact]:
    """The same of one ticket, as the journal is now."""
    recall(index, journal)
    return facts(index, (ticket_id,))


def faults(index: Index, journal: Journal) -> list[Problem]:
    """The lines of the journal that are none."""
    rows = index.rows("SELECT name, key, size, digest, lines, faults, sum FROM months ORDER BY name")
    return [no_fact(journal.folder / row[0], number) for row in rows for number in json.loads(row[5])]


def _raw(path: Path) -> bytes:
    """Raises OSError: what a month is that can't be read, the journal itself says best."""
    try:
        return atomic.read(path, MAX_BYTES)
    except ItsmError as error:
        raise OSError(error.message) from error


def _begins_with(raw: bytes, month: _Month) -> bool:
    """Whether the file still begins with what was read of it. A last line without an end must have been ended, not gone on with."""
    before = raw[: month.size]
    whole = not before or before.endswith(b"\n") or len(raw) == len(before) or raw[len(before) : len(before) + 1] == b"\n"
    return not month.size or (len(before) == month.size and whole and _digest(before) == month.digest)


def _digest(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def _read_on(index: Index, path: Path, raw: bytes, month: _Month, key: str) -> dict[str, list[str]]:
    """Take in what comes after the bytes that are known. Gives the lines by ticket."""
    told: dict[str, list[str]] = {}
    numbers: dict[str, list[int]] = {}
    stuck = set()
    bad = json.loads(month.faults)
    for number, line, fact in parsed(raw[month.size :], month.lines + 1):
        if fact is not None:
            told.setdefault(ticket_id := _ticket(fact), []).append(line.decode("utf-8"))
            numbers.setdefault(ticket_id, []).append(number)
            if fact["fact"] in STUCK:
                stuck.add(ticket_id)
        elif line:
            bad.append(number)
    for ticket_id, lines in told.items():
        before = index.rows(f"{_SAID} WHERE id = ? AND month = ?", (ticket_id, path.name))
        text = ",\n".join([*(row[2] for row in before), *lines])
        places = ",".join([*(row[3] for row in before), *map(str, numbers[ticket_id])])
        index.put("said", ticket_id, path.name, text, places, int(ticket_id in stuck or any(row[4] for row in before)))
    index.put("months", path.name, key, len(raw), _digest(raw), raw.count(b"\n"), json.dumps(bad))
    return told


def _ticket(fact: Fact) -> str:
    """Which ticket's decisions a fact bears upon."""
    return str(fact["key"]).partition("/")[0] if "key" in fact else _ALL


def _wake(index: Index, tickets: set[str], *, everybody: bool) -> None:
    if everybody:
        index.db.execute("DELETE FROM quiet")
    else:
        index.db.executemany("DELETE FROM quiet WHERE id = ?", [(one,) for one in tickets])
