"""Files that are old or new, never torn, and that are on the disk once a command says so.

A write goes to a temporary file in the same folder, is fsynced, takes its place in one step, and the folder is fsynced.
An fsync that failed is never tried again: the kernel may have dropped the data and say "fine" the second time.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from itsm.errors import Invalid, ItsmError, Refused
from itsm.store import sharing
from itsm.store.unfinished import NEW, filled, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 1 << 20  # of a file of ours that people write: 1 MiB (page 2)
_PART = 1 << 20  # bytes that are read at once: room is made for as many before, and a journal may have a thousand times that
_LEAST = 1 << 12  # bytes; also to see that nothing follows
_NO_LINKS = frozenset((errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK))


def read(path: Path | str, limit: int = MAX_BYTES) -> bytes:
    """A regular file's bytes. Raises FileNotFoundError; Invalid for a link, FIFO, folder or more than `limit` bytes; else ItsmError."""
    with named(path, "can't be read", FileNotFoundError):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                raise _not_a_file(path) from None
            raise
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise _not_a_file(path)
            data = b"" if found.st_size > limit else _bytes(fd, limit + 1, found.st_size)
            if max(found.st_size, len(data)) > limit:
                raise Invalid(f"{path}: larger than {limit:,} bytes", hint="move long text into an attachment")
            return data
        finally:
            os.close(fd)


def holds(path: Path, data: bytes) -> bool:
    """Whether the file is there and has these very bytes. Raises what `read` raises."""
    try:
        return read(path) == data
    except FileNotFoundError:
        return False


def create(path: Path, data: bytes) -> None:
    """Write a file that isn't there yet, durably. Raises FileExistsError if it is; ItsmError if it can't be done."""
    with named(path, "can't be created", FileExistsError):
        temporary = written(path, data, None)
        try:
            linked(temporary, path, data)
        finally:
            with suppress(OSError):
                os.unlink(temporary)
        sync_folder(path.parent)


def replace(path: Path, data: bytes, was: bytes | None = None) -> None:
    """Put a new file in the place of an old one (or of none), durably. Mode and, where possible, group stay. Raises ItsmError.

    `was` is what the file held when it was read: one that holds anything else, up to the last moment, is left alone. Raises Refused.
    """
    with named(path, "can't be written"):
        temporary = written(path, data, before(path))
        try:
            placed(temporary, path, was)
        except (OSError, ItsmError):
            with suppress(OSError):
                os.unlink(temporary)
            raise
        sync_folder(path.parent)


def move(path: Path, to: Path) -> None:
    """Give a file another name in one step, durably. Raises Refused where there is another file of that name; ItsmError."""
    renamed(path, to)
    sync_folders((to.parent, path.parent))


def renamed(path: Path, to: Path) -> None:
    """The same, before the disk has it."""
    with named(path, f"can't be moved to {to}"):
        if os.path.lexists(to) and not holds(to, read(path)):  # the same to the byte: a power cut left both names of a move
            raise Refused(f"{to} is there already", hint="two files with one id: itsm check names them")
        os.rename(path, to)


def sync_folders(folders: Iterable[Path]) -> None:
    """Make the names in these folders durable, the first one's first. Raises ItsmError."""
    for folder in folders:
        with named(folder, "can't be written to"):
            sync_folder(folder)


def make_folder(folder: Path) -> None:
    """A folder, durably, if it isn't there; its own must be. Raises ItsmError."""
    if not folder.is_dir():
        with named(folder, "can't be made"):
            sharing.make_folder(folder)
            sync_folder(folder.parent)


def remove(path: Path) -> None:
    """Delete a file, durably; one that is gone is no fault. Raises ItsmError."""
    with named(path, "can't be removed"):
        with suppress(FileNotFoundError):
            os.unlink(path)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError; file systems that can't do it with folders are left in peace."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(fd)


# --- steps ------------------------------------------------------------------------------------


def before(path: Path) -> os.stat_result | None:
    """The file that is to be replaced; None where there is none. Raises Invalid for anything that is no file."""
    try:
        old = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(old.st_mode):
        raise _not_a_file(path)
    return old


def placed(temporary: Path, path: Path, was: bytes | None) -> None:
    """Give a finished file the name of an old one that holds what it held. Raises Refused where it holds anything else."""
    if was is not None and not holds(path, was):
        raise Refused(f"{path} changed underneath", hint="look at it again, then repeat the command")
    os.rename(temporary, path)


@contextmanager
def named(path: Path | str, what: str, let_through: type[OSError] | None = None) -> Iterator[None]:
    """Turn an OSError into an ItsmError that names the file, but for the one that the caller's caller judges."""
    try:
        yield
    except OSError as error:
        if let_through is not None and isinstance(error, let_through):
            raise
        raise ItsmError(f"{path}: {what}: {error.strerror or error}", hint=_remedy(error)) from error


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room on the disk; nothing was changed"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "look at the rights of the file and its folder"
    return ""


def _not_a_file(path: Path | str) -> Invalid:
    return Invalid(f"{path}: not a regular file", hint="put the file itself here, no link or pipe")


def _bytes(fd: int, most: int, expected: int) -> bytes:
    """What is in a file, up to `most` bytes. `expected` is its size: making room for a megabyte takes longer than reading a ticket."""
    parts = []
    while most > 0 and (part := os.read(fd, min(most, _PART, max(expected, _LEAST)))):
        parts.append(part)
        most -= len(part)
        expected -= len(part)
    return b"".join(parts)


def linked(temporary: Path, path: Path, data: bytes) -> None:
    """Give a finished file its name, if nobody has it. Raises FileExistsError."""
    try:
        os.link(temporary, path, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _create_in_place(path, data)


def _create_in_place(path: Path, data: bytes) -> None:
    """Where hard links aren't possible: exclusive, but a reader may see the file while it is being written."""
    fd = os.open(path, NEW, 0o666)
    try:
        try:
            filled(fd, path.parent, data, None)
        finally:
            os.close(fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
