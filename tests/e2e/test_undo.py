"""`undo`: the last change is taken back as if it had never been made, as long as nothing rests on it."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.terminal import at_a_terminal


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = DeskRunner.made(tmp_path)
    desk.ok("open", "Mail server does not answer", "--name", "王芳", "--team", "servicedesk", "--by", "han")
    desk.ok("open", "FTP is slow", "--by", "han")
    desk.ok("sweep")
    desk.now = desk.moment("15m")
    return desk


# Each command, on T-1 (with servicedesk, or with network where a call is owed), by mei.
CHANGES = [
    "note 1 'Wrong ticket'",
    "assign 1 network --to li.lei",
    "escalate 1 network",
    "start 1",
    "contacted 1",
    "pend 1 --for vendor --until 'in 2h'",
    "resolve 1 --how x",
    "close 1 --how x --score 5 --comment y",
    "cancel 1 --why x",
    "set 1 title=Other category=mail tags=a,b name=Wang ci=",
    "set 1 urgency=high impact=high",
    "set 1 priority=P1",
    "link 1 --caused-by 2",
    "note 1 'He says so' --from-customer --at 5m",
]


@pytest.mark.parametrize("line", CHANGES)
def test_the_file_is_what_it_was_byte_for_byte(desk: DeskRunner, line: str) -> None:
    before = desk.files()
    desk.ok(*shlex.split(line))
    assert desk.files() != before
    done = desk.ok("undo", "--yes")
    assert done.out.startswith("T-1: taken back: ")
    assert desk.files() == before
    assert desk.ok("check").out.endswith("all is well\n")


def test_a_broken_promise_that_the_change_put_on_record_stays_there(desk: DeskRunner) -> None:
    """It was broken, whoever has the ticket (page 3, sentence 8)."""
    desk.ok("assign", "2", "servicedesk")
    desk.ok("assign", "2", "network", at="36m")
    assert desk.ok("undo", "--yes", at="37m").out.startswith("T-2: taken back: ")
    ticket = desk.ticket("2", at="37m")
    assert (ticket["team"], [event["event"] for event in ticket["history"]]) == ("servicedesk", ["opened", "assigned", "breached"])
    desk.ok("sweep", at="38m")
    assert desk.ticket("2", at="38m")["history"] == ticket["history"]
    assert desk.ok("check").out.endswith("all is well\n")


@pytest.mark.parametrize("answer", ["no", "no-answer", "yes"])
def test_an_answer_goes_with_all_that_followed_from_it(desk: DeskRunner, answer: str) -> None:
    desk.ok("escalate", "1", "network", "--by", "han")
    desk.now = desk.moment("50m")
    before = desk.files()
    desk.ok("answer", "1", answer)
    desk.ok("undo", "--yes")
    assert desk.files() == before
    assert desk.ok("calls", "--json").data[0]["rule"] == "engineer-contact"


def test_a_person_s_comments_stay(desk: DeskRunner) -> None:
    raw = b"# hello\n" + desk.file().read_bytes() + b"# the end\n"
    desk.file().write_bytes(raw)
    desk.ok("assign", "1", "network")
    desk.ok("undo", "--yes")
    assert desk.file().read_bytes() == raw


def test_the_last_change_is_the_one_that_was_made_last_wherever_it_was(desk: DeskRunner) -> None:
    desk.ok("note", "2", "first")
    desk.ok("note", "1", "second, but said to be earlier", "--at", "10m")
    desk.ok("note", "2", "of another", "--by", "han")
    assert "second" in desk.ok("undo", "--yes").out
    assert desk.do("undo", "--yes").exit == 4  # of T-2 han has the last word now
    assert desk.ok("undo", "2", "--yes", "--by", "han").out == "T-2: taken back: of another\n"
    assert desk.ok("undo", "--yes").out == "T-2: taken back: first\n"


def refused(desk: DeskRunner, *args: str) -> str:
    before = desk.files()
    done = desk.do("undo", "--yes", *args, "--json")
    assert (done.exit, done.error["code"]) == (4, "refused"), done
    assert desk.files() == before
    return done.error["message"]


def test_it_is_refused_once_somebody_has_acted_since(desk: DeskRunner) -> None:
    desk.ok("note", "1", "mine")
    desk.ok("start", "1", "--by", "han")
    assert "han" in refused(desk)


def test_it_is_refused_once_a_sweep_has_spoken_because_of_it(desk: DeskRunner) -> None:
    desk.ok("resolve", "2", "--how", "x")
    desk.ok("sweep", at="26m")
    assert "a sweep has spoken about T-2" in refused(desk)


def test_a_sweep_that_had_nothing_to_say_about_it_is_no_obstacle(desk: DeskRunner) -> None:
    desk.ok("note", "2", "mine")
    desk.ok("sweep", at="26m")
    desk.ok("undo", "--yes", at="27m")


def test_it_is_refused_where_what_was_before_is_not_known(desk: DeskRunner) -> None:
    desk.ok("set", "1", "description=new")
    assert "description" in refused(desk)


def test_a_ticket_that_was_opened_stays_but_what_came_with_it_does_not(desk: DeskRunner) -> None:
    desk.ok("open", "Mine", "--team", "network")
    assert desk.ok("undo", "--yes").out == "T-3: taken back: assigned network (L2)\n"
    assert "was opened by that" in refused(desk)


def test_it_is_refused_where_there_is_nothing_of_one_s_own_or_the_file_is_odd(desk: DeskRunner) -> None:
    assert "nothing of zhao's" in refused(desk, "--by", "zhao")
    desk.ok("start", "1")
    desk.file().write_text(desk.file().read_text(encoding="utf-8").replace("status: in-progress", "status: pending"), encoding="utf-8")
    assert "isn't what its history makes it" in refused(desk)


def test_a_file_whose_history_somebody_has_emptied_has_nothing_to_take_back(desk: DeskRunner) -> None:
    top, _, _ = desk.file().read_text().partition("history:")
    desk.file().write_text(f"{top}history: []\n")
    done = desk.do("undo", "1", "--yes")
    assert (done.exit, "T-1 has no history" in done.err) == (4, True), done


def test_without_a_terminal_it_wants_yes_and_at_one_it_asks(desk: DeskRunner) -> None:
    desk.ok("note", "1", "mine")
    before = desk.files()
    done = desk.do("undo")
    assert (done.exit, desk.files()) == (2, before)
    assert "T-1 Mail server does not answer: mine" in done.err
    with at_a_terminal(desk, "undo") as person:
        person.waits_for("mine (2026-11-23 09:15)")
        person.waits_for("Take it back? [y/N]")
        person.types("\n")
        assert person.left() == 1
    assert desk.files() == before
    with at_a_terminal(desk, "undo") as person:
        person.waits_for("Take it back?")
        person.types("y\n")
        assert person.left() == 0
    assert json.dumps(desk.ticket()["history"]).count("mine") == 0


# --- cut off -----------------------------------------------------------------------------------


def cut_off(desk: DeskRunner, *args: str) -> None:
    """An undo that does its work and can't say so, as if it had been killed then: nobody reads what it prints."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([ITSM, "undo", "--yes", *args], cwd=desk.root, env=desk.environment(), stdout=full, check=False)
    assert done.returncode != 0


