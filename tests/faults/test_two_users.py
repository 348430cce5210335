"""Two users of one group share a desk: each can change what the other made, and rights and group stay (the issue: *Writing*)."""

from __future__ import annotations

import os
import stat

import pytest

from tests.desk_runner import DeskRunner
from tests.faults.launch import Starter

GROUP = 61_000
MEI, HAN = 61_001, 61_002


@pytest.fixture
def starter():
    with Starter() as starter:
        yield starter


@pytest.fixture
def shared(as_root, opened_to_others, tmp_path):
    """A desk in a folder of the group, with the setgid bit: what is made in it belongs to the group."""
    desk = DeskRunner.made(tmp_path / "desk")
    for path in (desk.root, *desk.root.rglob("*")):
        os.chown(path, MEI, GROUP)
        path.chmod(0o2770 if path.is_dir() else 0o660)
    (tmp_path / "desk.said").mkdir()
    (tmp_path / "desk.said").chmod(0o777)
    return desk


def rights(desk):
    """Path → mode and group of each file and folder that counts."""
    found = {}
    for path in sorted(desk.root.rglob("*")):
        about = path.stat()
        found[str(path.relative_to(desk.root))] = (stat.S_IMODE(about.st_mode), about.st_gid)
    return found


@pytest.mark.parametrize("umask", [0o007, 0o027, 0o077], ids="umask {:03o}".format)
def test_two_users_open_note_move_and_sweep_in_turns(starter, shared, umask):
    def does(uid, *args, at):
        done = starter.run_as((uid, GROUP, umask), args, shared.root, shared.environment(at))
        assert done.code == 0, (uid, args, done)
        return done.out

    for number, (first, second) in enumerate(((MEI, HAN), (HAN, MEI)), 1):
        which = str(number)
        does(first, "open", "Mail is down", at=f"{number}h")
        does(second, "note", which, "Phoned", at=f"{number}h1m")
        does(first, "assign", which, "network", at=f"{number}h2m")
        does(second, "sweep", at=f"{number}h30m")
        does(first, "sweep", at=f"{number}h40m")
        does(second, "resolve", which, "--how", "Restarted", at=f"{number}h50m")
        does(first, "check", "--fix", at=f"{number}h51m")
        does(second, "check", at=f"{number}h52m")
        does(first, "list", at=f"{number}h53m")
        does(second, "set", which, "priority=P1", at=f"{number}h54m")
        does(first, "calls", at=f"{number}h55m")
    found = rights(shared)
    assert {group for _, group in found.values()} == {GROUP}
    ours = {name: mode for name, (mode, _) in found.items() if not name.startswith(".itsm/") and (shared.root / name).is_file()}
    assert {name: oct(mode) for name, mode in ours.items() if mode & 0o060 != 0o060} == {}


def test_a_replaced_file_keeps_its_rights_and_its_group_whoever_replaces_it(starter, shared):
    starter.run_as((MEI, GROUP, 0o007), ("open", "Mail is down"), shared.root, shared.environment())
    path = shared.file()
    path.chmod(0o664)
    done = starter.run_as((HAN, GROUP, 0o077), ("note", "1", "Phoned"), shared.root, shared.environment("1m"))
    assert done.code == 0, done
    about = path.stat()
    assert (about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)) == (HAN, GROUP, 0o664)


def test_who_is_not_of_the_group_is_told_so_and_changes_nothing(starter, shared):
    starter.run_as((MEI, GROUP, 0o007), ("open", "Mail is down"), shared.root, shared.environment())
    before = shared.files()
    shared.root.chmod(0o2775)
    (shared.root / "tickets").chmod(0o2775)
    (shared.root / "sla.yaml").chmod(0o664)
    shared.file().chmod(0o664)
    done = starter.run_as((61_003, 61_003, 0o022), ("note", "1", "x"), shared.root, shared.environment())
    assert done.code == 1, done
    assert "Permission denied" in done.err
    assert "rights" in done.err
    assert shared.files() == before


def test_who_may_not_write_to_the_archive_hears_of_each_file_once(starter, shared):
    for args in (("open", "Mail is down"), ("cancel", "1", "--why", "twice")):
        starter.run_as((MEI, GROUP, 0o007), args, shared.root, shared.environment())
    year = shared.root / "tickets" / "archive" / "2026"
    year.mkdir(parents=True)
    year.chmod(0o555)
    done = starter.run_as((MEI, GROUP, 0o007), ("archive", "--closed-before", "1d"), shared.root, shared.environment("3d"))
    said = "can't be moved to tickets/archive/2026/T-1.yaml: Permission denied (look at the rights of the file and its folder)"
    assert (done.code, done.err.splitlines()[1:]) == (5, [f"tickets/T-1.yaml: {said}"])
    assert shared.file().exists()
