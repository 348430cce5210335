"""A dead cron must not be silent: `desk.heartbeat`, and a word at a terminal. The issue, item 1; docs/operations.md."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.sla.builders import sla_yaml
from tests.terminal import seen


class Watchdog(ThreadingHTTPServer):
    """What hears the heartbeat. `paths` are what was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.paths: list[str] = []
        self.status = 200
        self.silent = threading.Event()
        self.silent.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/ping/uuid"


class Asked(BaseHTTPRequestHandler):
    server: Watchdog

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.server.silent.wait(30)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The tests' own output is enough."""


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    with Watchdog() as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.silent.set()
        one.shutdown()


def made(folder: Path, heart: str = "", sender: str = "") -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    desk = ", ".join(["timezone: UTC", *([f"heartbeat: {heart}"] if heart else []), *([f"sender: '{sender}'"] if sender else [])])
    (folder / "sla.yaml").write_bytes(sla_yaml(desk=f"{{{desk}}}"))
    return DeskRunner(folder)


# --- the heartbeat -----------------------------------------------------------------------------


def test_the_url_is_fetched_after_each_sweep_and_with_fail_behind_it_after_a_bad_one(tmp_path: Path, watchdog: Watchdog) -> None:
    desk = made(tmp_path / "desk", f"'{watchdog.url}'")
    assert desk.run("sweep").exit == 0
    desk.ok("open", "x")
    desk.file().write_bytes(b"\xff")
    assert desk.do("sweep", at="1m").exit == 5
    assert watchdog.paths == ["/ping/uuid", "/ping/uuid/fail"]


@pytest.mark.parametrize("args", [("sweep", "--dry-run"), ("list",), ("check",)])
def test_nothing_but_a_sweep_that_acts_beats(tmp_path: Path, watchdog: Watchdog, args: tuple[str, ...]) -> None:
    made(tmp_path / "desk", f"'{watchdog.url}'").do(*args)
    assert watchdog.paths == []


def test_a_copy_that_is_not_the_sender_does_not_beat_for_it(tmp_path: Path, watchdog: Watchdog) -> None:
    made(tmp_path / "desk", f"'{watchdog.url}'", sender="elsewhere:/desk").ok("sweep")
    assert watchdog.paths == []


def test_a_program_has_the_exit_code_in_its_environment(tmp_path: Path) -> None:
    got = tmp_path / "got"
    desk = made(tmp_path / "desk", f"[sh, -c, 'echo $ITSM_EXIT $1 >>{got}', sh, beat]")
    desk.ok("sweep")
    desk.ok("open", "x")
    desk.file().write_bytes(b"\xff")
    desk.do("sweep", at="1m")
    assert got.read_text() == "0 beat\n5 beat\n"


def test_a_watchdog_that_can_not_be_told_is_a_problem_and_stops_nothing(tmp_path: Path, watchdog: Watchdog) -> None:
    desk = made(tmp_path / "desk", f"'{watchdog.url}'")
    watchdog.status = 404
    done = desk.do("sweep")
    assert done.exit == 7
    assert done.err == "sla.yaml: heartbeat: the URL answered 404 Not Found (whoever watches over cron believes it dead)\n"
    assert "uuid" not in done.err, "who has the URL can keep the watchdog quiet"
    assert desk.do("sweep", "--json", at="1m").exit == 7
    watchdog.status = 200
    assert desk.do("sweep", at="2m").err.startswith("no longer: sla.yaml: heartbeat")


def test_one_that_never_answers_is_left_in_time(tmp_path: Path, watchdog: Watchdog) -> None:
    watchdog.silent.clear()
    began = time.monotonic()
    done = made(tmp_path / "desk", f"'{watchdog.url}', sweep_limit: 3s").do("sweep")
    assert time.monotonic() - began < 5
    assert done.exit == 7


@pytest.mark.parametrize(
    "heart", ["http://example.com/x", "http://localhost.example.com/", "ftp://x/", "/usr/bin/touch x", "file:///etc/passwd"]
)
def test_what_is_neither_https_nor_a_list_is_a_mistake(tmp_path: Path, heart: str) -> None:
    done = made(tmp_path / "desk", f"'{heart}'").do("sla", "check")
    assert done.exit == 5
    assert "heartbeat wants an https:// URL or a list" in done.out


# --- at a terminal -----------------------------------------------------------------------------


def told(desk: DeskRunner, at: str, *args: str) -> str:
    """What the command says on stderr where a person looks."""
    return seen(desk, *args, at=at, env={"TERM": "xterm"}, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(("every", "fine", "late"), [(1, 8, 9), (5, 40, 41)], ids=["every minute", "every five"])
def test_a_command_at_a_terminal_says_when_cron_has_missed_three_rounds(tmp_path: Path, every: int, fine: int, late: int) -> None:
    desk = made(tmp_path / "desk")
    for n in range(6):
        desk.ok("sweep", at=f"{n * every}m")
    assert told(desk, f"{fine}m", "list") == ""
    said = told(desk, f"{late}m", "list")
    assert "no sweep by cron since 2026-11-23T" in said
    assert f"one came every {every} min" in said
    assert "itsm cron --test" in said
    assert desk.ok("list", at="9h").err == "", "and in a pipe it says nothing"


def test_a_desk_that_cron_never_swept_and_a_copy_that_may_not_say_nothing(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk")
    desk.ok("sweep")
    assert told(desk, "30d", "list") == ""
    for n in range(6):
        desk.ok("sweep", at=f"{n}m")
    desk.policy("{timezone: UTC}", "{timezone: UTC, sender: 'elsewhere:/desk'}")
    assert told(desk, "30d", "list") == ""
