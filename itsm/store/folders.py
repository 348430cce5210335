"""The archive's folders, in the index: one whose times haven't changed holds what it held, and nobody lists it again."""

from __future__ import annotations

import os

from itsm.errors import Problem
from itsm.store.index import Index, faults_of, faults_text
from itsm.store.keys import key_of, safe_key
from itsm.store.tickets import Tickets


def archive_strays(index: Index, tickets: Tickets) -> list[Problem]:
    """What lies in the archive and is no ticket."""
    now = index.now()
    known = {row[0]: row[1:] for row in index.rows("SELECT name, key, strays, sum FROM folders")}
    found: list[Problem] = []
    for folder in tickets.archive_folders():
        if not folder.is_dir():
            continue
        name, key = str(folder), key_of(os.stat(folder))
        if name in known and known[name][0] == key:
            found += faults_of(known[name][1])
            continue
        strays = tickets.strays_in(folder)
        found += strays
        with index.writing():
            index.put("folders", name, safe_key(key, now), faults_text(strays))
    return found
