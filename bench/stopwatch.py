"""How long commands take: in turns, so that a busy minute of the machine falls on all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

BARE = (sys.executable, "-c", "pass")
# As an installed program runs: its modules compiled once, and then read.
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ITSM_"))}


@dataclass
class Timed:
    """What the runs of one command took: seconds of wall clock and of CPU (user and system), and the most memory, in bytes."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    memory: int = 0

    @property
    def median(self) -> float:
        """The median of the wall clock, in seconds."""
        return statistics.median(self.wall)

    @property
    def least(self) -> float:
        """The least CPU time, in seconds: what is left where the machine has other things to do, too."""
        return min(self.cpu)


@dataclass(frozen=True)
class Command:
    """A command line, or one for each turn where a turn changes what the next one finds; and where it runs. `before` it comes what nobody
    times.
    """

    words: Sequence[str] | Sequence[Sequence[str]]
    cwd: Path | None = None
    env: Mapping[str, str] | None = None
    before: Callable[[], None] = lambda: None

    def turn(self, n: int) -> Sequence[str]:
        """The words of turn `n`."""
        return self.words if isinstance(self.words[0], str) else self.words[n]  # type: ignore[return-value]


# A process begins with the memory of the one that starts it on its account: so a small one must.
_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdin=-3, stdout=-3, stderr=-3); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
_LOOK = 0.02  # seconds between two looks at the memory


def peak(command: Command) -> int:
    """The most memory that the command takes, in bytes; once more it is run, however it ends. All its processes together at any moment that
    was looked at, what they share counted once (PSS); of one that was over too soon to be seen, what the system says of it.
    """
    words = [sys.executable, "-c", _PEAK, *command.turn(0)]
    with subprocess.Popen(
        words, cwd=command.cwd, env=command.env or PLAIN, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        most = 0
        while process.poll() is None:
            most = max(most, _held(process.pid))
            time.sleep(_LOOK)
        largest = int(process.communicate()[0]) * 1024
    return max(most, largest)


def _held(session: int) -> int:
    """What the processes of a session hold at this moment, in bytes, but for the one that leads it."""
    held = 0
    for pid in (int(path.name) for path in Path("/proc").glob("[0-9]*")):
        with suppress(OSError):  # it has ended
            if pid != session and os.getsid(pid) == session:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
                held += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return held


def timed(commands: Mapping[str, Command], turns: int) -> dict[str, Timed]:
    """Run each command once a turn. Turn 0 warms the caches and doesn't count."""
    found = {name: Timed() for name in commands}
    for turn in range(turns + 1):
        for name, command in commands.items():
            command.before()
            once(command, turn, found[name] if turn else Timed())
    for name, command in commands.items():
        found[name].memory = peak(command)
    return found


def once(command: Command, turn: int, into: Timed) -> None:
    """One run, added to `into`; its output goes nowhere. Raises CalledProcessError if it doesn't end well."""
    words = list(command.turn(turn))
    begun = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=command.cwd, env=command.env or PLAIN, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    into.wall.append(time.perf_counter() - begun)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    into.cpu.append(used.ru_utime + used.ru_stime)
