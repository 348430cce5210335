"""`itsm due` and `itsm sla explain`: the sweep's own function with later instants (page 3, sentence 22)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.desk_runner import DeskRunner
from tests.terminal import seen

ALL_DAY = ("itsm", "due", "--within", "4d")


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """Three tickets of the article's workflow, at three places of it."""
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail server does not answer", "--name", "王芳", "--mobile", "138")
    desk.ok("escalate", "1", "network")
    desk.ok("open", "邮件服务器不应答，分公司的所有用户都无法工作，请尽快处理", "--name", "Bob", "--email", "bob@example.com", at="10m")
    desk.ok("assign", "2", "servicedesk", at="10m")
    desk.ok("open", "One of three UPSs is broken", "--name", "Ann", "--mobile", "139", at="20m")
    desk.ok("resolve", "3", "--how", "Replaced", at="30m")
    return desk


def coming(desk: DeskRunner, at: str | datetime, within: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ok("due", "--within", within, "--json", at=at).data
    return found


def test_what_due_announces_for_an_instant_is_what_a_sweep_does_then_and_not_a_second_earlier(desk: DeskRunner) -> None:
    """Sentence 22. What a move changes is decided on the moved ticket, so each step is announced again after each sweep."""
    desk.ok("sweep", at="30m")
    now, seen = datetime.fromisoformat("2026-11-23T09:30:00Z"), 0
    for _ in range(12):
        ahead = coming(desk, now, "4d")
        if not ahead:
            break
        first = datetime.fromisoformat(ahead[0]["due_at"])
        announced = {one["key"] for one in ahead if one["due_at"] == ahead[0]["due_at"]}
        assert first > now, "what is due by now was said"
        early = desk.ok("sweep", "--json", at=datetime.fromtimestamp(first.timestamp() - 1, first.tzinfo)).data["actions"]
        assert early == []
        done = desk.ok("sweep", "--json", at=first).data["actions"]
        assert {one["key"] for one in done} >= announced
        seen, now = seen + len(done), first
    assert seen > 10


def test_due_is_sorted_and_ends_where_it_is_told_to(desk: DeskRunner) -> None:
    found = coming(desk, "30m", "4h")
    times = [one["due_at"] for one in found]
    assert times == sorted(times)
    assert times[-1] <= "2026-11-23T13:30:00Z"
    assert len(coming(desk, "30m", "4d")) > len(found)


NARROWED = {"1": "T-1", "t-2": "T-2", "1,3": "T-1 T-3", "2..3": "T-2 T-3", "1 2": "T-1 T-2"}


@pytest.mark.parametrize("words", NARROWED)
def test_due_of_some_tickets_is_what_due_says_of_them(desk: DeskRunner, words: str) -> None:
    ahead = coming(desk, "30m", "4d")
    narrowed = desk.ok("due", *words.split(), "--within", "4d", "--json", at="30m").data
    assert narrowed == [one for one in ahead if one["ticket"] in NARROWED[words].split()]
    assert {one["ticket"] for one in narrowed} == set(NARROWED[words].split())


def test_due_of_a_ticket_with_nothing_ahead_says_so_and_of_none_that_there_is_none(desk: DeskRunner) -> None:
    desk.ok("cancel", "2", "--why", "twice", at="1h")
    assert desk.ok("due", "2", at="1h").out == "nothing is due on T-2\n"
    assert (desk.ok("due", "2", "--json", at="1h").data, desk.do("due", "9").exit, desk.do("due", "1", "9").exit) == ([], 3, 3)


def test_who_names_a_duration_as_if_it_were_a_ticket_hears_of_within(desk: DeskRunner) -> None:
    done = desk.do("due", "3h")
    assert (done.exit, done.err) == (3, "itsm: there is no ticket 3h\n      to look so far ahead: itsm due --within 3h\n")


def test_of_broken_files_it_names_only_those_that_were_asked_for(desk: DeskRunner) -> None:
    desk.file("T-1").write_text("title: [\n")
    assert desk.ok("due", "3", at="30m").err == ""
    broken = desk.do("due", "1", "3", at="30m")
    assert (broken.exit, "T-3" in broken.out) == (5, True)
    assert broken.err.startswith("tickets/T-1.yaml:")


def test_who_pipes_an_empty_list_into_due_is_not_told_of_all(desk: DeskRunner) -> None:
    assert (desk.ran("due", "-", at="30m").out, desk.ran("due", "-", "--json").data) == ("nothing is due\n", [])


def test_due_and_explain_write_nothing(desk: DeskRunner) -> None:
    before = desk.files()
    for words in (("due", "--within", "4d"), ("sla", "explain", "1"), ("sla", "explain", "1", "--json")):
        desk.ok(*words, at="1h")
    assert desk.files() == before


def test_explain_says_of_each_rule_whether_it_is_due_why_since_when_and_until_when(desk: DeskRunner) -> None:
    """Sentence 22."""
    rows = [row for row in desk.ok("sla", "explain", "1", "--json", at="25m").data if row.get("rule")]
    named = {row["rule"] for row in rows}
    assert {"opened-notice", "engineer-contact", "resolve-target", "unresolved-4h", "auto-close"} <= named
    assert all(row["why"] for row in rows)
    found = {(row["rule"], row["step"]): row for row in rows}
    assert found["engineer-contact", "20m"]["armed"] == "2026-11-23T09:00:00Z"
    assert found["engineer-contact", "20m"]["due"] == "2026-11-23T09:20:00Z"
    late = found["resolve-target", "75%"]
    assert (late["state"], late["armed"], late["due"]) == ("waiting", "2026-11-23T09:00:00Z", "2026-11-23T10:30:00Z")
    closing = next(row for row in rows if row["rule"] == "auto-close")
    assert (closing["state"], closing["armed"], closing["due"]) == ("idle", None, None)
    assert "assigned" in closing["why"]


def test_at_a_terminal_due_has_both_times_and_fits_its_columns_with_wide_letters(desk: DeskRunner) -> None:
    lines = seen(desk, *ALL_DAY[1:], at="30m", env={"TERM": "xterm", "NO_COLOR": "1"}).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert any(line.startswith("2026-11-23 1") and "in 1h " in line for line in lines)
    text = "".join(line.strip() for line in lines)
    assert "邮件服务器不应答，分公司的所有用户都无法工作，请尽快处理" in text, "nothing is cut off"


def test_in_a_pipe_each_is_one_whole_line(desk: DeskRunner) -> None:
    lines = desk.ok("due", "--within", "4d", at="30m").out.splitlines()
    assert len(lines) == len(coming(desk, "30m", "4d"))
    assert all(line.startswith("2026-11-2") for line in lines)
