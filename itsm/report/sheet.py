"""Rows for programs: CSV, TSV, JSON lines, IDs. Nothing is cut, instants are RFC 3339, strangers' text can do no harm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from itsm.model.columns import Column
from itsm.model.plain import one_line, visible
from itsm.model.row import Row

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(row: Row, column: Column) -> str:
    """What a column says of a row, as text; line breaks and controls are still in it."""
    value = column.value(row)
    if value is None:
        return ""
    if column.kind == "promise":
        return str(value["due"] or value["state"])
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def lines(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[str]:
    r"""TAB-separated, one line a row, without a heading: a TAB in a cell becomes a space, a line break `\n`."""
    return ("\t".join(one_line(cell(row, column)) for column in columns) for row in rows)


def tsv(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[str]:
    """The same below a line of the columns' names."""
    yield "\t".join(column.name for column in columns)
    yield from lines(rows, columns)


def csv(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[str]:
    """RFC 4180, with a heading; the caller ends each line with CR LF."""
    yield ",".join(column.name for column in columns)
    for row in rows:
        yield ",".join(_quoted(visible(defused(cell(row, column)))) for column in columns)


def jsonl(rows: Sequence[Row], columns: Sequence[Column]) -> Iterator[str]:
    """One JSON object a line: of all that there is, or of the columns wanted."""
    for row in rows:
        data: dict[str, Any] = {one.name: _plain(row, one) for one in columns} if columns else row.json
        yield json.dumps(data, ensure_ascii=False)


def _plain(row: Row, column: Column) -> Any:
    value = column.value(row)
    return value["due"] if column.kind == "promise" and value is not None else value


def defused(text: str) -> str:
    """Text that a spreadsheet would take for a formula, made text again by a `'` in front (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _quoted(text: str) -> str:
    if not any(sign in text for sign in ',"\r\n') and text == text.strip(" "):
        return text
    return '"' + text.replace('"', '""') + '"'
