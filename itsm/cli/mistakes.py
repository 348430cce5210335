"""Whatever a command raises, as an error with a message, a remedy and an exit code; a command line that can't be, in our own words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from typer import _click

from itsm.errors import ItsmError, Usage
from itsm.model.suggest import near

_EXAMPLE = re.compile(r"Example:\s+(.+?)(?:\n\s*\n|\Z)", re.DOTALL)
_TOO_MANY = "Got unexpected extra argument(s) ("  # as little
_NO_COMMAND = "Missing command."  # typer's word for a group without one, which has no class of its own


def fault(error: Exception, command: str) -> ItsmError:
    """The error to show for anything that can be raised while this command runs."""
    if isinstance(error, ItsmError):
        return error
    if isinstance(error, _click.exceptions.ClickException):
        return _usage(error, command)
    if isinstance(error, OSError):
        return ItsmError(f"{error.filename or 'the system'}: {error.strerror or error}")
    return ItsmError(f"a defect of itsm: {type(error).__name__}: {error}", hint="ITSM_DEBUG=1 shows where; please report it")


def _usage(error: _click.exceptions.ClickException, named: str) -> Usage:
    context: _click.Context | None = getattr(error, "ctx", None)
    if context is None:  # from a parser that knows no command
        return Usage(error.format_message().rstrip("."), hint=f"itsm {named} --help")
    command, page = context.command, f"{context.command_path} --help"
    example = _EXAMPLE.search(command.help or "")
    shown = f"for example: {' '.join(example[1].split())}" if example else page
    if isinstance(error, _click.exceptions.NoSuchOption):
        return _no_option(error.option_name, command, page, shown)
    if isinstance(error, _click.exceptions.MissingParameter):
        return Usage(error.format_message().rstrip("."), hint=shown)
    inner: Iterable[str] = getattr(command, "commands", ())
    if inner and error.message == _NO_COMMAND:
        return Usage(f"{context.command_path} what?", hint=f"one of {', '.join(inner)}: {page}")
    if error.message.startswith(_TOO_MANY):
        said = any("TEXT" in (one.metavar or "") or one.name == "title" for one in command.params)
        hint = f"quote what belongs together, {shown}" if said else shown
        return Usage(f"more words than {context.command_path} takes: {error.message[len(_TOO_MANY) : -1]}", hint=hint)
    return Usage(error.format_message(), hint=page)


def _no_option(typed: str, command: _click.Command, page: str, shown: str) -> Usage:
    if typed[1:].isdigit():
        return Usage(f"{typed}… is negative: durations and numbers count forward, as in 1h30m", hint=shown)
    known = [name for one in command.params if one.param_type_name == "option" for name in one.opts if name.startswith("--")]
    meant = _meant(typed, [*known, "--help"])
    return Usage(f"no such option: {typed}", hint=f"did you mean {meant}? {page}" if meant else page)


def _meant(typed: str, options: list[str]) -> str:
    """The option that begins as what was typed, else the one most like it: `--prio` is no misspelling of `--from`."""
    begun = [name for name in options if name.startswith(typed)]
    return next(iter(begun if len(begun) == 1 else near(typed, options, most=1)), "")
