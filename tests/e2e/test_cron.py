"""`itsm cron` and `itsm cron --test`; and the calls that are owed, as the call centre sees them. The issue, item 6; M15 to M18."""

from __future__ import annotations

import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.sla.builders import sla_yaml

OPENED = "{name: opened-notice, from: opened, after: 0m, notify: head, say: '王芳: {id}'}"


def made(folder: Path, *rules: str, **given: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, **given))
    return DeskRunner(folder)


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    return made(tmp_path / "the desk's 100%", OPENED)


# --- the line ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "minutes", "mail"),
    [((), "*", False), (("--mail",), "*", True), (("--every", "5"), "*/5", False), (("--every", "1", "--mail"), "*", True)],
)
def test_the_line_has_absolute_paths_the_desk_umask_and_utf_8(desk: DeskRunner, args: tuple[str, ...], minutes: str, mail: bool) -> None:
    line = desk.ran("cron", *args).out.rstrip("\n")
    assert "\n" not in line
    times, command = line.split(" ", 5)[:5], line.split(" ", 5)[5]
    assert times == [minutes, "*", "*", "*", "*"]
    assert "%" not in command.replace("\\%", "")  # cron takes a bare % for the end of the line
    umask, run = command.replace("\\%", "%").split("; ", 1)
    assert umask == "umask 007"
    assert shlex.split(run) == ["LANG=C.UTF-8", "PYTHONUTF8=1", ITSM, "sweep", *(["--mail"] if mail else []), "--desk", str(desk.root)]


def test_the_line_works_in_crons_shell(desk: DeskRunner) -> None:
    desk.ok("open", "Mail is down")
    command = desk.ran("cron").out.split(" ", 5)[5].replace("\\%", "%")
    bare = {"PATH": "/usr/bin:/bin", "HOME": "/", "SHELL": "/bin/sh", "ITSM_NOW": "2026-11-23T09:00:00Z"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env=bare, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60
    )
    assert "王芳: T-1" in done.stdout.decode()
    assert done.stderr == b""


def test_python_m_itsm_gives_a_line_that_starts_it_the_same_way(desk: DeskRunner) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "itsm", "cron"],
        cwd=desk.root,
        env=desk.environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert f"{sys.executable} -m itsm sweep" in done.stdout


def test_cron_test_runs_it_once_in_crons_bare_environment(desk: DeskRunner) -> None:
    """`env -i`: what the shell of the person who asks has set counts for nothing there."""
    desk.ok("open", "Mail is down", at=datetime(2020, 1, 1, tzinfo=UTC))  # cron goes by the real clock
    done = desk.run("cron", "--test", env={"PYTHONPATH": "/nowhere", "LC_ALL": "POSIX", "ITSM_NOW": "2019-01-01T00:00:00Z"})
    assert done.exit == 0, done
    assert "王芳: T-1" in done.out
    assert "exit 0: cron can run this desk" in done.out
    assert (desk.root / "notices").is_dir()


def test_cron_test_has_the_exit_code_of_the_sweep(desk: DeskRunner) -> None:
    desk.ok("open", "Mail is down")
    desk.file().write_bytes(b"\t\n")
    done = desk.run("cron", "--test", "--json")
    assert (done.exit, done.data["exit"]) == (5, 5)
    assert "tickets/T-1.yaml:1" in done.data["output"]
    assert done.data["command"].startswith("umask 007; ")


# --- calls -------------------------------------------------------------------------------------

ASK = "{name: ask, match: {}, from: opened, after: 20m, call: 'Is {id} done?', answers: {'yes': {close: Yes}, 'no': {notify: head}}}"


@pytest.fixture
def owing(tmp_path: Path) -> DeskRunner:
    """Four calls to three numbers, and one ticket of somebody without any."""
    desk = made(tmp_path / "desk", ASK, OPENED)
    for at, number in (("0m", "138"), ("1m", "139"), ("2m", "138"), ("3m", "")):
        desk.ok("open", f"At {at}", "--name", f"Customer {number or 'X'}", *(["--mobile", number] if number else []), at=at)
    desk.ok("open", "At 4m", "--name", "Customer 021", "--phone", "021", at="4m")
    return desk


