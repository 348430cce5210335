"""What dead processes leave, who may not write where, and what happens to a desk whose `.itsm` is deleted or whose disk is elsewhere."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time

import pytest

from itsm.store import atomic, locks, mounts, unfinished
from tests.desk_runner import ITSM, DeskRunner
from tests.faults.launch import Starter
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

PLACES = ("", "tickets", "tickets/archive/2025", ".itsm", ".itsm/outbox", "notices")
LATE = "{name: late, match: {status: new}, from: opened, after: 20m, notify: [head, callcentre], say: '{id} is late'}"


@pytest.fixture
def desk(tmp_path):
    return DeskRunner.made(tmp_path / "desk")


def leave(desk, age):
    """An unfinished write in each of the desk's folders."""
    left = []
    for place in PLACES:
        (desk.root / place).mkdir(parents=True, exist_ok=True)
        path = desk.root / place / ".T-1.yaml.4711.0123abcd.tmp"
        path.write_text("half of")
        os.utime(path, (time.time() - age,) * 2)  # noqa: TID251 - files have the system's time
        left.append(path)
    return left


# --- reaped ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("check", "--fix"), ("sweep",)], ids=" ".join)
def test_what_dead_processes_left_an_hour_ago_is_removed_everywhere(desk, command):
    left = leave(desk, unfinished.STALE + 60)
    done = desk.ok(*command)
    assert [path for path in left if path.exists()] == []
    assert ("removed tickets/.T-1.yaml.4711.0123abcd.tmp, left by a process that died" in done.out) is (command[0] == "check")


@pytest.mark.parametrize("command", [("check", "--fix"), ("sweep",)], ids=" ".join)
def test_what_is_younger_may_be_somebodys(desk, command):
    left = leave(desk, 60)
    desk.ok(*command)
    assert all(path.exists() for path in left)


def test_what_a_living_process_holds_is_left_however_old_it_is(desk):
    """A host that was asleep amid a write."""
    left = leave(desk, unfinished.STALE * 5)
    with left[1].open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        desk.ok("check", "--fix")
        assert [path for path in left if path.exists()] == [left[1]]
    desk.ok("check", "--fix")
    assert not left[1].exists()


def test_an_unfinished_write_is_held_while_it_is_written(tmp_path, monkeypatch):
    seen, write = [], os.write

    def looked(fd, data):
        [path] = tmp_path.iterdir()
        seen.append(unfinished._is_held(str(path)))
        return write(fd, data)

    monkeypatch.setattr(os, "write", looked)
    atomic.create(tmp_path / "T-1.yaml", b"new")
    assert seen == [True]


def test_a_look_removes_nothing(desk):
    left = leave(desk, unfinished.STALE + 60)
    desk.ok("check")
    desk.ok("list")
    desk.ok("sweep", "--dry-run")
    assert all(path.exists() for path in left)


# --- rights ------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("note", "1", "x"), ("sweep",)], ids=" ".join)
@pytest.mark.parametrize("unwritable", [".itsm", "."])
def test_a_folder_that_can_not_be_written_to_is_told_as_what_it_is(as_root, opened_to_others, desk, command, unwritable):
    desk.ok("open", "Mail")
    if unwritable == ".":
        shutil.rmtree(desk.root / ".itsm")
    else:
        (desk.root / ".itsm" / "lock").unlink(missing_ok=True)
    with Starter() as starter:
        done = starter.run_as((65534, 65534, 0o022), command, desk.root, desk.environment())
    assert done.code == 1, done
    assert ".itsm" in done.err
    assert "Permission denied" in done.err
    assert "look at the rights" in done.err
    assert "No such file" not in done.err


def test_a_lock_that_can_not_be_had_names_its_file(desk, monkeypatch):
    def no_locks(*_):
        raise OSError(37, "No locks available")

    desk.ok("open", "Mail")
    monkeypatch.setattr(fcntl, "flock", no_locks)
    done = desk.do("note", "1", "x")
    assert done.exit == 1
    assert f"{desk.root / '.itsm' / 'lock'}: can't be locked: No locks available" in done.err
    assert "network file system" in done.err


# --- `.itsm` deleted while a sweep is at work ----------------------------------------------------


