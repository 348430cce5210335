"""Which tickets a sweep may leave alone, in the index: nothing of them changes before an instant, as long as their files don't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.store.index import Index, faults_of, faults_text
from itsm.store.keys import safe_key
from itsm.values import dataclass


@dataclass(frozen=True, slots=True)
class Rest:
    """What is known of one ticket: judged at `since`, it has nothing to say before `until` (both UTC). Or its file's faults."""

    since: datetime
    until: datetime
    faults: tuple[Problem, ...] = ()


def resting(index: Index, way: str, terms: str, keys: Mapping[str, str], times: tuple[datetime, datetime]) -> dict[str, list[Problem]]:
    """The tickets with nothing to say in this way of saying it, as their files are now; each with what is wrong with its file. `times`:
    that of the last sweep, which judged them at the latest, and the present.
    """
    (last, moment), found = map(stamp, times), {}
    if index.term(f"quiet {way}") != terms:
        return {}
    for _, one, key, since, until, faults in index.rows("SELECT way, id, key, since, until, faults, sum FROM quiet WHERE way = ?", (way,)):
        if since <= last and since <= moment < until and key == keys.get(one):
            found[one] = faults_of(faults)
    return found


def rest(index: Index, way: str, terms: str, keys: Mapping[str, str], found: Iterable[tuple[str, Rest]], read: int) -> None:
    """Remember it of tickets whose files had these keys before they were read, after `read` (nanoseconds, the file system's own)."""
    with index.writing():
        if index.term(f"quiet {way}") != terms:
            index.db.execute("DELETE FROM quiet WHERE way = ?", (way,))
            index.set_term(f"quiet {way}", terms)
        known = index.db.execute("SELECT id FROM quiet WHERE way = ?", (way,)).fetchall()
        index.db.executemany("DELETE FROM quiet WHERE way = ? AND id = ?", [(way, one) for (one,) in known if one not in keys])
        for one, what in found:
            if key := safe_key(keys.get(one, ""), read):
                index.put("quiet", way, one, key, stamp(what.since), stamp(what.until), faults_text(what.faults))