def test_calls_are_grouped_by_number_the_longest_owed_first(owing: DeskRunner) -> None:
    assert [(call["ticket"], call["mobile"] or call["phone"]) for call in owing.ok("calls", "--json", at="1h").data] == [
        ("T-1", "138"), ("T-3", "138"), ("T-2", "139"), ("T-4", ""), ("T-5", "021"),
    ]  # fmt: skip
    blocks = owing.ran("calls", at="1h").out.split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == [
        "Customer 138, 138", "Customer 139, 139", "Customer X, no number known", "Customer 021, 021",
    ]  # fmt: skip
    assert blocks[0].count("itsm answer") == 2


def test_a_call_has_the_shape_that_is_promised(owing: DeskRunner) -> None:
    call = owing.ok("calls", "--json", at="20m").data
    assert [{name: value for name, value in one.items() if name != "dialling"} for one in call] == [
        {"ticket": "T-1", "rule": "ask", "ask": "Is T-1 done?", "answers": ["yes", "no"], "since": "2026-11-23T09:20:00Z",
         "name": "Customer 138", "mobile": "138", "phone": ""},
    ]  # fmt: skip


def test_without_calls_it_says_so(owing: DeskRunner) -> None:
    assert owing.ok("calls", at="19m").out == "no calls are owed\n"


def test_calls_stand_without_any_sweep_and_end_with_the_answer(owing: DeskRunner) -> None:
    owing.ok("answer", "1", "yes", at="30m")
    assert [call["ticket"] for call in owing.ok("calls", "--json", at="30m").data] == ["T-2", "T-3", "T-4", "T-5"]


def dialling(desk: DeskRunner, at: str) -> dict[str, str]:
    return {call["ticket"]: call["dialling"] for call in desk.ok("calls", "--json", at=at).data if call["dialling"]}


def test_taking_a_call_shows_for_ten_minutes_who_dials(owing: DeskRunner) -> None:
    owing.ok("calls", "take", "1", "--by", "mei", at="30m")
    assert dialling(owing, "30m") == dialling(owing, "39m59s") == {"T-1": "mei"}
    assert dialling(owing, "40m") == {}
    assert "(mei is dialling)" in owing.ok("calls", at="30m").out


@pytest.mark.parametrize(
    ("by", "at", "exit_code"),
    [("han", "35m", 4), ("mei", "35m", 0), ("han", "40m", 0)],
    ids=["another", "the same again", "after ten minutes"],
)
def test_what_somebody_dials_nobody_else_takes(owing: DeskRunner, by: str, at: str, exit_code: int) -> None:
    owing.ok("calls", "take", "1", "--by", "mei", at="30m")
    done = owing.do("calls", "take", "1", "--by", by, at=at)
    assert done.exit == exit_code
    assert ("mei is dialling for T-1" in done.err) == (exit_code == 4)
    assert dialling(owing, at) == {"T-1": by if exit_code == 0 else "mei"}


@pytest.mark.parametrize(("which", "at", "exit_code"), [("1", "19m", 4), ("99", "1h", 3)], ids=["not owed yet", "no such ticket"])
def test_only_a_call_that_is_owed_can_be_taken(owing: DeskRunner, which: str, at: str, exit_code: int) -> None:
    assert owing.do("calls", "take", which, at=at).exit == exit_code


def test_taking_a_call_changes_no_file_that_is_kept(owing: DeskRunner) -> None:
    before = owing.files()
    owing.ok("calls", "take", "1", at="30m")
    assert owing.files() == before


def test_a_broken_ticket_does_not_hide_the_other_calls(owing: DeskRunner) -> None:
    owing.file("T-2").write_bytes(b"\xff")
    done = owing.do("calls", at="1h")
    assert done.exit == 5
    assert "T-1" in done.out
    assert "tickets/T-2.yaml" in done.err


def answers(desk: DeskRunner, at: str) -> list[dict[str, Any]]:
    return [action for action in desk.ok("sweep", "--json", at=at).data["actions"] if action["step"].startswith("answer:")]


def test_what_follows_an_answer_is_told_by_the_next_sweep(owing: DeskRunner) -> None:
    owing.ok("answer", "1", "no", at="30m")
    assert [(action["ticket"], action["step"], action["to"]) for action in answers(owing, "30m")] == [
        ("T-1", "answer:no", ["head1@example.com"])
    ]
    assert answers(owing, "31m") == []