@pytest.mark.parametrize("args", [(), ("1",)], ids=["the last one anywhere", "the last one of a ticket"])
def test_given_again_after_it_was_cut_off_it_goes_no_further(desk: DeskRunner, args: tuple[str, ...]) -> None:
    desk.ok("note", "1", "first")
    before = desk.files()
    desk.ok("note", "1", "second")
    cut_off(desk, *args)
    assert desk.files() == before
    done = desk.ok("undo", "--yes", *args)
    assert done.out == "T-1: your last undo was cut off, and had taken it back by then; nothing more is taken back\n"
    assert desk.files() == before
    assert desk.ok("undo", "--yes", *args).out == "T-1: taken back: first\n", "having read that, a person who says it again means the next"


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("note 2 elsewhere", 0, "T-2: taken back: elsewhere"),
        ("note 1 later", 0, "T-1: taken back: later"),
        ("note 1 later --by han", 4, "itsm: the last word on T-1 is han's (noted)"),
    ],
    ids=["on another ticket", "on the same", "somebody else on the same"],
)
def test_whoever_has_worked_on_since_means_another_change(desk: DeskRunner, line: str, code: int, says: str) -> None:
    desk.ok("note", "1", "first")
    desk.ok("note", "1", "second")
    cut_off(desk)
    desk.ok(*line.split())
    done = desk.do("undo", "--yes")
    assert (done.exit, (done.out + done.err).splitlines()[0]) == (code, says)


def test_another_s_undo_is_not_taken_for_one_s_own(desk: DeskRunner) -> None:
    desk.ok("note", "1", "han's", "--by", "han")
    desk.ok("note", "1", "mine")
    cut_off(desk)
    assert desk.ok("undo", "--yes", "--by", "han").out == "T-1: taken back: han's\n"


@pytest.mark.parametrize("note", [b"", b"[]", b'{"by": "mei"}', b'{"by": "mei", "ticket": "T-9", "taken": [], "last": ""}', b"\xff"])
def test_a_note_of_it_that_is_none_is_no_obstacle(desk: DeskRunner, note: bytes) -> None:
    desk.ok("note", "1", "mine")
    (desk.root / ".itsm" / "undoing.json").write_bytes(note)
    assert desk.ok("undo", "--yes").out == "T-1: taken back: mine\n"
