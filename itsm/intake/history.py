"""What a source's rows say of one ticket → the ticket with its history. Only `replay.apply` builds, so state and history agree.

The table of moves isn't asked: `import` may record any move that the source made (page 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from itsm.intake.mapping import PLAIN, SourceMap, State
from itsm.model.event import Event, stamp
from itsm.model.ids import ulid
from itsm.model.replay import apply
from itsm.model.ticket import Ticket
from itsm.values import dataclass, replace

DONE = ("resolved", "closed", "cancelled")  # a hand-over doesn't bring these back to work
NOBODY = "import"  # who acted, where the source doesn't say
_ULID_RANDOM_BYTES = 10

Step = tuple[str, dict[str, Any]]  # the kind of an event and its particulars


@dataclass(frozen=True, slots=True)
class Row:
    """What the source shows of a ticket from `moment` on. `number` is the row's, the header being row 1.

    `plain` holds the values of PLAIN, "" being nothing. None, there and as the state, is a word that the map doesn't know:
    it stays what it was, and `odd` says so.
    """

    number: int
    order: int
    moment: datetime
    opened: datetime
    state: State | None
    plain: tuple[str | None, ...]
    team: str
    assignee: str
    contact: Mapping[str, str]
    by: str
    opened_by: str
    resolution: str
    how: str
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a row that a person should know: what was changed on the way in, or why it was refused."""

    row: int
    reference: str
    message: str


def arranged(rows: Sequence[Row]) -> list[Row]:
    """The rows of one ticket in the source's order; where that doesn't decide, by their moments, then as they come."""
    return sorted(rows, key=lambda row: (row.order, row.moment, row.number))


def told_at_the_end(rows: Sequence[Row], source: SourceMap) -> list[Row]:
    """The rows without what was known only at the end (`final`), up to the one that made the last change of state.

    Whoever builds a desk as it stood must not learn from the future (the log's README: closed_code stands on earlier rows, too).
    """
    if not source.final:
        return list(rows)
    last = max((n for n in range(1, len(rows)) if rows[n].state != rows[n - 1].state), default=0)
    return [row if n >= last else _without(row, source.final) for n, row in enumerate(rows)]


def _without(row: Row, names: frozenset[str]) -> Row:
    blank: dict[str, Any] = {name: "" for name in names if name in ("team", "assignee", "resolution", "how")}
    blank["plain"] = tuple("" if name in names else value for name, value in zip(PLAIN, row.plain, strict=True))
    return replace(row, **blank)


class History:
    """One ticket growing row by row. `notes` says what had to be changed."""

    def __init__(self, ticket_id: str, reference: str, first: Row, source: SourceMap) -> None:
        """Born with the first row's fields; `opened` is the only event that tells of them."""
        plain = {name: value for name, value in zip(PLAIN, first.plain, strict=True) if value}
        start: dict[str, Any] = {"title": reference, **plain, "contact": dict(first.contact), "reference": reference}
        self.source = source
        self.notes: list[Note] = []
        self.ticket = Ticket(id=ticket_id, opened=first.opened, **start)
        self._at = first.opened
        self._state: State = ("new", "")
        self._write("opened", {"reference": reference}, first.opened_by)

    def add(self, row: Row) -> None:
        """Write what changed between the ticket as it is and the row. An event never lies before the one that it follows."""
        before, written = self._at, len(self.ticket.history)
        self._at = max(before, row.moment)
        self._state = row.state or self._state
        for changes in (_plain, _reopened, _handed_over, _moved):
            for kind, data in changes(self.ticket, row, self._state, self.source):
                self._write(kind, data, row.by)
        self._contact(row)
        if len(self.ticket.history) == written:
            self._at = before
        elif row.moment < before:
            self._note(row, f"its moment {stamp(row.moment)} lies before what it follows: taken as {stamp(before)}")
        for message in row.odd:
            self._note(row, message)

    def _contact(self, row: Row) -> None:
        """A customer who turns into another has no event of its own: a note tells it."""
        was = self.ticket.contact
        fresh = {key: value for key, value in row.contact.items() if value != was.get(key)}
        if fresh:
            self.ticket = replace(self.ticket, contact={**was, **fresh})
            told = ", ".join(f"{key}: {value}" + (f" (was {was[key]})" if key in was else "") for key, value in fresh.items())
            self._write("noted", {"text": f"Contact: {told}"}, row.by)

    def _write(self, kind: str, data: Mapping[str, Any], by: str) -> None:
        """One more event. Its ID is a function of the reference and its place: two clones import the same bytes."""
        place = len(self.ticket.history) + 1
        lot = sha256(f"{self.ticket.reference}/{place}".encode()).digest()[:_ULID_RANDOM_BYTES]
        event_id = ulid(int(self._at.timestamp()) * 1000, int.from_bytes(lot))
        self.ticket = apply(self.ticket, Event(event_id, self._at, by or NOBODY, kind, data))

    def _note(self, row: Row, message: str) -> None:
        self.notes.append(Note(row.number, self.ticket.reference, message))


