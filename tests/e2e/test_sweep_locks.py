"""A sweep and people at the same time: nobody waits for a mail server, and nothing is done by what was read before (sentence 14)."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from itsm.store import locks
from tests.desk_runner import ITSM, DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

CLOSE = "{name: bye, match: {status: resolved}, from: resolved, after: 1h, close: No word, notify: callcentre, say: '{id} is closed'}"
LATE = "{name: late, match: {status: new}, from: opened, after: 20m, notify: head, say: '{id} is late'}"


def made(folder: Path, *rules: str, where: str = "") -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    channels = f"{{mail: {{smtp: '{where}', from: desk@example.com, timeout: 6}}}}" if where else "{}"
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, channels=channels))
    desk = DeskRunner(folder)
    desk.ok("open", "Mail is down")
    return desk


def sweep(desk: DeskRunner, *args: str, at: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [ITSM, "sweep", *args], cwd=desk.root, env=desk.environment(at), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(holds: object, patience: float = 20) -> None:
    end = time.monotonic() + patience
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def test_sentence_14_while_a_mail_server_hangs_tickets_can_be_changed_at_once(tmp_path: Path) -> None:
    with Smtpd() as server:
        server.hang = "data"
        desk = made(tmp_path / "desk", LATE, where=server.address)
        running = sweep(desk, "--mail", at="20m")
        until(lambda: server.connections)
        for command in (("assign", "1", "servicedesk"), ("open", "Another"), ("note", "1", "On it")):
            desk.ran(*command, at="20m")
        assert running.poll() is None, "the mail server still hangs, and nobody has waited for it"
        server.hang = ""
        running.communicate(timeout=60)
        assert running.returncode == 7
    assert desk.ticket(at="21m")["status"] == "assigned"


def test_sentence_14_a_ticket_that_changed_after_it_was_looked_at_is_decided_again_under_the_lock(tmp_path: Path) -> None:
    """zammad#3329: a ticket that the customer had just answered was closed all the same."""
    desk = made(tmp_path / "desk", CLOSE)
    desk.ok("resolve", "1", "--how", "done", at="1m")
    elsewhere = desk.copied(tmp_path / "elsewhere")
    elsewhere.ok("reopen", "1", "--why", "It is down again", at="50m")
    with locks.lock(desk.root / ".itsm" / "lock", 5, "a test"):
        running = sweep(desk, at="2h")
        until(lambda: _asks_for_the_lock(desk, running))
        desk.file().write_bytes(elsewhere.file().read_bytes())
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "", "")
    assert desk.ticket(at="2h")["status"] != "closed"


def test_sentence_14_left_alone_that_ticket_is_closed(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", CLOSE)
    desk.ok("resolve", "1", "--how", "done", at="1m")
    desk.ok("sweep", at="2h")
    assert desk.ticket(at="2h")["status"] == "closed"


def _asks_for_the_lock(desk: DeskRunner, running: subprocess.Popen[str]) -> bool:
    """Whether the process waits in flock, or sleeps between two tries, with the desk's lock file open."""
    files = Path(f"/proc/{running.pid}/fd")
    return any(link.resolve() == (desk.root / ".itsm" / "lock").resolve() for link in files.iterdir())
