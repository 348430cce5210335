"""Signs that look like those of YAML and are others: what a Chinese keyboard types, and what text processors make of quotes."""

from __future__ import annotations

import re

from itsm.errors import Problem
from itsm.model.suggest import wide
from itsm.patterns import pattern

# Where a sign of YAML's own is looked for: a colon after a key; the others anywhere outside of quotes and comments.
_WIDE_COLON = pattern(r"(?:^|[{,])\s*(?:-\s+)*[A-Za-z_][\w.-]*\s*(：)", re.ASCII)
_OUTSIDE = pattern(r"""'[^']*'|"[^"]*"|(?:^|\s)#.*""")
_BACK = 3  # lines: the parser sees what is wrong when the next line doesn't fit


def near(text: str, problem: Problem) -> Problem | None:
    """The sign that a Chinese keyboard has put in place of one of YAML's own, where that explains the problem."""
    lines = text.split("\n")
    for number in range(min(problem.line, len(lines)), max(0, problem.line - 1 - _BACK), -1):
        line = _OUTSIDE.sub(lambda quoted: " " * len(quoted[0]), lines[number - 1])
        colon = _WIDE_COLON.search(line)
        found = wide(line[colon.start(1) :]) if colon else wide(line) if number == problem.line else None
        if found:
            place = found[0] + (colon.start(1) if colon else 0)
            return Problem(problem.file, number, f"{found[1]} ({line[place]})", _plainly(found[2]), place + 1)
    return None


def _plainly(sign: str) -> str:
    return "write a plain colon and a space" if sign == ":" else f"write a plain {sign}" if sign.strip() else "write a plain space"


def anywhere(text: str, name: str) -> Problem | None:
    """The same for a text that is no mapping although it is YAML: `schema：1`."""
    return next((found for n in range(1, 1 + text.count("\n") + 1) if (found := near(text, Problem(name, n, "")))), None)
