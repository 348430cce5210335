"""Words looked for in all that was ever written in a ticket, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from itsm.model.query import Term
from itsm.model.ticket import Ticket
from itsm.patterns import pattern
from itsm.values import dataclass

_WEIGHT = {"title": 8, "resolution": 4, "description": 3, "contact": 3}  # all else 1: a word in the title says what a ticket is about
_SAME = {"\u1fd3": "\u0390", "\u1fe3": "\u03b0", "\ufb06": "\ufb05"}  # one letter with two numbers, of which none is the other's capital
_PIECE = pattern(r"[^\W_]+")
_TOLD = ("text", "resolution", "how", "why", "note", "comment")  # of an event, what people wrote


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of text of a ticket: what it is, and of an event when and whose."""

    field: str
    text: str
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """Where the words stand in a piece of text: pairs of start and end, in order."""

    place: Place
    spans: tuple[tuple[int, int], ...]


def places(ticket: Ticket) -> Iterator[Place]:
    """Everything that people wrote, the most telling first."""
    for field in ("title", "description", "category", "ci", "reference"):
        if text := getattr(ticket, field):
            yield Place(field, text)
    if ticket.tags:
        yield Place("tags", ", ".join(ticket.tags))
    if ticket.contact:
        yield Place("contact", ", ".join(ticket.contact.values()))
    for event in ticket.history:
        for key in _TOLD:
            if isinstance(text := event.data.get(key), str):
                yield Place("note" if key == "text" else key, text, event.at, event.by)


def hits(ticket: Ticket, terms: Sequence[Term]) -> list[Hit] | None:
    """Where the words of these `text:` terms stand; None where one of them isn't anywhere, or one stands that must not."""
    there = list(places(ticket))
    wanted: list[str] = []
    for term in terms:
        found = _pattern(value.text for value in term.values)
        if any(found.search(place.text) for place in there) is term.negated:
            return None
        if not term.negated:
            wanted.extend(value.text for value in term.values)
    if not wanted:
        return []
    found = _pattern(wanted)
    spans = ((place, tuple(one.span() for one in found.finditer(place.text))) for place in there)
    return [Hit(place, where) for place, where in spans if where]


def likely(terms: Sequence[Term]) -> Callable[[bytes], bool]:
    """Whether a ticket's file may have the words, at a look at its bytes: the longest piece of each that YAML writes as it is.

    Where there is a backslash, a person may have written letters as numbers; such a file is always likely.
    """
    wanted = [[max(_PIECE.findall(value.text), key=len, default="") for value in term.values] for term in terms if not term.negated]
    pieces = [_pattern(words) for words in wanted if all(words)]

    def look(raw: bytes) -> bool:
        if b"\\" in raw:
            return True
        text = raw.decode("utf-8", "replace")
        return all(piece.search(text) for piece in pieces)

    return look


def pieces(terms: Sequence[Term]) -> list[list[list[str]]] | None:
    """Of each of these `text:` terms that isn't negated its values, and of each value the pieces between white space, folded: where one
    value of each term has all its pieces, the words may be; nowhere else. None where a word has what no text can be asked for.
    """
    values = [[value.text for value in term.values] for term in terms if not term.negated]
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for texts in values for text in texts for sign in text):
        return None
    return [[[folded(piece) for piece in text.split()] for text in texts] for texts in values]


def folded(text: str) -> str:
    """The text with one letter for all that `hits` takes for the same, in the same number of letters: of `ς`, `Σ` and `σ` the last."""
    return text.lower().replace("\0", " ") if text.isascii() else text.translate(_FOLDED)


class _Folded(dict[int, str]):
    """One letter for each, worked out when it first occurs. `str.casefold` makes two of ß, and `str.lower` minds a word's end."""

    def __missing__(self, code: int) -> str:
        low = chr(code).lower()[0]
        up = low.upper()
        letter = up.lower()[0] if len(up) == 1 else low
        self[code] = _SAME.get(letter, letter) if code else " "
        return self[code]


_FOLDED = _Folded()


def weight(found: Iterable[Hit]) -> int:
    """How much a ticket is about the words."""
    return sum(_WEIGHT.get(hit.place.field, 1) for hit in found)


def snippet(hit: Hit, room: int) -> Hit:
    """The line of the text with the first hit, cut to about `room` characters around it."""
    text, (start, end) = hit.place.text, hit.spans[0]
    first = max(text.rfind("\n", 0, start) + 1, start - room // 2)
    line_end = text.find("\n", end)
    last = min(len(text) if line_end < 0 else line_end, max(end, first + room))
    front, back = "…" if first > 0 else "", "…" if last < len(text) else ""
    place = Place(hit.place.field, f"{front}{text[first:last]}{back}", hit.place.at, hit.place.by)
    shift = len(front) - first
    return Hit(place, tuple((a + shift, b + shift) for a, b in hit.spans if a >= first and b <= last))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, the longest first, whatever their case; with spaces any white space."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile("|".join(r"\s+".join(map(re.escape, word.split())) or "(?!)" for word in ordered), re.IGNORECASE)
