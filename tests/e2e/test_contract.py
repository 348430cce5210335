"""The shell contract, page 4: what scripts and cron live on. Each row or test is one of its promises."""

from __future__ import annotations

import json
import os
import pty
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import split as words

import pytest

from itsm.cli.main import COMMANDS
from itsm.store import locks
from tests.desk_runner import ITSM, DeskRunner, stamp
from tests.terminal import seen


@pytest.fixture
def desk(three_tickets: DeskRunner, tmp_path: Path) -> DeskRunner:
    return three_tickets.copied(tmp_path)


# --- the envelope, the exit codes -------------------------------------------------------------

# Commands, in an order in which each is possible, and the kind of data that they give.
PRINTING = [
    ("init elsewhere", "desk"),
    ("open Another --impact high --urgency high", "ticket"),
    ("assign 3 servicedesk", "ticket"),
    ("start 3", "ticket"),
    ("escalate 3 systems", "ticket"),
    ("contacted 3", "ticket"),
    ("pend 3 --for vendor --until 'in 2h'", "ticket"),
    ("resume 3", "ticket"),
    ("note 3 'Only the third floor' --from-customer", "ticket"),
    ("set 3 priority=P1 ci=ups-02 tags=+vip", "ticket"),
    ("edit 3", "ticket"),
    ("undo --yes", "ticket"),
    ("link 3 --caused-by 1", "ticket"),
    ("resolve 3 --how 'A new battery'", "ticket"),
    ("reopen 3 --why 'It beeps'", "ticket"),
    ("close 3 --how 'Another one' --score 4 --comment thanks", "ticket"),
    ("cancel 1 --why 'Opened twice'", "ticket"),
    ("now", "now"),
    ("shift-note 'Zhao has the key'", "shift-note"),
    ("handover", "handover"),
    ("show 3", "ticket"),
    ("list", "tickets"),
    ("search mail", "search"),
    ("similar 3", "similar"),
    ("log 3", "log"),
    ("calls", "calls"),
    ("calls take 2", "ticket"),
    ("due --within 1d", "due"),
    ("sweep --dry-run", "sweep"),
    ("sweep", "sweep"),
    ("answer 2 confirmed --score 5", "ticket"),
    ("notices", "notices"),
    ("sla show", "sla"),
    ("sla check", "sla-check"),
    ("sla explain 3", "explain"),
    ("sla arm survey", "sla-arm"),
    ("calendar due office 2026-11-20T17:00Z 2h", "calendar"),
    ("calendar between office 2026-11-20T09:00Z 2026-11-23T09:00Z", "calendar"),
    ("archive --closed-before 90d", "archive"),
    ("check", "check"),
    ("sender show", "sender"),
    ("sender take", "sender"),
    ("cron", "cron"),
    ("redact 3 --dry-run", "redact"),
    ("redact 3 --yes", "redact"),
    ("help dates", "help"),
    ("completion bash", "completion"),
]


def test_every_command_with_json_gives_the_envelope_and_nothing_but(desk: DeskRunner) -> None:
    desk.env["EDITOR"] = "true"
    for line, kind in PRINTING:
        done = desk.ok(*words(line), "--json")
        assert done.out.count("\n") == 1, done  # one object on one line
        assert done.json["kind"] == kind, done
        assert done.err == "", done
    assert {line.split()[0] for line, _ in PRINTING} == set(COMMANDS) - {"import", "notify", "watch"}  # which have tests of their own


def test_data_goes_to_stdout_and_what_is_said_on_the_side_does_not(desk: DeskRunner) -> None:
    done = desk.run("show", "1", "--at", "1h")
    assert (done.exit, done.out) == (2, "")  # show doesn't act in time
    done = desk.ran("note", "1", "later", "--at", "10m")
    assert done.out == "T-1: noted\n"
    assert done.err == "10m = 2026-11-23 10:20:00 UTC\n"
    assert desk.ran("note", "1", "quiet", "--at", "10m", "--quiet").err == ""
    assert json.loads(desk.ran("note", "1", "json", "--at", "10m", "--json").out)["kind"] == "ticket"


