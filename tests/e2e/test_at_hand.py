"""At hand: what bare `itsm` shows at eight in the morning, and what one shift leaves the next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.terminal import at_a_terminal


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """T-1 late and with a call owed, T-2 nobody's, T-3 due in this shift, T-4 waits since too long, T-5 resolved, T-6 closed."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("morning"))
    desk.ok("open", "Host db-01 is down", "--name", "王芳", "--mobile", "+8613800000000", "--team", "network")
    desk.ok("open", "文件服务器很慢")
    desk.ok("open", "A new certificate", "--team", "servicedesk", at="2h20m")
    desk.ok("open", "Reboot h-17", "--team", "servicedesk")
    desk.ok("pend", "4", "--for", "vendor", "--until", "in 1h")
    desk.ok("open", "FTP", "--team", "servicedesk")
    desk.ok("resolve", "5", "--how", "Restarted", at="2h")
    desk.ok("open", "What does it cost?", "--answered", "5 a month")
    desk.now = desk.moment("2h30m")
    return desk


@pytest.fixture
def desk(morning: DeskRunner, tmp_path: Path) -> DeskRunner:
    return morning.copied(tmp_path)


SECTIONS = {
    "calls": [("T-1", "engineer-contact"), ("T-5", "confirm-resolution")],
    "breached": [("T-1", "contact"), ("T-1", "resolve"), ("T-2", "resolve")],
    "due": [("T-3", "contact"), ("T-3", "resolve")],
    "nobodys": [("T-2", None)],
    "overdue_pends": [("T-4", None)],
}


@pytest.mark.parametrize("section", SECTIONS)
def test_bare_itsm_has_what_wants_somebody_now(desk: DeskRunner, section: str) -> None:
    data = desk.ok("--json").data
    found = [(one["ticket"], one.get("rule", one.get("target"))) for one in data[section]]
    assert sorted(found, key=str) == sorted(SECTIONS[section], key=str)


def test_a_promise_that_was_broken_and_is_over_wants_nobody(desk: DeskRunner) -> None:
    desk.ok("resolve", "1", "--how", "x")
    assert all(one["ticket"] != "T-1" for one in desk.ok("--json").data["breached"])


