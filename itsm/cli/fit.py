"""Words made to fit a place on the screen: Chinese characters are two columns wide. rich is imported only where a person looks."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

from itsm.cli.output import is_terminal
from itsm.patterns import pattern

# What stays together: a colour, a word with the space behind it, a Chinese character with the signs that never begin a line.
_PIECE = pattern(r"\x1b\[[0-9;]*m|[^\s\x1b\u2e80-\U0010ffff]+\s*|\S[，。、；：！？）】》」』”]*|.")


def width(stream: TextIO | None = None) -> int:
    """The columns of the terminal that stdout is, or another stream; 0 in a pipe, where nothing is ever cut."""
    return shutil.get_terminal_size().columns if is_terminal(stream or sys.stdout) else 0


def cut(text: str, columns: int) -> str:
    """`text` in at most so many columns, with `…` where something is gone; whole where `columns` is 0."""
    if not columns or len(text) * 2 <= columns:
        return text
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= columns else set_cell_size(text, columns - 1).rstrip() + "…"


def padded(text: str, columns: int) -> str:
    """`text` filled up with spaces to so many columns, longer ones as they are."""
    if text.isascii():
        return text.ljust(columns)
    from rich.cells import cell_len

    return text + " " * max(0, columns - cell_len(text))


def wrapped(text: str, columns: int, indent: int) -> str:
    """`text` in lines of at most so many columns, broken between words or Chinese characters, all but the first indented; whole where 0.

    Colour takes no room, and doesn't end with the line.
    """
    if not columns or len(text) * 2 <= columns or (len(text) <= columns and text.isascii()):
        return text
    from rich.cells import cell_len

    lines, line, used = [], "", 0
    for piece in _PIECE.findall(text):
        if piece[0] == "\x1b":
            line += piece
            continue
        wide = cell_len(piece.rstrip())
        if used + wide > columns and line.strip():
            lines.append(line.rstrip())
            line, used = " " * indent, indent
        line, used = line + piece, used + cell_len(piece)
    return "\n".join([*lines, line.rstrip()])


def column(lines: Iterable[str], indent: int) -> str:
    """Lines for whoever reads stdout, each in the terminal's width."""
    columns = width()
    return "\n".join(wrapped(line, columns, indent) for line in lines)
