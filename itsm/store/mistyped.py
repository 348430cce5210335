"""What is mistyped in a file that is no YAML: a parser's own words in plain ones, and signs that look like those of YAML and are others
(what a Chinese keyboard types, and what text processors make of quotes).
"""

from __future__ import annotations

import re

from itsm.errors import Problem
from itsm.model.suggest import wide
from itsm.patterns import pattern
from itsm.store import unclosed

# Where a sign of YAML's own is looked for: a colon after a key; the others anywhere outside of quotes and comments.
_WIDE_COLON = pattern(r"(?:^|[{,])\s*(?:-\s+)*[A-Za-z_][\w.-]*\s*(：)", re.ASCII)
_OUTSIDE = pattern(r"""'[^']*'|"[^"]*"|(?:^|\s)#.*""")
QUOTE = "put it in quotes"
_BACK = 3  # lines: the parser sees what is wrong when the next line doesn't fit

_SYNTAX = (
    ("mapping values are not allowed", "a colon and a space within a plain text, or wrong indentation", QUOTE),
    ("character '\\t' that cannot start", "a tab is used for indentation", "indent with spaces"),
    ("that cannot start any token", "a plain text can't begin like this", QUOTE),
    ("could not find expected ':'", unclosed.NO_COLON, "write a key, a colon and a space; or indent it as part of the text above"),
    ("unexpected end of stream", "a quote is not closed", "close the quote"),
    ("found unknown escape", "an unknown escape within double quotes", "use single quotes, or double the backslash"),
    ("expected <block end>", "the indentation doesn't fit the lines above", "indent it like its neighbours"),
    ("did not find expected", "a bracket is not closed, or a comma is missing", "close it, or quote the text"),
    ("expected ',' or", "a bracket is not closed, or a comma is missing", "close it, or quote the text"),
    ("expected the node content", "something is missing here, or a bracket is not closed", "complete it"),
)


def explained(error: Exception, text: str, name: str, line: int) -> Problem:
    """Why a parser failed on this text, for the person who wrote it; `line` is how far it had come."""
    said = _syntax(error, text, name, line)
    return unclosed.quote(text, said) or near(text, said) or _colon(error, text, said) or said


def _colon(error: Exception, text: str, said: Problem) -> Problem | None:
    """The colon whose lack explains the problem; `begun` is where the parser saw a key begin."""
    words, begun = str(getattr(error, "problem", "")), getattr(error, "context_mark", None)
    keyless = "could not find expected ':'" in words and begun is not None
    return unclosed.colon(text, said, begun.line + 1 if keyless and begun else 0)


def _syntax(error: Exception, text: str, name: str, line: int) -> Problem:
    """What a parser's own words mean to the person who wrote the file."""
    said = " ".join(str(getattr(error, "problem", None) or error).split())
    mark = getattr(error, "problem_mark", None)
    begun = getattr(error, "context_mark", None)
    within = str(getattr(error, "context", ""))
    left = "flow" in within and unclosed.left(text, begun, mark)
    if begun is not None and ("quoted" in within or "<stream end>" in said or left):
        mark = begun  # where the quote or bracket was opened helps; where the file ends, or goes on with something else, doesn't
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (line, 0)
    for words, message, remedy in _SYNTAX:
        if words in said:
            return Problem(name, line, message, remedy, column)
    return Problem(name, line, f"not YAML: {said[:200]}", "mend this line, or restore the file from git", column)


def near(text: str, problem: Problem) -> Problem | None:
    """The sign that a Chinese keyboard has put in place of one of YAML's own, where that explains the problem."""
    lines = text.split("\n")
    for number in range(min(problem.line, len(lines)), max(0, problem.line - 1 - _BACK), -1):
        if found := _sign(lines[number - 1], problem.file, number, colon_only=number != problem.line):
            return found
    return None


def _sign(text: str, file: str, number: int, *, colon_only: bool = False) -> Problem | None:
    """The sign on this one line that isn't YAML's own."""
    line = _OUTSIDE.sub(lambda quoted: " " * len(quoted[0]), text)
    colon = _WIDE_COLON.search(line)
    found = wide(line[colon.start(1) :]) if colon else None if colon_only else wide(line)
    if not found:
        return None
    place = found[0] + (colon.start(1) if colon else 0)
    return Problem(file, number, f"{found[1]} ({line[place]})", _plainly(found[2]), place + 1)


def _plainly(sign: str) -> str:
    return "write a plain colon and a space" if sign == ":" else f"write a plain {sign}" if sign.strip() else "write a plain space"


def anywhere(text: str, name: str) -> Problem | None:
    """The same for a text that is no mapping although it is YAML: `schema：1`."""
    return next((found for number, line in enumerate(text.split("\n"), 1) if (found := _sign(line, name, number))), None)
