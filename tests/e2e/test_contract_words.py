"""The shell contract, page 4: the words that go in. How tickets, instants and people are named, and what strangers write."""

from __future__ import annotations

import getpass
import json
import re
from pathlib import Path
from shlex import split as words
from typing import Any

import pytest

from tests.desk_runner import T0, DeskRunner


@pytest.fixture
def desk(three_tickets: DeskRunner, tmp_path: Path) -> DeskRunner:
    return three_tickets.copied(tmp_path)


# --- tickets, times and people ----------------------------------------------------------------


@pytest.mark.parametrize("typed", ["42", "t-42", "T-42", " 42 "])
def test_a_ticket_is_named_as_people_say_it(desk: DeskRunner, typed: str) -> None:
    desk.file("T-42").write_text(desk.file("T-3").read_text().replace("T-3", "T-42"))
    assert desk.ok("show", typed, "--json").data["id"] == "T-42"
    assert desk.ok("note", typed, "hello", "--json").data["id"] == "T-42"
    assert desk.ok("link", "1", "--parent", typed, "--json").data["parent"] == "T-42"
    assert desk.ok("open", "The next one", "--json").data["id"] == "T-43"


NOW = "2026-11-23T10:30:00Z"  # 18:30 in Shanghai
WHEN = [
    ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z"),
    ("2026-11-23T18:00:00+08:00", "2026-11-23T10:00:00Z"),
    ("2026-11-23T10:00Z", "2026-11-23T10:00:00Z"),
    ("2026-11-23 18:00", "2026-11-23T10:00:00Z"),  # in the desk's time zone
    ("2026-11-23", "2026-11-22T16:00:00Z"),
    ("18:00", "2026-11-23T10:00:00Z"),
    ("today 18:00", "2026-11-23T10:00:00Z"),
    ("yesterday 14:00", "2026-11-22T06:00:00Z"),
    ("2h ago", "2026-11-23T08:30:00Z"),
    ("20m", "2026-11-23T10:10:00Z"),  # a bare span is ago
    ("1h30m", "2026-11-23T09:00:00Z"),
    ("now", NOW),
]


@pytest.mark.parametrize(("said", "meant"), WHEN, ids=[said for said, _ in WHEN])
def test_at_takes_rfc_3339_and_what_people_write_and_says_what_it_understood(desk: DeskRunner, said: str, meant: str) -> None:
    desk.policy("timezone: UTC ", "timezone: Asia/Shanghai ")
    done = desk.ok("open", "An old one", "--at", said)
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    local = datetime.fromisoformat(meant).astimezone(UTC).astimezone(ZoneInfo("Asia/Shanghai"))
    assert done.err == f"{said} = {local:%Y-%m-%d %H:%M:%S} CST\n"
    event = desk.ticket("4")["history"][0]
    assert (event["at"], desk.ticket("4")["opened"]) == (meant, meant)
    assert event.get("recorded") == (None if meant == NOW else NOW)


ACTING = [
    "open x",
    "assign 3 network",
    "escalate 3 network",
    "contacted 1",
    "note 1 x",
    "resolve 1 --how x",
    "set 1 ci=x",
    "answer 2 confirmed",
]


@pytest.mark.parametrize("line", ACTING)
@pytest.mark.parametrize("when", ["in 2h", "tomorrow 9:00", "2027-01-01T00:00:00Z"])
def test_what_has_not_happened_yet_can_not_be_written_down(desk: DeskRunner, line: str, when: str) -> None:
    before = desk.files()
    done = desk.do(*words(line), "--at", when, "--json")
    assert (done.exit, done.error["code"]) == (2, "usage")
    assert "future" in done.error["message"]
    assert desk.files() == before


def test_the_future_is_for_due_for_dry_sweeps_and_for_who_says_yes(desk: DeskRunner) -> None:
    assert desk.do("due", "--at", "in 2h").exit == 0
    assert desk.do("sweep", "--at", "in 4h", "--dry-run").exit == 0
    refused = desk.do("sweep", "--at", "in 4h")
    assert refused.exit == 2
    assert "--yes" in refused.err
    done = desk.ok("sweep", "--at", "in 4h", "--yes", "--json").data
    assert done["at"] == "2026-11-23T14:30:00Z"
    assert {"unresolved-4h", "callback-4h"} <= {action["rule"] for action in done["actions"]}


def test_itsm_now_is_believed_and_a_wrong_one_is_a_matter_of_usage(desk: DeskRunner) -> None:
    assert desk.ok("open", "x", "--json", env={"ITSM_NOW": "2031-01-01T08:00:00+08:00"}).data["opened"] == "2031-01-01T00:00:00Z"
    for wrong in ("tomorrow", "2026-11-23T09:00:00", "2026-13-01T00:00:00Z"):
        done = desk.do("list", "--json", env={"ITSM_NOW": wrong})
        assert (done.exit, done.error["code"]) == (2, "usage")


