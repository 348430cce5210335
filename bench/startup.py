"""What it costs to start: common commands against bare Python, alternating, as ratios of CPU time and of elapsed time.

python bench/startup.py            # a desk of 30 tickets, made for it
python bench/startup.py --desk DIR --ticket T-7 --runs 40
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# As an installed program runs: its modules compiled once, and then read.
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ITSM_"))}
BARE = (sys.executable, "-c", "pass")
ITSM = str(Path(sys.executable).with_name("itsm"))


@dataclass(frozen=True)
class Timed:
    """What one command took, in seconds of CPU (user and system) and of wall clock, one figure a run."""

    cpu: list[float]
    wall: list[float]

    def against(self, bare: Timed) -> str:
        """Minimum and median of the CPU time in ms; ratios to bare Python of both, and of the elapsed median."""
        low, mid = min(self.cpu) / min(bare.cpu), statistics.median(self.cpu) / statistics.median(bare.cpu)
        wall = statistics.median(self.wall) / statistics.median(bare.wall)
        return f"{min(self.cpu) * 1000:6.1f} ms  min {low:4.1f}x  median {mid:4.1f}x  elapsed {wall:4.1f}x"


def timed(
    commands: Mapping[str, Sequence[str]], runs: int, *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> dict[str, Timed]:
    """Run each command `runs` times, in turns, so that a busy minute of the machine falls on all of them alike.

    The first round doesn't count: it compiles.
    """
    found = {name: Timed([], []) for name in commands}
    for turn in range(runs + 1):
        for name, words in commands.items():
            cpu, wall = once(words, cwd=cwd, env=env)
            if turn:
                found[name].cpu.append(cpu)
                found[name].wall.append(wall)
    return found


def once(words: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Seconds of CPU and of wall clock of one run; its output goes nowhere. Raises CalledProcessError if it doesn't end well."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=cwd, env=env or PLAIN, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(words))
    return used.ru_utime + used.ru_stime, wall


def common(ticket: str) -> dict[str, list[str]]:
    """The commands that people type all day, and cron each minute."""
    words = {
        "--version": ["--version"],
        "--help": ["--help"],
        "assign --help": ["assign", "--help"],
        "open --help": ["open", "--help"],
        "show": ["show", ticket],
        "show --json": ["show", ticket, "--json"],
        "note": ["note", ticket, "The third floor has it too"],
        "assign": ["assign", ticket, "servicedesk"],
        "open": ["open", "Mail is down", "--name", "Wang Fang"],
        "resolve": ["resolve", ticket, "--how", "Restarted the IMAP service"],
        "reopen": ["reopen", ticket, "--why", "Outlook still hangs"],
        "list, 25": ["list", "status:new", "title25"],
        "calls": ["calls"],
        "due": ["due"],
        "sweep": ["sweep"],
        "sweep, idle": ["sweep"],  # nothing has changed since the one before
    }
    tab = ["env", "ITSM_COMPLETE=bash", ITSM, "show", "T-"]
    return {**{name: [ITSM, *args] for name, args in words.items()}, "TAB": tab}


def a_desk(root: Path, tickets: int) -> None:
    """A desk as `init` makes it, with tickets that were called, said and swept."""
    for words in (
        ["init", "."],
        *(["open", f"{n}: {'title25' if n <= 25 else 'other'}", "--name", "Wang Fang"] for n in range(1, tickets + 1)),
    ):
        subprocess.run([ITSM, *words], cwd=root, check=True, capture_output=True)
    subprocess.run([ITSM, "sweep"], cwd=root, check=True, capture_output=True)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--desk", type=Path, help="a desk; its tickets are changed")
    wanted.add_argument("--ticket", default="T-7")
    wanted.add_argument("--runs", type=int, default=15)
    wanted.add_argument("--only", nargs="*")
    given = wanted.parse_args()
    root = given.desk or Path(tempfile.mkdtemp(prefix="itsm-startup-"))
    try:
        if not given.desk:
            a_desk(root, 30)
        commands = {name: words for name, words in common(given.ticket).items() if not given.only or name in given.only}
        floors = {"python -c pass": BARE, "import typer": (sys.executable, "-c", "import typer")}
        found = timed({**floors, **commands}, given.runs, cwd=root)
        for name, one in found.items():
            print(f"{name:16}{one.against(found['python -c pass'])}")
    finally:
        if not given.desk:
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
