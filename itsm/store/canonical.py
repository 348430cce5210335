"""A canonical file read fast: `emit` backwards, and nothing else.

A file that we have written is known line by line. Each piece of a line is taken for what it seems to say, checked by `shape` as the
strict reader's data is, and written again by `emit`: only if that gives the very same letters it is believed. So whatever is read here,
all of it together is what `encode` would write for the ticket; any doubt is the strict reader's to settle. What many tickets say in
the same letters (`status: closed`; by whom what was done to which team) is proven once and remembered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from itsm.errors import ItsmError
from itsm.model.event import EARLIEST, Event, stamp
from itsm.model.ticket import FIELDS, REQUIRED, SCORES, Ticket
from itsm.patterns import pattern
from itsm.store import emit, shape
from itsm.store.atomic import MAX_BYTES
from itsm.store.limits import MAX_LEVELS, MAX_NODES, MAX_NUMBER

_KEPT = 8192  # pieces that are remembered
_SHORT = 120  # characters; longer pieces hardly come twice

_QUOTED = r"""'(?:[^'\n]++|'')*+'|"(?:[^"\\\n]++|\\.)*+\""""
_TIME = "(?:19[7-9]|2[01])[0-9-]{7,8}T(?!24)[0-9:]{8}Z"  # EARLIEST to LATEST; `fromisoformat` does the rest
_INSTANT = pattern(_TIME)
_PLAIN = r"""[^\[\]{},:'" ][^\[\]{},:]*+"""
_ULID = "(?=[0-9A-Z]*[G-NP-SU-WY])[0-9A-Z]{6,}"  # with a letter that no number has, so that nobody takes it for one
_EVENTS = pattern(rf"\n- {{id: (?:({_ULID})|([^ ,\n]+|'.*?')), at: ({_TIME})(?:, recorded: ({_TIME}))?(, by: .*)}}(?=\n)")
_LINE_END = pattern(r"\n(?=[^ \n])")  # but for the lines of a literal text
_PAIR = pattern(rf"({_QUOTED}|[^:'\"][^:]*+): (.*)", re.DOTALL)
_TOKENS = pattern(rf"{_QUOTED}|[\[\]{{}}]|, |: |[0-9-]+T[0-9:]+Z|{_PLAIN}")
_FLAT = pattern(rf"([^:'\" ,{{]+): ({_QUOTED}|{_PLAIN})")
_ESCAPE = pattern(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", '"': '"', "\\": "\\"}
_WORDS = {"true": True, "false": False, "null": None, ".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}

_instant = datetime.fromisoformat
_REQUIRED = frozenset(REQUIRED) - {"history"}


class _Strange(ValueError):
    """Not the canonical form, or no ticket: the strict reader will say."""


# What comes of reading as if all were well what isn't.
_DOUBTS = (ValueError, TypeError, KeyError, IndexError, OverflowError, ItsmError, shape.TooMany)


def read(raw: bytes, stem: str) -> Ticket | None:
    """The ticket of a file that is exactly what `emit.encode` would write; None for any other file, good or bad. `stem` is its ID."""
    if len(raw) > MAX_BYTES or (len(raw) > MAX_NODES and sum(map(raw.count, (b", ", b": ", b"\n", b"[", b"{"))) >= MAX_NODES):
        return None
    try:
        return _ticket(raw.decode(), stem)
    except _DOUBTS:
        return None


def _ticket(text: str, stem: str) -> Ticket:
    head, _, tail = text.partition("\nhistory:")
    values, extra = _fields(head)
    events = _events(tail)
    if not values.keys() >= _REQUIRED or values["id"] != stem or values.get("score", 1) not in SCORES:
        raise _Strange
    if len({one.id for one in events}) != len(events):
        raise _Strange
    return Ticket(**values, history=events, extra=extra) if extra else Ticket(**values, history=events)


# --- the lines above the history --------------------------------------------------------------


def _fields(head: str) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    last = -1
    for line in _LINE_END.split(head):
        key, _, told = line.partition(": ")
        rank, read = _READERS.get(key, _NO_FIELD)
        if read is None:
            key, value = _foreign(line)
            if key in extra:
                raise _Strange
            extra[key] = value
        elif rank > last:
            values[key] = read(key, told)
        else:
            raise _Strange
        last = rank
    return values, extra


def _field(key: str, told: str) -> Any:
    """What stands after a key of ours."""
    value: Any
    kind = FIELDS[key].kind
    if kind in ("text", "block"):
        value = _text(told)
    elif kind == "contact":
        value = shape.field(key, {_text(name): _text(said) for name, said in _FLAT.findall(told)})
    else:
        value = shape.field(key, _number(told) if kind == "number" else _data(told) if kind == "list" else _text(told))
    if emit.WRITERS[key](value) != f" {told}" or value == "":
        raise _Strange
    return value


_same_field = lru_cache(_KEPT)(_field)


def _either(key: str, told: str) -> Any:
    return _same_field(key, told) if len(told) <= _SHORT else _field(key, told)


def _moment(_: str, told: str) -> datetime:
    if not _INSTANT.fullmatch(told):
        raise _Strange
    return _instant(told)


def _foreign(line: str) -> tuple[str, Any]:
    """Somebody's `x_…`, which may hold anything."""
    found = _PAIR.match(line)
    if found is None:
        raise _Strange
    key, told = _text(found[1]), found[2]
    value = _data(told) if told[0] in "[{" else _text(told) if told[0] in "'\"|" or emit.block_text(told) == told else _number(told)
    shape.foreign(key, value)
    if f"{emit.flow_text(key)}:{emit.foreign(value)}" != line:
        raise _Strange
    return key, value


# --- the history ------------------------------------------------------------------------------


def _events(tail: str) -> tuple[Event, ...]:
    if tail == " []\n":
        return ()
    found = _EVENTS.findall(tail)
    if not found or len(found) != tail.count("\n") - 1 or tail[-1] != "\n" or tail[0] != "\n":
        raise _Strange
    return tuple([_event(*one) for one in found])


def _event(ulid: str, told: str, at: str, late: str, rest: str) -> Event:
    by, kind, data = _same(rest) if len(rest) <= _SHORT else _rest(rest)
    if told:
        ulid = _text(told)
        if emit.flow_text(ulid) != told or not ulid:
            raise _Strange
    if late:
        return Event(ulid, _instant(at), by, kind, data, _instant(late))
    return Event(ulid, _instant(at), by, kind, data)


def _rest(told: str) -> tuple[str, str, Any]:
    """Who did what, with its particulars: all of an event that another may say in the same letters."""
    begin = f"{{id: x, at: {stamp(EARLIEST)}"
    one = shape.event(_data(f"{begin}{told}}}"))
    if emit.event(one) != f"{begin}{told}}}":
        raise _Strange
    return one.by, one.kind, one.data


_same = lru_cache(_KEPT)(_rest)


# --- values -----------------------------------------------------------------------------------


def _text(told: str) -> str:
    """What a text says that stands in quotes, in a literal, or plain."""
    mark = told[0]
    if mark == "'":
        return told[1:-1].replace("''", "'")
    if mark == '"':
        return _ESCAPE.sub(_unescaped, told[1:-1])
    if mark == "|":
        head, *lines = told.split("\n")
        return "\n".join([line[len(emit.INDENT) :] for line in lines]) + ("" if head[-1] == "-" else "\n")
    return told


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    return chr(int(code, 16)) if code else _LETTERS[found[4]]


def _number(told: str) -> Any:
    """A number, a truth or nothing. Raises ValueError for any other word."""
    if told in _WORDS:
        return _WORDS[told]
    if len(told) > MAX_NUMBER:
        raise _Strange
    return float(told) if "." in told else int(told)


def _data(told: str) -> Any:
    """What stands in a line in brackets."""
    tokens = iter(_TOKENS.findall(told))
    return _value(next(tokens, ""), tokens, 0)


def _value(first: str, rest: Iterator[str], level: int) -> Any:
    if level > MAX_LEVELS:
        raise _Strange
    if first == "[":
        return list(_items(rest, "]", level))
    if first == "{":
        return {key: _of_key(rest, level) for key in _items(rest, "}", level)}
    if first[0] in "'\"" or first[-1] == "Z" or emit.flow_text(first) == first:  # Z: an instant, else it is found out later
        return _text(first)
    return _number(first)


def _of_key(rest: Iterator[str], level: int) -> Any:
    if next(rest, "") != ": ":
        raise _Strange
    return _value(next(rest, ""), rest, level + 1)


def _items(rest: Iterator[str], end: str, level: int) -> Iterator[Any]:
    """The values up to the bracket that closes; of a mapping its keys: whoever takes one takes what belongs to it, too."""
    first = next(rest, "")
    while first != end:
        yield _value(first, rest, level + 1)
        first = next(rest, "")
        if first == ", ":
            first = next(rest, "")


# --- how each field is read: the rank of its key in the canonical order, and the reader --------

_OWN = ("id", "title", "contact", "description")  # what hardly two tickets say alike
_READERS = {
    name: (rank, _moment if one.kind == "instant" else _field if name in _OWN else _either)
    for rank, (name, one) in enumerate(FIELDS.items())
}
_NO_FIELD = len(FIELDS), None
