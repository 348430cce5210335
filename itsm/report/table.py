"""Rows for a person at a terminal: aligned whatever the width of the letters, cut to fit, times as people say them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from itsm.model.columns import Column
from itsm.model.event import instant
from itsm.model.plain import one_line
from itsm.model.row import Promise, Row
from itsm.report.sheet import cell
from itsm.sla.duration import format_seconds

BOLD, DIM, RED, GREEN, YELLOW = 1, 2, 31, 32, 33
STATE_COLOUR = {"breached": RED, "paused": YELLOW, "running": GREEN, "met": DIM}
_GAP = 2  # spaces between columns
_LEAST = 8  # what a column that has to give keeps
_NARROW = 4  # on a terminal that is narrower still
_TITLE = 20  # what the last column has before the others must give
_SOON = 4  # a promise whose time is three quarters gone is shown as one that is running out

Paint = Callable[..., str]


def table(rows: Sequence[Row], columns: Sequence[Column], now: datetime, width: int, paint: Paint) -> Iterator[str]:
    """A heading, then a line a row. `paint(text, *codes)` colours; colour says nothing that the words don't."""
    cells = [[_words(row, column, now) for column in columns] for row in rows]
    heads = [column.heading for column in columns]
    widths = _fitting([heads, *cells], columns, width)
    yield paint("  ".join(map(_sized, heads, widths)).rstrip(), DIM)
    for row, words in zip(rows, cells, strict=True):
        line = map(_sized, words, widths)
        yield "  ".join(paint(word, *_tint(row, column)) for word, column in zip(line, columns, strict=True)).rstrip()


def left(promise: Promise) -> str:
    """How a promise stands: `in 1h 5m`, `20m late`, `paused 1h`, `met`."""
    seconds = promise["remaining_seconds"]
    if promise["state"] in ("met", "paused"):
        return f"paused {format_seconds(seconds)}" if promise["state"] == "paused" else "met"
    return f"{format_seconds(-seconds)} late" if promise["state"] == "breached" and seconds <= 0 else f"in {format_seconds(seconds)}"


def _words(row: Row, column: Column, now: datetime) -> str:
    value = column.value(row)
    if value is not None and column.kind == "promise":
        return left(value)
    if value and column.kind == "instant":
        seconds = int((instant(value) - now).total_seconds())
        return f"{format_seconds(-seconds)} ago" if seconds <= 0 else f"in {format_seconds(seconds)}"
    return one_line(cell(row, column))


def _tint(row: Row, column: Column) -> tuple[int, ...]:
    value: Any = column.value(row)
    if column.kind == "promise" and value is not None:
        return (_running_out(value),)
    if column.name == "sla" and value:
        return (STATE_COLOUR[value],)
    if column.name == "status" and value in ("resolved", "closed", "cancelled"):
        return (DIM,)
    return ()


def _running_out(promise: Promise) -> int:
    soon = promise["state"] == "running" and promise["remaining_seconds"] * _SOON <= promise["limit_seconds"]
    return YELLOW if soon else STATE_COLOUR[promise["state"]]


def _fitting(lines: Sequence[Sequence[str]], columns: Sequence[Column], width: int) -> list[int]:
    """How wide each column is. The title, else the last, takes what is left; where that is little, the widest of the others give first."""
    from rich.cells import cell_len

    widths = [max(cell_len(line[n]) for line in lines) for n in range(len(columns))]
    names = [column.name for column in columns]
    elastic = names.index("title") if "title" in names else len(names) - 1
    room = width - _GAP * (len(columns) - 1)
    others = [n for n, name in enumerate(names) if n != elastic and name != "id"]
    names_only = [n for n in others if columns[n].kind == "text"]
    for giving_way, least, title in ((names_only, _LEAST, _TITLE), (names_only, _NARROW, _LEAST), (others, _NARROW, _NARROW)):
        while sum(widths) - widths[elastic] + min(widths[elastic], title) > room:
            giving = [n for n in giving_way if widths[n] > least]
            if not giving:
                break
            widths[max(giving, key=lambda n: widths[n])] -= 1
    rest = room - sum(widths) + widths[elastic]
    widths[elastic] = max(min(widths[elastic], rest), min(widths[elastic], _NARROW))
    return widths


def _sized(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
