"""A decision over messages that was cut off, or can't be written down; and a damaged outbox. Page 3, sentences 19 and 20."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.e2e.delivering import put_off, swept, to
from tests.smtpd import Smtpd

# --- killed in between -------------------------------------------------------------------------


def half_dropped(folder: Path, server: Smtpd) -> tuple[DeskRunner, Path]:
    """The journal says so, the messages are still in the outbox, and the server takes mail again."""
    desk = put_off(folder, server)
    outbox = desk.root / ".itsm" / "outbox"
    shutil.copytree(outbox, folder / "outbox")
    desk.ok("notices", "drop", "T-1", at="37m")
    shutil.copytree(folder / "outbox", outbox, dirs_exist_ok=True)
    server.refuse_sender = ""
    return desk, outbox


def test_what_the_journal_says_is_dropped_no_sweep_sends_though_it_was_left_in_the_outbox(tmp_path: Path, server: Smtpd) -> None:
    """Killed right before the message was removed; tests/faults kills it everywhere."""
    desk, outbox = half_dropped(tmp_path, server)
    assert desk.do("sweep", "--mail", "--dry-run", at="2h").exit == 0
    assert len([*outbox.glob("*.json")]) == 2, "nothing was done"
    assert swept(desk, "2h", "3h").exit == 0
    assert (to(server), [*outbox.glob("*.json")]) == ([], [])


def test_what_is_tried_again_after_a_drop_that_was_cut_off_is_sent(tmp_path: Path, server: Smtpd) -> None:
    desk, _ = half_dropped(tmp_path, server)
    desk.ok("notices", "retry", "T-1", at="38m")
    assert swept(desk, "38m").exit == 0
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_where_nothing_can_be_written_down_nothing_is_dropped(tmp_path: Path, server: Smtpd) -> None:
    desk = put_off(tmp_path, server)
    journal = desk.root / "notices" / "2026-11.jsonl"
    kept = journal.rename(tmp_path / "journal")
    journal.mkdir()
    assert desk.do("notices", "drop", "T-1", at="37m").exit == 1
    journal.rmdir()
    kept.rename(journal)
    server.refuse_sender = ""
    swept(desk, "2h")
    assert to(server) == ["cc@example.com", "head1@example.com"]


# --- a damaged outbox --------------------------------------------------------------------------


@pytest.mark.parametrize("damage", [{"to": "a\ud800@example.com"}, {"error": "\ud800"}, {"attempts": 10**400}], ids=str)
def test_a_message_that_somebody_has_written_into_stops_no_other(tmp_path: Path, server: Smtpd, damage: dict[str, object]) -> None:
    """Sentence 20: no sweep ended well until somebody found the file. The notice itself is decided anew."""
    desk = put_off(tmp_path, server)
    damaged(desk, damage)
    server.refuse_sender = ""
    assert swept(desk, "2h", "3h").exit == 0
    assert to(server) == ["cc@example.com", "head1@example.com"]


@pytest.mark.parametrize(("verdict", "says"), [("retry", "tries again"), ("drop", "they won't be said")])
def test_what_cant_be_read_is_named_and_the_rest_decided_over(tmp_path: Path, server: Smtpd, verdict: str, says: str) -> None:
    desk = put_off(tmp_path, server)
    path = damaged(desk, {"keys": None})
    assert desk.do("notices", "waiting", at="37m").exit == 5
    done = desk.do("notices", verdict, "T-1", at="37m")
    assert (done.exit, done.out.startswith("1 message: "), says in done.out) == (5, True, True)
    assert f"{path}: not a message of the outbox: " in done.err
    again = desk.do("notices", "drop", "dead", at="37m")
    assert (again.exit, str(path) in again.err, "there is nothing to drop for dead" in again.err) == (4, True, True)


@pytest.mark.parametrize("what", [[], ["T-1"], ["held"]], ids=str)
def test_a_line_of_the_journal_that_is_none_is_named_where_the_journal_is_listed(tmp_path: Path, server: Smtpd, what: list[str]) -> None:
    desk = put_off(tmp_path, server)
    before = desk.ok("notices", *what, at="37m").out
    with (desk.root / "notices" / "2026-11.jsonl").open("a") as journal:
        journal.write("[]\n")
    done = desk.do("notices", *what, at="37m")
    assert (done.exit, done.out, "notices/2026-11.jsonl:" in done.err) == (5, before, True)


def damaged(desk: DeskRunner, changes: dict[str, object]) -> Path:
    """The first message of the outbox, changed by hand."""
    path = min((desk.root / ".itsm" / "outbox").glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path
