"""Unfinished writes: the temporary file beside the one that it is to become, whose it is, and what becomes of a dead process's."""

from __future__ import annotations

import fcntl
import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from itsm.patterns import pattern
from itsm.store import sharing

STALE = 3600.0  # seconds; no write takes that long, so whoever began this file is dead
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_TEMP = pattern(r"\..+\.[0-9]+\.[0-9a-f]{8}\.tmp", re.ASCII)


def is_temporary(name: str) -> bool:
    """Whether this file name is one of our own unfinished writes (`.T-42.yaml.<pid>.<random>.tmp`)."""
    return _TEMP.fullmatch(name) is not None


def written(path: Path, data: bytes, old: os.stat_result | None) -> Path:
    """A temporary file beside `path` with this content, on the disk, with the rights of `old`."""
    temporary = _temporary(path)
    fd = os.open(temporary, NEW, _at_first(old))
    try:
        try:
            _held(fd)
            filled(fd, path.parent, data, old)
        finally:
            os.close(fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary


def begun(path: Path, data: bytes, old: os.stat_result | None = None) -> tuple[Path, int, str]:
    """A temporary file for `path`, still open, that the system has been told to write out, with the rights of `old`; and the name that it
    will have.
    """
    temporary = _temporary(path)
    fd = os.open(temporary, NEW, _at_first(old))
    try:
        _held(fd)
        _rightful(fd, path.parent, old)
        _poured(fd, data)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # on Linux this begins to write, and doesn't wait
    except BaseException:
        os.close(fd)
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return temporary, fd, path.name


def filled(fd: int, folder: Path, data: bytes, old: os.stat_result | None) -> None:
    """Give a new file in this folder its content, on the disk, and the rights of `old`, or of a new one there."""
    _rightful(fd, folder, old)
    _poured(fd, data)
    os.fsync(fd)


def reap(folder: Path) -> list[str]:
    """Delete the temporary files that dead processes left more than an hour ago, by the file system's own clock. Their names.

    One that a living process holds, on a host that slept amid a write, stays.
    """
    with os.scandir(folder) as entries:
        left = [entry for entry in entries if is_temporary(entry.name)]
    if not left:
        return []
    probe = _temporary(folder / "reap")
    now = _mtime(probe)
    reaped = []
    for entry in left:
        with suppress(OSError):
            if now - entry.stat(follow_symlinks=False).st_mtime > STALE and not _is_held(entry.path):
                os.unlink(entry.path)
                reaped.append(entry.name)
    return reaped


def _at_first(old: os.stat_result | None) -> int:
    """The mode to make a file with: in place of `old`, until it has its group, nobody's but ours."""
    return 0o666 if old is None else stat.S_IMODE(old.st_mode) & 0o600


def _rightful(fd: int, folder: Path, old: os.stat_result | None) -> None:
    if old is None:
        sharing.give(fd, folder)
        return
    if os.fstat(fd).st_gid != old.st_gid:
        with suppress(OSError):
            os.fchown(fd, -1, old.st_gid)
    os.fchmod(fd, stat.S_IMODE(old.st_mode))


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")


def _held(fd: int) -> None:
    """Mark a temporary file as a living process's. Where the file system has no locks, its age has to do."""
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_held(path: str) -> bool:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _mtime(probe: Path) -> float:
    fd = os.open(probe, NEW, 0o600)
    try:
        return os.fstat(fd).st_mtime
    finally:
        os.close(fd)
        os.unlink(probe)


def _poured(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
