"""Until when tickets may be left alone, in the index: nothing of them changes before an instant, as long as their files don't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.store.index import Index, faults_of, faults_text
from itsm.store.keys import safe_key
from itsm.values import dataclass


class Known(NamedTuple):
    """What a ticket came to that is as it was: its file's `faults`, or what whoever looked at it has made of it (`seen`)."""

    faults: tuple[Problem, ...] = ()
    seen: str = ""


_NOTHING = Known()


@dataclass(frozen=True, slots=True)
class Rest:
    """What is found out about one ticket: judged at `since`, nothing of it changes before `until` (both UTC)."""

    since: datetime
    until: datetime
    known: Known = Known()


def resting(index: Index, way: str, terms: str, keys: Mapping[str, str], times: tuple[datetime, datetime]) -> dict[str, Known]:
    """The tickets of which nothing has changed for who looks at them in this way, as their files are now. `times`: when they must have been
    judged at the latest, and the present.
    """
    (last, moment), found = (stamp(one).encode() for one in times), {}
    if index.term(f"quiet {way}") != terms:
        return {}
    for (ticket_id, key, since, until, faults), seen in index.marked("SELECT mark, told, sum FROM quiet WHERE way = ?", (way,)):
        one = ticket_id.decode()
        if since <= last and since <= moment < until and key.decode() == keys.get(one):
            found[one] = Known(tuple(faults_of(faults.decode())), seen.decode()) if faults or seen else _NOTHING
    return found


def rest(index: Index, way: str, terms: str, keys: Mapping[str, str], found: Iterable[tuple[str, Rest]], read: int) -> None:
    """Remember it of tickets whose files had these keys before they were read, after `read` (nanoseconds, the file system's own)."""
    with index.writing():
        if index.term(f"quiet {way}") != terms:
            index.db.execute("DELETE FROM quiet WHERE way = ?", (way,))
            index.set_term(f"quiet {way}", terms)
        known = index.db.execute("SELECT id FROM quiet WHERE way = ?", (way,)).fetchall()
        index.db.executemany("DELETE FROM quiet WHERE way = ? AND id = ?", [(way, one) for (one,) in known if one not in keys])
        index.mark_all("quiet", (
            ((way, one), (one, key, stamp(what.since), stamp(what.until), faults_text(what.known.faults)), what.known.seen)
            for one, what in found if (key := safe_key(keys.get(one, ""), read))
        ))  # fmt: skip
