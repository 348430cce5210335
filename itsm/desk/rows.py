"""Every ticket as a row: from the index where a file is as it was, from the file where it isn't or where there is no index."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from itsm.desk.batches import in_batches
from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.view import fields, kept_promises, present_promises, promises_json
from itsm.errors import Problem
from itsm.model.event import RECORDS, stamp
from itsm.model.row import Promise, Row
from itsm.model.ticket import Ticket
from itsm.sla.policy import Policy
from itsm.store import rows as stored
from itsm.store.codec import Document
from itsm.store.folders import archive_strays
from itsm.store.index import Index, faults_of, used
from itsm.store.rows import LIVE, Read

Found = tuple[str, str, str, str]
"""Of a ticket in the index: its place and ID, its row and its faults as JSON."""
_BATCH = 250  # rows that are parsed at a time


def every(desk: Desk, now: datetime, problems: list[Problem], *, archived: bool = False, progress: Progress = silent) -> Iterator[Row]:
    """A row for each ticket in tickets/, by number, then for each archived one; what can't be read is added to `problems`."""
    places = [LIVE, *desk.tickets.years()] if archived else [LIVE]

    def use(index: Index) -> tuple[list[Problem], list[Found]]:
        strays = [*_refreshed(desk, index, places, progress), *archive_strays(index, desk.tickets)]
        return strays, [(place, *found) for place in places for found in stored.rows(index, place)]

    known = used(desk.root, use)
    if known is None:
        problems += desk.tickets.strays()
        yield from _from_files(desk, now, problems, archived=archived)
        return
    problems += known[0]
    yield from _from_index(desk, known[1], now, problems)


def from_ticket(desk: Desk, ticket: Ticket, now: datetime, *, archived: bool = False) -> Row:
    """A ticket that was read, as a row."""
    return Row(_shown(ticket), _updated(ticket), lambda: promises_json(desk, ticket, now), lambda: words(ticket), archived)


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
    return {name: value for name, value in fields(ticket).items() if name != "description"}


def _updated(ticket: Ticket) -> str:
    return stamp(max((event.at for event in ticket.history if event.kind not in RECORDS), default=ticket.opened))


# --- from the index ---------------------------------------------------------------------------


def _refreshed(desk: Desk, index: Index, places: Sequence[str], progress: Progress) -> Iterator[Problem]:
    """Have the index know these folders as they are. Of archived tickets it keeps no promises: another policy needn't read them all."""
    terms = desk.settings.raw.decode("utf-8", "replace")
    for place in places:
        strays = stored.refresh(
            index, desk.tickets, place, terms if place == LIVE else "", partial(in_batches, desk, _described_all, progress)
        )
        yield from strays if place == LIVE else ()


def _described_all(desk: Desk, place: str, ticket_ids: Sequence[str]) -> list[Read]:
    policy = desk.policy_or_default if place == LIVE else None
    return list(stored.read(desk.tickets, place, ticket_ids, partial(_described, policy)))


def _described(policy: Policy | None, document: Document) -> tuple[str, str]:
    ticket, promises = document.ticket, None
    with suppress(ValueError, OverflowError):  # instants that no calendar reaches: whoever asks for them shall hear it
        promises = kept_promises(policy, ticket) if policy else None
    told, shown = (json.dumps(one, ensure_ascii=False) for one in ((_updated(ticket), promises), _shown(ticket)))
    return f"{told}\n{shown}", words(ticket)


def _from_index(desk: Desk, found: Sequence[Found], now: datetime, problems: list[Problem]) -> Iterator[Row]:
    text = _Texts(desk)
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        parsed = iter(json.loads(f"[{','.join([row for _, _, row, _ in batch if row])}]".replace("\n", ",")))  # a line break is no JSON
        for place, ticket_id, row, faults in batch:
            if row:
                (updated, kept), shown, written = next(parsed), next(parsed), row.partition("\n")[2]
                promises = partial(_promises, desk, ticket_id, kept, now)
                yield Row(shown, updated, promises, partial(text.of, place, ticket_id), place != LIVE, written)
            else:
                problems += faults_of(faults)


def _promises(desk: Desk, ticket_id: str, kept: list[dict[str, Any]] | None, now: datetime) -> Sequence[Promise]:
    if kept is None:
        return promises_json(desk, desk.tickets.read(ticket_id).ticket, now)
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
