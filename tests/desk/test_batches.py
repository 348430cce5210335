"""Many changed files at once: read by one process a core, and the index says the same as if one had read them all."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.desk import batches, rows
from itsm.desk.desk import Desk
from itsm.errors import Problem
from itsm.store.rows import Read
from tests.desk_runner import DeskRunner
from tests.store.cases import CANONICAL

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
PLACES = {"tickets": range(1, 8), "tickets/archive/2025": range(8, 10), "tickets/archive/2026": range(10, 17)}
BROKEN = (3, 12)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with a few tickets in each folder, and a program that takes a few for many."""
    root = DeskRunner.made(tmp_path / "desk").root
    for place, numbers in PLACES.items():
        (root / place).mkdir(parents=True, exist_ok=True)
        for number in numbers:
            text = CANONICAL.replace("T-42", f"T-{number}")
            (root / place / f"T-{number}.yaml").write_text(text.replace("status: r", "stat: r" if number in BROKEN else "status: r"))
    monkeypatch.setattr(batches, "_BATCH", 2)
    return root


def listed(root: Path) -> tuple[dict[str, object], list[str]]:
    problems: list[Problem] = []
    found = {row.id: (row.json, row.text, row.archived) for row in rows.every(Desk(root), NOW, problems, archived=True)}
    return found, sorted(map(str, problems))


def indexed(root: Path) -> set[tuple[object, ...]]:
    with sqlite3.connect(root / ".itsm" / "index.sqlite") as index:
        return {*index.execute("SELECT place, id, mark, told FROM rows"), *index.execute("SELECT place, id, words FROM words")}


def test_an_index_that_several_processes_filled_says_what_one_says(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".itsm" / "index.sqlite").unlink(missing_ok=True)
    alone, kept = listed(root), indexed(root)
    assert len(alone[0]) == 16 - len(BROKEN)
    assert len(alone[1]) >= len(BROKEN)
    (root / ".itsm" / "index.sqlite").unlink()
    monkeypatch.setattr(batches, "_WORTHWHILE", 3)
    monkeypatch.setattr(batches, "several", lambda: True)
    assert listed(root) == alone
    assert indexed(root) == kept


def test_progress_is_told_of_each_folder_up_to_its_end(root: Path) -> None:
    told: list[tuple[str, int, int]] = []
    list(rows.every(Desk(root), NOW, [], archived=True, progress=lambda *words: told.append(words)))
    assert [one[1:] for one in told] == [(2, 7), (4, 7), (6, 7), (7, 7), (2, 7), (4, 7), (6, 7), (7, 7), (2, 2)]


def killed(desk: Desk, place: str, ticket_ids: Sequence[str]) -> list[Read]:
    """Instead of `rows._described_all`: as the kernel does where memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)
    return rows._described_all(desk, place, ticket_ids)


def test_where_a_process_is_killed_the_files_are_read_without_an_index(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".itsm" / "index.sqlite").unlink(missing_ok=True)
    whole = listed(root)
    (root / ".itsm" / "index.sqlite").unlink()
    monkeypatch.setattr(batches, "_WORTHWHILE", 3)
    monkeypatch.setattr(batches, "several", lambda: True)
    monkeypatch.setattr(rows, "_described_all", killed)
    assert listed(root) == whole
    assert indexed(root) == set()
