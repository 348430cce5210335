"""`list`: the tickets that a query asks for, as rows. What reads them is one function, so that an index can take its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from itsm.desk.desk import Desk
from itsm.desk.view import fields, promises_json
from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.model.query import Query
from itsm.model.row import Row
from itsm.model.ticket import Ticket
from itsm.store.codec import Document


class Listing(NamedTuple):
    """The rows that a query asked for, unsorted; and the files that can't be read, which may hold others."""

    rows: list[Row]
    problems: list[Problem]


def rows(desk: Desk, query: Query, now: datetime) -> Listing:
    """The rows of the tickets that match."""
    problems = desk.tickets.strays()
    found = [row for row in every(desk, now, problems) if query.matches(row)]
    return Listing(found, problems)


def every(desk: Desk, now: datetime, problems: list[Problem]) -> Iterator[Row]:
    """A row for each ticket in tickets/, by number; what can't be read is added to `problems`."""
    for one in desk.tickets.read_all():
        if isinstance(one, Document):
            yield row(desk, one.ticket, now)
        else:
            problems.extend(one.problems)


def row(desk: Desk, ticket: Ticket, now: datetime, *, archived: bool = False) -> Row:
    """A ticket that was read, as a row."""
    shown = {name: value for name, value in fields(ticket).items() if name != "description"}
    updated = stamp(max((event.at for event in ticket.history), default=ticket.opened))
    return Row(shown, updated, lambda: promises_json(desk, ticket, now), lambda: words(ticket), archived)


def words(ticket: Ticket) -> str:
    """What the words of a query are looked for in."""
    return "\n".join((ticket.id, ticket.title, ticket.description, *ticket.contact.values())).casefold()
