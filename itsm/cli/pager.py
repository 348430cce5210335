"""Long text for a person, a page at a time."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress

from itsm.cli import output


def paged(text: str, *, wanted: bool) -> None:
    """Data on stdout; through `$PAGER` (else less) where somebody looks, it is more than a screen, and the pager can be had."""
    lines = text.count("\n") + 1
    pager = _pager() if wanted and output.is_terminal(sys.stdout) and lines >= shutil.get_terminal_size().lines else []
    if not (pager and _shown(pager, text)):
        output.out(text)


def _pager() -> list[str]:
    """The program and its arguments. An empty PAGER, or `cat`, is a wish not to be stopped."""
    import shlex

    with suppress(ValueError):
        words = shlex.split(os.environ.get("PAGER", "less"))
        return [] if words[:1] == ["cat"] else words
    return []


def _shown(pager: list[str], text: str) -> bool:
    """Whether the pager took it. Who leaves it early has seen enough."""
    import subprocess

    environment = {"LESS": "FRX", "LESSCHARSET": "utf-8", **os.environ}  # colours, no clearing of the screen, as git has it
    try:
        child = subprocess.Popen(pager, stdin=subprocess.PIPE, env=environment)
    except OSError:
        return False
    with suppress(BrokenPipeError):
        child.communicate(f"{text}\n".encode("utf-8", "backslashreplace"))
    child.wait()
    return True
