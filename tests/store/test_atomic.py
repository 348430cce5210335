"""Files are old or new, never torn; what can't be done is said with the file's name, and leaves nothing behind."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from itsm.errors import Invalid, ItsmError, Refused
from itsm.store import atomic, many, unfinished


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_new_file_is_made_with_the_rights_that_the_umask_leaves(tmp_path, umask):
    atomic.create(tmp_path / "T-1.yaml", b"a")
    atomic.replace(tmp_path / "T-2.yaml", b"b")
    assert {path.name: (path.read_bytes(), rights(path), path.stat().st_nlink) for path in tmp_path.iterdir()} == {
        "T-1.yaml": (b"a", 0o640, 1),
        "T-2.yaml": (b"b", 0o640, 1),
    }


def test_a_file_that_is_there_is_not_made_again(tmp_path):
    path = tmp_path / "T-1.yaml"
    path.write_bytes(b"old")
    with pytest.raises(FileExistsError):
        atomic.create(path, b"new")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]


def test_a_link_to_nowhere_is_something_that_is_there(tmp_path):
    path = tmp_path / "T-1.yaml"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FileExistsError):
        atomic.create(path, b"new")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_a_replaced_file_keeps_its_rights(tmp_path, umask, mode):
    path = tmp_path / "T-1.yaml"
    path.write_bytes(b"old")
    path.chmod(mode)
    atomic.replace(path, b"new")
    assert (path.read_bytes(), rights(path)) == (b"new", mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file to any group")
def test_a_replaced_file_keeps_its_group(tmp_path):
    path = tmp_path / "T-1.yaml"
    path.write_bytes(b"old")
    os.chown(path, -1, 12345)
    path.chmod(0o660)
    atomic.replace(path, b"new")
    assert (path.stat().st_gid, rights(path)) == (12345, 0o660)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP], ids=errno.errorcode.get)
def test_without_hard_links_a_file_is_still_made_exclusively(tmp_path, monkeypatch, code):
    def no_links(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", no_links)
    atomic.create(tmp_path / "T-1.yaml", b"a")
    with pytest.raises(FileExistsError):
        atomic.create(tmp_path / "T-1.yaml", b"b")
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"a"]


# --- when the disk says no --------------------------------------------------------------------


class Failing:
    """A system call whose n-th use fails."""

    def __init__(self, call, turn, code):
        self.call, self.turn, self.code, self.used = call, turn, code, 0

    def __call__(self, *args, **kwargs):
        self.used += 1
        if self.used == self.turn:
            raise OSError(self.code, os.strerror(self.code))
        return self.call(*args, **kwargs)


FAULTS = [
    (call, turn, code)
    for call, turns in {"open": (1, 2), "write": (1,), "fsync": (1, 2), "rename": (1,), "fchmod": (1,)}.items()
    for turn in turns
    for code in (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EACCES)
]


@pytest.mark.parametrize(("call", "turn", "code"), FAULTS, ids=[f"{call} {turn} {errno.errorcode[code]}" for call, turn, code in FAULTS])
def test_a_write_that_fails_leaves_the_old_file_or_the_new_one(tmp_path, monkeypatch, call, turn, code):
    path = tmp_path / "T-1.yaml"
    path.write_bytes(b"old")
    fault = Failing(getattr(os, call), turn, code)
    monkeypatch.setattr(os, call, fault)
    with pytest.raises(ItsmError, match=rf"T-1\.yaml: can't be written: {os.strerror(code)}") as caught:
        atomic.replace(path, b"new")
    monkeypatch.undo()
    assert caught.value.exit_code == 1
    assert fault.used == turn  # never tried again
    on_folder = (call, turn) in (("open", 2), ("fsync", 2))
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"new" if on_folder else b"old"]


@pytest.mark.parametrize(("call", "turn"), [("open", 1), ("write", 1), ("fsync", 1), ("link", 1)])
def test_a_file_that_can_not_be_made_is_not_there(tmp_path, monkeypatch, call, turn):
    monkeypatch.setattr(os, call, Failing(getattr(os, call), turn, errno.ENOSPC))
    with pytest.raises(ItsmError, match=r"T-1\.yaml: can't be created: No space") as caught:
        atomic.create(tmp_path / "T-1.yaml", b"new")
    assert "make room" in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data[:3])))
    atomic.create(tmp_path / "a", b"0123456789")
    assert (tmp_path / "a").read_bytes() == b"0123456789"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ItsmError, match="can't be written: No such file"):
        atomic.replace(tmp_path / "x" / "T-1.yaml", b"new")


# --- reading ----------------------------------------------------------------------------------


def test_reading_stops_at_the_limit(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    assert atomic.read(path, 10) == b"x" * 10
    with pytest.raises(Invalid, match="larger than 9 bytes"):
        atomic.read(path, 9)


def test_a_file_that_grows_while_it_is_read_is_too_large(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    monkeypatch.setattr(os, "read", lambda _, count: b"x" * min(count, 4))
    with pytest.raises(Invalid, match="larger than 10 bytes"):
        atomic.read(path, 10)


def make_fifo(path: Path):
    os.mkfifo(path)


def make_link(path: Path):
    path.with_name("target").write_bytes(b"x")
    path.symlink_to(path.with_name("target"))


@pytest.mark.parametrize("make", [make_fifo, make_link, Path.mkdir], ids=["FIFO", "symlink", "folder"])
def test_only_regular_files_are_read_or_replaced(tmp_path, make):
    path = tmp_path / "T-1.yaml"
    make(path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Invalid, match="not a regular file"):
        atomic.read(path)
    with pytest.raises(Invalid, match="not a regular file"):
        atomic.replace(path, b"new")
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_is_not_there_is_the_callers_business(tmp_path):
    with pytest.raises(FileNotFoundError):
        atomic.read(tmp_path / "a")


# --- what dead processes left -----------------------------------------------------------------


def test_temporary_files_of_dead_processes_are_reaped_after_an_hour(tmp_path):
    old, young, other = tmp_path / ".T-1.yaml.7.0123abcd.tmp", tmp_path / ".T-2.yaml.7.0123abcd.tmp", tmp_path / ".T-3.yaml.swp"
    for path in (old, young, other):
        path.write_bytes(b"x")
    long_ago = young.stat().st_mtime - unfinished.STALE - 60
    os.utime(old, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    assert unfinished.reap(tmp_path) == [old.name]
    assert sorted(tmp_path.iterdir()) == [young, other]
    assert not unfinished.reap(tmp_path)


@pytest.mark.parametrize(
    ("name", "ours"),
    [(".T-1.yaml.7.0123abcd.tmp", True), ("T-1.yaml.7.0123abcd.tmp", False), (".T-1.yaml.swp", False), (".T-1.yaml.7.0123ABCD.tmp", False)],
)
def test_our_own_temporary_files_are_told_from_others(name, ours):
    assert unfinished.is_temporary(name) is ours


@pytest.mark.parametrize("gone", [False, True], ids=["renamed over", "deleted"])
def test_what_an_editor_saves_while_the_new_file_is_written_is_kept(tmp_path, monkeypatch, gone):
    path, sync = tmp_path / "T-1.yaml", os.fsync
    path.write_bytes(b"old")

    def saved_meanwhile(fd):
        sync(fd)
        if gone:
            path.unlink()
        else:
            (tmp_path / "editor").write_bytes(b"by hand")
            (tmp_path / "editor").rename(path)

    monkeypatch.setattr(os, "fsync", saved_meanwhile)
    with pytest.raises(Refused, match="changed underneath"):
        atomic.replace(path, b"new", b"old")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == ({} if gone else {"T-1.yaml": b"by hand"})


# --- many at once


def test_many_files_are_replaced_each_with_the_rights_that_it_had(tmp_path, umask):
    for name, mode in (("T-1.yaml", 0o600), ("T-2.yaml", 0o664)):
        (tmp_path / name).write_bytes(b"old")
        (tmp_path / name).chmod(mode)
    assert many.replace(tmp_path, dict.fromkeys(("T-1.yaml", "T-2.yaml"), (b"new", b"old"))) == {}
    assert {one.name: (one.read_bytes(), rights(one)) for one in tmp_path.iterdir()} == {
        "T-1.yaml": (b"new", 0o600),
        "T-2.yaml": (b"new", 0o664),
    }


def test_of_many_files_one_that_can_not_be_replaced_is_left_as_it_is_and_named(tmp_path):
    (tmp_path / "T-1.yaml").write_bytes(b"by hand")
    (tmp_path / "T-2.yaml").write_bytes(b"old")
    (tmp_path / "T-3.yaml").mkdir()
    failed = many.replace(tmp_path, {f"T-{n}.yaml": (b"new", b"old") for n in (1, 2, 3, 4)})
    assert {name: type(error) for name, error in failed.items()} == {"T-1.yaml": Refused, "T-3.yaml": Invalid, "T-4.yaml": Refused}
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir() if one.is_file()} == {"T-1.yaml": b"by hand", "T-2.yaml": b"new"}


def test_where_the_disk_is_full_none_of_many_files_is_changed(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "T-1.yaml").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    failed = many.replace(tmp_path, {"T-1.yaml": (b"new", b"old")})
    assert "T-1.yaml: can't be written: No space left on device" in str(failed["T-1.yaml"])
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"T-1.yaml": b"old"}
