"""The project is a desk itself: its files are in order, tell of every state, and no clone of it mails anybody."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ITSM = str(Path(sys.executable).with_name("itsm"))
STATUSES = {"new", "assigned", "in-progress", "pending", "resolved", "closed", "cancelled"}
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", re.ASCII)
NOVEMBER = re.compile(r"2026-11-(1[6-9]|2[0-2])T[0-9:]{8}Z", re.ASCII)

pytestmark = pytest.mark.skipif(not (ROOT / "tickets").is_dir(), reason="a source distribution: the desk stays in the repository")


def itsm(desk: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ITSM, *words], cwd=desk, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def listed(desk: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(itsm(desk, "list", "status:all", "--json").stdout)["data"]
    return found


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The desk's files as a clone has them, in a repository of their own."""
    for part in ("tickets", "notices"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for part in ("sla.yaml", ".gitignore", ".gitattributes"):
        shutil.copy(ROOT / part, tmp_path)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-qm", "the desk")
    return tmp_path


def git(folder: Path, *words: str) -> str:
    bare = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["git", *words], cwd=folder, env=bare, capture_output=True, encoding="utf-8", check=True).stdout


def test_every_file_is_in_order():
    checked = itsm(ROOT, "check")
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    assert itsm(ROOT, "sla", "check").returncode == 0


def test_there_is_a_ticket_of_every_state_and_type_and_some_are_chinese():
    tickets = listed(ROOT)
    assert len(tickets) >= 10
    assert {ticket["status"] for ticket in tickets} == STATUSES
    assert {ticket["type"] for ticket in tickets} == {"incident", "request", "change", "inquiry"}
    assert sum(any("\u4e00" <= letter <= "\u9fff" for letter in ticket["title"]) for ticket in tickets) >= 3


def test_events_have_ulids_of_their_own_and_happened_in_that_week():
    events = [event for ticket in listed(ROOT) for event in json.loads(itsm(ROOT, "log", ticket["id"], "--json").stdout)["data"]]
    ids = [event["id"] for event in events]
    assert all(ULID.fullmatch(one) for one in ids)
    assert len(set(ids)) == len(ids)
    assert all(NOVEMBER.fullmatch(event["at"]) for event in events)


def test_a_clone_mails_nobody_and_leaves_nothing_that_git_sees(clone: Path):
    swept = itsm(clone, "sweep", "--mail")
    assert swept.returncode == 0, swept.stderr
    assert "dry run" in swept.stderr
    for words in (["list"], ["show", "1"], ["calls"], ["due"], ["notices"], ["sla", "explain", "3"], ["check"]):
        assert itsm(clone, *words).returncode == 0, words
    assert git(clone, "status", "--porcelain") == ""


def test_one_that_takes_over_changes_only_tickets_notices_and_the_sender(clone: Path):
    for words in (["sender", "take"], ["open", "A new one"], ["sweep"]):
        done = itsm(clone, *words)
        assert done.returncode == 0, done.stderr
    changed = {line[3:] for line in git(clone, "status", "--porcelain", "-uall").splitlines()}
    assert "sla.yaml" in changed
    assert all(name == "sla.yaml" or name.startswith(("tickets/T-", "notices/")) for name in changed)


@pytest.mark.slow
def test_the_script_makes_these_very_tickets(tmp_path: Path):
    subprocess.run([sys.executable, "scripts/own_desk.py", str(tmp_path / "desk")], cwd=ROOT, check=True)
    assert itsm(tmp_path / "desk", "check").returncode == 0
    facts = ("id", "title", "status", "priority", "team", "assignee", "opened", "closed")
    made, here = ([{name: ticket.get(name) for name in facts} for ticket in listed(desk)] for desk in (tmp_path / "desk", ROOT))
    assert made == here
