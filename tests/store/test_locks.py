"""One holder at a time; who waits in vain is told for whom."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from itsm.errors import Busy, ItsmError
from itsm.store import locks

HOLDER = """
import sys, time
from pathlib import Path
from itsm.store import locks
with locks.lock(Path(sys.argv[1]), 1, "itsm sweep"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / locks.OWN / "lock"


@pytest.fixture
def holder(path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_the_lock_is_had_again_once_it_is_let_go(path):
    for _ in range(2):
        with locks.lock(path, 0, "note"):
            assert f"note (process {os.getpid()} of " in locks.holder(path)
        assert locks.holder(path) == ""


def test_it_is_let_go_when_the_work_fails(path):
    with pytest.raises(ZeroDivisionError), locks.lock(path, 0, "note"):
        raise ZeroDivisionError
    with locks.lock(path, 0, "note"):
        pass


def test_who_waits_in_vain_is_told_for_whom(path, holder):
    with (
        pytest.raises(Busy, match=rf"waited 0.1 s: itsm sweep \(process {holder.pid} of .* on .*\), since 20\d\d-") as caught,
        locks.lock(path, 0.1, "note"),
    ):
        pass
    assert caught.value.exit_code == 6


def test_who_need_not_wait_is_told_at_once(path, holder):
    with locks.try_lock(path, "sweep") as other:
        assert other is not None
        assert f"process {holder.pid}" in other


def test_a_free_lock_is_held_without_waiting(path):
    with locks.try_lock(path, "sweep") as other:
        assert other is None
        with locks.try_lock(path, "sweep") as second:
            assert second is not None


def test_a_dead_holder_holds_nothing(path, holder):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with locks.lock(path, 1, "note"):
        pass


def test_the_lock_file_is_for_the_whole_group_and_stays(path):
    before = os.umask(0o077)
    try:
        with locks.lock(path, 0, "note"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_the_folder_for_our_own_things_is_closed_to_git_and_has_the_desks_rights(tmp_path):
    tmp_path.chmod(0o2770)
    own = locks.own_folder(tmp_path)
    assert (own / ".gitignore").read_text() == "*\n"
    assert stat.S_IMODE(own.stat().st_mode) & 0o777 == 0o770
    assert locks.own_folder(tmp_path) == own


def test_a_folder_that_somebody_else_made_is_closed_to_git_too(tmp_path):
    (tmp_path / locks.OWN).mkdir()
    assert (locks.own_folder(tmp_path) / ".gitignore").exists()


def test_a_lock_that_is_a_link_is_refused(path):
    locks.own_folder(path.parent.parent)
    path.symlink_to("/etc/passwd")
    with pytest.raises(ItsmError, match="can't be locked"), locks.lock(path, 0, "note"):
        pass
