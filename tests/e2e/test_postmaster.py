"""What is still being tried, tried at once or taken out by a person: `itsm notices retry|drop`, as Postfix has `postqueue -i` and
`postsuper -d`. Page 3, sentences 16, 19 and 20.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.e2e.delivering import CUSTOMER, HEAD, LATER, facts, made, put_off, swept, to
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd


def waiting(desk: DeskRunner, at: str = "37m") -> list[dict[str, object]]:
    rows: list[dict[str, object]] = desk.ok("notices", "waiting", "--json", at=at).data
    return rows


# --- retry -------------------------------------------------------------------------------------


def test_retry_has_the_next_mail_sweep_try_at_once_with_the_same_message_id(tmp_path: Path, server: Smtpd) -> None:
    desk = put_off(tmp_path, server)
    known = {row["id"] for row in waiting(desk)}
    server.refuse_sender = ""
    swept(desk, "37m")
    assert to(server) == [], "without it they rest until eight minutes before ten"
    assert desk.ok("notices", "retry", "T-1", at="38m").out == "2 messages: the next sweep --mail tries again\n"
    assert swept(desk, "38m").exit == 0
    assert to(server) == ["cc@example.com", "head1@example.com"]
    assert {str(mail.message["Message-ID"]) for mail in server.received} == known
    assert swept(desk, "39m", "2h").exit == 0
    assert len(server.received) == 2


def test_a_retry_that_fails_goes_on_with_the_pauses_and_the_time_that_it_has_had(tmp_path: Path, server: Smtpd) -> None:
    desk = put_off(tmp_path, server)
    desk.ok("notices", "retry", at="38m")
    swept(desk, "38m")
    assert {(row["attempts"], row["next_try"]) for row in waiting(desk, "39m")} == {(7, "2026-11-23T10:10:00Z")}
    assert "given up" not in swept(desk, "2h19m").err
    assert swept(desk, "2h21m").err.count("given up") == 0, "it rests"
    desk.ok("notices", "retry", at="2h22m")
    assert swept(desk, "2h22m").err.count("given up after 9 tries") == 2, "two hours from the first try, whoever wanted another"


@pytest.mark.parametrize("which", ["T-1", "1", "waiting", "all", "KEY", ""])
def test_what_is_tried_at_once_is_named_by_ticket_key_or_kind_or_not_at_all(tmp_path: Path, server: Smtpd, which: str) -> None:
    desk = put_off(tmp_path, server)
    which = which.replace("KEY", str(waiting(desk)[0]["key"]))
    assert desk.ok("notices", "retry", *([which] if which else []), "--json", at="37m").data == {"decided": "retry", "count": 2}


# --- drop --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["T-1", "waiting", "all", "KEY"])
def test_drop_takes_it_out_for_good(tmp_path: Path, server: Smtpd, which: str) -> None:
    desk = put_off(tmp_path, server)
    done = desk.ok("notices", "drop", which.replace("KEY", str(waiting(desk)[0]["key"])), at="37m")
    assert done.out == "2 messages: they won't be said\n"
    server.refuse_sender = ""
    assert swept(desk, "38m", "2h", "30d").exit == 0
    assert to(server) == []
    assert [*(desk.root / ".itsm" / "outbox").rglob("*.json")] == []
    assert (waiting(desk), desk.ok("check", "--json", at="38m").data["problems"]) == ([], [])
    assert facts(desk, "head1@example.com")[-2:] == ["failed", "dropped"]


def test_the_other_tickets_messages_go_on(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    desk.ok("open", "Another")
    server.refuse_sender = LATER
    swept(desk, "20m")
    desk.ok("notices", "drop", "2", at="20m")
    server.refuse_sender = ""
    swept(desk, "21m")
    assert [(mail.to[0], str(mail.message["Subject"])) for mail in sorted(server.received, key=lambda mail: mail.to)] == [
        ("cc@example.com", "[T-1] T-1 is late: Mail is down"), ("head1@example.com", "[T-1] T-1 is late: Mail is down"),
    ]  # fmt: skip


def test_without_a_name_nothing_that_is_being_tried_is_dropped(tmp_path: Path, server: Smtpd) -> None:
    """Lose nothing: what is held or was given up waits for a person, this doesn't, and a script means those."""
    desk = put_off(tmp_path, server)
    refused = desk.do("notices", "drop", at="37m")
    assert (refused.exit, len(waiting(desk))) == (4, 2)
    assert "what is still being tried is dropped only by name" in refused.err
    assert "itsm notices drop waiting, or T-42" in refused.err


