"""What may be in a file of the desk: YAML 1.2 without its traps, every break named with its line and the remedy.

The tree is built from ruamel.yaml's stream of events, so that a limit stops the reading where it is broken and nothing is
ever resolved: no alias, no tag, no merge. Nodes know where they stand in the text, because editing splices there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from itsm.errors import Problem
from itsm.patterns import pattern
from itsm.store.atomic import MAX_BYTES
from itsm.store.limits import MAX_LEVELS, MAX_NODES, MAX_NUMBER, MAX_PROBLEMS, Unreadable
from itsm.store.mistyped import QUOTE, explained
from itsm.store.nodes import Mapping, Node, Scalar, Sequence, line_of, resolve, to_data

__all__ = ["MAX_BYTES", "MAX_LEVELS", "MAX_PROBLEMS", "Mapping", "Node", "Scalar", "Sequence", "Unreadable", "line_of", "load", "to_data"]

EMPTY = "the file is empty"

_CONFLICT = pattern(r"^(?:<{7}(?: .*)?|\|{7}(?: .*)?|={7}|>{7}(?: .*)?)\r?$", re.MULTILINE)
_DIRECTIVE = pattern(r"^%.*$", re.MULTILINE)
_TAB = pattern(r"^\t+(?=[^\s])", re.MULTILINE)
_LONE_CR = pattern(r"\r(?!\n)")
# Beyond the control characters: what some YAML readers take for a line break, and half characters.
_FORBIDDEN = pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_SURROGATE = pattern("[\ud800-\udfff]")


def load(raw: bytes, name: str) -> Node:
    """The one document of a file. `name` is what problems call the file. Raises Unreadable."""
    text = text_of(raw, name)
    return _Reader(text, name).read()


def text_of(raw: bytes, name: str) -> str:
    """The bytes as text, if they are fit to be looked at. Raises Unreadable."""
    if len(raw) > MAX_BYTES:
        raise Unreadable([Problem(name, 0, f"larger than {MAX_BYTES:,} bytes", "move long text into an attachment")])
    if raw.startswith(b"\xef\xbb\xbf"):
        raise Unreadable([Problem(name, 1, "begins with a byte order mark", "save it as UTF-8 without BOM", 1)])
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable([Problem(name, line, f"not UTF-8: byte 0x{raw[error.start]:02X}", "save it as UTF-8")]) from None
    if problems := list(_unfit(text, name)):
        raise Unreadable(problems[:MAX_PROBLEMS])
    return text


def _unfit(text: str, name: str) -> Iterator[Problem]:
    """What is wrong with the text before YAML comes into it."""
    found = next(_CONFLICT.finditer(text), None)
    if found:
        message = f"a git conflict marker: {found[0].strip()[:40]}"
        yield _problem(text, name, found.start(), message, "settle the conflict: keep one side of it, delete the markers")
        return  # what stands between the markers is twice there, and no use to complain of
    for found in _FORBIDDEN.finditer(text):
        message = f"the character U+{ord(found[0]):04X} can't be in a file"
        yield _problem(text, name, found.start(), message, f'delete it, or write "\\u{ord(found[0]):04X}" within double quotes')
    for found in _LONE_CR.finditer(text):
        yield _problem(text, name, found.start(), "a carriage return without a line feed", "save it with Unix line ends")
    for found in _TAB.finditer(text):
        yield _problem(text, name, found.start(), "a tab is used for indentation", "indent with spaces")
    for found in _DIRECTIVE.finditer(text):
        yield _problem(text, name, found.start(), "a YAML directive", "delete this line; files are YAML 1.2")


def _problem(text: str, name: str, index: int, message: str, remedy: str) -> Problem:
    line = text.count("\n", 0, index) + 1
    return Problem(name, line, message, remedy, index - text.rfind("\n", 0, index))


# --- the stream of events ---------------------------------------------------------------------


class _Reader:
    """Builds the tree. Holds the collections that are still open, and for each mapping its key that waits for a value."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.root: Node | None = None
        self.open: list[Sequence | Mapping] = []
        self.keys: list[Scalar | None] = []
        self.seen: list[dict[str, int]] = []
        self.problems: list[Problem] = []
        self.line = 1
        self.documents = 0
        self.nodes = 0

    def read(self) -> Node:
        try:
            for event in _events(self.text):
                self.line = event.start_mark.line + 1
                self.take(type(event).__name__, event)
        except Unreadable:
            raise
        except Exception as error:  # noqa: BLE001 - hostile text makes a parser fail in ways it never promised
            self.problems.append(explained(error, self.text, self.name, self.line))
        if self.problems:
            raise Unreadable(self.problems)
        if self.root is None:
            raise Unreadable([Problem(self.name, 0, EMPTY, "restore it from git, or delete it")])
        return self.root

    def take(self, kind: str, event: Any) -> None:
        if kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent", "AliasEvent"):
            self.refuse(kind, event)
            self.add(self.node(kind, event))
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            self.close(event)
        elif kind == "DocumentStartEvent":
            self.documents += 1
            if self.documents > 1:
                self.stop(event, "a second document begins", "keep one document a file")

    def refuse(self, kind: str, event: Any) -> None:
        if kind == "AliasEvent":
            self.complain(event, f"an alias (*{event.anchor})", "write the value itself; a text that begins with * wants quotes")
        elif event.anchor is not None:
            self.complain(event, f"an anchor (&{event.anchor})", "delete it; a text that begins with & wants quotes")
        if getattr(event, "tag", None) is not None:
            self.complain(event, f"a tag ({event.tag})", "delete it; a text that begins with ! wants quotes")

    def node(self, kind: str, event: Any) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.stop(event, f"more than {MAX_NODES:,} values", "split it, or move what is old elsewhere")
        start, end = event.start_mark, event.end_mark
        place = (start.index, end.index, start.line + 1, start.column + 1)
        if kind == "SequenceStartEvent":
            return Sequence(*place, bool(event.flow_style))
        if kind == "MappingStartEvent":
            return Mapping(*place, bool(event.flow_style))
        if kind == "AliasEvent":
            return Scalar(*place, "", "'")
        node = Scalar(*place, event.value, "" if event.style is None else str(event.style))
        if _SURROGATE.search(node.text):
            self.complain(event, "half of a character (a surrogate escape)", "write the character itself")
        if not node.style and len(node.text) > MAX_NUMBER and resolve(node) is None:
            self.complain(event, f"a number of {len(node.text):,} digits", QUOTE)
        if node.style in ("|", ">"):
            node.end = _block_end(self.text, node)
        return node

    def add(self, node: Node) -> None:
        """Put a node where it belongs: the root, an item, a key, or the value of the key that waits."""
        if not self.open:
            self.root = node
        elif isinstance(parent := self.open[-1], Sequence):
            parent.items.append(node)
            parent.end = node.end if not parent.flow else parent.end
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = self.key(node)
        else:
            self.keys[-1] = None
            parent.pairs.append((key, self.settled(key, node)))
        if not isinstance(node, Scalar):
            self.open.append(node)
            self.keys.append(None)
            self.seen.append({})
            if len(self.open) > MAX_LEVELS:
                self.stop(None, f"more than {MAX_LEVELS} levels deep", "keep it flat")

    def settled(self, key: Scalar, node: Node) -> Node:
        """A value that isn't there stands right after its key's colon, not where the next thing begins."""
        if isinstance(node, Scalar) and node.start == node.end and not node.style:
            node.start = node.end = self.text.find(":", key.end) + 1
            node.line, node.column = key.line, key.column
        return node

    def key(self, node: Node) -> Scalar:
        where, seen = node, self.seen[-1]
        if not isinstance(node, Scalar):
            self.stop(where, "a key that is a list or a mapping", "keys are texts; put it in quotes if it is one")
            raise AssertionError
        if not node.style and node.text == "<<":
            self.complain(where, "a merge key (<<)", "write the keys themselves")
        elif not node.style and not isinstance(resolve(node), str):
            self.complain(where, f"the key {node.text or 'here'} is no text", QUOTE)
        elif node.text in seen:
            self.complain(where, f"the key {node.text} is there twice, first in line {seen[node.text]}", "keep one of the two")
        seen.setdefault(node.text, node.line)
        return node

    def close(self, event: Any) -> None:
        node = self.open.pop()
        self.keys.pop()
        self.seen.pop()
        last = node.items[-1:] if isinstance(node, Sequence) else [value for _, value in node.pairs[-1:]]
        node.end = event.end_mark.index if node.flow or not last else last[0].end

    def complain(self, where: Any, message: str, remedy: str) -> None:
        mark = getattr(where, "start_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark else (where.line, where.column)
        self.problems.append(Problem(self.name, line, message, remedy, column))
        if len(self.problems) >= MAX_PROBLEMS:
            raise Unreadable(self.problems)

    def stop(self, where: Any, message: str, remedy: str) -> None:
        self.complain(where or self.open[-1], message, remedy)
        raise Unreadable(self.problems)


def _events(text: str) -> Iterator[Any]:
    from ruamel.yaml import YAML

    parse: Callable[[str], Iterator[Any]] = YAML(typ="safe", pure=True).parse
    return parse(text)


def _block_end(text: str, node: Scalar) -> int:
    """Where the content of a block scalar ends, blank lines after it left out unless they count (`|+`)."""
    header = text[node.start : text.find("\n", node.start) + 1 or len(text)]
    if "+" in header.partition("#")[0]:
        return node.end
    body = text[node.start : node.end].rstrip(" \r\n")
    end = text.find("\n", node.start + len(body)) + 1
    return end or len(text)
