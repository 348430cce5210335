"""What kind of file system a folder lies on. Locks and fsync are promises that network ones keep in part, or on some hosts."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")  # Linux; elsewhere nothing is known, and nothing said
_NETWORK = re.compile(
    r"nfs\d*|cifs|smb\w*|9p|afs|ceph|glusterfs|lustre|virtiofs|fuse\.(?:sshfs|rclone|s3fs|gcsfuse|glusterfs|davfs2?|cephfs)"
)
_ESCAPE = re.compile(r"\\([0-7]{3})")


def network_file_system(folder: Path) -> str:
    """The name of the network file system that this folder is on, such as `nfs4`; "" where it is on none, or nobody knows."""
    with suppress(OSError):
        kind = kind_of(os.path.realpath(folder), MOUNTS.read_text(encoding="utf-8", errors="surrogateescape"))
        return kind if _NETWORK.fullmatch(kind) else ""
    return ""


def kind_of(path: str, mounts: str) -> str:
    """The file system of the last mount above `path`, by the lines of /proc/self/mountinfo (proc(5)): the deepest, then the latest one."""
    deepest, kind = "", ""
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5:
            continue
        point = _ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4])
        if f"{path}/".startswith(point.rstrip("/") + "/") and len(point) >= len(deepest):
            deepest, kind = point, after.split(" ")[0]
    return kind
