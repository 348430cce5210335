"""One writer at a time. A lock is a file beside the data that is never deleted and never replaced, held by flock.

The kernel lets go of it when its holder dies, so there is no stale lock. The file says who holds it, for the message
when somebody waited in vain. Before the lock stands a second one, the queue: only who holds that waits for the lock, so
that a busy process which lets go and at once comes back has to line up behind the others.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from itsm.errors import Busy, ItsmError

OWN = ".itsm"  # a desk's folder for what never goes into git
_PAUSE, _QUEUE_PAUSE = 0.001, 0.02  # seconds between two tries; shorter and shorter for who has waited long
_HOLDER = 400  # bytes that a holder may write about itself


def own_folder(desk: Path) -> Path:
    """The desk's `.itsm/`, made if it isn't there, with the rights of the desk's folder and closed to git. Raises OSError."""
    folder = desk / OWN
    with suppress(FileExistsError):
        folder.mkdir()
        with suppress(OSError):
            folder.chmod(stat.S_IMODE(desk.stat().st_mode))
    if not os.path.lexists(ignored := folder / ".gitignore"):
        with suppress(FileExistsError):
            fd = os.open(ignored, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            os.write(fd, b"*\n")
            os.close(fd)
    return folder


@contextmanager
def lock(path: Path, timeout: float, what: str) -> Iterator[None]:
    """Hold the lock at `path`, waiting for it at most `timeout` seconds. `what` tells others what it is held for. Raises Busy."""
    fd = _opened(path)
    try:
        if not _lined_up(fd, path, timeout):
            raise Busy(f"waited {timeout:g} s: {holder(path) or 'another process'} is at work", hint="try again when it is done")
        with _signed(fd, what):
            yield
    finally:
        os.close(fd)


@contextmanager
def try_lock(path: Path, what: str) -> Iterator[str | None]:
    """Hold the lock if it is free: gives None then; else, without waiting, who holds it."""
    fd = _opened(path)
    try:
        if _had(fd, path, 0, lambda _: 0):
            with _signed(fd, what):
                yield None
        else:
            yield holder(path) or "another process"
    finally:
        os.close(fd)


def holder(path: Path) -> str:
    """What the last holder wrote into the lock file, and since when; "" if nothing can be told."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        text = os.read(fd, _HOLDER).decode(errors="replace").strip()
        since = datetime.fromtimestamp(os.fstat(fd).st_mtime, UTC)
    finally:
        os.close(fd)
    return f"{text}, since {since:%Y-%m-%d %H:%M:%S} UTC" if text else ""


def identity(path: Path) -> tuple[int, int] | None:
    """Which file the lock's name leads to now: another one, or None, than when it was taken means that somebody deleted it."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _opened(path: Path) -> int:
    flags = os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        if path.parent.name == OWN:
            own_folder(path.parent.parent)
        try:
            fd = os.open(path, os.O_RDWR | flags, 0o660)
        except PermissionError:
            if not os.path.lexists(path):
                raise
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)  # another user's: enough to wait and to hold
        found = os.fstat(fd)
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != 0o660:
            os.fchmod(fd, 0o660)  # whatever the umask: others of the group take part
    except OSError as error:
        raise ItsmError(f"{path}: can't be locked: {error.strerror or error}", hint=f"look at the rights of {path.parent}") from error
    return fd


def _lined_up(fd: int, path: Path, timeout: float) -> bool:
    """Wait in the queue, then, first in it, for the lock."""
    import time

    end = time.monotonic() + timeout
    queue = _opened(path.with_name(f"{path.name}.queue"))
    try:
        return _had(queue, path, end, lambda left: _QUEUE_PAUSE * (left / timeout) ** 2) and _had(fd, path, end, lambda _: _PAUSE)
    finally:
        os.close(queue)


def _had(fd: int, path: Path, end: float, pause: Callable[[float], float]) -> bool:
    """Try for the flock until the monotonic clock says `end`, at least once. `pause`: seconds left → seconds to the next try."""
    import time

    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise ItsmError(f"{path}: can't be locked: {error.strerror}", hint="is the desk on a network file system?") from error
        else:
            return True
        if (left := end - time.monotonic()) <= 0:
            return False
        time.sleep(max(pause(left), _PAUSE))


@contextmanager
def _signed(fd: int, what: str) -> Iterator[None]:
    """Write who holds the lock; that it can't be written (full disk, another's file) is no reason not to work."""
    with suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, _self(what).encode(errors="replace")[:_HOLDER], 0)
    try:
        yield
    finally:
        with suppress(OSError):
            os.ftruncate(fd, 0)


def _self(what: str) -> str:
    import pwd

    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = f"uid {os.geteuid()}"
    return f"{what} (process {os.getpid()} of {user} on {os.uname().nodename})"