FAILING = [
    ("open", 2, "usage"),
    ("open '  '", 2, "usage"),
    ("open x --type nonsense", 2, "usage"),
    ("open x --team networks", 2, "usage"),
    ("open x y", 2, "usage"),
    ("open x --nonsense", 2, "usage"),
    ("frobnicate", 2, "usage"),
    ("show", 2, "usage"),
    ("list colour:red", 2, "usage"),
    ("list status:opn", 2, "usage"),
    ("assign 1 nobodys", 2, "usage"),
    ("escalate 3 --at nonsense", 2, "usage"),
    ("set 1 team=network", 2, "usage"),
    ("set 1 nonsense=1", 2, "usage"),
    ("set 1 impact=huge", 2, "usage"),
    ("link 1", 2, "usage"),
    ("link 1 --parent 1", 2, "usage"),
    ("pend 1 --for luck", 2, "usage"),
    ("pend 1 --for vendor --until 2h", 2, "usage"),
    ("close 2 --score 6", 2, "usage"),
    ("cancel 1 --why ''", 2, "usage"),
    ("calls nonsense", 2, "usage"),
    ("answer 2 maybe", 2, "usage"),
    ("calendar due nonsense now 2h", 2, "usage"),
    ("calendar due office now nonsense", 2, "usage"),
    ("due --within nonsense", 2, "usage"),
    ("sla arm nonsense", 2, "usage"),
    ("show 99", 3, "not-found"),
    ("show INC0000045", 3, "not-found"),
    ("note T-99 hello", 3, "not-found"),
    ("assign 99 network", 3, "not-found"),
    ("link 1 --parent 99", 3, "not-found"),
    ("sla explain 99", 3, "not-found"),
    ("start 3", 4, "refused"),
    ("close 3", 4, "refused"),
    ("escalate 1 systems", 4, "refused"),
    ("answer 3 yes", 4, "refused"),
    ("calls take 3", 4, "refused"),
    ("notices release", 4, "refused"),
    ("init .", 4, "refused"),
]


@pytest.mark.parametrize(("line", "code", "word"), FAILING, ids=[line for line, _, _ in FAILING])
def test_a_failure_has_its_exit_code_and_with_json_its_envelope_on_stderr(desk: DeskRunner, line: str, code: int, word: str) -> None:
    before = desk.files()
    done = desk.do(*words(line), "--json")
    assert (done.exit, done.out) == (code, ""), done
    assert done.error["code"] == word
    assert done.error["message"]
    plain = desk.do(*words(line))
    assert (plain.exit, plain.out) == (code, "")
    assert re.search(r"^itsm: ", plain.err, re.MULTILINE)
    assert done.error["message"] in plain.err
    assert len(plain.err.splitlines()) >= 2, "an error says what to do next"
    assert "Traceback" not in plain.err
    assert desk.files() == before


@pytest.mark.parametrize("line", ["show 1", "frobnicate", "show 99", "start 3"])
def test_the_installed_command_leaves_with_the_same_codes(desk: DeskRunner, line: str) -> None:
    for args in (words(line), [*words(line), "--json"]):
        assert desk.run(*args).exit == desk.do(*args).exit


def test_no_desk_is_a_matter_of_usage(tmp_path: Path) -> None:
    nowhere = DeskRunner(tmp_path)
    assert nowhere.do("list", "--json").error["code"] == "usage"
    assert "itsm init" in nowhere.do("list").err
    assert nowhere.do("list", "--desk", str(tmp_path / "none")).exit == 2