def test_bare_itsm_is_now_and_options_alone_are_its(desk: DeskRunner, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert desk.ran().out == desk.ran("now").out
    assert desk.ok("--json").out == desk.ok("now", "--json").out
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert desk.run("--desk", str(desk.root), cwd=elsewhere).out == desk.ran().out
    assert desk.ran("--version").out.startswith("itsm ")
    assert desk.ran("--help").out.startswith("Usage: itsm ")


def test_where_there_is_no_desk_bare_itsm_says_how_to_make_one_and_scripts_are_told_it_is_a_matter_of_usage(tmp_path: Path) -> None:
    nowhere = DeskRunner(tmp_path)
    done = nowhere.ran()
    assert "itsm init" in done.out
    assert "--help" in done.out
    assert nowhere.do("--json").error["code"] == "usage"
    assert nowhere.do("--desk", "nowhere").exit == 2


def test_a_desk_with_nothing_to_do_says_so_and_when_it_was_swept(tmp_path: Path) -> None:
    desk = DeskRunner.made(tmp_path)
    assert desk.ok().out.startswith("all is well")
    assert "never swept" in desk.ok().out
    desk.ok("sweep")
    assert "last sweep 2026-11-23T09:00:00Z" in desk.ok(at="1h").out
    assert desk.ok("--json", at="1h").data["last_sweep"] == "2026-11-23T09:00:00Z"


def test_broken_files_are_among_what_wants_somebody_and_hide_nothing_else(desk: DeskRunner) -> None:
    desk.file("T-3").write_text("id: T-3\n", encoding="utf-8")
    done = desk.do()
    assert done.exit == 5
    assert "tickets/T-3.yaml" in done.out
    assert "T-1" in done.out
    assert desk.do("--json").data["problems"][0]["file"] == "tickets/T-3.yaml"


def test_with_a_broken_policy_the_tickets_are_still_counted(desk: DeskRunner) -> None:
    desk.policy("after: 20m", "aftr: 20m")
    done = desk.do("--json")
    assert (done.exit, done.data["live"]) == (5, 5)
    assert "sla.yaml" in done.data["problems"][0]["file"]


def test_held_messages_wait_for_a_person(desk: DeskRunner) -> None:
    desk.policy("timezone: UTC ", "hold_over: 1\n  timezone: UTC ")
    for number in range(3):
        desk.ok("open", f"Mail {number}", "--name", "Wang", "--email", f"w{number}@example.com", at="2h30m")
    desk.do("sweep", "--mail")
    held = [one for one in desk.do("--json").data["messages"] if one["fact"] == "held"]
    assert held
    desk.ok("notices", "drop")
    assert desk.do("--json").data["messages"] == []


@pytest.mark.parametrize("columns", ["80", "60"])
def test_on_a_terminal_it_fits_the_screen_and_says_what_has_the_rest(desk: DeskRunner, columns: str) -> None:
    from rich.cells import cell_len

    for number in range(7):
        desk.ok("open", f"第{number}台服务器没有反应" * 8)
    with at_a_terminal(desk, env={"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": columns}) as person:
        assert person.left() == 0
    lines = person.seen.replace("\r", "").splitlines()
    assert max(cell_len(line) for line in lines) <= int(columns)
    assert "  and 3 more: itsm list team:none" in lines
    piped = desk.ok().out
    assert "more:" not in piped
    assert "第6台服务器没有反应" * 8 in piped


# --- handover ---------------------------------------------------------------------------------


def test_a_handover_tells_what_happened_in_the_shift_and_what_stands(desk: DeskRunner) -> None:
    desk.ok("note", "2", "It is the cable", at="2h")
    desk.ok("sweep", at="2h10m")
    desk.ok("answer", "5", "confirmed", at="2h20m")
    data = desk.ok("handover", "--since", "1h", "--json").data
    assert [(one["ticket"], one["event"]) for one in data["opened"]] == [("T-3", "opened")]
    assert [(one["ticket"], one["event"]) for one in data["moved"]] == [("T-4", "resumed"), ("T-3", "assigned")]
    assert [one["ticket"] for one in data["resolved"]] == ["T-5"]
    assert [(one["ticket"], one["answer"]) for one in data["phoned"]] == [("T-5", "confirmed")]
    assert [one["ticket"] for one in data["ended"]] == ["T-5"]
    broken = {("T-1", "contact"), ("T-1", "resolve"), ("T-2", "resolve"), ("T-5", "contact")}
    assert {(one["ticket"], one["target"]) for one in data["broken"]} == broken
    assert data["others"] == {"noted": 1}
    assert data["said"]["engineer-contact"] == 1
    assert [one["ticket"] for one in data["stands"]["calls"]] == ["T-1"]


def test_what_was_entered_in_this_shift_belongs_to_it_though_it_happened_before(desk: DeskRunner) -> None:
    desk.ok("note", "1", "late", "--at", "2h")
    assert desk.ok("handover", "--since", "5m", "--json").data["others"] == {"noted": 1}


def test_a_handover_counts_eight_hours_and_a_shift_in_the_future_is_none(desk: DeskRunner) -> None:
    assert desk.ok("handover", "--json").data["since"] == "2026-11-23T03:30:00Z"
    assert desk.do("handover", "--since", "in 1h").exit == 2
    assert desk.do("handover", "--since", "now").exit == 2


def test_shift_notes_are_for_the_next_shift_and_kept_a_line_each(desk: DeskRunner) -> None:
    desk.ok("shift-note", "The vendor comes at 14:00\nZhao has the key")
    desk.ok("shift-note", "Yesterday's", "--at", "yesterday 10:00", "--by", "han")
    lines = [json.loads(line) for line in (desk.root / "shifts" / "2026-11.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["by"], one["at"]) for one in lines] == [("mei", "2026-11-23T11:30:00Z"), ("han", "2026-11-22T10:00:00Z")]
    assert lines[1]["recorded"] == "2026-11-23T11:30:00Z"
    report = desk.ok("handover", at="3h").out
    assert "- 2026-11-23T11:30:00Z mei: The vendor comes at 14:00\n  Zhao has the key\n" in report
    assert "Yesterday's" not in report
    assert desk.do("shift-note", " ").exit == 2


def test_a_stranger_s_words_can_not_forge_a_line_of_the_handover(desk: DeskRunner) -> None:
    desk.ok("note", "2", "\x1b[2Jx\n## Stands")
    desk.ok("open", "evil \x1b[31m", "--team", "network")
    report = desk.ok("handover").out
    assert "\x1b" not in report
    assert report.splitlines().count("## Stands") == 1
