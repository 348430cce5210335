"""`sla explain`: a row a promise and a rule. Page 3, sentence 22; issue 3, item 4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.desk_runner import DeskRunner
from tests.sla.builders import TEAMS
from tests.terminal import seen

TARGETS = "targets:\n- {name: 事件, match: {}, contact: 20m, resolve: 2h}\n"
RULES = """rules:
- {name: nearly-late, of: resolve, at: [75%], notify: head}
- {name: rule-with-a-long-name, from: opened, after: 4h, notify: head}
- {name: after-closing, match: {status: closed}, from: closed, after: 1d, notify: head}
"""


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """A ticket that has waited for half an hour."""
    desk = DeskRunner(tmp_path / "desk")
    (desk.root / "tickets").mkdir(parents=True)
    (desk.root / "sla.yaml").write_text(f"schema: 1\ndesk: {{timezone: UTC}}\n{TEAMS}\n{TARGETS}{RULES}", encoding="utf-8")
    desk.ok("open", "Mail is down", "--team", "servicedesk")
    desk.ok("pend", "1", "--for", "customer", at="10m")
    desk.ok("resume", "1", at="40m")
    return desk


def rows(desk: DeskRunner, at: str) -> dict[str, dict[str, Any]]:
    return {row["rule"] or row["target"]: row for row in desk.ok("sla", "explain", "1", "--json", at=at).data}


def test_a_row_a_promise_and_a_rule_with_the_pause_that_was_given_back(desk: DeskRunner) -> None:
    found = rows(desk, "1h")
    assert list(found) == ["contact", "resolve", "pend-until", "nearly-late", "rule-with-a-long-name", "after-closing"]
    assert found["resolve"] == {
        "rule": "", "target": "resolve", "sla": "事件", "state": "running", "why": "1h 30m of 2h are left", "kind": "target", "step": "",
        "armed": "2026-11-23T09:00:00Z", "due": "2026-11-23T11:30:00Z", "paused_seconds": 1800,
    }  # fmt: skip
    late = found["nearly-late"]
    assert (late["state"], late["target"], late["due"], late["paused_seconds"]) == ("waiting", "resolve", "2026-11-23T11:00:00Z", 1800)
    assert (found["after-closing"]["state"], found["after-closing"]["why"]) == ("idle", "status is assigned, not closed")


@pytest.mark.parametrize(
    ("commands", "at", "state", "why"),
    [
        ([], "3h", "breached", "30m later than the 2h that were promised"),
        ([("pend", "1", "--for", "vendor")], "3h", "paused", "1h 30m of 2h are left; the clock stands still while it waits"),
        ([("resolve", "1", "--how", "x")], "3h", "met", "kept with 1h 30m of 2h left, at 2026-11-23 10:00 UTC"),
        ([("sweep", "--at", "2026-11-23T11:35:00Z", "--yes")], "3h", "breached",
         "2h were promised; it was broken, and put on record at 2026-11-23 11:35 UTC"),
    ],
    ids=["broken", "paused", "kept", "on record"],
)  # fmt: skip
def test_how_a_promise_stands_is_said_in_words(desk: DeskRunner, commands: list[tuple[str, ...]], at: str, state: str, why: str) -> None:
    for command in commands:
        desk.ok(*command, at="1h")
    found = rows(desk, at)["resolve"]
    assert (found["state"], found["why"]) == (state, why)


def test_in_a_pipe_each_row_is_a_line_of_cells(desk: DeskRunner) -> None:
    out = desk.ran("sla", "explain", "1", at="1h").out
    lines = [line.split("\t") for line in out.splitlines()]
    assert {len(line) for line in lines} == {7}
    since, due = "2026-11-23T09:00:00Z", "2026-11-23T11:30:00Z"
    assert lines[1] == ["resolve 事件", "running", "target", since, due, "30m", "1h 30m of 2h are left"]


def test_at_80_columns_the_table_stands_with_chinese_names_too(desk: DeskRunner) -> None:
    lines = seen(desk, "sla", "explain", "1", at="1h", env={"TERM": "xterm", "NO_COLOR": "1"}).splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert lines[0] == "TARGET / RULE         STATE       SINCE             DUE               PAUSED"
    place = lines.index("resolve 事件          running     2026-11-23 09:00  2026-11-23 11:30  30m")
    assert lines[place + 1] == "  1h 30m of 2h are left"
    assert any(line.startswith("rule-with-a-long-na…  waiting") for line in lines)
