"""A person at a real terminal: waits for words, types, interrupts."""

from __future__ import annotations

import codecs
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

from tests.desk_runner import ITSM, DeskRunner

PATIENCE = 20  # seconds that a question may take to appear
# The terminal becomes the command's own, so that Ctrl-C reaches it as it does at a desk.
# And Ctrl-C is heard: what runs in a shell's background has been told to ignore it.
_AT_A_TERMINAL = (
    "import fcntl, os, signal, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
)


class Person:
    """Somebody at a terminal: waits for words, types, reads on."""

    def __init__(self, terminal: int, process: subprocess.Popen[bytes]) -> None:
        self.terminal, self.process, self.seen, self._read = terminal, process, "", 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a character may come in two pieces

    def waits_for(self, words: str) -> str:
        """Everything that came up to these words, from where it last read."""
        end = time.monotonic() + PATIENCE
        while words not in self.seen[self._read :]:
            assert self._more(end), f"{words!r} never came:\n{self.seen[self._read :]}"
        start, self._read = self._read, self.seen.index(words, self._read) + len(words)
        return self.seen[start : self._read]

    def types(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def answers(self, question: str, answer: str = "") -> None:
        self.waits_for(f"{question}")
        self.waits_for(": ")
        self.types(f"{answer}\n")

    def interrupts(self) -> int:
        """Ctrl-C, and again if it came in the moment before Python began to read: then it only counts with the next key."""
        for _ in range(5):
            time.sleep(0.1)
            self.types("\x03")
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(3)
                break
        return self.left()

    def left(self) -> int:
        """The exit code, when all has been read: a screen that is drawn for ever is none that was left."""
        end = time.monotonic() + PATIENCE
        while self._more(end):
            assert time.monotonic() < end, f"it goes on:\n{self.seen[-2000:]}"
        return self.process.wait(PATIENCE)

    def _more(self, end: float) -> bool:
        ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
        chunk = _read(self.terminal) if ready else b""
        self.seen += self._decoder.decode(chunk)
        return bool(chunk)


def _read(terminal: int) -> bytes:
    """What has come; nothing when the other end is closed, for which Linux says EIO."""
    with suppress(OSError):
        return os.read(terminal, 65_536)
    return b""


def everything(terminal: int) -> bytes:
    """All that comes until the other end is closed."""
    return b"".join(iter(lambda: _read(terminal), b""))


def seen(
    desk: DeskRunner, *args: str, at: str | datetime | None = None, env: Mapping[str, str] | None = None, stdout: int | None = None
) -> str:
    """All that somebody sees of a command who types nothing; it must end well. `stdout`: where its data goes, if not to the terminal."""
    with at_a_terminal(desk, *args, at=at, env=env, stdout=stdout) as person:
        assert person.left() == 0, person.seen
    return person.seen.replace("\r\n", "\n")


@contextmanager
def at_a_terminal(
    desk: DeskRunner,
    *args: str,
    at: str | datetime | None = None,
    real_time: bool = False,
    env: Mapping[str, str] | None = None,
    program: str = ITSM,
    stdout: int | None = None,
) -> Iterator[Person]:
    """The installed command at a terminal of its own, on the desk's clock or the real one."""
    ours, theirs = pty.openpty()
    environment = desk.environment(at, more={"TERM": "dumb", **(env or {})})
    if real_time:
        del environment["ITSM_NOW"]
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _AT_A_TERMINAL, program, *args],
        cwd=desk.root,
        env=environment,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        yield Person(ours, process)
    finally:
        os.close(ours)
        process.kill()
        process.wait()
