"""A mail server that is down: who comes on shift sees it at once, each message is one row, and a sweep says which ticket's it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.e2e.delivering import CUSTOMER, HEAD, LATER, made, swept
from tests.smtpd import Smtpd
from tests.terminal import at_a_terminal, seen


@pytest.fixture
def down(tmp_path: Path) -> DeskRunner:
    """Nobody listens since ten: three messages about a ticket, the last try at a quarter past."""
    with Smtpd() as server:
        where = server.address
    desk = made(tmp_path / "desk", where, HEAD, CUSTOMER)
    desk.policy(where, "localhost:1")
    swept(desk, "1h", "1h1m", "1h3m", "1h7m", "1h15m")
    return desk


# --- who comes on shift ------------------------------------------------------------------------

REASON = "can't reach localhost:1: Connection refused"


def test_bare_itsm_tells_how_many_messages_wait_since_when_and_why(down: DeskRunner) -> None:
    lines = down.ok(at="1h16m").out.splitlines()
    place = lines.index("channels that are behind (1)")
    assert lines[place + 1] == f"  mail    3 messages since 2026-11-23T10:00:00Z: {REASON}; next try 2026-11-23T10:23:00Z"
    assert down.ok("now", "--json", at="1h16m").data["behind"] == [
        {"channel": "mail", "count": 3, "since": "2026-11-23T10:00:00Z", "why": REASON, "next_try": "2026-11-23T10:23:00Z"}
    ]


def test_on_a_terminal_the_reason_and_the_next_try_go_on_below_and_nothing_is_cut(down: DeskRunner) -> None:
    told = seen(down, at="1h16m", env={"TERM": "xterm", "NO_COLOR": "1"})
    assert "…" not in told[told.index("behind") :]
    assert f"{REASON}; next try 2026-11-23 10:23" in " ".join(told.split())
    assert max(map(len, told.splitlines())) <= 80


def test_a_handover_tells_it_too(down: DeskRunner) -> None:
    told = down.ok("handover", at="1h16m").out
    assert f"### Channels that are behind\n- mail 3 messages since 2026-11-23T10:00:00Z: {REASON}; next try" in told


def test_where_they_are_tried_at_once_no_later_try_is_told(down: DeskRunner) -> None:
    down.ok("notices", "retry", "waiting", at="1h16m")
    assert "next try" not in down.ok("now", at="1h16m").out


def test_of_several_reasons_most_often_heard_is_told_and_each_channel_is_a_line(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD, CUSTOMER)
    desk.policy("channels: {", "channels: {sms: {command: ['false', '{mobile}']}, ")
    desk.ok("open", "FTP is slow", "--mobile", "138")
    server.refuse_sender = LATER
    swept(desk, "20m")
    server.refuse_sender, server.refuse = (
        "",
        {"head1@example.com": LATER, "cc@example.com": "450 4.2.1 Full", "wang.fang@example.org": LATER},
    )
    swept(desk, "21m")
    told = {row["channel"]: (row["count"], row["why"]) for row in desk.ok("now", "--json", at="21m").data["behind"]}
    assert told == {"mail": (5, LATER), "sms": (1, "false ended with status 1")}


def test_once_the_server_is_back_nothing_is_told_of_it(down: DeskRunner, server: Smtpd) -> None:
    down.policy("localhost:1", server.address)
    assert swept(down, "1h23m").exit == 0
    told = down.ok("now", at="1h24m")
    assert "behind" not in told.out
    assert down.ok("now", "--json", at="1h24m").data["behind"] == []


def test_on_a_copy_that_does_not_send_it_is_not_told(down: DeskRunner) -> None:
    down.policy("{timezone: UTC}", "{timezone: UTC, sender: 'elsewhere:/desk'}")
    assert "behind" not in down.ok("now", at="1h16m").out


def test_a_file_of_the_outbox_that_is_no_message_is_named(down: DeskRunner) -> None:
    (down.root / ".itsm" / "outbox" / "junk.json").write_text("{")
    told = down.do("now", at="1h16m")
    assert (told.exit, "junk.json: not a message of the outbox" in told.out) == (5, True)


# --- one row -----------------------------------------------------------------------------------


def test_a_message_that_is_tried_again_is_one_row_however_often(down: DeskRunner) -> None:
    for args in (("notices",), ("notices", "1")):
        rows = [row for row in down.ok(*args, "--json", at="1h16m").data if row["ticket"] == "T-1"]
        assert [(row["fact"], row["to"], row["attempts"], row["next_try"]) for row in rows] == [
            ("failed", "callcentre", 5, "2026-11-23T10:23:00Z"),
            ("failed", "head:servicedesk", 5, "2026-11-23T10:23:00Z"),
            ("failed", "customer", 5, "2026-11-23T10:23:00Z"),
        ]
    assert down.ok("notices", "1", at="1h16m").out.count("head1@example.com") == 1


def test_what_arrived_in_the_end_says_how_often_it_failed_before(down: DeskRunner, server: Smtpd) -> None:
    down.policy("localhost:1", server.address)
    swept(down, "1h23m")
    rows = [row for row in down.ok("notices", "1", "--json", at="2h").data if row["to"] == "customer"]
    assert [(row["fact"], row.get("attempts")) for row in rows] == [("failed", 5), ("sent", None)]
    assert f"wang.fang@example.org  5 tries: {REASON}\n" in down.ok("notices", "1", at="2h").out


def test_each_notice_of_a_digest_has_its_row(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    desk.policy("{timezone: UTC}", "{timezone: UTC, digest_over: 1}")
    desk.ok("open", "FTP is slow")
    server.refuse_sender = LATER
    swept(desk, "20m", "21m")
    rows = desk.ok("notices", "--json", at="21m").data
    assert sorted((row["ticket"], row["to"], row["attempts"]) for row in rows) == [
        ("T-1", "callcentre", 2), ("T-1", "head:servicedesk", 2), ("T-2", "callcentre", 2), ("T-2", "head:servicedesk", 2),
    ]  # fmt: skip


# --- what a sweep prints of it -----------------------------------------------------------------


def shown(desk: DeskRunner, at: str) -> str:
    """What a person sees who sweeps."""
    with at_a_terminal(desk, "sweep", "--mail", at=at, env={"TERM": "dumb", "COLUMNS": "300"}) as person:
        person.left()
    return person.seen.replace("\r\n", "\n")


def test_a_sweep_that_tries_again_names_the_ticket_and_each_address_once(down: DeskRunner) -> None:
    told = shown(down, "1h23m")
    assert told.splitlines()[:2] == [
        "T-1  Mail is down  (new)",
        "  tell cc@example.com (failed), head1@example.com (failed), wang.fang@example.org (failed): an earlier sweep could not deliver it",
    ]


@pytest.mark.parametrize("how", ["archived", "gone", "broken"])
def test_a_ticket_that_is_no_longer_there_or_can_not_be_read_stops_no_message(down: DeskRunner, server: Smtpd, how: str) -> None:
    down.policy("localhost:1", server.address)
    if how == "archived":
        archive = down.root / "tickets" / "archive" / "2026"
        archive.mkdir(parents=True)
        down.file().rename(archive / "T-1.yaml")
    elif how == "gone":
        down.file().unlink()
    else:
        down.file().write_text("{")
    told = shown(down, "1h23m")
    assert told.startswith("T-1  Mail is down" if how == "archived" else "T-1\n  tell cc@example.com (mailed)")
    assert len(server.received) == 3


# --- what waits for its reader's hours ---------------------------------------------------------

NIGHT = "{timezone: UTC, customer_hours: '08:00-21:00'}"
BY_DAY = "{name: morning, from: opened, after: 0m, notify: callcentre, notify_in: office, say: '{id}'}"


@pytest.fixture
def night(tmp_path: Path, server: Smtpd) -> DeskRunner:
    """A ticket of ten in the evening: its customer may be told at eight, the call centre at nine, the head at once."""
    desk = made(tmp_path / "desk", server.address, CUSTOMER, BY_DAY, HEAD)
    desk.policy("{timezone: UTC}", NIGHT)
    desk.file("T-1").unlink()
    desk.ok("open", "Mail is down", "--name", "李", "--email", "li@example.org", at="13h")
    return desk


def test_what_waits_for_its_readers_hours_is_listed_with_when_it_goes_out(night: DeskRunner) -> None:
    swept(night, "13h1m", "13h20m")
    rows = night.ok("notices", "waiting", "--json", at="13h30m").data
    assert [(row["fact"], row["ticket"], row["to"], row["address"], row["at"], row["next_try"], row["attempts"]) for row in rows] == [
        ("waiting", "T-2", "callcentre", "cc@example.com", "2026-11-23T22:00:00Z", "2026-11-24T09:00:00Z", 0),
        ("waiting", "T-2", "customer", "li@example.org", "2026-11-23T22:00:00Z", "2026-11-24T08:00:00Z", 0),
    ]
    lines = night.ok("notices", "waiting", at="13h30m").out.splitlines()
    assert lines[1] == ("2026-11-23T22:00:00Z  waiting   T-2     opened-notice 0m notify → li@example.org  not before 2026-11-24T08:00:00Z")


def test_what_is_still_to_come_is_not(night: DeskRunner) -> None:
    """HEAD is due at twenty past: `itsm due` is for that."""
    assert {row["to"] for row in night.ok("notices", "waiting", "--json", at="13h1m").data} == {"callcentre", "customer"}


def test_once_it_was_sent_it_waits_no_more(night: DeskRunner, server: Smtpd) -> None:
    swept(night, "23h1m")
    assert [row["to"] for row in night.ok("notices", "waiting", "--json", at="23h2m").data] == ["callcentre"]
    swept(night, "24h1m")
    assert night.ok("notices", "waiting", "--json", at="24h2m").data == []
    assert len(server.received) == 4


def test_what_fell_due_by_day_and_was_missed_waits_for_the_morning_too(night: DeskRunner) -> None:
    """Sentence 18; cron was off from noon."""
    night.ok("open", "FTP is slow", "--email", "wu@example.org", at="3h")
    rows = night.ok("notices", "waiting", "--json", at="13h").data
    assert ("customer", "wu@example.org", "2026-11-23T12:00:00Z", "2026-11-24T08:00:00Z") in [
        (row["to"], row["address"], row["at"], row["next_try"]) for row in rows
    ]


def test_with_a_broken_sla_yaml_the_outbox_is_listed_all_the_same(down: DeskRunner) -> None:
    with (down.root / "sla.yaml").open("a") as policy:
        policy.write("nonsense: 1\n")
    assert len(down.ok("notices", "waiting", "--json", at="1h16m").data) == 3
