"""Filters as words: `status:open team:network,systems -tag:vip due:<2h mail`.

Here is how they are written; `sla.filters` says what they mean.

A word is a filter (`NAME:VALUE,VALUE`, any of the values), a flag (`overdue`) or text that is looked for. `-` or `!` in front of it means
not. A value with spaces or commas is quoted: `organization:"Smith, Sons"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from itsm.errors import Usage
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CHANNELS, GRADES, PENDING_FOR, STATUSES, TYPES
from itsm.patterns import pattern
from itsm.values import dataclass

Kind = Literal["text", "choice", "number", "instant", "words", "flag"]
NONE, ME = "none", "me"
STATUS_WORDS = (*STATUSES, "open", "ended", "all")
_COMPARE = ("<=", ">=", "<", ">")
OPERATORS: dict[Kind, tuple[str, ...]] = {"text": ("~",), "number": _COMPARE, "instant": _COMPARE}


@dataclass(frozen=True, slots=True)
class Filter:
    """One name that a filter may have. `choices`: its only values, besides `none`."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()


FILTERS: dict[str, Filter] = {
    one.name: one
    for one in (
        Filter("id", "text"),
        Filter("status", "choice", STATUS_WORDS),
        Filter("type", "choice", TYPES),
        Filter("priority", "text"),
        Filter("impact", "choice", GRADES),
        Filter("urgency", "choice", GRADES),
        Filter("team", "text"),
        Filter("level", "number"),
        Filter("assignee", "text"),
        Filter("category", "text"),
        Filter("ci", "text"),
        Filter("tag", "text"),
        Filter("channel", "choice", CHANNELS),
        Filter("organization", "text"),
        Filter("customer", "text"),
        Filter("reference", "text"),
        Filter("pending_for", "choice", PENDING_FOR),
        Filter("score", "number"),
        *(Filter(name, "instant") for name in ("opened", "contacted", "resolved", "closed", "updated", "due", "until")),
        Filter("title", "words"),
        Filter("text", "words"),
        *(Filter(name, "flag") for name in ("overdue", "breached", "unassigned", "mine")),
    )
}
FLAGS = tuple(name for name, one in FILTERS.items() if one.kind == "flag")
_ALIASES = {"org": "organization", "pri": "priority", "tags": "tag", "words": "text"}
_HEAD = pattern(r"([A-Za-z_]+):(.*)", re.DOTALL)
_OTHER_SIGN = pattern(r"([A-Za-z_]+)([=<>]=?)")
_QUOTED = pattern(r""""((?:[^"\\]|\\.)*)"|'([^']*)'""", re.DOTALL)
_ESCAPED = pattern(r"\\(.)", re.DOTALL)
_PLAIN = pattern(r"[^\s,\"'\\<>=~]+")


@dataclass(frozen=True, slots=True)
class Value:
    """What a filter asks for: `< 2h`, `~ mail`, or without an operator just this."""

    text: str
    op: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of `values` holds, or, `negated`, none of them. A flag has no values."""

    name: str
    values: tuple[Value, ...] = ()
    negated: bool = False

    @property
    def kind(self) -> Kind:
        """What sort of filter it is."""
        return FILTERS[self.name].kind


@dataclass(frozen=True, slots=True)
class Query:
    """All terms must hold."""

    terms: tuple[Term, ...] = ()

    @property
    def live_only(self) -> bool:
        """Whether only live tickets are meant: so it is until a `status:` says which."""
        return not any(term.name == "status" and not term.negated for term in self.terms)

    def __str__(self) -> str:
        return " ".join(map(_written, self.terms))


def parse(words: Iterable[str]) -> Query:
    """The query that a person typed, a word of the command line each. Raises Usage for what doesn't exist."""
    return Query(tuple(_term(word) for word in words if word))


def parse_line(line: str) -> Query:
    """The query in one line of text, as views in sla.yaml have it. Raises Usage."""
    return parse(_split(line))


def negated_flag(word: str) -> bool:
    """Whether a word of a command line that looks like an option, `-team:network` or `-overdue`, is a filter."""
    return word[:1] == "-" and (_HEAD.fullmatch(word[1:]) is not None or word[1:] in FLAGS)


