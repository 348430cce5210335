"""`watch`: the queue on the whole screen at a real terminal, and the terminal afterwards as it was."""

from __future__ import annotations

import os
import termios
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.terminal import at_a_terminal

SCREEN = {"TERM": "xterm", "COLUMNS": "80", "LINES": "10"}
LEFT = "\x1b[?1049l"  # back from the other screen


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = DeskRunner.made(tmp_path)
    desk.ok("open", "Mail server does not answer", "--team", "network")
    desk.ok("open", "FTP is slow", "--team", "servicedesk")
    desk.now = desk.moment("1h")
    return desk


def test_what_sla_yaml_promises_anew_is_seen(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "watch", "team:network", env=SCREEN) as person:
        assert "in 1h" in person.waits_for("q leaves")
        desk.policy("resolve: 2h}", "resolve: 5h}")
        assert "in 4h" in person.waits_for("q leaves")
        person.types("q")
        assert person.left() == 0


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "Ctrl-C"])
def test_it_shows_the_queue_sees_changes_and_gives_the_terminal_back(desk: DeskRunner, key: str) -> None:
    with at_a_terminal(desk, "watch", "team:network", env=SCREEN) as person:
        before = termios.tcgetattr(person.terminal)
        screen = person.waits_for("q leaves")
        assert "Mail server does not answer" in screen
        assert "in 1h" in screen
        assert "FTP" not in screen
        desk.ok("open", "A second one", "--team", "network")
        person.waits_for("A second one")
        person.types(key)
        assert person.left() in (0, 130)
        assert LEFT in person.seen
        assert termios.tcgetattr(person.terminal)[:4] == before[:4]


def test_a_long_queue_says_how_much_more_there_is(desk: DeskRunner) -> None:
    for number in range(12):
        desk.ok("open", f"第{number}台服务器没有反应")
    with at_a_terminal(desk, "watch", env=SCREEN) as person:
        assert "and 9 more" in person.waits_for("q leaves")
        person.types("q")
        assert person.left() == 0


def test_killed_it_gives_the_terminal_back_too(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "watch", env=SCREEN) as person:
        before = termios.tcgetattr(person.terminal)
        person.waits_for("q leaves")
        os.kill(person.process.pid, 15)
        assert person.left() == 130
        assert LEFT in person.seen
        assert termios.tcgetattr(person.terminal)[:4] == before[:4]


def test_without_a_terminal_it_is_a_matter_of_usage(desk: DeskRunner) -> None:
    assert desk.run("watch").exit == 2
    assert desk.run("watch", "--json").exit == 2
    with at_a_terminal(desk, "watch", "colour:red", env=SCREEN) as person:
        assert person.left() == 2