def test_what_is_being_tried_and_what_was_given_up_are_not_mistaken_for_each_other(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse = {"head1@example.com": "550 5.1.1 No such user", "cc@example.com": LATER}
    swept(desk, "20m", "21m", "1h21m")
    assert [row["fact"] for row in waiting(desk, "1h22m")] == ["dead", "failed"]
    assert desk.ok("notices", "retry", "waiting", "--json", at="1h22m").data["count"] == 1
    assert [row["fact"] for row in waiting(desk, "1h22m")] == ["dead", "failed"]
    assert desk.ok("notices", "drop", "--json", at="1h22m").data["count"] == 1
    assert [row["fact"] for row in waiting(desk, "1h22m")] == ["failed"], "what was given up waits for a person"
    assert desk.ok("notices", "drop", "waiting", "--json", at="1h22m").data["count"] == 1
    assert waiting(desk, "1h22m") == []


def test_without_a_name_all_that_can_be_is_tried(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse = {"head1@example.com": "550 5.1.1 No such user", "cc@example.com": LATER}
    swept(desk, "20m", "21m", "1h21m")
    assert desk.ok("notices", "retry", "--json", at="1h22m").data["count"] == 2
    server.refuse = {}
    swept(desk, "1h22m")
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_a_digest_is_one_message(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    desk.policy("{timezone: UTC}", "{timezone: UTC, digest_over: 1}")
    desk.ok("open", "Another")
    server.refuse_sender = LATER
    swept(desk, "20m")
    assert desk.ok("notices", "drop", "T-2", "--json", at="21m").data["count"] == 2, "the head's and the call centre's, of both tickets"
    server.refuse_sender = ""
    swept(desk, "22m")
    assert server.received == []


def test_a_desk_whose_outbox_is_empty_says_that_there_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "tickets").mkdir()
    (tmp_path / "sla.yaml").write_bytes(sla_yaml())
    done = DeskRunner(tmp_path).do("notices", "drop", "waiting")
    assert (done.exit, "there is nothing to drop for waiting" in done.err) == (4, True)


# --- who and when ------------------------------------------------------------------------------


@pytest.mark.parametrize(("verdict", "fact"), [("retry", "retried"), ("drop", "dropped")])
def test_who_decided_and_when_is_on_record_and_shown(tmp_path: Path, server: Smtpd, verdict: str, fact: str) -> None:
    desk = put_off(tmp_path, server)
    desk.ok("notices", verdict, "T-1", "--by", "li.lei", at="37m")
    told = [row for row in desk.ok("notices", "1", "--json", at="38m").data if row["fact"] == fact]
    assert [(row["by"], row["at"], row["to"]) for row in told] == [
        ("li.lei", "2026-11-23T09:37:00Z", "callcentre"), ("li.lei", "2026-11-23T09:37:00Z", "head:servicedesk"),
    ]  # fmt: skip
    assert desk.ok("notices", "1", at="38m").out.count("by li.lei") == 2


def test_another_copy_of_the_desk_leaves_them_alone(tmp_path: Path, server: Smtpd) -> None:
    """zammad#1223: a copy has the sender's outbox, too, and what it says of those messages is not so."""
    desk = put_off(tmp_path, server)
    desk.policy("{timezone: UTC}", "{timezone: UTC, sender: 'elsewhere:/desk'}")
    for verdict in ("retry", "drop"):
        refused = desk.do("notices", verdict, "T-1", at="37m")
        assert (refused.exit, "only elsewhere:/desk acts and sends" in refused.err) == (4, True)
    assert len(waiting(desk)) == 2


@pytest.mark.parametrize("verdict", ["retry", "drop"])
def test_by_a_clock_that_was_ahead_it_is_settled_all_the_same(tmp_path: Path, server: Smtpd, verdict: str) -> None:
    """Sentence 21: queued by a clock two months ahead, which is right again."""
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse_sender = LATER
    desk.do("sweep", "--mail", at="60d")
    desk.ok("notices", verdict, "waiting", at="30m")
    server.refuse_sender = ""
    for at in ("30m", "31m", "61d"):
        swept(desk, at)
    assert to(server) == (["cc@example.com", "head1@example.com"] if verdict == "retry" else [])


# --- while a sweep is at work ------------------------------------------------------------------


def sweeping_while(folder: Path, server: Smtpd, hang: str = "", delay: float = 0) -> tuple[DeskRunner, subprocess.Popen[bytes]]:
    """A sweep that is sending the customer's message, which was put off before, to a server that hangs or is slow."""
    desk = made(folder / "desk", server.address, CUSTOMER)
    desk.policy("{timezone: UTC}", "{timezone: UTC, sweep_limit: 3s}")
    server.refuse_sender = LATER
    swept(desk, "0m")
    server.refuse_sender, server.hang, server.delay, before = "", hang, delay, server.connections
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([ITSM, "sweep", "--mail"], cwd=desk.root, env=desk.environment("1m"), **quiet)
    while server.connections == before:
        sleep(0.02)
    return desk, process


@pytest.mark.parametrize("verdict", ["retry", "drop"])
def test_a_sweep_that_is_sending_it_ends_first(tmp_path: Path, server: Smtpd, verdict: str) -> None:
    desk, sweeping = sweeping_while(tmp_path, server, hang="connect")
    done = desk.ran("notices", verdict, "T-1", at="1m")
    assert sweeping.wait(10) == 7
    assert facts(desk, "wang.fang@example.org")[-2:] == ["failed", {"retry": "retried", "drop": "dropped"}[verdict]]
    assert f"waiting for the end of sweep (process {sweeping.pid} of " in done.err
    server.hang = ""
    swept(desk, "1m", "20m")
    assert to(server) == (["wang.fang@example.org"] if verdict == "retry" else [])


def test_what_that_sweep_has_sent_is_neither_dropped_nor_said_to_be(tmp_path: Path, server: Smtpd) -> None:
    desk, sweeping = sweeping_while(tmp_path, server, delay=0.2)
    done = desk.run("notices", "drop", "T-1", at="1m")
    assert (sweeping.wait(10), to(server)) == (0, ["wang.fang@example.org"])
    assert (done.exit, "there is nothing to drop for T-1" in done.err) == (4, True)
    assert facts(desk, "wang.fang@example.org")[-1] == "sent"


def test_a_sweep_that_comes_while_one_decides_leaves_as_it_does_for_another_sweep(tmp_path: Path, server: Smtpd) -> None:
    """Sentence 17."""
    desk = put_off(tmp_path, server)
    held = ["flock", str(desk.root / ".itsm" / "sweep.lock"), "sh", "-c", "echo held; sleep 2"]
    with subprocess.Popen(held, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        began = monotonic()
        assert (swept(desk, "37m").exit, len(server.received)) == (0, 0)
        assert monotonic() - began < 1
        assert desk.ok("notices", "drop", "T-1", at="37m").err == "waiting for the end of another process\n"
