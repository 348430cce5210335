"""The power goes: what was said to be done is there, every ticket is old or new, no mail is lost (see `disk` for what a crash may leave).

All states of small commands, a share of the others'; `make test-faults` tries all, `python -m tests.faults.powercut` prints the table.
"""

from __future__ import annotations

import pytest

from tests.faults.disk import Disk
from tests.faults.powercut import COLUMNS, commands, mailing
from tests.faults.scenes import ALL, SCENES
from tests.faults.table import heading

SMALL = ("open", "note", "resolve", "notices drop", "init")


@pytest.mark.parametrize("name", SCENES)
def test_after_a_power_cut_each_file_is_old_or_new_and_what_was_said_to_be_done_is_done(starter, tmp_path, name):
    [row] = commands(tmp_path, starter, [name], *(() if ALL or name in SMALL else (20, 4)))
    print(heading("power cut in", COLUMNS), row, sep="\n")
    assert row.faults == []
    assert (row.counts["torn"], row.counts["lost"]) == (0, 0)
    assert row.counts["states"] > 1


def test_after_a_power_cut_no_mail_is_lost_and_one_repeated_at_most(starter, tmp_path):
    row = mailing(tmp_path, starter, *(() if ALL else (20, 10)))
    print(heading("power cut in", COLUMNS), row, sep="\n")
    assert row.faults == []
    assert (row.counts["torn"], row.counts["lost"]) == (0, 0)
    assert row.counts["states"] > 1


def test_the_model_of_the_disk_drops_what_was_not_synced_and_keeps_what_was(tmp_path):
    """The model itself, by the calls of a careless program: it writes, renames and says that it is done."""
    root = tmp_path / "desk"
    root.mkdir()
    (root / "a").write_bytes(b"old")
    disk = Disk.of(root)
    disk._openat(_hex("b"), "O_WRONLY|O_CREAT", _hex(f"{root}/b"))
    disk._write(_hex(f"{root}/b"), _hex("new"), "")
    disk._rename(_hex("b"), _hex("a"))
    contents = {tree.get("a") for tree in disk.states(lambda _: True)}
    assert contents == {b"old", b"", b"n", b"new"}
    assert {"b" in tree for tree in disk.states(lambda _: True)} == {True, False}
    disk._fsync(_hex(f"{root}/a"))
    assert {tree.get("a") for tree in disk.states(lambda _: True)} == {b"old", b"new"}
    disk._fsync(_hex("."))
    assert list(disk.states(lambda _: True)) == [disk.safe()] == [disk.now()] == [{"a": b"new"}]


def _hex(text):
    return "".join(f"\\x{byte:02x}" for byte in text.encode())