def test_who_acts_is_by_else_itsm_user_else_the_person_with_this_login_else_the_login(desk: DeskRunner) -> None:
    desk.by = ""

    def acted(*args: str, env: dict[str, str] | None = None) -> str:
        by: str = desk.ok("note", "1", "x", *args, "--json", env=env).data["history"][-1]["by"]
        return by

    login = getpass.getuser()
    assert acted("--by", "han", env={"ITSM_USER": "mei"}) == "han"
    assert acted(env={"ITSM_USER": "mei"}) == "mei"
    assert acted() == login
    desk.policy("people: {}", f"people: {{li.lei: {{name: 李雷, mail: li.lei@example.com, logins: [nobody1, {login}]}}}}")
    assert acted() == "li.lei"
    desk.ok("assign", "1", "network", "--to", "me")
    assert [row["id"] for row in desk.ok("list", "assignee:me", "--json").data] == ["T-1"]


# --- what strangers write ---------------------------------------------------------------------

HOSTILE = {
    "markup": "disk [/var] full",
    "escape sequences": "\x1b[31mred\x1b[0m \x1b]0;owned\x07 alert \x9b1m",
    "bidi and zero width": "\u202egnp.exe\u202c in\u200bvisible",
    "line separators": "one\u2028two\u2029three\x85four\x0bfive",
    "Chinese": "邮件服务器没有响应",
    "10,000 characters": "x" * 9_999 + "!",
    "10,000 Chinese characters": "坏" * 10_000,
    "emoji": "🔥 server 🧯 burns",
    "YAML": "a: b # no {x: [1, 2]} - 'q' \"q\" &a *a !t %y @z `w`",
    "placeholders": "{id} {title.__class__} %s %(x)s $HOME {0}",
    "an option": "--help me",
}
NEVER = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]")


@pytest.mark.parametrize("title", HOSTILE.values(), ids=HOSTILE)
def test_a_title_comes_through_unharmed_and_harms_nobody(desk: DeskRunner, title: str) -> None:
    desk.now = T0
    made = desk.ok("open", "--json", "--name", title[:200], "--description", title, "--", title).data
    assert (made["id"], made["title"], made["description"].rstrip("\n"), made["contact"]["name"]) == ("T-4", title, title, title[:200])
    assert desk.ticket("4")["title"] == title
    assert next(row["title"] for row in desk.ok("list", "--json").data if row["id"] == "T-4") == title
    seen = [desk.ok(*words(line)).out for line in ("show 4", "list", "log 4", "due", "sla explain 4", "sweep --dry-run")]
    swept = desk.ok("sweep", "--json").data["actions"]
    assert f"Your ticket is T-4: {title}" in [action["text"] for action in swept]
    desk.ok("resolve", "4", "--how", title)
    assert desk.ticket("4")["history"][-1]["resolution"] == title
    seen += [desk.ok("sweep").out, desk.ok("calls").out, desk.ok("notices").out, desk.ok("check").out]

    for text in seen:
        assert not NEVER.search(text), "a control character in plain output"
    shown = NEVER.sub(lambda found: found[0].encode("unicode_escape").decode(), title)
    assert shown in seen[0]
    assert shown in seen[1]
    assert shown in seen[5]


def test_a_title_with_a_line_break_is_refused_and_one_from_a_file_can_not_forge_a_line(desk: DeskRunner) -> None:
    assert desk.do("open", "one\ntwo").exit == 2
    desk.file("T-3").write_text(desk.file("T-3").read_text().replace("One of three UPSs is broken", '"one\\nT-99\\tP1\\tforged"'))
    listed = desk.ok("list").out.splitlines()
    assert not [line for line in listed if line.startswith("T-99")]
    assert [line for line in listed if line.startswith("T-3\t") and "one\\nT-99 P1 forged" in line]


def test_the_installed_command_writes_utf_8_whatever_the_locale(desk: DeskRunner) -> None:
    desk.ok("open", HOSTILE["Chinese"])
    for env in (
        {"LANG": "C", "LC_ALL": "C"},
        {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ):
        assert HOSTILE["Chinese"] in desk.ran("show", "4", env=env).out
        assert json.loads(desk.ran("show", "4", "--json", env=env).out)["data"]["title"] == HOSTILE["Chinese"]


def test_quiet_says_nothing_of_what_was_done(desk: DeskRunner) -> None:
    done: Any = desk.do("note", "1", "hello", "--quiet")
    assert (done.exit, done.out, done.err) == (0, "", "")
    assert desk.do("show", "1", "--quiet").out
    assert desk.do("start", "3", "--quiet").err  # an error is an error
