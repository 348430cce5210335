"""Two hours of cron, a sweep a minute, with a mail server that does everything wrong: each notice arrives once it recovers, and once.

The issue, *Proof*; page 3, sentences 15, 19 and 20. The clock is virtual, the server and its faults are real.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.e2e.delivering import CUSTOMER, HEAD
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

RECOVERS = 120  # minutes after the first ticket
TICKETS = (0, 7, 30, 61, 95)  # minutes at which one is opened
THIRD = "fang2@example.org"  # the customer of the third ticket


def refuses(reply: str) -> Callable[[Smtpd], None]:
    """The customer of one ticket of five, and the head, at RCPT."""

    def broken(server: Smtpd) -> None:
        server.refuse = {THIRD: reply, "head1@example.com": reply}

    return broken


def all_senders(server: Smtpd) -> None:
    server.refuse_sender = "451 4.3.0 Try later"


def resets(server: Smtpd) -> None:
    server.resets = 1_000_000


def few(server: Smtpd) -> None:
    server.per_connection = 2


def hangs_up(server: Smtpd) -> None:
    server.refuse_greeting = "554 5.3.2 No"


def data(server: Smtpd) -> None:
    server.data_replies = ["452 4.2.2 Full"] * 1_000_000


FAULTS = {
    "450 for some recipients": refuses("450 4.2.1 Later"),
    "550 for some recipients": refuses("550 5.1.1 No such user"),
    "451 for every sender": all_senders,
    "a reset amid each DATA": resets,
    "two mails a connection": few,
    "554 instead of a greeting": hangs_up,
    "452 after each DATA": data,
}


def mended(server: Smtpd) -> None:
    server.refuse, server.refuse_sender, server.data_replies = {}, "", []
    server.resets, server.per_connection, server.refuse_greeting = 0, 0, ""


def one_after_another(minute: int, server: Smtpd) -> None:
    """Another fault every seventeen minutes."""
    if minute % 17 == 0:
        mended(server)
        list(FAULTS.values())[minute // 17 % len(FAULTS)](server)


def always(broken: Callable[[Smtpd], None]) -> Callable[[int, Smtpd], None]:
    """The same fault all the time."""
    return lambda minute, server: broken(server) if minute == 0 else None


KINDS = [
    pytest.param(one_after_another, id="one fault after another"),
    *(pytest.param(always(broken), id=name, marks=pytest.mark.slow) for name, broken in FAULTS.items()),
]


@pytest.mark.parametrize("fault", KINDS)
def test_each_notice_arrives_once_the_server_recovers_and_only_once(tmp_path: Path, fault: Callable[[int, Smtpd], None]) -> None:
    with Smtpd() as server:
        desk = made(tmp_path, server)
        spoken = []
        for minute in range(RECOVERS):
            fault(minute, server)
            if minute in TICKETS:
                desk.ok("open", "Mail is down", "--email", f"fang{TICKETS.index(minute)}@example.org", at=f"{minute}m")
            done = desk.do("sweep", "--mail", at=f"{minute}m")
            assert done.exit in (0, 7), done
            spoken += done.err.splitlines()
        mended(server)
        for minute in range(RECOVERS, RECOVERS + 62, 4):
            done = desk.do("sweep", "--mail", at=f"{minute}m")
        assert (done.exit, done.err) == (0, "")
        told = Counter((mail.to[0], str(mail.message["Subject"])) for mail in server.received)
        assert len(told) == 3 * len(TICKETS), "a customer, a head and the call centre for each ticket"
        assert set(told.values()) == {1}
        assert len({str(mail.message["Message-ID"]) for mail in server.received}) == len(server.received)
        assert len(spoken) < RECOVERS, "cron's mailbox stays readable: a problem is said when it is new, and when it is gone"
        assert list((desk.root / ".itsm" / "outbox").glob("*.json")) == []
        assert desk.ok("check", "--json", at="4h").data["problems"] == []


def made(folder: Path, server: Smtpd) -> DeskRunner:
    (folder / "tickets").mkdir()
    channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 5}}}}"
    (folder / "sla.yaml").write_bytes(sla_yaml(HEAD, CUSTOMER, channels=channels))
    return DeskRunner(folder)


# --- a server that keeps one waiting ------------------------------------------------------------


def test_a_server_that_sends_a_byte_at_a_time_ends_no_sweep_late_and_loses_nothing(tmp_path: Path) -> None:
    """A time limit for each answer is none for such a server: the sweep has one, too."""
    with Smtpd() as server:
        desk = made(tmp_path, server)
        desk.policy("{timezone: UTC}", "{timezone: UTC, sweep_limit: 1s}")
        desk.ok("open", "Mail is down", "--email", "fang0@example.org")
        server.drip = 0.2
        began = monotonic()
        done = desk.do("sweep", "--mail", at="20m")
        assert monotonic() - began < 4
        assert done.exit == 7
        server.drip = 0
        desk.ok("sweep", "--mail", at="21m")
        desk.ok("sweep", "--mail", at="22m")
        assert sorted(mail.to[0] for mail in server.received) == ["cc@example.com", "fang0@example.org", "head1@example.com"]


def test_while_a_sweep_waits_for_a_server_the_next_ones_leave_at_once(tmp_path: Path) -> None:
    """Page 3, sentence 17: cron's jobs can't pile up behind a server that hangs."""
    with Smtpd() as server:
        desk = made(tmp_path, server)
        desk.ok("open", "Mail is down", "--email", "fang0@example.org")
        server.hang = "connect"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        waiting = subprocess.Popen([ITSM, "sweep", "--mail"], cwd=desk.root, env=desk.environment("0m"), **quiet)
        while not server.connections:
            sleep(0.05)
        for _ in range(3):
            began = monotonic()
            done = desk.do("sweep", "--mail", at="1m")
            assert (done.exit, done.out, done.err) == (0, "", "")
            assert monotonic() - began < 2
        assert desk.do("note", "1", "and nobody waits for a lock meanwhile").exit == 0
        assert waiting.wait(30) == 7
