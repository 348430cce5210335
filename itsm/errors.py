"""What can go wrong, as values and as exceptions, each with the exit code that the shell sees.

A command that can't do what it was asked raises an `ItsmError`; the one boundary in `cli.main` shows it.
A bad *record* never raises: it becomes a `Problem`, and every other record goes on working.
"""

from __future__ import annotations

from itsm.values import dataclass


class ItsmError(Exception):
    """The command failed. `hint` says what to do next; `exit_code` and `code` are promises to scripts."""

    exit_code = 1
    code = "failed"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Usage(ItsmError):
    """The command line can't be understood."""

    exit_code = 2
    code = "usage"


class NotFound(ItsmError):
    """There is no such ticket."""

    exit_code = 3
    code = "not-found"


class Refused(ItsmError):
    """Not allowed in this state, or the ticket changed underneath."""

    exit_code = 4
    code = "refused"


class Invalid(ItsmError):
    """A file of the desk can't be read as what it should be."""

    exit_code = 5
    code = "invalid"


class Busy(ItsmError):
    """A lock was not had in time."""

    exit_code = 6
    code = "busy"


class Undelivered(ItsmError):
    """Some messages could not be delivered; the next sweep tries again."""

    exit_code = 7
    code = "undelivered"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file: where it is (line and column count from 1, 0 = the whole file), what it is, and the remedy."""

    file: str
    line: int
    message: str
    remedy: str = ""
    column: int = 0

    def as_json(self) -> dict[str, str | int]:
        """What of it is a promise to scripts (page 4)."""
        return {"file": self.file, "line": self.line, "message": self.message}

    def __str__(self) -> str:
        """`file:line:column: message (remedy)`, as compilers print it, so that editors can jump there."""
        place = ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])
        return f"{place}: {self.message}" + (f" ({self.remedy})" if self.remedy else "")
