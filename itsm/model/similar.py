"""Solved tickets that look like another one, by what they share: rare words, pairs of Chinese characters, item, category, customer.

Nothing is learnt: the share of words is weighed by how rare they are on this desk, so that each likeness can say what it rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import log, sqrt

from itsm.model.event import Event, stamp
from itsm.model.ticket import Ticket
from itsm.patterns import pattern
from itsm.values import dataclass

_WORD = pattern(r"[^\W_]+(?:[.-][^\W_]+)*")
_CHINESE = pattern(r"[\u3400-\u9fff\uf900-\ufaff]+")
_NOISE_WORDS = """
a an and any are as at be but by can cannot can't could do does doesn't for from had has have he her his how i if in into is isn't it its
me my no not of on or our please she since so still than that the their them then there they this to too up us very was we were what when
where which who why will with won't would you your again after all also been did didn't get got just now one only out over some
"""
_NOISE = frozenset(_NOISE_WORDS.split())
_SAME = {"ci": 0.25, "category": 0.1, "organization": 0.05}
_LEAST = 0.12  # less is chance: one common word
_SHOWN = 6  # shared words that a likeness names


@dataclass(frozen=True, slots=True)
class Solved:
    """What is kept of a solved ticket: enough to compare and to show."""

    id: str
    title: str
    status: str
    resolution: str
    at: str
    terms: frozenset[str]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a solved ticket is (0 to 1, and a little more), and what that rests on: shared words, the rarest first, and same fields."""

    solved: Solved
    score: float
    shared: tuple[str, ...]
    same: tuple[str, ...]


def solved(ticket: Ticket) -> Solved | None:
    """What to keep of a ticket; None of one that nobody has solved, or without a word on how."""
    told = [event for event in ticket.history if _how(event)] if ticket.status in ("resolved", "closed") else []
    if not told:
        return None
    at = stamp(told[-1].at)
    return Solved(ticket.id, ticket.title, ticket.status, _how(told[-1]), at, terms(ticket), tuple(_facts(ticket)))


def similar(ticket: Ticket, others: Iterable[Solved]) -> list[Likeness]:
    """Those that look like `ticket`, the most alike first, of equals the latest."""
    known = [one for one in others if one.id != ticket.id]
    count = Counter(term for one in known for term in one.terms)
    weight = {term: log((len(known) + 1) / (count[term] + 0.5)) ** 2 for term in {*count, *terms(ticket)}}
    mine, facts = terms(ticket), dict(_facts(ticket))
    sharing = (one for one in known if not mine.isdisjoint(one.terms))  # a hundred thousand share no word, and are like nothing
    found = [like for one in sharing if (like := _likeness(mine, facts, one, weight)).score >= _LEAST]
    return sorted(sorted(found, key=lambda like: like.solved.at, reverse=True), key=lambda like: -like.score)


def terms(ticket: Ticket) -> frozenset[str]:
    """The words of title and description that can tell tickets apart, as they are counted."""
    return frozenset(_terms(f"{ticket.title}\n{ticket.description}"))


def _terms(text: str) -> Iterator[str]:
    for word in _WORD.findall(_CHINESE.sub(" ", text).casefold()):
        if word not in _NOISE and len(word) > 1:
            yield word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word
    for run in _CHINESE.findall(text):  # no spaces between words: each pair of characters stands for one
        yield from (run[n : n + 2] for n in range(max(1, len(run) - 1)))


def _likeness(mine: frozenset[str], facts: dict[str, str], other: Solved, weight: dict[str, float]) -> Likeness:
    shared = sorted(mine & other.terms, key=lambda term: (-weight[term], term))
    both = _sum(mine, weight) * _sum(other.terms, weight)
    words = _sum(shared, weight) / sqrt(both) if both else 0.0
    same = tuple(name for name, value in other.facts if facts.get(name) == value)
    return Likeness(other, words + (sum(_SAME[name] for name in same) if shared else 0.0), tuple(shared[:_SHOWN]), same)


def _sum(words: Sequence[str] | frozenset[str], weight: dict[str, float]) -> float:
    return sum(weight[word] for word in words)


def _facts(ticket: Ticket) -> Iterator[tuple[str, str]]:
    values = {"ci": ticket.ci, "category": ticket.category, "organization": ticket.contact.get("organization", "")}
    return ((name, value.casefold()) for name, value in values.items() if value)


def _how(event: Event) -> str:
    key = {"resolved": "resolution", "closed": "how"}.get(event.kind, "")
    return str(event.data.get(key, ""))
