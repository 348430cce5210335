"""`itsm archive`: what is over leaves the live folder and is lost to nobody (page 2; issue 5, part 2)."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """T-1 closed, T-2 cancelled, T-3 closed ten days later, T-4 resolved, T-5 new."""
    desk = DeskRunner.made(tmp_path / "desk")
    for n in range(1, 6):
        desk.ok("open", f"Number {n}", at="0m")
    desk.ok("close", "1", "--how", "done", at="1d")
    desk.ok("cancel", "2", "--why", "twice", at="1d")
    desk.ok("close", "3", "--how", "done", at="11d")
    desk.ok("resolve", "4", "--how", "done", at="1d")
    return desk


def where(desk: DeskRunner) -> list[str]:
    return sorted(str(path.relative_to(desk.root / "tickets")) for path in (desk.root / "tickets").rglob("T-*.yaml"))


def test_what_ended_more_than_ninety_days_ago_goes_to_the_folder_of_its_year(desk: DeskRunner) -> None:
    before = {path.name: path.read_bytes() for path in (desk.root / "tickets").glob("*.yaml")}
    done = desk.ok("archive", at="92d")
    assert done.out == "T-1: moved to tickets/archive/2026\nT-2: moved to tickets/archive/2026\n"
    assert where(desk) == ["T-3.yaml", "T-4.yaml", "T-5.yaml", "archive/2026/T-1.yaml", "archive/2026/T-2.yaml"]
    assert {path.name: path.read_bytes() for path in (desk.root / "tickets").rglob("*.yaml")} == before  # not a byte is changed
    assert desk.ok("check").out == "5 tickets: all is well\n"


def test_the_year_is_that_in_which_it_ended(desk: DeskRunner) -> None:
    desk.ok("close", "5", "--how", "done", at="60d")
    desk.ok("archive", "--closed-before", "1d", at="70d")
    assert where(desk) == ["T-4.yaml", *(f"archive/2026/T-{n}.yaml" for n in (1, 2, 3)), "archive/2027/T-5.yaml"]


@pytest.mark.parametrize(
    ("before", "moved"),
    [("5d", ["T-1", "T-2"]), ("2026-12-04T09:00:01Z", ["T-1", "T-2", "T-3"]), ("2026-12-04T09:00:00Z", ["T-1", "T-2"]), ("11d", [])],
)
def test_closed_before_says_which(desk: DeskRunner, before: str, moved: list[str]) -> None:
    data = desk.ok("archive", "--closed-before", before, "--json", at="12d").data
    assert data == {"archived": [{"ticket": one, "folder": "tickets/archive/2026"} for one in moved], "dry": False, "problems": []}


def test_a_dry_run_moves_nothing(desk: DeskRunner) -> None:
    assert desk.ok("archive", "--dry-run", at="92d").out.splitlines() == [f"T-{n}: would go to tickets/archive/2026" for n in (1, 2)]
    assert not (desk.root / "tickets/archive").exists()


def test_what_is_archived_is_found_shown_reopened_and_its_number_not_given_again(desk: DeskRunner) -> None:
    desk.ok("archive", at="92d")
    assert desk.ok("show", "1", at="92d").out.startswith("T-1  Number 1\n")
    assert [one["event"] for one in desk.ok("log", "2", "--json", at="92d").data] == ["opened", "breached", "cancelled"]
    assert {one["id"] for one in desk.ok("search", "number", "--json", at="92d").data} == {f"T-{n}" for n in range(1, 6)}
    assert [one["id"] for one in desk.ok("list", "status:ended", "--json", at="92d").data] == ["T-3"]
    assert {one["id"] for one in desk.ok("list", "status:ended", "--archived", "--json", at="92d").data} == {"T-1", "T-2", "T-3"}
    assert desk.ok("open", "The next", "--json", at="92d").data["id"] == "T-6"
    desk.ok("reopen", "1", "--why", "again", at="92d")
    assert "T-1.yaml" in where(desk)
    assert "archive/2026/T-1.yaml" not in where(desk)


def test_rules_no_longer_look_at_what_is_archived(desk: DeskRunner) -> None:
    """The survey of T-1 would be owed a day after it was closed."""
    desk.ok("archive", "--closed-before", "1m", at="1d2m")
    actions = desk.ok("sweep", "--dry-run", "--json", at="3d").data["actions"]
    assert {one["ticket"] for one in actions} == {"T-3", "T-4", "T-5"}


def test_twice_does_no_harm_and_nothing_is_over_is_said(desk: DeskRunner) -> None:
    desk.ok("archive", at="92d")
    assert desk.ok("archive", at="92d").out == "nothing to archive\n"


def test_one_that_is_in_the_archive_already_is_named_and_the_others_go(desk: DeskRunner) -> None:
    (desk.root / "tickets/archive/2026").mkdir(parents=True)
    (desk.root / "tickets/archive/2026/T-1.yaml").write_bytes(desk.file("T-1").read_bytes() + b"# another\n")
    done = desk.do("archive", at="92d")
    assert (done.exit, done.out) == (5, "T-2: moved to tickets/archive/2026\n")
    assert done.err == "tickets/T-1.yaml: tickets/archive/2026/T-1.yaml is there already (two files with one id: itsm check names them)\n"
    assert desk.file("T-1").exists()


@pytest.mark.parametrize("command", [("archive",), ("reopen", "1", "--why", "Still down"), ("note", "1", "It was the cable")], ids=" ".join)
def test_what_a_power_cut_left_in_both_places_is_one_again_with_the_next_command(desk: DeskRunner, command: tuple[str, ...]) -> None:
    """As long as the two are the same to the byte, nothing of either is lost."""
    (desk.root / "tickets/archive/2026").mkdir(parents=True)
    (desk.root / "tickets/archive/2026/T-1.yaml").write_bytes(desk.file("T-1").read_bytes())
    assert desk.do("check", at="92d").exit == 5
    desk.ok(*command, at="92d")
    assert len([one for one in where(desk) if one.endswith("T-1.yaml")]) == 1
    desk.ok("check", at="92d")


def test_fifty_ask_a_person_first(desk: DeskRunner) -> None:
    for _ in range(50):
        desk.ok("open", "Soon over", "--answered", "yes", at="0m")
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [ITSM, "archive"], cwd=desk.root, env=desk.environment("92d"), stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, input=None,
        check=False, timeout=60, preexec_fn=lambda: os.write(ours, b"n\n"),
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (1, b"")
    assert not (desk.root / "tickets/archive").exists()
    os.close(theirs)
    os.close(ours)
    assert len(json.loads(desk.ok("archive", "--json", at="92d").out)["data"]["archived"]) == 52
