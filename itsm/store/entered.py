"""When something was last entered into each ticket, in the index: who asks what happened lately leaves the files of the others closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter

from itsm.store.index import Index
from itsm.store.rows import Changes, Reading, changes
from itsm.store.tickets import Tickets


def entered(index: Index, tickets: Tickets, places: Iterable[str], since: str, reading: Reading) -> list[tuple[str, str]]:
    """The tickets in these folders, as their files are now, into which anything was entered later than `since`, an instant as files have
    it: place and ID, in no order. `reading` gives as a ticket's row when that was last.
    """
    late: list[tuple[str, str]] = []

    def folders() -> Iterator[Changes]:
        for place in places:
            now = index.now()
            keys, _ = tickets.scan(tickets.root / place)
            rows = index.rows("SELECT place, id, key, at, sum FROM entered WHERE place = ?", (place,))
            found = changes(place, now, keys, {one: key for _, one, key, _ in rows})
            late.extend((place, one) for _, one, key, at in rows if at > since and key and key == keys.get(one))
            if found.changed or found.gone:
                yield found

    for folder, batches in groupby(reading(folders()), itemgetter(0)):
        with index.writing():
            forgotten = [(folder.place, one) for one in (*folder.gone, *folder.replaced)]
            index.db.executemany("DELETE FROM entered WHERE place = ? AND id = ?", forgotten)
            for _, batch in batches:
                index.put_all("entered", [(folder.place, one.id, folder.key(one), one.row) for one in batch])
                late += [(folder.place, one.id) for one in batch if one.row > since]
    return late