def _term(word: str) -> Term:
    negated = word[:1] in ("-", "!") and len(word) > 1
    rest = word[1:] if negated else word
    head = _HEAD.fullmatch(rest)
    if head is None:
        _refuse_other_signs(rest)
        return Term(rest, (), negated) if rest in FLAGS else Term("text", (Value(_unquoted(rest)),), negated)
    name = _ALIASES.get(head[1].lower(), head[1].lower())
    if name in FLAGS:
        raise Usage(f"{name} takes no value", hint=f"{name}, or -{name} for the others")
    if name not in FILTERS:
        hint = did_you_mean(name, (one for one in FILTERS if one not in FLAGS))
        raise Usage(f"no such filter: {head[1]}:", hint=f"{hint} To look for the word itself: text:{rest}")
    values = tuple(_values(name, head[2]))
    if not values:
        raise Usage(f"{name}: what?", hint=_EMPTY.get(FILTERS[name].kind, f"{name}:VALUE, or {name}:{NONE} for those without one"))
    return Term(name, values, negated)


def _refuse_other_signs(word: str) -> None:
    """`priority=P2` and `opened>2h` would be looked for as words, and found nowhere. Raises Usage."""
    found = _OTHER_SIGN.match(word)
    name = found[1].lower() if found else ""
    name = _ALIASES.get(name, name)
    if found and name in FILTERS and name not in FLAGS:
        meant = f"{name}:{found[2].removesuffix('=')}{word[found.end() :]}"
        raise Usage(f"{word}: a filter has a colon behind its name", hint=f"'{meant}'; to look for the word itself: text:{word}")


_SHELL = """the shell takes quotes for itself, so put the whole word into others: 'organization:"Smith, Sons"'"""
_EMPTY: dict[Kind, str] = {
    "instant": "the shell takes < and > for itself: quote them, 'opened:>7d', or write a range, opened:7d..",
    "number": "the shell takes < and > for itself: quote them, 'level:>1', or write a range, level:2..",
    "words": "text:mail",
}


def _values(name: str, text: str) -> Iterator[Value]:
    """The values between the commas."""
    kind, place = FILTERS[name].kind, 0
    while place < len(text):
        op = next((op for op in OPERATORS.get(kind, ()) if text.startswith(op, place)), "")
        place += len(op)
        quoted = _QUOTED.match(text, place)
        end = quoted.end() if quoted else text.find(",", place) % (len(text) + 1)
        if quoted and text[end : end + 1] not in ("", ","):
            raise Usage(f"{name}:{text}: what comes after the quote?", hint='a comma, or nothing: organization:"Smith, Sons",other')
        if not quoted and text.startswith('"', place):
            raise Usage(f"{name}:{text}: the quote isn't closed", hint=_SHELL)
        value = _unquoted(text[place:end])
        if value or quoted:
            yield Value(_checked(name, value), op)
        place = end + 1


def _checked(name: str, value: str) -> str:
    """A value that this filter can have, in the spelling of the files. Raises Usage."""
    choices = FILTERS[name].choices
    if not choices:
        return value
    if value.lower() not in (*choices, NONE):
        raise Usage(f"no such {name}: {value}", hint=did_you_mean(value, choices))
    return value.lower()


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return text
    return quoted[2] if quoted[1] is None else _ESCAPED.sub(r"\1", quoted[1])


def _split(line: str) -> Iterator[str]:
    """The words between the spaces, quotes left on: they count where a value begins."""
    word, place = "", 0
    while place < len(line):
        quoted = _QUOTED.match(line, place) if not word or word[-1] in ":,<>=~!-" else None
        part = quoted[0] if quoted else line[place]
        place += len(part)
        if quoted is None and part.isspace():
            if word:
                yield word
            word = ""
        else:
            word += part
    if word:
        yield word


def _written(term: Term) -> str:
    sign = "-" if term.negated else ""
    if term.kind == "flag":
        return sign + term.name
    return f"{sign}{term.name}:" + ",".join(value.op + _quoted(value.text) for value in term.values)


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
