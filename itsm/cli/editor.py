"""A person's editor: `$VISUAL`, else `$EDITOR`, else what the system has."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TypeVar

import typer

from itsm.cli import output
from itsm.cli.run import Run
from itsm.desk import drafts
from itsm.errors import ItsmError, Usage
from itsm.store import atomic

T = TypeVar("T")
_OPENINGS = 5  # where nobody is at a terminal: a program makes the same mistake for ever
_USUAL = ("sensible-editor", "nano", "vi")


def until_right(run: Run, what: str, text: bytes, take: Callable[[bytes], T]) -> T | None:
    """What `take` makes of the text once a person has edited it; mistakes are told above it, and the editor opens again.

    None if nothing was changed, or all was deleted. What was typed is never lost: where it isn't taken, it stays in a file and the path is
    told. Raises Mistaken if the person leaves the mistakes as they are, or a script makes ever new ones, and what `take` raises.
    """
    if run.no_input:
        raise Usage("an editor without anybody at it?", hint="itsm set T-42 name=value needs none")
    path = drafts.draft(run.desk, what, text)
    kept = False
    try:
        return _taken(run, path, text, take)
    except (ItsmError, KeyboardInterrupt, typer.Abort):
        if _typed(path, text):
            output.say(f"your draft is kept: {path}")
            kept = True
        raise
    finally:
        if not kept:
            path.unlink(missing_ok=True)


def _taken(run: Run, draft: Path, text: bytes, take: Callable[[bytes], T]) -> T | None:
    for opening in count(1):
        before = _read(draft)
        open_(draft)
        after = _read(draft)
        new = drafts.stripped(after)
        if new == text or not new.strip():
            return None
        try:
            return take(new)
        except drafts.Mistaken as mistaken:
            if after == before or (opening >= _OPENINGS and not sys.stdin.isatty()):
                raise
            for problem in mistaken.problems:
                run.note(output.one_line(str(problem)))
            atomic.replace(draft, drafts.annotated(new, mistaken.problems))
    return None


def _typed(draft: Path, text: bytes) -> bool:
    """Whether the draft holds anything that a person would miss; what can't even be read may."""
    try:
        return drafts.stripped(_read(draft)).strip() not in (text.strip(), b"")
    except (ItsmError, OSError):
        return True


def _read(draft: Path) -> bytes:
    """What the draft says; one that was deleted says nothing, which is to give up."""
    try:
        return atomic.read(draft)
    except FileNotFoundError:
        return b""


def command() -> list[str]:
    """The editor and its options. Raises Usage where there is none, or nobody at a terminal to use one that wasn't asked for."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if named:
        try:
            words = shlex.split(named)
        except ValueError:
            words = []
        if words and shutil.which(words[0]):
            return words
        raise Usage(f"the editor {named!r} can't be run", hint="VISUAL or EDITOR names a program: export EDITOR=nano")
    usual = next((one for one in _USUAL if shutil.which(one)), None)
    if usual is None or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Usage("no editor", hint="VISUAL or EDITOR names one: export EDITOR=nano")
    return [usual]


def open_(path: Path) -> None:
    """Have the person edit the file. What an editor prints is no data: stdout is left to the command. Raises ItsmError where it fails."""
    words = command()
    screen = None if sys.stdout.isatty() else 2
    try:
        code = subprocess.run([*words, str(path)], check=False, stdout=screen).returncode
    except OSError as error:
        raise ItsmError(f"the editor {words[0]} can't be run: {error.strerror}", hint="export EDITOR=nano") from error
    if code:
        raise ItsmError(
            f"the editor {words[0]} ended with {code}: nothing was changed", hint="leave it without an error to have it taken over"
        )