def test_a_desk_is_found_from_below_named_by_an_option_or_by_the_environment(
    desk: DeskRunner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    below, elsewhere = desk.root / "tickets", tmp_path_factory.mktemp("elsewhere")
    assert desk.run("show", "1", cwd=below).exit == 0
    assert desk.run("show", "1", cwd=elsewhere).exit == 2
    assert desk.run("show", "1", "--desk", str(desk.root), cwd=elsewhere).exit == 0
    assert desk.run("show", "1", cwd=elsewhere, env={"ITSM_DESK": str(desk.root)}).exit == 0


def test_a_broken_ticket_is_exit_5(desk: DeskRunner) -> None:
    desk.file("T-3").write_bytes(b"")
    for line in ("show 3", "note 3 hello", "assign 3 network"):
        done = desk.do(*words(line), "--json")
        assert (done.exit, done.error["code"]) == (5, "invalid")
        assert "tickets/T-3.yaml" in done.error["message"]


def test_a_lock_that_is_not_had_in_time_is_exit_6_and_says_who_has_it(desk: DeskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = locks.lock
    monkeypatch.setattr(locks, "lock", lambda path, timeout, what: patient(path, 0.05, what))  # not thirty seconds
    with patient(desk.root / ".itsm" / "lock", 1, "archive"):
        done = desk.do("note", "1", "hello", "--json")
        assert (done.exit, done.error["code"]) == (6, "busy")
        assert f"archive (process {os.getpid()}" in done.error["message"]
        assert desk.do("show", "1").exit == 0  # who only looks waits for nobody
        assert desk.do("open", "A fourth").exit == 0  # nor who opens a ticket
    assert desk.do("note", "1", "hello").exit == 0


def test_mail_that_can_not_be_delivered_is_exit_7(desk: DeskRunner) -> None:
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        desk.policy("smtp: 'localhost:25'", f"smtp: '127.0.0.1:{taken.getsockname()[1]}'")
        done = desk.do("sweep", "--mail", "--json")
    assert done.exit == 7
    assert "failed" in {action["delivery"] for action in done.data["actions"]}
    assert done.data["problems"]
    desk.file("T-3").write_bytes(b"")
    assert desk.do("sweep", "--mail").exit == 5  # 5 before 7 [20]


def test_a_broken_pipe_is_no_traceback(desk: DeskRunner) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([ITSM, "list"], cwd=desk.root, env=desk.environment(), stdout=writer, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert done.stderr == b""


# --- help, prompts, colours -------------------------------------------------------------------

GROUPS = {"sla": ("show", "check", "explain", "arm"), "calendar": ("due", "between"), "sender": ("show", "take"), "notify": ("test",)}
PAGES = [*((name,) for name in COMMANDS), *((group, name) for group, names in GROUPS.items() for name in names)]


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_each_command_has_a_help_page_with_an_example(tmp_path: Path, page: tuple[str, ...]) -> None:
    done = DeskRunner(tmp_path).do(*page, "--help")  # and needs no desk for it
    assert (done.exit, done.err) == (0, "")
    assert re.search(r"^Usage: itsm ", done.out, re.MULTILINE)
    if page[0] not in GROUPS or len(page) == 2:
        assert re.search(rf"itsm {' '.join(page)}\b", done.out.split("Options:")[0].split("\n", 1)[1]), "an example"


def test_the_help_page_lists_every_command_and_the_version_is_told(desk: DeskRunner) -> None:
    page = desk.ran("--help").out
    assert set(COMMANDS) <= set(re.findall(r"^  ([a-z-]+)  ", page, re.MULTILINE))
    assert re.fullmatch(r"itsm \d+\.\d+\.\d+\n", desk.ran("--version").out)


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal, and what is written on it is read until it is closed."""
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)


# A terminal on one side is none: a script may be started from one, with its output in a file, or read from a file.
WHERE = {"nothing to read": (False, False), "a terminal to read from": (True, False), "a terminal to write on": (False, True)}


@pytest.mark.parametrize(("reads", "writes"), WHERE.values(), ids=WHERE)
@pytest.mark.parametrize("line", ["open", "open --caller wang", "open 'FTP again' --caller 138", "sweep --at 'in 2h'"])
def test_nothing_prompts_without_a_terminal_on_both_sides(desk: DeskRunner, line: str, reads: bool, writes: bool) -> None:
    desk.ok("open", "Mail", "--name", "Wang", "--mobile", "13800000001")
    desk.ok("open", "Mail", "--name", "Wang Li", "--mobile", "13800000002")
    before = desk.files()
    with terminal() as (_, theirs):
        done = subprocess.run(
            [ITSM, *words(line)], cwd=desk.root, env=desk.environment(), stdin=theirs if reads else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=theirs if writes else subprocess.PIPE, timeout=20, check=False,
        )  # fmt: skip
        os.close(theirs)
    assert (done.returncode, done.stdout) == (2, b"")
    assert desk.files() == before


def test_no_input_never_asks_even_at_a_terminal(desk: DeskRunner) -> None:
    with terminal() as (_, theirs):
        both = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        done = subprocess.run([ITSM, "open", "--no-input"], cwd=desk.root, env=desk.environment(), **both, timeout=20, check=False)
        os.close(theirs)
    assert done.returncode == 2


LOOKING = [
    "list", "show 1", "log 1", "calls", "due", "sweep --dry-run", "notices", "sla show", "sla explain 1", "check", "sender show",
    "--help", "open --help", "sla --help", "now", "handover",
]  # fmt: skip


@pytest.mark.parametrize("line", LOOKING)
def test_in_a_pipe_there_is_no_colour_no_cut_line_and_instants_are_rfc_3339(desk: DeskRunner, line: str) -> None:
    desk.ok("set", "1", f"title={'long ' * 100}")
    desk.ok("sweep")
    done = desk.do(*words(line), env={"TERM": "xterm-256color", "COLUMNS": "40", "CLICOLOR_FORCE": "1"})
    assert done.exit == 0
    assert "\x1b" not in done.out + done.err
    assert "…" not in done.out.replace("FILTER…", "").replace("VALUE…", "")
    assert not re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", done.out), "an instant that is none of RFC 3339"


def test_colours_are_for_people_unless_they_want_none(desk: DeskRunner) -> None:
    term = {"TERM": "xterm-256color"}
    assert "\x1b[1m" in seen(desk, "show", "1", env=term)
    assert "\x1b" not in seen(desk, "show", "1", env={**term, "NO_COLOR": "1"})
    assert "\x1b" not in seen(desk, "show", "1", env={"TERM": "dumb"})
    assert "2026-11-23 09:00 " in seen(desk, "show", "1", env={"TERM": "dumb"})  # and the hour in words for people


# --- shapes -----------------------------------------------------------------------------------


def test_the_shapes_of_page_4(desk: DeskRunner) -> None:
    shown = desk.ticket("1")
    assert {"id", "type", "title", "status", "priority", "contact", "team", "level", "opened", "history", "sla", "calls"} <= set(shown)
    assert [set(one) >= {"target", "due", "remaining_seconds", "state"} for one in shown["sla"]] == [True, True]
    assert {one["target"]: (one["due"], one["remaining_seconds"], one["state"]) for one in shown["sla"]} == {
        "contact": ("2026-11-23T09:20:00Z", -70 * 60, "breached"),
        "resolve": ("2026-11-23T11:00:00Z", 30 * 60, "running"),
    }
    row = next(row for row in desk.ok("list", "--json").data if row["id"] == "T-1")
    assert "sla" in row
    assert not {"description", "history"} & set(row)

    call = next(call for call in desk.ok("calls", "--json").data if call["ticket"] == "T-1")
    assert {"ticket", "rule", "ask", "answers", "since", "name", "mobile", "phone"} <= set(call)
    assert (call["rule"], call["answers"]) == ("engineer-contact", ["yes", "no", "no-answer"])

    done = desk.ok("sweep", "--json").data
    assert {"at", "actions", "problems"} <= set(done)
    assert done["at"] == stamp(desk.now)
    for action in done["actions"]:
        assert {"ticket", "rule", "step", "kind", "to", "due_at", "reason", "key", "delivery"} <= set(action)
    policy = desk.ok("sla", "show", "--json").data
    assert policy["schema"] == 1
    assert (policy["teams"]["network"]["level"], policy["calendars"]["office"]["timezone"]) == (2, "UTC")
    assert desk.ok("calendar", "due", "office", "2026-11-20T17:00Z", "2h", "--json").data == {"due": "2026-11-23T10:00:00Z"}
    assert desk.ok("calendar", "between", "office", "2026-11-20T17:00Z", "2026-11-23T10:00Z", "--json").data == {"seconds": 7200}


def test_list_without_filters_is_all_that_is_not_closed_or_cancelled_and_knows_no_limit(desk: DeskRunner) -> None:
    model = desk.file("T-3").read_text()
    for number in range(4, 124):
        desk.file(f"T-{number}").write_text(model.replace("T-3", f"T-{number}"))
    desk.ok("close", "1", "--how", "done")
    desk.ok("cancel", "3", "--why", "twice")
    rows = desk.ok("list", "--json").data
    assert {row["id"] for row in rows} == {"T-2", *(f"T-{number}" for number in range(4, 124))}
    assert len(desk.ok("list").out.splitlines()) == 121
    assert [row["id"] for row in desk.ok("list", "status:closed", "--json").data] == ["T-1"]
    assert len(desk.ok("list", "status:all", "--json").data) == 123


# --- a broken sla.yaml ------------------------------------------------------------------------

BROKEN_POLICY = "sla.yaml:58:3: unknown key aftr (did you mean after?)"
GOES_ON = [
    "open 'A fourth'", "show 1", "list", "log 1", "note 1 hello", "start 1", "contacted 1", "pend 1 --for vendor", "resolve 1 --how x",
    "reopen 2 --why x", "close 2", "cancel 3 --why x", "link 3 --parent 1", "notices",
]  # fmt: skip
STOPS = [
    "assign 3 network", "escalate 3 network", "sweep", "sweep --dry-run", "sweep --mail", "due", "calls", "answer 2 confirmed",
    "set 1 impact=high", "sla show", "sla explain 1", "calendar due office now 2h", "sender show",
]  # fmt: skip


@pytest.fixture
def broken(desk: DeskRunner) -> DeskRunner:
    desk.policy("  from: escalated\n  after: 20m", "  from: escalated\n  aftr: 20m")
    return desk


@pytest.mark.parametrize("line", GOES_ON)
def test_with_a_broken_policy_the_work_on_tickets_goes_on_and_says_what_is_broken(broken: DeskRunner, line: str) -> None:
    done = broken.do(*words(line))
    assert done.exit == 0, done
    assert BROKEN_POLICY in done.err.splitlines()
    assert len(set(done.err.splitlines())) == len(done.err.splitlines()), "said once"


@pytest.mark.parametrize("line", STOPS)
def test_nothing_acts_on_half_a_policy(broken: DeskRunner, line: str) -> None:
    before = broken.files()
    done = broken.do(*words(line), "--json")
    assert (done.exit, done.error["code"], done.out) == (5, "invalid", ""), done
    assert done.error["message"].startswith("sla.yaml:5")
    assert broken.files() == before


def test_with_a_broken_policy_tickets_keep_their_numbers_coming(broken: DeskRunner) -> None:
    assert broken.ok("open", "A fourth", "--json").data["id"] == "T-4"
    (broken.root / "sla.yaml").write_text("<<<<<<< HEAD\nschema: 1\n")
    assert broken.ok("open", "A fifth", "--json").data["id"] == "T-5"
    (broken.root / "sla.yaml").write_bytes(b"\xff\xfe")
    assert broken.ok("open", "A sixth", "--json").data["id"] == "T-6"
    checked = broken.do("sla", "check")
    assert checked.exit == 5
    assert "sla.yaml" in checked.out