class Deleting(Smtpd):
    """A server that deletes `.itsm` when it has taken its first mail, and has another sweep run then."""

    victim = None

    async def handle_DATA(self, *given):  # noqa: N802
        reply = await super().handle_DATA(*given)
        if self.victim:
            shutil.rmtree(self.victim.root / ".itsm")
            locks.own_folder(self.victim.root)
            (self.victim.root / ".itsm" / "sweep.lock").touch()
            self.victim = None
        return reply


def test_a_sweep_whose_lock_was_deleted_sends_no_more_and_the_next_one_sends_the_rest(tmp_path):
    with Deleting() as server:
        (tmp_path / "desk" / "tickets").mkdir(parents=True)
        channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 5}}}}"
        (tmp_path / "desk" / "sla.yaml").write_bytes(sla_yaml(LATE, channels=channels))
        desk = DeskRunner(tmp_path / "desk")
        desk.ok("open", "Mail")
        server.victim = desk
        done = desk.do("sweep", "--mail", at="20m")
        assert (done.exit, len(server.received)) == (6, 1)
        assert ".itsm was deleted while this sweep was at work" in done.err
        desk.ok("sweep", "--mail", at="21m")
        desk.ok("sweep", "--mail", at="22m")
        assert sorted(mail.to[0] for mail in server.received) == ["cc@example.com", "head1@example.com"]


def test_a_second_sweep_beside_a_first_that_is_at_work_leaves_at_once(tmp_path):
    with Smtpd() as server:
        server.delay = 0.3
        (tmp_path / "desk" / "tickets").mkdir(parents=True)
        channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 5}}}}"
        (tmp_path / "desk" / "sla.yaml").write_bytes(sla_yaml(LATE, channels=channels))
        desk = DeskRunner(tmp_path / "desk")
        desk.ok("open", "Mail")
        first = subprocess.Popen([ITSM, "sweep", "--mail"], cwd=desk.root, env=desk.environment("20m"))
        while not server.connections:
            time.sleep(0.01)
        second = desk.ok("sweep", "--mail", at="20m")
        assert (second.out, second.err) == ("", "")
        assert first.wait(60) == 0
        assert len(server.received) == 2


# --- network file systems ----------------------------------------------------------------------

MOUNTS = """\
22 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw
30 22 0:27 / /srv rw,relatime shared:2 - nfs4 files:/srv rw,vers=4.2
31 30 0:28 / /srv/local rw,relatime - xfs /dev/sdb rw
32 22 0:29 / /home/mei/my\\040desk rw shared:3 master:1 - fuse.sshfs mei@ops:/desk rw
33 22 0:30 / /mnt rw - tmpfs none rw
34 33 0:31 / /mnt rw - cifs //files/desk rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "network"),
    [
        ("/srv/desk", "nfs4", True),
        ("/srv", "nfs4", True),
        ("/srvs", "ext4", False),
        ("/srv/local/desk", "xfs", False),
        ("/home/mei/my desk/tickets", "fuse.sshfs", True),
        ("/mnt/desk", "cifs", True),  # mounted over the one before
        ("/", "ext4", False),
    ],
)
def test_the_file_system_of_a_folder_is_that_of_the_last_mount_above_it(tmp_path, monkeypatch, path, kind, network):
    assert mounts.kind_of(path, MOUNTS) == kind
    (tmp_path / "mountinfo").write_text(MOUNTS)
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mountinfo")
    assert mounts.network_file_system(path) == (kind if network else "")


def test_a_desk_on_a_network_file_system_is_told_by_check_and_once_by_the_sweep(desk, tmp_path, monkeypatch):
    (tmp_path / "mountinfo").write_text(f"30 22 0:27 / {desk.root} rw,relatime shared:2 - nfs4 files:/srv rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", tmp_path / "mountinfo")
    done = desk.ok("check", "--json")
    assert [problem["message"] for problem in done.data["warnings"]] == ["lies on a network file system (nfs4)"]
    assert "nfs4" in desk.ok("check").err
    said = [desk.ok("sweep", at=f"{minute}m").err for minute in (1, 2, 3)]
    assert ["nfs4" in text for text in said] == [True, False, False]


def test_a_desk_on_a_disk_of_ones_own_is_warned_of_nothing(desk):
    assert desk.ok("check", "--json").data["warnings"] == []
