"""How much may be in a file of the desk, and the error of one that breaks the rules: without the reader that knows them all."""

from __future__ import annotations

from itsm.errors import Problem

MAX_LEVELS = 20
MAX_NODES = 150_000  # values of one file: 13,000 events; a parser in Python takes ten seconds for them
MAX_NUMBER = 300  # characters of a plain number; int() itself refuses 4,300 digits
MAX_PROBLEMS = 50  # of one file; who has broken more in one go wants to see the first ones


class Unreadable(Exception):
    """The file breaks the rules; `problems` says each time where, what and the remedy."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(str(problems[0]))
        self.problems = problems
