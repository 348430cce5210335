"""Several tickets in one command: which are meant, and each on its own: a refusal stops none of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from itsm.desk.desk import Desk
from itsm.errors import ItsmError, NotFound
from itsm.model import ids
from itsm.model.ticket import Ticket
from itsm.patterns import pattern

STDIN = "-"
_RANGE = pattern(r"(.+?)\.\.(.+)|([0-9]+)-([0-9]+)", re.DOTALL | re.ASCII)  # the second as Taskwarrior has it


class Tried(NamedTuple):
    """What came of one ticket: the ticket as it is now and what to say, or why not."""

    which: str
    ticket: Ticket | None = None
    text: str = ""
    error: ItsmError | None = None


def are_several(words: list[str]) -> bool:
    """Whether these words of a command line may mean more than one ticket: then the answer is a list, however many there are."""
    return len(words) > 1 or words[0] == STDIN or "," in words[0] or _RANGE.fullmatch(words[0]) is not None


def named(desk: Desk, words: Iterable[str], lines: Iterable[str] = ()) -> list[str]:
    """The tickets that `1,2 3-4 T-5..T-9 -` names, each once: a range are those that there are, `-` the first word of each of `lines`."""
    found: list[str] = []
    for word in words:
        for part in (line.split()[0] for line in lines if line.strip()) if word == STDIN else word.split(","):
            ends = _RANGE.fullmatch(part)
            found.extend(_between(desk, *filter(None, ends.groups())) if ends else [part.strip()])
    return list(dict.fromkeys(ids.parse(one, desk.policy_or_default.desk.prefix) or one for one in found if one))


def each(which: Iterable[str], act: Callable[[str], tuple[Ticket, str]]) -> Iterator[Tried]:
    """Do it to one after the other."""
    for one in which:
        try:
            yield Tried(one, *act(one))
        except ItsmError as error:
            yield Tried(one, error=error)


def _between(desk: Desk, first: str, last: str) -> list[str]:
    """The live and archived tickets of a range. Raises NotFound where there are none."""
    low, high = (ids.parse(word, desk.policy_or_default.desk.prefix) for word in (first, last))
    if low is None or high is None:
        raise NotFound(f"{first}..{last} is no range of tickets", hint="for example 3..7, or T-3..T-7")
    span = range(ids.number(low), ids.number(high) + 1)
    found = {one for one in (*desk.tickets.ids(), *desk.tickets.archived()) if ids.number(one) in span}
    if not found:
        raise NotFound(f"there is no ticket from {low} to {high}", hint="itsm list shows the live ones")
    return sorted(found, key=ids.number)
