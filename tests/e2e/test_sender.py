"""Which copy of a desk acts: page 3, sentence 17 (zammad#1223: a forgotten clone mailed customers)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.smtpd import Smtpd


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """A desk as init makes it, which makes its own place the sender's."""
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail is down", "--email", "w@example.org")
    return desk


def copied(desk: DeskRunner) -> DeskRunner:
    """`cp -r`."""
    there = desk.root.parent / "copy"
    shutil.copytree(desk.root, there, symlinks=True)
    return DeskRunner(there)


def place(desk: DeskRunner) -> str:
    return f"{os.uname().nodename}:{desk.root.resolve()}"


def test_init_makes_its_own_place_the_senders(desk: DeskRunner) -> None:
    assert desk.ok("sender", "show", "--json").data == {"sender": place(desk), "this": place(desk), "acts": True}


def test_a_copy_at_another_path_sweeps_dry_and_says_why(desk: DeskRunner) -> None:
    copy = copied(desk)
    before = copy.files()
    done = copy.ran("sweep")
    assert "T-1" in done.out
    assert done.err == (
        f"a dry run: this copy of the desk is {place(copy)}, and only {place(desk)} acts and sends (itsm sender take changes that)\n"
    )
    assert copy.files() == before
    assert copy.ok("sweep", "--json").data["dry"] == done.err.strip()
    assert copy.ok("sender", "show", "--json").data["acts"] is False
    assert desk.ok("sweep").out == done.out


def test_a_copy_moves_no_ticket(desk: DeskRunner) -> None:
    copy = copied(desk)
    copy.ok("resolve", "1", "--how", "done", at="1m")
    assert "closed" in copy.ok("sweep", at="4d").out
    assert copy.ticket(at="4d")["status"] == "resolved"


def test_a_copy_mails_nobody(desk: DeskRunner) -> None:
    with Smtpd() as server:
        desk.policy("localhost:25", server.address)
        copy = copied(desk)
        copy.ok("sweep", "--mail")
        assert server.connections == 0
        assert not (copy.root / ".itsm" / "outbox").exists()
        desk.ok("sweep", "--mail")
        assert [mail.to for mail in server.received] == [["w@example.org"]]


def test_sender_take_makes_it_act_and_the_old_one_stops(desk: DeskRunner) -> None:
    copy = copied(desk)
    taken = copy.ok("sender", "take", "--json").data
    assert taken == {"sender": place(copy), "this": place(copy), "acts": True}
    assert copy.ran("sweep").err == ""
    assert (copy.root / "notices").is_dir()
    assert copy.ok("sweep", "--json").data["actions"] == []
    shutil.copy(copy.root / "sla.yaml", desk.root / "sla.yaml")  # as git would bring it
    assert "dry run" in desk.ok("sweep").err


def test_taking_it_changes_one_line(desk: DeskRunner) -> None:
    copy = copied(desk)
    before = (copy.root / "sla.yaml").read_text("utf-8").splitlines()
    copy.ok("sender", "take")
    after = (copy.root / "sla.yaml").read_text("utf-8").splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [(f"  sender: '{place(desk)}'", f"  sender: '{place(copy)}'")]


def test_a_desk_that_names_no_sender_acts_wherever_it_is(desk: DeskRunner) -> None:
    desk.policy(f"  sender: '{place(desk)}'\n", "")
    copy = copied(desk)
    assert copy.ok("sender", "show", "--json").data == {"sender": "", "this": place(copy), "acts": True}
    assert copy.ok("sweep").err == ""


def test_the_same_desk_by_another_name_is_the_same(desk: DeskRunner) -> None:
    link = desk.root.parent / "link"
    link.symlink_to(desk.root)
    assert DeskRunner(link).ran("sweep", "--desk", str(link)).err == ""


def test_everything_but_sweeping_works_on_a_copy(desk: DeskRunner) -> None:
    copy = copied(desk)
    copy.ok("note", "1", "Looked into it")
    assert copy.ok("list").err == copy.ok("due").err == ""
