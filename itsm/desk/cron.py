"""`cron`: the line that runs the sweep, complete enough for cron's bare environment, and a trial of it there."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.errors import Refused
from itsm.values import dataclass

_MORE = 60  # seconds that a trial may take besides what a sweep waits for


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of running the line once: its exit code and what cron would mail."""

    command: str
    exit_code: int
    output: str


def line(desk: Desk, *, mail: bool, every: int) -> str:
    """The crontab line for this desk: absolute paths, the desk, umask 007 so that a team's folder stays theirs, UTF-8."""
    if not str(desk.root).isprintable():
        raise Refused(f"{str(desk.root)!a} can't stand in a line of cron", hint="move the desk to a folder with a printable name")
    minutes = "*" if every == 1 else f"*/{every}"
    return f"{minutes} * * * * {_command(desk, mail=mail).replace('%', chr(92) + '%')}"  # cron takes a bare % for a line's end


def trial(desk: Desk, *, mail: bool) -> Trial:
    """Run the command of the line as cron does: /bin/sh, hardly any environment, no terminal."""
    command = _command(desk, mail=mail)
    bare = ["env", "-i", f"HOME={Path.home()}", "LOGNAME=cron", "PATH=/usr/bin:/bin", "SHELL=/bin/sh", "/bin/sh", "-c", command]
    limit = desk.policy_or_default.desk.sweep_limit.total + _MORE
    try:
        done = subprocess.run(bare, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit, check=False)
    except subprocess.TimeoutExpired:
        return Trial(command, 1, f"it hadn't come to an end after {limit} s")
    return Trial(command, done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace"))


def _command(desk: Desk, *, mail: bool) -> str:
    program = shlex.join([*_program(), "sweep", *(["--mail"] if mail else []), "--desk", str(desk.root)])
    return f"umask 007; LANG=C.UTF-8 PYTHONUTF8=1 {program}"


def _program() -> list[str]:
    """How to start this itsm without a PATH."""
    script = Path(sys.argv[0]).absolute()
    return [str(script)] if script.name == "itsm" and script.is_file() else [sys.executable, "-m", "itsm"]
