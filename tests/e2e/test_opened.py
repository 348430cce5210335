"""What a command costs, in files: with a hundred thousand tickets in the archive it opens what it would open with none (issue 5).

Times depend on the machine; which files are opened doesn't.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from itsm.store import keys
from tests.desk_runner import DeskRunner
from tests.opened import opened

ARCHIVED = "tickets/archive/2025"


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """Three live tickets, three archived ones, swept, and nobody has touched anything for as long as files are suspected."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("opened") / "desk")
    for n in range(6):
        desk.ok("open", f"Number {n}")
    (desk.root / ARCHIVED).mkdir(parents=True)
    for n in (1, 2, 3):
        desk.ok("close", str(n), "--how", "done")
        desk.file(f"T-{n}").rename(desk.root / ARCHIVED / f"T-{n}.yaml")
    time.sleep(keys.RACY / 1e9 + 0.1)
    desk.ok("sweep")
    time.sleep(keys.RACY / 1e9 + 0.1)
    for command in ("open", "sweep", "list"):
        desk.ok(command, *(["One more"] if command == "open" else []))
    time.sleep(keys.RACY / 1e9 + 0.1)
    for command in ("sweep", "list"):
        desk.ok(command)
    return desk


def tickets(paths: list[str]) -> list[str]:
    return [one for one in paths if one.startswith("tickets")]


def test_an_idle_sweep_opens_no_ticket_and_lists_the_live_folder_once(settled: DeskRunner) -> None:
    assert tickets(opened(settled, "sweep")) == ["tickets", "tickets/archive"]


def test_an_idle_sweep_reads_no_journal(settled: DeskRunner) -> None:
    assert [one for one in opened(settled, "sweep") if one.startswith("notices/")] == []


@pytest.mark.parametrize("words", [[], ["--json"], ["team:network"], ["number"]], ids=["all", "JSON", "a filter", "a word"])
def test_a_list_opens_no_ticket(settled: DeskRunner, words: list[str]) -> None:
    assert tickets(opened(settled, "list", *words)) == ["tickets", "tickets/archive"]


def test_only_the_ticket_that_changed_is_read(settled: DeskRunner) -> None:
    settled.ok("note", "5", "changed")
    assert tickets(opened(settled, "list")) == ["tickets", "tickets/T-5.yaml", "tickets/archive"]


@pytest.mark.parametrize("command", [["show", "4"], ["log", "4"]], ids=" ".join)
def test_one_ticket_is_one_file(settled: DeskRunner, command: list[str]) -> None:
    assert tickets(opened(settled, *command)) == ["tickets/T-4.yaml"]


def test_an_archived_ticket_is_found_without_listing_its_year(settled: DeskRunner) -> None:
    assert tickets(opened(settled, "show", "2")) == ["tickets/archive", "tickets/archive", f"{ARCHIVED}/T-2.yaml"]


def test_a_new_ticket_lists_no_year_of_the_archive(settled: DeskRunner) -> None:
    assert ARCHIVED not in opened(settled, "open", "The next")


def test_a_year_that_changed_is_looked_through_for_the_next_number(settled: DeskRunner) -> None:
    """As after git pull: somebody else's archive has a higher number."""
    path = settled.root / ARCHIVED / "T-900.yaml"
    path.write_text((settled.root / ARCHIVED / "T-1.yaml").read_text("utf-8").replace("T-1", "T-900"), "utf-8")
    assert settled.ok("open", "After the pull", "--json").data["id"] == "T-901"


def test_numbers_go_on_where_the_mark_is_lost(settled: DeskRunner) -> None:
    highest = max(int(path.stem[2:]) for path in Path(settled.root / "tickets").rglob("T-*.yaml"))
    os.unlink(settled.root / ".itsm/last-number")  # noqa: PTH108 - as `rm` does
    assert settled.ok("open", "Without a mark", "--json").data["id"] == f"T-{highest + 1}"
