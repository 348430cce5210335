"""`search` and `similar`: everything that was ever written, live and archived. `store.texts` says which files are worth reading."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from itsm.desk import rows
from itsm.desk.batches import in_batches
from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.listing import scene
from itsm.desk.tickets import read
from itsm.errors import Problem, Usage
from itsm.model.query import Query, Term, Value
from itsm.model.row import Row
from itsm.model.searching import Hit, folded, hits, likely, pieces, places, weight
from itsm.model.similar import Likeness, Solved, similar, solved
from itsm.model.ticket import Ticket
from itsm.sla.filters import Test, matcher
from itsm.store import rows as stored
from itsm.store import texts
from itsm.store.codec import Document
from itsm.store.index import Index, used
from itsm.store.rows import LIVE, Read


class Found(NamedTuple):
    """A ticket in which the words are, and where."""

    row: Row
    hits: list[Hit]


def search(desk: Desk, query: Query, now: datetime, me: str, progress: Progress = silent) -> tuple[list[Found], list[Problem]]:
    """The tickets in which all the words are, those that are most about them first, then the newest. Raises Usage without a word."""
    words = [term for term in query.terms if term.name == "text"]
    if not any(value.text.strip() for term in words if not term.negated for value in term.values):
        raise Usage("search for what?", hint="itsm search certificate, itsm search 'mail server' team:network; to filter only: itsm list")
    rest = tuple(term for term in query.terms if term.name != "text")
    asked = matcher(Query((*rest, Term("status", (Value("all"),))) if Query(rest).live_only else rest), scene(desk, now, me))
    problems: list[Problem] = []
    found = list(_found(desk, words, asked, now, problems, progress))
    found.sort(key=lambda one: (weight(one.hits), one.row.head.opened), reverse=True)
    return found, problems


def alike(desk: Desk, which: str, progress: Progress = silent) -> tuple[list[Likeness], list[Problem]]:
    """The solved tickets that look like this one: how rare a word is, is counted in all that were solved."""
    problems: list[Problem] = []
    ticket = read(desk, which).ticket
    return similar(ticket, _all_solved(desk, problems, progress)), problems


def _all_solved(desk: Desk, problems: list[Problem], progress: Progress) -> Iterator[Solved]:
    """Those that the index keeps of files that are as they were, or what all files say where there is none."""

    def use(index: Index) -> tuple[list[Solved], list[tuple[str, str]]]:
        _refresh(index, desk, progress)
        kept, faulty = texts.solved(index)
        return list(map(_unpacked, kept)), faulty

    known = used(desk.root, use, texts.TEXTS)
    if known is None:
        yield from (one for other, _ in rows.tickets(desk, problems, archived=True) if (one := solved(other)))
        return
    yield from known[0]
    for other, _ in _read_again(desk, known[1], problems):
        if one := solved(other):
            yield one


def _found(desk: Desk, words: list[Term], asked: Test, now: datetime, problems: list[Problem], progress: Progress) -> Iterator[Found]:
    for ticket, archived in _likely(desk, words, problems, progress):
        where = hits(ticket, words)
        if where is not None and asked(row := rows.from_ticket(desk, ticket, now, archived=archived)):
            yield Found(row, where)


def _likely(desk: Desk, words: list[Term], problems: list[Problem], progress: Progress) -> Iterator[tuple[Ticket, bool]]:
    """The tickets that may have the words, from their files: from those that the index names, or all of them where there is none."""
    look = likely(words)
    named = _named(desk, words, progress)
    if named is None:
        yield from rows.tickets(desk, problems, archived=True, likely=look)
        return
    yield from _read_again(desk, named, problems, look)


def _read_again(
    desk: Desk, named: Iterable[tuple[str, str]], problems: list[Problem], look: Callable[[bytes], bool] | None = None
) -> Iterator[tuple[Ticket, bool]]:
    for place, ticket_id in named:
        one = desk.tickets.look(ticket_id, desk.root / place, look)
        if isinstance(one, Document):
            yield one.ticket, place != LIVE
        elif one is not None:
            problems += one.problems


def _named(desk: Desk, words: list[Term], progress: Progress) -> list[tuple[str, str]] | None:
    wanted = pieces(words)

    def use(index: Index) -> list[tuple[str, str]]:
        _refresh(index, desk, progress)
        return texts.candidates(index, wanted or [])

    return None if wanted is None else used(desk.root, use, texts.TEXTS)


def _refresh(index: Index, desk: Desk, progress: Progress) -> None:
    texts.refresh(index, desk.tickets, partial(in_batches, desk, _read, progress))


def _read(desk: Desk, place: str, ticket_ids: Sequence[str]) -> list[Read]:
    return list(stored.read(desk.tickets, place, ticket_ids, _described))


def _described(document: Document) -> tuple[str, str]:
    """How a ticket was solved, and all that was written in it."""
    one = solved(document.ticket)
    return _packed(one) if one else "", folded("\n".join(place.text for place in places(document.ticket)))


def _packed(one: Solved) -> str:
    parts = (one.id, one.title, one.status, one.resolution, one.at, sorted(one.terms), one.facts)
    return json.dumps(parts, ensure_ascii=False)


def _unpacked(told: str) -> Solved:
    ticket_id, title, status, resolution, at, terms, facts = json.loads(told)
    return Solved(ticket_id, title, status, resolution, at, frozenset(terms), tuple((name, value) for name, value in facts))
