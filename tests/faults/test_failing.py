"""The n-th write, fsync, rename, link, mkdir or creation fails: said with the file's name, old file intact, no fsync tried again.

A quick share; `make test-faults` tries all, and `python -m tests.faults.failing` prints the table.
"""

from __future__ import annotations

import pytest

from tests.faults.failing import COLUMNS, commands, mailing
from tests.faults.scenes import ALL, SCENES
from tests.faults.table import heading


@pytest.mark.parametrize("name", SCENES)
def test_a_command_whose_disk_fails_says_so_and_harms_nothing(starter, tmp_path, name):
    [row] = commands(tmp_path, starter, [name], 1 if ALL else 23, list(SCENES).index(name))
    print(heading("failing in", COLUMNS), row, sep="\n")
    assert row.faults == []
    assert row.counts["refused"]
    assert row.counts["torn"] == 0


@pytest.mark.parametrize("share", range(2))
def test_a_sweep_whose_disk_fails_loses_no_mail_and_repeats_one_at_most(starter, tmp_path, share):
    row = mailing(tmp_path, starter, 2 if ALL else 30, share)
    print(heading("failing in", COLUMNS), row, sep="\n")
    assert row.faults == []
    assert row.counts["refused"]
    assert (row.counts["torn"], row.counts["lost"]) == (0, 0)
