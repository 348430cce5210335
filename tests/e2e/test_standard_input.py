"""`-` is standard input: no more bytes than a ticket could hold, text only, and never without end. Page 2: at most 1 MiB."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner

MOST = 1 << 20
READERS = {
    "open --from": ("open", "--from", "-"),
    "note": ("note", "1", "-"),
    "shift-note": ("shift-note", "-"),
    "tickets": ("start", "-"),
    "note, its tickets": ("note", "-", "Phoned"),
}


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = DeskRunner.made(tmp_path)
    desk.ok("open", "Mail is down", "--team", "servicedesk")
    return desk


def piped(desk: DeskRunner, given: bytes, *args: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([ITSM, *args], cwd=desk.root, env=desk.environment(), input=given, capture_output=True, timeout=60, check=False)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.mark.parametrize("args", READERS.values(), ids=READERS)
@pytest.mark.parametrize("given", [b"x" * (MOST + 1), b"T-1\n" * (MOST // 2)], ids=["a byte too many", "twice as much, in lines"])
def test_more_than_a_ticket_may_have_is_refused_before_anything_is_done(desk: DeskRunner, args: tuple[str, ...], given: bytes) -> None:
    before = desk.files()
    done = piped(desk, given, *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "itsm: standard input has more than 1,048,576 bytes"
    assert desk.files() == before


@pytest.mark.parametrize("args", READERS.values(), ids=READERS)
def test_what_never_ends_is_not_waited_for_and_fills_no_memory(desk: DeskRunner, args: tuple[str, ...]) -> None:
    line = ["prlimit", "--as=400000000", ITSM, *args]
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(line, cwd=desk.root, env=desk.environment(), stdin=endless, capture_output=True, timeout=60, check=False)
    assert (done.returncode, b"more than 1,048,576 bytes" in done.stderr, b"Traceback" in done.stderr) == (2, True, False), done


@pytest.mark.parametrize("name", ["note", "shift-note", "tickets"])
def test_what_is_no_text_is_refused_with_its_place(desk: DeskRunner, name: str) -> None:
    before = desk.files()
    done = piped(desk, b"T-1 is \xff down", *READERS[name])
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "itsm: standard input is not UTF-8 (byte 8)")
    assert desk.files() == before


def test_what_a_ticket_can_hold_is_taken_whole_whatever_the_line_ends(desk: DeskRunner) -> None:
    long = "Zeile mit Umlaut ä\r\n" * 20_000
    assert piped(desk, long.encode(), "note", "1", "-").returncode == 0
    assert desk.ticket()["history"][-1]["text"] == long.replace("\r\n", "\n").rstrip("\n")
