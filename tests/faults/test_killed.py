"""Killed at every system call, nothing is torn and nothing is lost (page 3, sentence 19; the issue: *Proof*).

A quick share of the points; `make test-faults` tries all of them, and `python -m tests.faults.killed` prints the table.
"""

from __future__ import annotations

import pytest

from tests.faults.killed import COLUMNS, commands, mailing
from tests.faults.scenes import ALL, SCENES
from tests.faults.table import heading

STEP = 1 if ALL else 9


@pytest.mark.parametrize("name", SCENES)
def test_a_command_that_is_killed_leaves_each_file_old_or_new_and_can_be_given_again(starter, tmp_path, name):
    [row] = commands(tmp_path, starter, [name], STEP, list(SCENES).index(name))
    print(heading("killed in", COLUMNS), row, sep="\n")
    assert row.faults == []
    assert row.counts["points"] >= 1
    assert not ALL or (row.counts["old"] and row.counts["new"])


@pytest.mark.parametrize("share", range(2))
def test_a_sweep_that_is_killed_loses_no_mail_and_repeats_one_at_most_with_the_same_message_id(starter, tmp_path, share):
    row = mailing(tmp_path, starter, 2 * STEP, share * STEP)
    print(heading("killed in", COLUMNS), row, sep="\n")
    assert row.faults == []
    assert (row.counts["torn"], row.counts["lost"]) == (0, 0)
    assert set(row.counts) <= set(COLUMNS)
    assert not ALL or (row.counts["old"] and row.counts["new"] and row.counts["doubled"])
