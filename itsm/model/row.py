"""A ticket as lists see it: plain data as `list --json` gives it, and what filters want besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from itsm.model.ids import number
from itsm.model.ticket import LIVE
from itsm.values import dataclass

Promise = Mapping[str, Any]
PROMISE = ("target", "sla", "due", "limit_seconds", "remaining_seconds", "state", "breach")  # what is told of one, in this order


class Head(NamedTuple):
    """What each list wants of a ticket: whether it belongs there, and where. Instants as the file has them, `2026-11-22T01:16:00Z`, so that
    they compare as text; `updated` is that of the last event. `priority` may be "".
    """

    id: str
    status: str
    priority: str
    opened: str
    updated: str


@dataclass(frozen=True)
class Row:
    """One line of a list. Where it comes from, a file or the index, is nobody's business who filters, sorts or prints it.

    `read` gives the file's fields without description and history, `promises` works the clocks out at the list's present, `words` reads
    what words are looked for in: each is asked at most once, and only for rows that a filter or a column wants it of. `written` are the
    fields as JSON, where they have been that already: to write two thousand anew takes a fifth of a list's time.
    """

    head: Head
    read: Callable[[], Mapping[str, Any]]
    promises: Callable[[], Sequence[Promise]]
    words: Callable[[], str]
    archived: bool = False
    written: str = ""

    @property
    def id(self) -> str:
        """The ticket's ID."""
        return self.head.id

    @property
    def live(self) -> bool:
        """Whether somebody still has to do something."""
        return self.head.status in LIVE

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """The file's fields without description and history, instants as text."""
        return self.read()

    @cached_property
    def sla(self) -> Sequence[Promise]:
        """The promises, each with the keys of PROMISE."""
        return self.promises()

    @cached_property
    def text(self) -> str:
        """ID, title, description and contact, casefolded, a line each."""
        return self.words()

    @property
    def resolve(self) -> Promise | None:
        """The promise to resolve, which is what `due` means in a list."""
        return next((one for one in self.sla if one["target"] == "resolve"), None)

    @property
    def json(self) -> dict[str, Any]:
        """What `list --json` gives of it."""
        return {**self.fields, "sla": list(self.sla)}


def by_urgency(row: Row) -> tuple[str, str, int]:
    """What lists are sorted by unless told otherwise: the priority, then who has waited longest."""
    head = row.head
    return head.priority or "~", head.opened, number(head.id)
