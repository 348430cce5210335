"""A ticket file that people write in: commands change the lines that they must, and every other byte stays (page 2)."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner

# Everything that people do to YAML: comments in all places, odd spaces, quotes that nobody needs, other spellings of the same value,
# keys of their own, in an order of their own, blank lines, a comment after the end.
BY_HAND = """\
# asked the customer to keep the phone near

id: T-1
type:   incident            # not a request, whatever they say
title: "Mail server does not answer"   # 'since nine'
x_room: 3.14                # the floor and the door
status: new
priority: 'P3'
urgency: medium
impact:  medium

x_seen:
  - by: han                 # on Monday
    at: '12:30'
  - {by:   mei, at: "12:45"}
contact: { mobile: '+8613800000000',   name: 王芳 }   # ask for Mrs Wang
description: >-
  Outlook says the server can't be reached,
  since about nine.

  # not a comment: the customer's own sign
opened: 2026-11-23T09:00:00Z
history:
# the first call
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FA, at: 2026-11-23T09:00:00Z, by: mei, event: opened}
- id: 01KARZ3NDEKTSV4RRFFQ69G5FB     # written by hand
  at: 2026-11-23T09:01:00Z
  by: "mei"
  event: noted

  text: |
    Two lines
    of it
# the end
x_last: yes, really   # after the history
"""


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = DeskRunner.made(tmp_path)
    desk.file().write_text(BY_HAND, encoding="utf-8")
    assert desk.ok("check").out.endswith("all is well\n")
    return desk


def changed(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    """The lines that are gone and those that are new, ends of lines included."""
    lines = list(difflib.ndiff(before.decode().splitlines(keepends=True), after.decode().splitlines(keepends=True)))
    return [line[2:] for line in lines if line.startswith("- ")], [line[2:] for line in lines if line.startswith("+ ")]


def step(desk: DeskRunner, *args: str, at: str) -> tuple[list[str], list[str]]:
    before = desk.file().read_bytes()
    desk.ran(*args, at=at)
    return changed(before, desk.file().read_bytes())


def test_assign_note_and_resolve_change_their_lines_and_no_other_byte(desk: DeskRunner) -> None:
    gone, new = step(desk, "assign", "1", "network", "--to", "li.lei", at="5m")
    assert gone == ["status: new\n"]
    assert [line for line in new if not line.startswith("- {id: ")] == [
        "status: assigned\n",
        "team: network\n",
        "level: 2\n",
        "assignee: li.lei\n",
    ]
    [event] = [line for line in new if line.startswith("- {id: ")]
    assert event.endswith("at: 2026-11-23T09:05:00Z, by: mei, event: assigned, team: network, level: 2, assignee: li.lei}\n")

    gone, new = step(desk, "note", "1", "He says: no # yes, 'really'", "--from-customer", at="6m")
    assert gone == []
    [event] = new
    assert event.endswith("""event: noted, text: 'He says: no # yes, ''really''', direction: from-customer}\n""")

    gone, new = step(desk, "resolve", "1", "--how", "Restarted the IMAP service", at="7m")
    assert gone == ["status: assigned\n"]
    assert sorted(new[:2]) == ["resolved: 2026-11-23T09:07:00Z\n", "status: resolved\n"]
    assert len(new) == 3

    kept, _ = changed(BY_HAND.encode(), desk.file().read_bytes())
    assert kept == ["status: new\n"]  # of what people wrote one line has changed
    assert desk.file().read_text(encoding="utf-8").endswith("# the end\nx_last: yes, really   # after the history\n")
    assert desk.ok("check").out.endswith("all is well\n")


def test_the_comment_behind_a_value_stays_when_the_value_changes(desk: DeskRunner) -> None:
    gone, new = step(desk, "set", "1", "type=request", "title=Mail is slow", at="5m")
    assert gone == [
        "type:   incident            # not a request, whatever they say\n",
        "title: \"Mail server does not answer\"   # 'since nine'\n",
    ]
    assert any("request" in line and line.endswith("# not a request, whatever they say\n") for line in new)
    assert any("Mail is slow" in line and line.endswith("# 'since nine'\n") for line in new)


def test_every_move_of_a_life_keeps_what_people_wrote(desk: DeskRunner) -> None:
    life = [
        ["escalate", "1", "network"], ["contacted", "1"], ["start", "1"], ["pend", "1", "--for", "vendor"], ["resume", "1"],
        ["set", "1", "impact=high", "email=w@example.com"], ["link", "1", "--caused-by", "2"], ["resolve", "1", "--how", "x"],
        ["reopen", "1", "--why", "no"], ["close", "1", "--how", "y", "--score", "4"],
    ]  # fmt: skip
    desk.ok("open", "The cause")
    for minute, args in enumerate(life, 5):
        desk.ok(*args, at=f"{minute}m")
    after = desk.file().read_text(encoding="utf-8")
    for line in BY_HAND.splitlines():
        if line.split(":")[0].strip() not in ("status", "impact", "priority", "contact"):
            assert line in after.splitlines(), line
    assert "   # ask for Mrs Wang" in after
    assert desk.ok("check").out.endswith("all is well\n")


@pytest.mark.parametrize("ends", ["\r\n", "\n"], ids=["CRLF", "LF"])
def test_line_ends_stay_what_they_were(desk: DeskRunner, ends: str) -> None:
    raw = BY_HAND.replace("\n", ends).encode()
    desk.file().write_bytes(raw)
    desk.ok("assign", "1", "network")
    gone, _ = changed(raw, desk.file().read_bytes())
    assert gone == [f"status: new{ends}"]


def test_a_file_without_a_line_end_at_its_end_is_no_obstacle(desk: DeskRunner) -> None:
    desk.ok("open", "Another")
    raw = desk.file("T-2").read_bytes()
    desk.file("T-2").write_bytes(raw.rstrip(b"\n"))
    desk.ok("note", "2", "hello")
    assert desk.file("T-2").read_bytes().startswith(raw)
    assert desk.ticket("2")["history"][-1]["text"] == "hello"


def test_what_changes_nothing_leaves_the_file_alone(desk: DeskRunner) -> None:
    before = desk.file().stat()
    desk.ok("set", "1", "type=incident", "urgency=medium")
    desk.ok("sweep", at="1h59m")  # prints, moves nothing; a minute later a promise is broken, and the history says so (page 3, 8)
    for args in (["show", "1"], ["list"], ["check"], ["calls"], ["due"]):
        desk.ok(*args)
    assert (desk.file().stat().st_mtime_ns, desk.file().stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_the_sweep_keeps_what_people_wrote_too(desk: DeskRunner) -> None:
    desk.ok("resolve", "1", "--how", "x", at="1h")
    before = desk.file().read_bytes()
    for day in range(1, 4):
        desk.ok("sweep", at=f"{day}d1h")
    gone, new = changed(before, desk.file().read_bytes())
    assert gone == ["status: resolved\n"]
    assert [line.split(":")[0] for line in new if not line.startswith("- ")] == ["status", "closed"]
