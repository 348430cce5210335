"""The tree of a YAML file: what stands where in the text, and what it means as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from itsm.patterns import pattern
from itsm.store.limits import MAX_NUMBER
from itsm.values import dataclass, field

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TRUTHS = frozenset(("yes", "no", "on", "off"))
_INT = pattern(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL = pattern(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)", re.ASCII)


@dataclass(slots=True)
class Scalar:
    """A text as the file has it. `style` is "" (plain), "'", '"', "|" or ">"; `start` and `end` are indices into the text."""

    start: int
    end: int
    line: int
    column: int
    text: str
    style: str


@dataclass(slots=True)
class Sequence:
    """A list; in the block style it starts at its first dash and ends with its last item."""

    start: int
    end: int
    line: int
    column: int
    flow: bool
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """A mapping; in the block style it starts at its first key and ends with its last value."""

    start: int
    end: int
    line: int
    column: int
    flow: bool
    pairs: list[tuple[Scalar, Node]] = field(default_factory=list)

    def get(self, key: str) -> tuple[Scalar, Node] | None:
        """The pair of this key."""
        return next((pair for pair in self.pairs if pair[0].text == key), None)


Node = Scalar | Sequence | Mapping


def resolve(node: Scalar) -> str | int | float | bool | None:
    """What a scalar means by the YAML 1.2 core schema. Only plain ones are ever anything but text; instants stay text."""
    text = node.text
    if node.style:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text, 0 if text[1:2] in ("o", "x") else 10) if len(text) <= MAX_NUMBER else None
    if _FLOAT.fullmatch(text):
        return float(text) if len(text) <= MAX_NUMBER else None
    return float(text.replace(".", "", 1)) if _SPECIAL.fullmatch(text) else text


def truths(node: Node) -> Iterator[Scalar]:
    """The plain texts, keys too, that other programs read as true or false, as YAML 1.1 had it: `no`, `on`."""
    if isinstance(node, Scalar):
        if not node.style and node.text.lower() in _TRUTHS:
            yield node
        return
    for item in node.items if isinstance(node, Sequence) else [one for pair in node.pairs for one in pair]:
        yield from truths(item)


def to_data(node: Node) -> Any:
    """The tree as dict, list, str, int, float, bool and None."""
    if isinstance(node, Scalar):
        return resolve(node)
    if isinstance(node, Sequence):
        return [to_data(item) for item in node.items]
    return {key.text: to_data(value) for key, value in node.pairs}


def line_of(node: Node, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Line and column (from 1) of the key or item at `path`; of the nearest parent where there is none."""
    place = (node.line, node.column)
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str) and (pair := node.get(step)):
            place, node = (pair[0].line, pair[0].column), pair[1]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            place = (node.line, node.column)
        else:
            break
    return place