def build(ticket_id: str, reference: str, rows: Sequence[Row], source: SourceMap) -> tuple[Ticket, list[Note]]:
    """The ticket that these rows (at least one, in order) tell of, and what had to be changed."""
    history = History(ticket_id, reference, rows[0], source)
    for row in rows:
        history.add(row)
    return history.ticket, history.notes


# --- what a row changes: each looks at the ticket as the ones before it left it ---------------


def _plain(ticket: Ticket, row: Row, state: State, _: SourceMap) -> Iterator[Step]:
    """Fields that a person sets, and what no event of its own tells: a removal from everybody's hands, a move back to new."""
    fresh: dict[str, Any] = {
        name: value for name, value in zip(PLAIN, row.plain, strict=True) if value or (value == "" and name not in ("title", "type"))
    }
    if not row.team and not row.assignee:
        fresh |= {"team": "", "assignee": "", "level": None}
    if state[0] in _WAITING and ticket.status in _WORKED_ON and not _given(ticket, row):
        fresh["status"] = _waiting(row, state)
    yield from _set(ticket, fresh)


def _reopened(ticket: Ticket, row: Row, state: State, _: SourceMap) -> Iterator[Step]:
    """Solved or ended, and now again not so."""
    if ticket.status in DONE and (state[0] not in DONE or (state[0] == "resolved" != ticket.status)):
        yield "reopened", {"to": "in-progress" if state[0] == "in-progress" else _waiting(row, state)}


def _handed_over(ticket: Ticket, row: Row, _: State, source: SourceMap) -> Iterator[Step]:
    """Another team or person. What is solved stays solved: there, who had it is a field like others."""
    if not _given(ticket, row):
        return
    now = {"team": row.team, "level": source.level(row.team), "assignee": row.assignee}
    if ticket.status in DONE:
        yield from _set(ticket, now)
    else:
        yield "assigned", {name: value for name, value in now.items() if value not in ("", None)}


def _moved(ticket: Ticket, row: Row, state: State, _: SourceMap) -> Iterator[Step]:
    """To the row's state, unless the ticket is there."""
    status, who = state
    if state == (ticket.status, ticket.pending_for):
        return
    if status in _ENDS:
        kind, said = _ENDS[status]
        yield kind, _said(said, row.resolution if status == "resolved" else row.how)
    elif status == "pending":
        yield "pending", _said("for", who)
    elif ticket.status == "pending":
        yield "resumed", {"to": status if status == "in-progress" else _waiting(row, state)}
    elif status == "in-progress":
        yield "started", {}


_WAITING = ("new", "assigned")
_WORKED_ON = (*_WAITING, "in-progress")
_ENDS = {"resolved": ("resolved", "resolution"), "closed": ("closed", "how"), "cancelled": ("cancelled", "why")}


def _set(ticket: Ticket, values: Mapping[str, Any]) -> Iterator[Step]:
    was = {name: getattr(ticket, name) for name in values}
    changed = {name: value for name, value in values.items() if value != was[name]}
    if changed:
        yield "set", {"set": changed, "was": {name: was[name] for name in changed}}


def _said(name: str, value: str) -> dict[str, Any]:
    return {name: value} if value else {}


def _given(ticket: Ticket, row: Row) -> bool:
    return bool(row.team or row.assignee) and (row.team, row.assignee) != (ticket.team, ticket.assignee)


def _waiting(row: Row, state: State) -> str:
    """What the source calls new is `assigned` here as soon as a team or a person has it (page 4, the moves)."""
    return "assigned" if row.team or row.assignee or state[0] == "assigned" else "new"
