"""The one canonical way to write a ticket. Our own emitter: 25,000 tickets are written in seconds, not minutes.

A text that any reader, YAML 1.1 or 1.2, could take for something else is quoted. What can't be seen or isn't allowed in a
file (controls, bidi marks, odd line breaks) is escaped within double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from itsm.errors import ItsmError
from itsm.model.event import Event, stamp
from itsm.model.ticket import CONTACT, FIELDS, Ticket
from itsm.patterns import pattern

INDENT = "  "
_CACHED = 40  # characters; longer texts hardly come twice, and would fill the memory

_HIDDEN = "\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
_ESCAPED = pattern(f"[\x00-\x1f{_HIDDEN}]")
_NOT_LITERAL = pattern(f"[\x00-\x08\x0b-\x1f{_HIDDEN}]")
_BLANK_EDGE = pattern(r"\A[ \t]+(?:\n|\Z)|(?:\A|\n)[ \t]+\Z")  # a first or last line of nothing but space

# A letter of any script, a digit, _ / or (: no indicator, no sign, no point. Said by what it isn't, which compiles in no time.
_PLAIN = pattern(r"[^\x00-\x27\x29-\x2e\x3a-\x40\x5b-\x5e\x60\x7b-\xa0]")
_NOT_PLAIN_BLOCK = pattern(r":(?=\s|\Z)|\s#|\s\Z")
_NOT_PLAIN_FLOW = pattern(r"[,\[\]{}:?]|\s#|\s\Z")
# Words and number-like texts: 8e287857, 0x1F, 1_000, 12:30, 10.0.0.1, 2026-11-22 10:00.
_AMBIGUOUS = pattern(r"y|n|yes|no|on|off|true|false|null|[0-9][0-9a-fxo_.,:+\-tz ]*", re.IGNORECASE | re.ASCII)

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_TO_ESCAPE = pattern(f'[\\\\"\x00-\x1f{_HIDDEN}]')


def encode(ticket: Ticket) -> str:
    """A ticket as its file has it. Raises ItsmError for text that no file can carry."""
    lines = [f"{key}:{value}" for key, value in fields(ticket).items()]
    events = [f"- {event(one)}" for one in ticket.history]
    return "\n".join([*lines, "history:" if events else "history: []", *events, ""])


def fields(ticket: Ticket) -> dict[str, str]:
    """What stands after each top-level key's colon, in canonical order, but for the history. Empty values have no key."""
    found: dict[str, str] = {}
    for name, write in WRITERS.items():
        content = getattr(ticket, name)
        if content is not None and content != "" and (written := write(content)):
            found[name] = written
    for key, content in ticket.extra.items():
        found[flow_text(key)] = foreign(content)
    return found


def foreign(content: Any) -> str:
    """What stands after the colon of a key that isn't ours."""
    return _block(content) if isinstance(content, str) else f" {flow(content)}"


def event(one: Event) -> str:
    """One event as a flow mapping: id, at, recorded (if it was entered later), by, event, then its particulars as given."""
    late = f", recorded: {stamp(one.recorded)}" if one.recorded is not None else ""
    data = "".join([f", {flow_text(key)}: {flow(content)}" for key, content in one.data.items()])
    return f"{{id: {flow_text(one.id)}, at: {stamp(one.at)}{late}, by: {flow_text(one.by)}, event: {flow_text(one.kind)}{data}}}"


def contact(people: Mapping[str, Any]) -> dict[str, str]:
    """A contact's values as a flow mapping has them, in canonical order: name first, what others added last."""
    order = [*(key for key in CONTACT if key in people), *(key for key in people if key not in CONTACT)]
    return {flow_text(key): flow(people[key]) for key in order if people[key] != ""}


def flow(content: Any) -> str:
    """Any plain data on one line."""
    if isinstance(content, str):
        return flow_text(content)
    if content is None or isinstance(content, int):
        return "null" if content is None else str(content).lower()  # True, False
    if isinstance(content, float):
        return _float(content)
    if isinstance(content, datetime):
        return stamp(content)
    if isinstance(content, Mapping):
        return "{" + ", ".join([f"{flow_text(key)}: {flow(one)}" for key, one in content.items()]) + "}"
    return "[" + ", ".join([flow(one) for one in content]) + "]"


def flow_text(text: str) -> str:
    """A text within a flow mapping or list, or as a key."""
    return _short_flow(text) if len(text) <= _CACHED else _scalar(text, _NOT_PLAIN_FLOW)


def block_text(text: str) -> str:
    """A text on the line of its key."""
    return _short_block(text) if len(text) <= _CACHED else _scalar(text, _NOT_PLAIN_BLOCK)


def _scalar(text: str, not_plain: re.Pattern[str]) -> str:
    if not text.isprintable() and _ESCAPED.search(text):  # what is escaped is never printable
        return _double(text)
    if _PLAIN.match(text) and not not_plain.search(text) and not _AMBIGUOUS.fullmatch(text):
        return text
    return "'" + text.replace("'", "''") + "'"


@lru_cache(maxsize=8192)
def _short_flow(text: str) -> str:
    return _scalar(text, _NOT_PLAIN_FLOW)


@lru_cache(maxsize=8192)
def _short_block(text: str) -> str:
    return _scalar(text, _NOT_PLAIN_BLOCK)


def _double(text: str) -> str:
    return '"' + _TO_ESCAPE.sub(_escape, text) + '"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise ItsmError("a text holds bytes that are no UTF-8", hint="give it as UTF-8; is the terminal's locale UTF-8?")
    if char in _SHORT:
        return _SHORT[char]
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _block(text: str) -> str:
    """A text of many lines as a literal, indented by two; else, or where a literal can't carry it, on the line of its key."""
    body = text.rstrip("\n")
    if "\n" not in text or not body or _unfit(text) or _BLANK_EDGE.search(body):
        return f" {block_text(text)}"
    chomp = "-" if body == text else "" if len(text) == len(body) + 1 else "+"
    indent = str(len(INDENT)) if text[0] in " \t\n" else ""
    lines = [INDENT + line if line else "" for line in text.removesuffix("\n").split("\n")]
    return f" |{indent}{chomp}\n" + "\n".join(lines)


def _unfit(text: str) -> bool:
    return not text.replace("\n", "").isprintable() and _NOT_LITERAL.search(text) is not None


def _float(content: float) -> str:
    text = repr(content)
    if text in ("inf", "-inf", "nan"):
        return text.replace("inf", ".inf").replace("nan", ".nan")
    digits, e, power = text.partition("e")
    return (digits if "." in digits else f"{digits}.0") + e + power  # YAML 1.1 knows a float by its point


def _contact(people: Mapping[str, Any]) -> str:
    said = ", ".join([f"{key}: {content}" for key, content in contact(people).items()])
    return f" {{{said}}}" if said else ""


_KINDS: dict[str, Callable[[Any], str]] = {
    "text": lambda content: f" {block_text(content)}",
    "choice": lambda content: f" {block_text(content)}",
    "id": lambda content: f" {block_text(content)}",
    "number": lambda content: f" {content}",
    "instant": lambda content: f" {stamp(content)}",
    "list": lambda content: f" {flow(content)}" if content else "",
    "contact": _contact,
    "block": _block,
}
WRITERS = {one.name: _KINDS[one.kind] for one in FIELDS.values()}
"""How the content of each field is written: what stands after its key's colon."""
