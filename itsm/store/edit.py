"""Splicing: a changed ticket goes into the text that a person wrote, and touches only the lines that must change.

Comments, spacing, quotes, order and foreign keys stay. The caller reads the result back and compares: what this module
can't do right is refused there, never written.
"""

from __future__ import annotations

from itsm.model.ticket import FIELDS, Ticket
from itsm.patterns import pattern
from itsm.store import emit, strict
from itsm.store.strict import Mapping, Node, Scalar, Sequence

_ORDER = [*FIELDS]
_HEADER = pattern(r"[|>][-+0-9]*")


def splice(text: str, name: str, old: Ticket, new: Ticket) -> str:
    """The text of `old`'s file, changed to say `new`. Raises Unreadable if the text isn't fit to be read."""
    root = strict.load(text.encode(), name)
    if not isinstance(root, Mapping) or root.flow:
        return emit.encode(new)  # a file that is one flow mapping (JSON) has no lines to keep
    splicer = _Splicer(text)
    before, after = _fields(old), _fields(new)
    pair = root.get("contact")
    if pair and isinstance(pair[1], Mapping) and "contact" in before and "contact" in after:
        splicer.mapping(pair[1], emit.contact(old.contact), emit.contact(new.contact))
        before["contact"] = after["contact"]
    splicer.history(root, old, new)
    splicer.fields(root, before, after)
    return splicer.result()


