"""The sequence of IDs: the next number lies above every one that is on the desk, and above those that this clone ever gave.

The mark, `.itsm/last-number`, says which that is, and how the archive's folders looked then: as long as they look the same, nobody
lists a hundred thousand archived tickets to open one more.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from itsm.errors import ItsmError
from itsm.patterns import pattern
from itsm.store import atomic, locks, sharing
from itsm.store.keys import key_of, safe_key

_MARK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe in its place is never waited for
_MAX_BYTES = 100_000
_NUMBER = pattern("[0-9]{1,9}", re.ASCII)


class Numbers:
    """The numbers of one desk, whose own folder is `own`. `highest_in` looks through one of its folders, None being that of the live."""

    def __init__(self, own: Path, highest_in: Callable[[Path | None], int], archive: Callable[[], Iterable[Path]]) -> None:
        self.path = own / "last-number"
        self.highest_in = highest_in
        self.archive = archive
        self.looked: dict[str, str] = {}

    def highest(self) -> int:
        """The highest number on the desk, or a higher one that was given for a ticket in the archive."""
        number, known = self._mark()
        found = [self.highest_in(None)]
        now = self._now()
        for folder in self.archive():
            with suppress(FileNotFoundError, NotADirectoryError):
                key = key_of(os.stat(folder))
                if known.get(folder.name) != key:
                    found.append(self.highest_in(folder))
                    key = safe_key(key, now)
                else:
                    found.append(number)
                self.looked[folder.name] = key
        return max(found)

    def given(self) -> int:
        """The highest number that this clone ever gave, so that a deleted ticket's isn't given again; 0 if it can't be read."""
        return self._mark()[0]

    def remember(self, number: int) -> None:
        """Raise the mark. Without it numbers are still unique: a ticket must never fail for want of it."""
        try:
            fd = os.open(locks.own_folder(self.path.parent.parent) / self.path.name, _MARK, 0o660)
        except OSError:
            return
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(PermissionError):  # another's file: it was given to the group when it was made
                sharing.give(fd, self.path.parent)
            before, known = _parsed(os.read(fd, _MAX_BYTES))
            lines = [str(max(number, before)), *(f"{name} {key}" for name, key in (known | self.looked).items() if key)]
            data = "\n".join([*lines, ""]).encode("ascii")
            os.pwrite(fd, data, 0)
            os.ftruncate(fd, len(data))
        except OSError:
            pass
        finally:
            os.close(fd)

    def _mark(self) -> tuple[int, dict[str, str]]:
        try:
            return _parsed(atomic.read(self.path, _MAX_BYTES))
        except (OSError, ItsmError):
            return 0, {}

    def _now(self) -> int:
        """The present by the file system's clock, in nanoseconds; 0 where it can't be had."""
        try:
            os.utime(self.path, follow_symlinks=False)
            return os.stat(self.path, follow_symlinks=False).st_mtime_ns
        except OSError:
            return 0


def _parsed(data: bytes) -> tuple[int, dict[str, str]]:
    """The number, and the keys of the archive's folders by name; nothing of a mark that isn't ours."""
    number, *folders = data.decode("ascii", "replace").splitlines() or ["0"]
    if not _NUMBER.fullmatch(number):
        return 0, {}
    return int(number), dict(line.split(" ", 1) for line in folders if " " in line)
