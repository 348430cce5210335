"""What was left out where a file is no YAML: the end of a quote, a colon. A parser names where it can't go on, often far below."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from itsm.errors import Problem
from itsm.patterns import pattern

NO_COLON = "no `key: value`"
_OR_TEXT = "or indent it as part of the text above"

_KEY = r"[A-Za-z_][\w.-]*"
_INDENT = pattern(r"[ ]*(?:-[ ]+)*")
_KEYED = pattern(rf"[ ]*(?:-[ ]+)*[{{\[]?{_KEY}:(?:\s|$)", re.ASCII)
_LACKING = pattern(rf"[ ]*(?:-[ ]+)*({_KEY})(?:(?::|[ ]+)([^\s:#]\S*))?\s*(?:[ ]#.*)?", re.ASCII)  # `timezone UTC`, `timezone:UTC`, `teams`
_BARE = pattern(rf"(?:^[ ]*(?:-[ ]+)*|[{{,][ ]*)({_KEY})[ ]+(?=([{{\[]))", re.ASCII)  # `office {`
_BLOCK = pattern(r"([:-])[ ]+[|>][-+1-9]{0,2}\s*(?:[ ]#.*)?$")
_QUOTE = pattern(r"""(?:^[ ]*(?:-[ ]+)*|[\[{,][ ]*|:[ ]+)(['"])|(?:^|[ ])#.*""", re.MULTILINE)
_REST = {"'": pattern(r"[^']*+(?:''[^']*+)*+'"), '"': pattern(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)}
_BEHIND = " \t\r\n,]}:"  # what may stand behind a quoted text
_WITHIN = {"'": "write '' for an apostrophe within single quotes", '"': 'write \\" for a quote within double quotes'}


def quote(text: str, problem: Problem) -> Problem | None:
    """The quote that explains the problem: one that isn't closed, so that the next one, maybe far below, closed it; or one that ends amid
    the text, as an apostrophe does.
    """
    lines, limit = text.split("\n"), _end_of_line(text, problem.line)
    line, counted = 1, 0
    for start, end in _quoted(_without_blocks(lines)):
        if start > limit:
            return None
        line, counted = line + text.count("\n", counted, start), start
        last = line + text.count("\n", start, end)
        odd = end > len(text) or text[end : end + 1] not in _BEHIND
        if last > line and (odd or problem.line <= last + 1) and _goes_on(lines[line - 1 : last]):
            return Problem(problem.file, line, "a quote is not closed", "close the quote that begins here", _from(text, start))
        if last == line and odd:
            return Problem(problem.file, line, "the quote ends here, and the text goes on", _WITHIN[text[start]], _from(text, end - 1))
    return None


def colon(text: str, problem: Problem, begun: int) -> Problem | None:
    """The line that lacks a colon, or the space behind it. `begun` is the line of a key that the parser sees no colon of, or 0."""
    lines = text.split("\n")
    here = "".join(lines[problem.line - 1 : problem.line])
    if begun:
        return _lacking(problem.file, begun, lines[begun - 1])
    if found := _BARE.search(here):
        return Problem(problem.file, problem.line, f"no colon behind {found[1]}", f"write {found[1]}: {found[2]}…", found.start(1) + 1)
    above = next((n for n in range(problem.line - 1, 0, -1) if not _is_idle(lines[n - 1])), 0)
    amiss = problem.column - 1 in (here.find(":"), _column(here))  # the line's own key is what doesn't fit
    if not (above and amiss) or _KEYED.match(lines[above - 1]) or _column(lines[above - 1]) > _column(here):
        return None
    return _lacking(problem.file, above, lines[above - 1])


def left(text: str, begun: Any, mark: Any) -> bool:
    """Whether a bracket was left open on one line: what comes next before the parser can't go on is indented no deeper."""
    if begun is None or mark is None:
        return False
    opened, *below = text.split("\n")[begun.line : mark.line + 1]
    return any(_indent(line) <= _indent(opened) for line in below if not _is_idle(line) and line.strip(" ]},\r"))


def _lacking(file: str, number: int, line: str) -> Problem:
    found = _LACKING.fullmatch(line)
    if not found:
        meant = "a key, a colon and a space"
    else:
        meant = f"`{found[1]}: {found[2]}`, with a colon and a space" if found[2] else f"`{found[1]}:`, with a colon"
    return Problem(file, number, NO_COLON, f"write {meant}; {_OR_TEXT}", _column(line) + 1)


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """Where quoted texts begin, and the place behind their ends; for one without an end a place beyond the text."""
    place = 0
    while found := _QUOTE.search(text, place):
        place = found.end()
        if found[1]:
            rest = _REST[found[1]].match(text, place)
            start, place = place - 1, rest.end() if rest else len(text) + 1
            yield start, place


def _without_blocks(lines: list[str]) -> str:
    """The text with block texts (`description: |`) made blank, in which a quote is a sign like others; every place stays the same."""
    blank, above = [], -1
    for line in lines:
        if above >= 0 and (not line.strip() or _indent(line) > above):
            blank.append(" " * len(line))
            continue
        block = _BLOCK.search(line)
        above = -1 if not block else _column(line) if block[1] == ":" else _indent(line)
        blank.append(line)
    return "\n".join(blank)


def _goes_on(lines: list[str]) -> bool:
    """Whether what follows the first of these lines is what a file goes on with, and no further line of one text."""
    rest = next((line for line in lines[1:] if line.strip()), "")
    return not rest or _is_idle(rest) or _KEYED.match(rest) is not None or _indent(rest) <= _indent(lines[0])


def _is_idle(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _column(line: str) -> int:
    """How far the key of a line is indented, dashes counted."""
    found = _INDENT.match(line)
    return found.end() if found else 0


def _from(text: str, place: int) -> int:
    """The column of a place, from 1."""
    return place - text.rfind("\n", 0, place)


def _end_of_line(text: str, number: int) -> int:
    """Where the line with this number ends."""
    place = -1
    for _ in range(number):
        place = text.find("\n", place + 1)
        if place < 0:
            return len(text)
    return place
