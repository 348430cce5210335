"""What dead processes left in the desk, and what the place that it lies on may do to it."""

from __future__ import annotations

from datetime import datetime

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.errors import Problem
from itsm.store import unfinished


def reap(desk: Desk) -> list[str]:
    """Delete the unfinished writes of dead processes, everywhere in the desk; their names below its folder."""
    folders = [desk.root, desk.tickets.folder, desk.root / "notices", desk.state, desk.outbox.folder, *desk.tickets.archive_folders()]
    return [str((folder / name).relative_to(desk.root)) for folder in folders if folder.is_dir() for name in unfinished.reap(folder)]


def tidied(desk: Desk, now: datetime) -> list[str]:
    """Reap, in the first sweep of an hour: on a big desk the looking takes longer than an idle sweep."""
    last = turns.last_sweep(desk)
    return [] if last and last.replace(minute=0, second=0) == now.replace(minute=0, second=0) else reap(desk)


def warnings(desk: Desk) -> list[Problem]:
    """What is no fault of any file, and may become one."""
    from itsm.store.mounts import network_file_system

    kind = network_file_system(desk.root)
    remedy = "locks and fsync may not hold there for several hosts at once: work on the desk from one host"
    return [Problem(str(desk.root), 0, f"lies on a network file system ({kind})", remedy)] if kind else []
