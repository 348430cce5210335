"""A desk that several users share: what is made in a folder that belongs to a group is the group's to write.

The sign is the folder's setgid bit, with the group's right to write in it (`chmod 2770`). There the umask, which is
each user's own, takes nothing from the group: with 027 the second user could not add to the journal that the first one began.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_SHARED = stat.S_ISGID | stat.S_IWGRP


def is_shared(folder: Path) -> bool:
    """Whether a folder says that it is a group's. Raises OSError."""
    return os.stat(folder).st_mode & _SHARED == _SHARED


def give(fd: int, folder: Path) -> None:
    """Let the group read and write a file that was just made in this folder, if it is a group's. Raises OSError."""
    if is_shared(folder):
        os.fchmod(fd, stat.S_IMODE(os.fstat(fd).st_mode) | 0o060)


def make_folder(path: Path) -> None:
    """Make a folder, unless it is there, with the rights of the one above it where that is a group's. Raises OSError."""
    with suppress(FileExistsError):
        os.mkdir(path)
        if is_shared(path.parent):
            os.chmod(path, stat.S_IMODE(os.stat(path.parent).st_mode))
    if not path.is_dir():
        raise NotADirectoryError(20, "not a folder", str(path))
