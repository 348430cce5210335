"""Pipes, links, devices and folders where the desk keeps files of its own: not waited for, not read without an end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.faults.scenes import ALL

PLACES = (
    "notices/2026-11.jsonl", "shifts/2026-11.jsonl", "templates/notice.txt", ".itsm/outbox/x.json", ".itsm/outbox/dead/x.json",
    ".itsm/index.sqlite", ".itsm/sla.ok", ".itsm/last-number", ".itsm/last-sweep", ".itsm/swept-by-cron", ".itsm/sweep-began",
    ".itsm/dialling.json", ".itsm/told.json", ".itsm/lock", ".itsm/lock.queue", ".itsm/sweep.lock",
    "notices", "shifts", "templates", ".itsm/outbox", "tickets/archive", "tickets/archive/2026",
)  # fmt: skip
KINDS = {
    "a FIFO": os.mkfifo,
    "a folder": os.mkdir,
    "a link to a file of others": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nowhere": lambda path: path.symlink_to("/nowhere/at/all"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a device without an end": lambda path: path.symlink_to("/dev/zero"),
}
TRIED = KINDS if ALL else ("a FIFO", "a device without an end")
COMMANDS = (
    ("check",), ("list",), ("show", "1"), ("sweep",), ("sweep", "--mail"), ("open", "x"), ("note", "1", "x"), ("shift-note", "x"),
    ("handover",), ("notices",), ("calls",), ("archive",), ("check", "--fix"), ("now",), ("calls", "take", "1"),
)  # fmt: skip


@pytest.mark.parametrize("kind", TRIED)
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_file_or_folder_of_ours_is_told_or_passed_over(tmp_path, bounded, place, kind):
    if kind == "a folder" and "." not in Path(place).name:
        pytest.skip("that is what belongs there")
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail is down")
    path = desk.root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file():
        path.unlink()
    KINDS[kind](path)
    ticket = desk.file().read_bytes()
    before = Path("/etc/passwd").stat()
    found = []
    for minute, args in enumerate(COMMANDS):
        bounded()
        done = desk.do(*args, at=f"{minute}m")
        if "Traceback" in done.err or "a defect" in done.err or "MemoryError" in done.err or done.exit not in (0, 1, 4, 5, 6, 7):
            found.append(str(done))
    assert found == []
    assert desk.file().read_bytes().startswith(ticket[:40])
    after = Path("/etc/passwd").stat()
    assert (after.st_mtime_ns, after.st_size, after.st_mode, after.st_gid) == (
        before.st_mtime_ns,
        before.st_size,
        before.st_mode,
        before.st_gid,
    )
