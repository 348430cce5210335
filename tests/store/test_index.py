"""The index is disposable: whatever is wrong with it, it is made anew or done without, and no answer is other than the files' (issue 5)."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from itsm.store import keys
from itsm.store.index import LISTS
from tests.desk_runner import DeskRunner


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DeskRunner:
    """Forty tickets, swept; as if nobody had touched anything for long, so that the index believes that it knows them all."""
    monkeypatch.setattr(keys, "RACY", -(10**15))
    desk = DeskRunner.made(tmp_path / "desk")
    for n in range(40):
        desk.ok("open", f"Number {n}", "--mobile", f"138{n:08}", "--team", "servicedesk")
    desk.file("T-7").write_text("id: T-7\ntitle: torn\n", "utf-8")
    answers(desk)
    return desk


def index(desk: DeskRunner) -> Path:
    return desk.root / ".itsm" / LISTS.file


def answers(desk: DeskRunner) -> list[tuple[int, str, str]]:
    """What a desk says of itself: lists, a sweep that acts, what is found by a word, what is owed, what is ahead, and how all stands."""
    lists, sweeps = (["list", "--json"], ["list", "number", "--format", "ids"]), (["sweep", "--json"], ["sweep", "--json"])
    found = []
    for args in (*lists, *sweeps, ["calls", "--json"], ["due", "--within", "9d", "--json"], ["now", "--json"], ["calls"], ["due"], ["now"]):
        done = desk.do(*args, at="1h")
        found.append((done.exit, done.out, done.err))
    return found


def of_a_later_version(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE terms SET value = 'itsm 9' WHERE name = 'made by'")


def of_another_program(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE terms (a)")


def of_a_later_schema(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE quiet RENAME TO silence")


def overwritten(path: Path) -> None:
    """A page in ten is other bytes; SQLite itself has no checksum that would tell."""
    data, dice = bytearray(path.read_bytes()), random.Random(7)
    for page in range(4096, len(data), 4096):
        if dice.random() < 0.1:
            data[page + 100 : page + 2000] = dice.randbytes(1900)
    path.write_bytes(data)


def one_word_changed(path: Path) -> None:
    data = path.read_bytes()
    assert b"Number 12" in data
    path.write_bytes(data.replace(b"Number 12", b"Number 21").replace(b'"printed"', b'"queried"'))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def not_ours_to_open(path: Path) -> None:
    path.unlink()
    path.symlink_to("/proc/self/mem")


DAMAGES: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(random.Random(1).randbytes(50_000)),
    "text": lambda path: path.write_text("no database at all\n" * 100),
    "cut in half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut to a page": lambda path: os.truncate(path, 4096),
    "its first bytes overwritten": lambda path: path.write_bytes(b"\0" * 100 + path.read_bytes()[100:]),
    "pages overwritten": overwritten,
    "a word changed": one_word_changed,
    "of a later version": of_a_later_version,
    "of another program": of_another_program,
    "of a later schema": of_a_later_schema,
    "a folder": a_folder,
    "a pipe": a_pipe,
    "a link": not_ours_to_open,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_whatever_has_become_of_the_index_the_answers_are_the_same_and_nobody_is_told(
    desk: DeskRunner, damage: Callable[[Path], None]
) -> None:
    before = answers(desk)
    damage(index(desk))
    assert answers(desk) == before
    assert answers(desk) == before


def test_an_index_of_another_desk_knows_nothing_of_this_one(desk: DeskRunner, tmp_path: Path) -> None:
    other = DeskRunner.made(tmp_path / "other")
    for n in range(40):
        other.ok("open", f"Another {n}")
    wanted = answers(other)
    for path in (desk.root / ".itsm").glob(f"{LISTS.file}*"):
        (other.root / ".itsm" / path.name).write_bytes(path.read_bytes())
    assert answers(other)[0] == wanted[0]
    assert answers(other)[3] == wanted[3]


def test_a_desk_that_is_copied_with_its_index_answers_the_same(desk: DeskRunner, tmp_path: Path) -> None:
    before = answers(desk)
    assert answers(desk.copied(tmp_path / "copy")) == before


def test_an_index_that_another_process_has_locked_is_done_without(desk: DeskRunner) -> None:
    before = answers(desk)
    desk.ok("note", "3", "changed", at="1h")
    with sqlite3.connect(index(desk)) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert [one[0] for one in answers(desk)] == [one[0] for one in before]
        assert json.loads(answers(desk)[3][1])["data"]["actions"] == []
        db.rollback()


def test_a_folder_that_can_not_be_written_to_is_read_all_the_same(desk: DeskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    before = desk.do("list", "--format", "ids", "number").out
    (desk.root / ".itsm").rename(desk.root / "aside")
    (desk.root / ".itsm").write_text("no folder")
    assert desk.do("list", "--format", "ids", "number").out == before


SPELLINGS = [
    ("Straße", "STRASSE"), ("network", "NETWORK"), ("Kelvin", "\u212aELVIN"), ("\ufb01ne", "FINE"), ("ÜNÏ", "ünï"), ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ("王芳", "王芳"), ('a "b"', 'A "B"'), ("back\\slash", "BACK\\SLASH"), ('"team": "x"', '"TEAM": "X"'), ("i\u0307", "İ"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "asked"), SPELLINGS)
def test_a_list_finds_a_word_by_the_index_in_whatever_case_it_finds_it_in_the_files(
    desk: DeskRunner, monkeypatch: pytest.MonkeyPatch, written: str, asked: str
) -> None:
    """The index's text is searched before anybody takes it to pieces, so what JSON escapes and what has a case of its own must be found."""
    desk.ok("set", "5", f"ci={written}")
    quoted = asked.replace("\\", "\\\\").replace('"', '\\"')
    asks = [("list", "--format", "ids", f'{word}"{quoted}"') for word in ("ci:", "ci:~", "-ci:")]
    by_index = [desk.do(*words).out for words in asks]
    monkeypatch.setattr("itsm.store.locks.OWN", "nowhere/at/all")
    assert by_index == [desk.do(*words).out for words in asks]
    assert by_index[:2] == ["T-5\n"] * 2


def test_a_file_that_changes_within_the_moment_in_which_it_was_read_is_read_again(tmp_path: Path) -> None:
    """Same size, same second: a cache that goes by these alone would show the old title for ever."""
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail is down")
    assert desk.ok("list", "--json").data[0]["title"] == "Mail is down"
    path = desk.file()
    found = path.stat()
    with path.open("r+b") as file:  # in place: the same inode
        data = file.read().replace(b"Mail is down", b"Disk is full")
        file.seek(0)
        file.write(data)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert desk.ok("list", "--json").data[0]["title"] == "Disk is full"