class _Splicer:
    """Collects edits as (start, end, replacement) of the text; those at one place keep their order."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.ended = text.endswith("\n")
        self.edits: list[tuple[int, int, str]] = []

    def result(self) -> str:
        parts: list[str] = []
        done = 0
        for start, end, replacement in sorted(self.edits, key=lambda edit: edit[:2]):
            parts += [self.text[done:start], replacement.replace("\n", self.newline)]
            done = max(done, end)
        return "".join([*parts, self.text[done:]])

    def replace(self, start: int, end: int, replacement: str) -> None:
        self.edits.append((start, end, replacement))

    # --- lines

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def next_line(self, index: int) -> int:
        """The beginning of the line after the one that `index` is in; the end of the text if there is none."""
        return self.text.find("\n", index) + 1 or len(self.text)

    def after(self, node: Node) -> int:
        """The beginning of the line after the last one of `node`."""
        last = _last(node)
        at_line_start = isinstance(last, Scalar) and last.style in ("|", ">") and self.text[last.end - 1 : last.end] == "\n"
        return last.end if at_line_start else self.next_line(last.end)

    def insert_line(self, index: int, line: str) -> None:
        """A new line at the beginning of a line, or at the end of the text, whose last line then gets its end."""
        unended = index == len(self.text) and not self.ended
        self.ended = self.ended or unended
        self.replace(index, index, ("\n" if unended else "") + line + "\n")

    # --- mappings

    def fields(self, root: Mapping, before: dict[str, str], after: dict[str, str]) -> None:
        """Top-level keys: those that changed, went, or came. `before` and `after` hold what stands after the colon."""
        present = {emit.flow_text(key.text): (key, value) for key, value in root.pairs}
        for key, pair in present.items():
            if key in after and after[key] != before.get(key):
                self.value(*pair, after[key], root.column - 1)
            elif key in before and key not in after:
                self.replace(self.line_start(pair[0].start), self.after(pair[1]), "")
        for key, written in after.items():
            if key not in present:
                line = self.indented(f"\n{key}:{written}", root.column - 1).removeprefix("\n")
                self.insert_line(self.place(root, key), line)

    def place(self, root: Mapping, key: str) -> int:
        """Where a new key goes: below the last one that canonically comes before it, else above the first."""
        rank = _rank(key)
        earlier = [value for one, value in root.pairs if _rank(one.text) <= rank]
        return self.after(earlier[-1]) if earlier else self.line_start(root.pairs[0][0].start)

    def value(self, key: Scalar, value: Node, written: str, indent: int) -> None:
        """Another value for a key that is there. `written` is what the canonical way has after the colon."""
        head, _, body = self.indented(written[1:], indent).partition("\n")
        start, end = value.start, value.end
        if isinstance(value, Scalar) and value.style in ("|", ">"):
            found = _HEADER.match(self.text, start)
            self.replace(start, found.end() if found else start, head)
            self.replace(self.next_line(start), self.after(value), body and f"{body}\n")
            return
        if isinstance(value, Scalar) or value.flow:
            self.replace(start, end, self.spaced(start) + head)
        else:
            colon = self.text.index(":", key.end) + 1
            self.replace(colon, colon, f" {head}")
            self.replace(self.line_start(start), self.after(value), "")
        if body:
            self.insert_line(self.next_line(end), body)

    def spaced(self, start: int) -> str:
        return "" if self.text[start - 1 : start].isspace() else " "

    def indented(self, written: str, indent: int) -> str:
        return written.replace("\n", "\n" + " " * indent) if indent else written

    def mapping(self, node: Mapping, before: dict[str, str], after: dict[str, str]) -> None:
        """The keys within a contact, in whatever style it is written."""
        present = {emit.flow_text(key.text): (key, value) for key, value in node.pairs}
        if not node.flow:
            self.fields(node, {k: f" {v}" for k, v in before.items()}, {k: f" {v}" for k, v in after.items()})
        elif any(key in before and key not in after for key in present):
            said = ", ".join([f"{key}: {value}" for key, value in after.items()])
            self.replace(node.start, node.end, f"{{{said}}}")
        else:
            for key, (_, value) in present.items():
                if after.get(key) != before.get(key):
                    self.replace(value.start, value.end, self.spaced(value.start) + after[key])
            new = "".join([f", {key}: {value}" for key, value in after.items() if key not in present])
            end = node.pairs[-1][1].end if node.pairs else node.start + 1
            self.replace(end, end, new if node.pairs else new[2:])

    # --- the history

    def history(self, root: Mapping, old: Ticket, new: Ticket) -> None:
        """New events below the last one; an event that was changed (redacted) or taken away, in its place."""
        pair = root.get("history")
        if pair is None or old.history == new.history:
            return
        key, node = pair
        items = node.items if isinstance(node, Sequence) else []
        known, kept = {one.id for one in old.history}, {one.id: one for one in new.history}
        fresh = [emit.event(one) for one in new.history if one.id not in known]
        for item, was in zip(items, old.history, strict=True):
            now = kept.get(was.id)
            if now is None:
                self.replace(self.line_start(item.start), self.after(item), "")
            elif was != now:
                self.replace(item.start, item.end, emit.event(now))
        if not items and fresh:
            self.replace(key.end + self.text[key.end :].index(":") + 1, node.end, "")
            self.events(self.next_line(node.end), fresh, root.column - 1)
        elif isinstance(node, Sequence) and node.flow:
            self.flow_events(items[-1], fresh)
        elif fresh:
            self.events(self.after(items[-1]), fresh, node.column - 1)

    def events(self, index: int, fresh: list[str], indent: int) -> None:
        self.insert_line(index, "\n".join([f"{' ' * indent}- {one}" for one in fresh]))

    def flow_events(self, last: Node, fresh: list[str]) -> None:
        """Events of a history in brackets: each on a line of its own if the last one is."""
        margin = self.text[self.line_start(last.start) : last.start]
        between = ", " if margin.strip() else f",\n{margin}"
        self.replace(last.end, last.end, "".join([between + one for one in fresh]))


def _fields(ticket: Ticket) -> dict[str, str]:
    """The canonical values, but a text that ends with blank lines in quotes: those of the file around it would join in."""
    found = emit.fields(ticket)
    for key, content in {"description": ticket.description, **ticket.extra}.items():
        if isinstance(content, str) and content.endswith("\n\n"):
            found[emit.flow_text(key)] = f" {emit.block_text(content)}"
    return found


def _rank(key: str) -> int:
    """Where a key stands canonically: our own in their order, foreign ones after them, the history last."""
    return _ORDER.index(key) if key in FIELDS else len(_ORDER) + (key == "history")


def _last(node: Node) -> Node:
    """The last scalar or flow collection in a node: where it really ends."""
    while not isinstance(node, Scalar) and not node.flow:
        node = node.items[-1] if isinstance(node, Sequence) else node.pairs[-1][1]
    return node
