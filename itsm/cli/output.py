"""The one place where anything is printed: data on stdout, the rest on stderr; strangers' text is shown, never obeyed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO

from itsm.errors import ItsmError, Problem
from itsm.model.event import stamp
from itsm.model.plain import one_line, visible

if TYPE_CHECKING:
    from itsm.model.row import Row

__all__ = [
    "coloured", "is_terminal", "one_line", "out", "problem_json", "put_error", "put_json", "put_line", "put_problems", "put_rows",
    "say", "visible",
]  # fmt: skip


_NARROW = 20  # columns: what fits there fits everywhere


def out(text: str) -> None:
    """Data, on stdout. The text must have come through `visible` wherever it holds a stranger's words."""
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        raise
    except OSError as error:
        silence(sys.stdout)
        raise ItsmError(f"standard output can't be written: {error.strerror}", hint="what the command did is done") from error


def put_line(text: str) -> None:
    """A line of data with a stranger's words in it; on a terminal as many as it needs."""
    out(_fitted(sys.stdout, one_line(text)))


def say(text: str) -> None:
    """Everything else, on stderr. Where nobody listens there, that is no reason to fail."""
    with suppress(OSError):
        _write(sys.stderr, _fitted(sys.stderr, visible(text)))


def _fitted(stream: TextIO, text: str) -> str:
    """The text in the width of the terminal that `stream` is; what runs over stands under the words of `itsm: …`."""
    if len(text) * 2 <= _NARROW or not is_terminal(stream):
        return text
    from itsm.cli.fit import width, wrapped

    columns = width(stream)
    return "\n".join(wrapped(line, columns, 6) for line in text.split("\n"))


def put_json(kind: str, data: Any) -> None:
    """One JSON object on stdout in the envelope that scripts know. JSON carries text as it is."""
    out(_encode({"schema": 1, "kind": kind, "data": data}))


def put_rows(kind: str, rows: Sequence[Row]) -> None:
    """The same of rows, whose fields may be JSON already."""
    slas = _encoded_each([list(row.sla) for row in rows])
    lines = (f'{row.written[:-1]}, "sla": {sla}}}' if row.written else _encode(row.json) for row, sla in zip(rows, slas, strict=True))
    out(f'{_encode({"schema": 1, "kind": kind})[:-1]}, "data": [{", ".join(lines)}]}}')


def _encoded_each(data: Sequence[Any]) -> list[str]:
    """Each of these as JSON. In one go, since to begin takes the encoder longer than a row; between them stands what nothing else can be:
    in a text JSON has a backslash before each quotation mark.
    """
    joined = ["\0"] * (2 * len(data) - 1)
    joined[::2] = data
    return _encode(joined)[1:-1].split(', "\\u0000", ') if data else []


def _encode(data: Any) -> str:
    return _encoder()(data)


@cache
def _encoder() -> Callable[[Any], str]:
    """One for all: to make one takes longer than a row."""
    import json

    return json.JSONEncoder(ensure_ascii=False, default=_plain).encode


def put_error(error: ItsmError, *, as_json: bool, ticket: str = "") -> None:
    """An error on stderr: what is wrong and what to do next; of several tickets, with which."""
    if as_json:
        import json

        fault: dict[str, Any] = {"code": error.code, "message": error.message} | ({"ticket": ticket} if ticket else {})
        if error.hint:
            fault["hint"] = error.hint
        with suppress(OSError):
            _write(sys.stderr, json.dumps({"schema": 1, "kind": "error", "error": fault}, ensure_ascii=False))
    else:
        whose = f"{ticket}: " if ticket and not error.message.startswith(f"{ticket} ") else ""
        say(f"itsm: {whose}{error.message}" + (f"\n      {error.hint}" if error.hint else ""))


def put_problems(problems: list[Problem]) -> None:
    """Each problem on a line of stderr, as compilers print them."""
    for problem in problems:
        say(one_line(str(problem)))


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as `--json` gives it."""
    return problem.as_json() | ({"remedy": problem.remedy} if problem.remedy else {})


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at this stream."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def coloured(text: str, *codes: int) -> str:
    """`text` in colour where stdout is a terminal and nobody asked for none (no-color.org)."""
    if not codes or os.environ.get("NO_COLOR") or not is_terminal(sys.stdout):
        return text
    return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"


def silence(stream: TextIO) -> None:
    """Let what is still in the stream's buffer go nowhere, so that Python's own end doesn't stumble over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def open_closed_streams() -> None:
    """Give a closed standard stream (`itsm … >&-`) a place to go, before a file of the desk gets its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays open as long as the process


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text + "\n")
    except UnicodeEncodeError:  # a locale that can't: the data must come through all the same
        stream.buffer.write((text + "\n").encode("utf-8", "backslashreplace"))
    stream.flush()


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (tuple, set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
