"""Programs that take a message: an argument list, never a shell; the text on stdin; a small environment; a time limit."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from itsm.model.event import NOTHING
from itsm.notify.channel import Envelope, Failed, OnResult, Result, Silent, Unreachable, ignore, in_turn, in_words

if TYPE_CHECKING:
    import subprocess

# What a program needs to find its helpers, its own settings and its language; nothing else of ours is its business.
_KEPT = ("PATH", "HOME", "USER", "LOGNAME", "TZ")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_WORDS = 500  # bytes of its complaints that are kept
_PRINTED = 8192  # bytes of what it prints that are
_Streams = tuple[IO[bytes], IO[bytes] | None, IO[bytes]]  # stdin, stdout, stderr
_FOR_GOOD = frozenset((os.EX_DATAERR, os.EX_NOUSER))  # sysexits.h: the message or the addressee, not the moment


class Program(ABC):
    """A channel that is a program of the host: it is run once for each message, as `send` says."""

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self.command = command
        self.timeout = timeout

    @property
    def connection(self) -> str:
        """The program."""
        return self.command[0]

    def deliver(self, batch: Sequence[Envelope], time_limit: float, on_result: OnResult = ignore) -> list[Result]:
        """Run it for each message. Never raises."""
        return in_turn(batch, time_limit, self.send, on_result)

    @abstractmethod
    def send(self, envelope: Envelope, left: float) -> str:
        """Run it for this one, for at most the seconds that are left; how that was. Raises Failed."""


def run(arguments: Sequence[str], message: bytes, fields: Mapping[str, str], seconds: float, folder: str | None = None) -> str:
    """Run it to its end, in `folder`; how that was. Raises Unreachable if it can't be started, Silent if it takes longer, Failed with
    status and stderr.

    Files and not pipes: a child that it leaves behind with an open stderr would keep us waiting for ever.
    """
    _ended(arguments, message, fields, seconds, None, folder)
    return f"{arguments[0]} ended with status 0"


def output(arguments: Sequence[str], seconds: float) -> bytes:
    """What it prints, some kilobytes of it at most. Raises the same."""
    import tempfile

    with tempfile.TemporaryFile() as printed:
        _ended(arguments, b"", NOTHING, seconds, printed)
        printed.seek(0)
        return printed.read(_PRINTED)


def _ended(
    arguments: Sequence[str],
    message: bytes,
    fields: Mapping[str, str],
    seconds: float,
    printed: IO[bytes] | None,
    folder: str | None = None,
) -> None:
    import tempfile

    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as said:
        stdin.write(message)
        stdin.seek(0)
        status = _status(arguments, (stdin, printed, said), fields, seconds, folder)
        if status != 0:
            said.seek(0)
            words = said.read(_WORDS).decode("utf-8", "replace").strip()
            how = f"ended with status {status}" if status > 0 else f"was killed by signal {-status}"
            raise Failed(f"{arguments[0]} {how}" + (f": {words}" if words else ""), permanent=status in _FOR_GOOD)


def _status(arguments: Sequence[str], streams: _Streams, fields: Mapping[str, str], seconds: float, folder: str | None) -> int:
    import subprocess

    stdin, printed, said = streams
    try:
        process = subprocess.Popen(
            list(arguments), stdin=stdin, stdout=printed or subprocess.DEVNULL, stderr=said, env=_environment(fields),
            start_new_session=True, cwd=folder,
        )  # fmt: skip
    except OSError as error:
        raise Unreachable(f"can't run {arguments[0]}: {error.strerror}") from error
    with process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Silent(f"{arguments[0]} didn't end within {in_words(seconds)}") from None
        finally:
            if process.poll() is None:
                _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """It and its children: it began a session of its own."""
    import signal

    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _environment(fields: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    language = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    utf8 = language if language.upper().replace("-", "").endswith("UTF8") else "C.UTF-8"  # the text on stdin is UTF-8; cron says C
    return {"PATH": _PATH, **kept, "LANG": utf8, **{f"ITSM_{name.upper()}": value for name, value in fields.items()}}
