"""By what a file is known to be the one that was read: a cache that goes by size and time alone is wrong within a second."""

from __future__ import annotations

import os

RACY = 2_000_000_000  # nanoseconds: what changed so shortly before it was read may change again and look the same


def key_of(found: os.stat_result) -> str:
    """By which a file is known to be as it was. The change time can't be set back, as the modification time can."""
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}"


def safe_key(key: str, now: int) -> str:
    """The key to remember a file by that was read at `now` (nanoseconds, the file system's own): none if it has only just changed."""
    changed = max(map(int, key.split()[1:3]), default=now)
    return key if changed < now - RACY else ""
