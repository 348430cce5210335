"""Every ticket as a row: from the index where a file is as it was, from the file where it isn't or where there is no index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any

from itsm.desk.batches import in_batches
from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.kept import kept_promises, present_promises
from itsm.errors import Problem
from itsm.model.event import RECORDS, stamp
from itsm.model.row import Head, Promise, Row
from itsm.model.ticket import Ticket
from itsm.sla.clocks import clocks
from itsm.sla.policy import Policy
from itsm.store import rows as stored
from itsm.store.document import Document
from itsm.store.folders import archive_strays
from itsm.store.index import Index, faults_of, used
from itsm.store.rows import LIVE, Kept, Read

_BATCH = 250  # rows that are parsed at a time


def every(
    desk: Desk, now: datetime, problems: list[Problem], *, archived: bool = False, progress: Progress = silent,
    literals: Sequence[Sequence[str]] = (),
) -> Iterator[Row]:  # fmt: skip
    """A row for each ticket in tickets/, by number, then for each archived one; what can't be read is added to `problems`.

    Tickets may be left out in whose fields the `literals` (`sla.filters`) don't stand: an index needn't take them to pieces.
    """
    places = [LIVE, *desk.tickets.years()] if archived else [LIVE]

    def use(index: Index) -> tuple[list[list[Kept]], list[Problem]]:
        found, strays = _refreshed(desk, index, places, progress)
        return found, [*strays, *archive_strays(index, desk.tickets)]

    known = used(desk.root, use)
    if known is None:
        problems += desk.tickets.strays()
        yield from _from_files(desk, now, problems, archived=archived)
        return
    problems += known[1]
    for place, found in zip(places, known[0], strict=True):
        yield from _from_index(desk, place, _likely(found, literals), now, problems)


def from_ticket(desk: Desk, ticket: Ticket, now: datetime, *, archived: bool = False) -> Row:
    """A ticket that was read, as a row."""
    return Row(_head(ticket), lambda: _shown(ticket), lambda: _worked_out(desk, ticket, now), lambda: words(ticket), archived)


def words(ticket: Ticket) -> str:
    """What the words of a query are looked for in."""
    return "\n".join((ticket.id, ticket.title, ticket.description, *ticket.contact.values())).casefold()


def tickets(
    desk: Desk, problems: list[Problem], *, archived: bool = False, likely: Callable[[bytes], bool] | None = None
) -> Iterator[tuple[Ticket, bool]]:
    """Every ticket (whose bytes are `likely`) from its file, and whether it is archived; what can't be read is added to `problems`."""
    for folder in (False, True) if archived else (False,):
        for one in desk.tickets.read_all(archived=folder, likely=likely):
            if isinstance(one, Document):
                yield one.ticket, folder
            else:
                problems += one.problems


def _from_files(desk: Desk, now: datetime, problems: list[Problem], *, archived: bool) -> Iterator[Row]:
    return (from_ticket(desk, ticket, now, archived=old) for ticket, old in tickets(desk, problems, archived=archived))


def _shown(ticket: Ticket) -> dict[str, object]:
    from itsm.desk.as_data import fields

    return {name: value for name, value in fields(ticket).items() if name != "description"}


def _worked_out(desk: Desk, ticket: Ticket, now: datetime) -> Sequence[Promise]:
    from itsm.desk.as_data import clock_json
    from itsm.model.timeline import timeline

    return [clock_json(one) for one in clocks(ticket, timeline(ticket), desk.policy_or_default, now)]


def _head(ticket: Ticket) -> Head:
    updated = max((event.at for event in ticket.history if event.kind not in RECORDS), default=ticket.opened)
    return Head(ticket.id, ticket.status, ticket.priority, stamp(ticket.opened), stamp(updated))


# --- from the index: of each ticket its head, its promises and its fields, a line of JSON each, and the fields once more in folded case
# where that is more than ASCII's small letters


def _refreshed(desk: Desk, index: Index, places: Sequence[str], progress: Progress) -> tuple[list[list[Kept]], list[Problem]]:
    """Have the index know these folders as they are. Of archived tickets it keeps no promises: another policy needn't read them all."""
    terms, reading = desk.settings.raw.decode("utf-8", "replace"), partial(in_batches, desk, _described_all, progress)
    found, strays = stored.refresh(index, desk.tickets, {place: terms if place == LIVE else "" for place in places}, reading)
    return found, strays[0]


def _described_all(desk: Desk, place: str, ticket_ids: Sequence[str]) -> list[Read]:
    policy = desk.policy_or_default if place == LIVE else None
    return list(stored.read(desk.tickets, place, ticket_ids, partial(_described, policy)))


def _described(policy: Policy | None, document: Document) -> tuple[str, str]:
    ticket, kept, written = document.ticket, "null", _encoder().encode
    with suppress(ValueError, OverflowError):  # instants that no calendar reaches: whoever asks for them shall hear it
        kept = written(kept_promises(policy, ticket)) if policy else kept
    head, shown = written(_head(ticket)), written(_shown(ticket))
    folded = shown.casefold()
    return f"{head}\n{kept}\n{shown}\n{folded if folded.encode() != shown.encode().lower() else ''}", words(ticket)


@lru_cache(1)
def _encoder() -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False)


def _likely(found: list[Kept], literals: Sequence[Sequence[str]]) -> list[Kept]:
    """Those in which of each of the literals one stands, and those with faults, whose fields nobody knows."""
    for some in literals:
        first, *others = [one.encode("utf-8", "surrogatepass") for one in some]
        if others:
            found = [one for one in found if one[1] or first in (row := one[0].lower()) or any(word in row for word in others)]
        else:
            found = [one for one in found if one[1] or first in one[0].lower()]
    return found


def _from_index(desk: Desk, place: str, found: Sequence[Kept], now: datetime, problems: list[Problem]) -> Iterator[Row]:
    text = _Texts(desk)
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        lines = [row.decode().split("\n") for row, _ in batch if row]
        heads, kept, written = ([row[which] for row in lines] for which in range(3))
        head, promised, fields = map(_together, (heads, kept, written))
        n = 0
        for row, faults in batch:
            if not row:
                problems += faults_of(faults.decode())
                continue
            one = Head(*head(n))
            promises = partial(_promises, desk, one.id, partial(promised, n), now)
            yield Row(one, partial(fields, n), promises, partial(text.of, place, one.id), place != LIVE, written[n])
            n += 1


def _together(lines: Sequence[str]) -> Callable[[int], Any]:
    """What these lines of JSON say, each by its number. When the first is asked for, all are parsed: one by one takes longer."""
    parsed = cache(lambda: json.loads(f"[{','.join(lines)}]"))
    return lambda n: parsed()[n]


def _promises(desk: Desk, ticket_id: str, told: Callable[[], Any], now: datetime) -> Sequence[Promise]:
    kept = told()
    if kept is None:
        return _worked_out(desk, desk.tickets.read(ticket_id).ticket, now)
    return present_promises(desk.policy_or_default, kept, now)


class _Texts:
    """What words are looked for in, taken from the index when the first is asked for, or from the file itself."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.known: dict[str, dict[str, str]] = {}

    def of(self, place: str, ticket_id: str) -> str:
        if place not in self.known:
            self.known[place] = used(self.desk.root, lambda index: stored.words(index, place)) or {}
        text = self.known[place].get(ticket_id)
        return words(self.desk.tickets.read(ticket_id).ticket) if text is None else text
