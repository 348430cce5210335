"""`search` and `similar`: everything that was ever written, live and archived. `rows.tickets` gives it; an index can take its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from itsm.desk import rows
from itsm.desk.desk import Desk
from itsm.desk.listing import scene
from itsm.desk.tickets import read
from itsm.errors import Problem, Usage
from itsm.model.query import Query, Term, Value
from itsm.model.row import Row
from itsm.model.searching import Hit, hits, likely, weight
from itsm.model.similar import Likeness, similar, solved
from itsm.sla.filters import Test, matcher


class Found(NamedTuple):
    """A ticket in which the words are, and where."""

    row: Row
    hits: list[Hit]


def search(desk: Desk, query: Query, now: datetime, me: str) -> tuple[list[Found], list[Problem]]:
    """The tickets in which all the words are, those that are most about them first, then the newest. Raises Usage without a word."""
    words = [term for term in query.terms if term.name == "text"]
    if not any(value.text.strip() for term in words if not term.negated for value in term.values):
        raise Usage("search for what?", hint="itsm search certificate, itsm search 'mail server' team:network; to filter only: itsm list")
    rest = tuple(term for term in query.terms if term.name != "text")
    asked = matcher(Query((*rest, Term("status", (Value("all"),))) if Query(rest).live_only else rest), scene(desk, now, me))
    problems: list[Problem] = []
    found = list(_found(desk, words, asked, now, problems))
    found.sort(key=lambda one: (weight(one.hits), one.row.fields["opened"]), reverse=True)
    return found, problems


def alike(desk: Desk, which: str) -> tuple[list[Likeness], list[Problem]]:
    """The solved tickets that look like this one."""
    problems: list[Problem] = []
    ticket = read(desk, which).ticket
    return similar(ticket, (one for other, _ in rows.tickets(desk, problems, archived=True) if (one := solved(other)))), problems


def _found(desk: Desk, words: list[Term], asked: Test, now: datetime, problems: list[Problem]) -> Iterator[Found]:
    for ticket, archived in rows.tickets(desk, problems, archived=True, likely=likely(words)):
        where = hits(ticket, words)
        if where is not None and asked(row := rows.from_ticket(desk, ticket, now, archived=archived)):
            yield Found(row, where)
