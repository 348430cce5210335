"""`list`: the tickets that a query asks for, as rows. What reads them is `desk.rows`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.rows import every
from itsm.errors import Problem
from itsm.model.columns import chosen, in_order, sort_keys, split
from itsm.model.query import FLAGS, ME, NONE, Query, parse
from itsm.model.row import Row
from itsm.model.suggest import did_you_mean, near
from itsm.sla.filters import Scene, have, literals, matcher
from itsm.sla.policy import Policy

_CHECKED = ("team", "assignee", "priority", "category", "ci", "tag", "organization")  # where a misspelt value would find nothing, silently


class Listing(NamedTuple):
    """The rows that a query asked for, unsorted; the files that can't be read, which may hold others; what was surely misspelt."""

    rows: list[Row]
    problems: list[Problem]
    doubts: list[str]


class Request(NamedTuple):
    """What is to be listed: which tickets, in what order, which columns, how many (0: all)."""

    query: Query
    sort: tuple[tuple[str, bool], ...]
    columns: tuple[str, ...]
    limit: int

    def taken(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in this order, as many as are wanted."""
        return in_order(rows, self.sort)[: self.limit or None]


def asked(desk: Desk, words: Sequence[str], sort: str = "", columns: str = "", limit: int | None = None) -> Request:
    """What a person has typed. A view of sla.yaml may come first: filters narrow it, options have the last word. Raises Usage."""
    view = desk.policy_or_default.views.get(words[0]) if words else None
    query = parse(words[1:] if view else words)
    if view:
        query = Query((*view.query.terms, *query.terms))
    names = split(columns) or (view.columns if view else ())
    chosen(names)
    return Request(query, sort_keys(split(sort) or (view.sort if view else ())), names, limit or (view.limit if view else 0))


def rows(desk: Desk, query: Query, now: datetime, me: str = "", *, archived: bool = False, progress: Progress = silent) -> Listing:
    """The rows of the tickets that match, those in the archive too if wanted. Raises Usage for a time that can't be understood."""
    seen = scene(desk, now, me)
    asked, wanted = matcher(query, seen), literals(query, seen)
    problems: list[Problem] = []
    found = [row for row in every(desk, now, problems, archived=archived, progress=progress, literals=wanted) if asked(row)]
    return Listing(found, problems, list(_doubts(desk, query, found, lambda: every(desk, now, [], archived=archived), archived=archived)))


def scene(desk: Desk, now: datetime, me: str) -> Scene:
    """Who looks, when, on which clock, and what people are called."""
    policy = desk.policy_or_default
    names = {person.name.casefold(): person.id for person in policy.people.values() if person.name}
    return Scene(now, ZoneInfo(policy.desk.timezone), me, names)


def _doubts(desk: Desk, query: Query, found: list[Row], looked_at: Callable[[], Iterable[Row]], *, archived: bool) -> Iterator[str]:
    """What can't be meant: values that neither sla.yaml nor any ticket that was `looked_at` has; a word without a find that is like a view
    or a flag. Nobody waits for the archive to be read because of a slip.
    """
    for term in () if found else query.terms:
        close = near(term.values[0].text, (*desk.policy_or_default.views, *FLAGS), most=1) if term.name == "text" else []
        if close:
            yield f"no ticket has the word {term.values[0].text}; did you mean {close[0]}?"
    unknown = [(name, value) for name, value in _unknown(query, desk.policy_or_default) if not any(_has(row, name, value) for row in found)]
    if not unknown:
        return
    held: dict[str, set[str]] = {name: _promised(desk.policy_or_default, name) for name, _ in unknown}
    for row in looked_at():
        for name, values in held.items():
            values.update(have(row, name))
    where = "" if archived or not desk.tickets.years() else " outside the archive"
    for name, value in unknown:
        if value.casefold() not in map(str.casefold, held[name]):
            yield f"no ticket{where} has {name}:{value}; {did_you_mean(value, held[name] - {NONE})}".rstrip("; ")


def _unknown(query: Query, policy: Policy) -> Iterator[tuple[str, str]]:
    """The filters' values that sla.yaml doesn't know."""
    for term in query.terms:
        if term.name in _CHECKED:
            known = {one.casefold() for one in (NONE, ME, *_promised(policy, term.name))}
            yield from ((term.name, value.text) for value in term.values if not value.op and value.text.casefold() not in known)


def _has(row: Row, name: str, value: str) -> bool:
    return value.casefold() in (one.casefold() for one in have(row, name))


def _promised(policy: Policy, name: str) -> set[str]:
    """What sla.yaml says that there is for a filter, whether a ticket has it or not."""
    if name == "team":
        return set(policy.teams)
    if name == "assignee":
        return {word for person in policy.people.values() for word in (person.id, person.name) if word}
    return {one for row in policy.matrix.values() for one in row.values()} if name == "priority" else set()
