"""Notices that are given up: when, who says so, and what `itsm notices retry|drop` makes of them. Page 3, sentences 16, 19 and 20."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.e2e.delivering import CUSTOMER, HEAD, facts, made, swept, to
from tests.smtpd import Smtpd


def dead_head(desk: DeskRunner, server: Smtpd) -> DeskRunner:
    """The head's notice refused for good until it is given up; the call centre's has arrived."""
    server.refuse["head1@example.com"] = "550 5.1.1 No such user"
    swept(desk, "20m", "21m", "1h21m")
    return desk


# --- when --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "lives", "dies"),
    [("550 5.1.1 No such user", "1h19m", "1h20m"), ("450 4.2.1 Later", "2h19m", "2h20m")],
    ids=["refused for good: after an hour", "put off: after two"],
)
def test_a_notice_is_given_up_after_the_time_of_its_channel_counted_for_its_recipient_alone(
    tmp_path: Path, server: Smtpd, reply: str, lives: str, dies: str
) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse["head1@example.com"] = reply
    assert "given up" not in swept(desk, "20m", lives).err
    done = swept(desk, dies)
    assert done.exit == 7
    assert f"mail: T-1 to head1@example.com: given up after 3 tries: {reply} (itsm notices retry, or drop)" in done.err
    assert to(server) == ["cc@example.com"]


def test_without_a_word_in_sla_yaml_a_refusal_lives_two_days_and_an_outage_five(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD, more="")
    server.refuse = {"head1@example.com": "550 5.1.1 No such user", "cc@example.com": "450 4.2.1 Later"}
    assert "given up" not in swept(desk, "20m", "1d", "47h").err
    assert swept(desk, "2d1h").err.count("given up") == 1
    assert "given up" not in swept(desk, "4d").err.replace("head1@example.com: given up", "")
    assert len(desk.ok("notices", "dead", "--json", at="4d").data) == 1
    swept(desk, "5d1h")
    assert {row["address"] for row in desk.ok("notices", "dead", "--json", at="6d").data} == {"head1@example.com", "cc@example.com"}


def test_days_without_cron_are_no_tries(tmp_path: Path, server: Smtpd) -> None:
    """Late is not lost (15): what was tried once, a week ago, is tried once more before anybody gives up."""
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse["head1@example.com"] = "450 4.2.1 Later"
    swept(desk, "20m")
    server.refuse.clear()
    assert swept(desk, "7d").exit == 0
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_a_customers_message_is_stale_after_a_day_even_where_the_server_is_back(tmp_path: Path) -> None:
    """Sentence 16: max_late. What nobody wants to read any more isn't sent late, and the desk is told."""
    with Smtpd() as server:
        where = server.address
    desk = made(tmp_path / "desk", where, CUSTOMER, more="")
    swept(desk, "0m", "23h")
    with Smtpd() as server:
        desk.policy(where, server.address)
        done = swept(desk, "24h1m")
        assert "T-1 to wang.fang@example.org: given up after 2 tries: too late for the customer: can't reach" in done.err
        assert to(server) == []
        desk.ok("notices", "retry", "T-1", at="25h")
        swept(desk, "25h")
        assert to(server) == ["wang.fang@example.org"], "but a person may decide so"


# --- who says so -------------------------------------------------------------------------------


def test_every_sweep_and_check_say_so_until_a_person_decides(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    said = "mail: T-1 to head1@example.com: given up after 3 tries: 550 5.1.1 No such user"
    for args in (("sweep", "--mail"), ("sweep",), ("sweep", "--dry-run")):
        done = desk.do(*args, "--json", at="3h")
        assert done.exit == 7, done
        assert [problem["message"] for problem in done.data["problems"]] == [said.removeprefix("mail: ")]
    check = desk.do("check", at="3h")
    assert check.exit == 5
    assert f"{said} (itsm notices retry, or drop)" in check.out
    assert "1 message is not sent yet: deleting .itsm would lose that mail" in check.err
    desk.ok("notices", "drop", "T-1", at="3h")
    assert desk.ok("check", "--json", at="3h").data["problems"] == []
    assert swept(desk, "3h").exit == 0


def test_cron_says_it_when_new_once_a_day_and_when_it_is_gone(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    spoken = {hour: err for hour in range(2, 40) if "given up" in (err := swept(desk, f"{hour}h").err)}
    assert list(spoken) == [26], "the sweep that gave it up has said it first, an hour and 21 minutes after opening"
    desk.ok("notices", "drop", "all", at="40h")
    assert swept(desk, "40h").err.startswith("no longer: mail: T-1 to head1@example.com: given up")


def test_the_list_has_state_tries_next_try_and_last_error(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse = {"head1@example.com": "550 5.1.1 No such user", "cc@example.com": "450 4.2.1 Later"}
    swept(desk, "20m", "21m", "1h21m")
    dead, waiting = desk.ok("notices", "waiting", "--json", at="1h22m").data
    assert {name: dead[name] for name in ("fact", "ticket", "to", "channel", "address", "attempts", "next_try", "why")} == {
        "fact": "dead", "ticket": "T-1", "to": "head:servicedesk", "channel": "mail", "address": "head1@example.com", "attempts": 3,
        "next_try": None, "why": "550 5.1.1 No such user",
    }  # fmt: skip
    assert (waiting["fact"], waiting["attempts"], waiting["next_try"], waiting["why"]) == (
        "failed", 3, "2026-11-23T10:23:00Z", "450 4.2.1 Later",
    )  # fmt: skip
    assert [row["fact"] for row in desk.ok("notices", "dead", "--json", at="2h").data] == ["dead"]
    told = desk.ok("notices", "1", "--json", at="2h").data
    assert [(fact["fact"], fact.get("attempts")) for fact in told if fact["address"] == "cc@example.com"][-1] == ("failed", 3)
    line = desk.ok("notices", "waiting", at="2h").out.splitlines()[1]
    assert line.endswith("late 20m notify → cc@example.com  3 tries, next 2026-11-23T10:23:00Z: 450 4.2.1 Later")


# --- what a person decides ---------------------------------------------------------------------


def test_retry_sends_it_with_the_same_message_id_at_the_next_mail_sweep(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    known = desk.ok("notices", "dead", "--json", at="2h").data[0]["id"]
    server.refuse.clear()
    assert to(server) == ["cc@example.com"]
    done = desk.ran("notices", "retry", "T-1", at="2h")
    assert done.out == "1 message: the next sweep --mail tries again\n"
    desk.ok("sweep", at="2h")
    assert len(server.received) == 1, "a sweep that prints sends nothing"
    swept(desk, "2h1m", "2h2m")
    assert to(server) == ["cc@example.com", "head1@example.com"]
    assert str(server.received[1].message["Message-ID"]) == known
    assert facts(desk, "head1@example.com")[-5:] == ["dead", "retried", "printed", "intended", "sent"]
    assert swept(desk, "3h").exit == 0


def test_a_retry_has_the_whole_time_again(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    desk.ok("notices", "retry", "T-1", at="5h")
    assert "given up" not in swept(desk, "5h", "5h59m").err.replace("no longer: mail: T-1 to head1@example.com: given up", "")
    assert "given up after 3 tries" in swept(desk, "6h1m").err


def test_drop_is_for_good_and_says_so_in_the_journal(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    assert desk.ok("notices", "drop", at="2h").out == "1 message: they won't be said\n"
    server.refuse.clear()
    swept(desk, "3h", "30d")
    assert to(server) == ["cc@example.com"]
    assert facts(desk, "head1@example.com")[-2:] == ["dead", "dropped"]


@pytest.mark.parametrize("which", ["T-1", "1", "all", "dead", "KEY", ""])
def test_what_is_decided_over_is_named_by_ticket_key_or_kind(tmp_path: Path, server: Smtpd, which: str) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    which = which.replace("KEY", desk.ok("notices", "dead", "--json", at="2h").data[0]["key"])
    done = desk.ok("notices", "retry", *([which] if which else []), "--json", at="2h")
    assert done.data == {"decided": "retry", "count": 1}


@pytest.mark.parametrize(
    ("verdict", "by", "fact", "who"),
    [
        ("retry", (), "retried", "mei"),
        ("drop", ("--by", "li.lei"), "dropped", "li.lei"),
    ],
    ids=["the one whose login it is", "the one that is named"],
)
def test_who_decided_and_when_is_on_record_and_shown(
    tmp_path: Path, server: Smtpd, verdict: str, by: tuple[str, ...], fact: str, who: str
) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    desk.ok("notices", verdict, "T-1", *by, at="2h5m")
    last = desk.ok("notices", "1", "--json", at="3h").data[-1]
    assert {name: last[name] for name in ("fact", "by", "at", "address")} == {
        "fact": fact, "by": who, "at": "2026-11-23T11:05:00Z", "address": "head1@example.com",
    }  # fmt: skip
    [line] = [line for line in desk.ok("notices", "1", at="3h").out.splitlines() if fact in line]
    assert line.startswith("2026-11-23T11:05:00Z")
    assert line.split("  ")[-1] == f"by {who}"
    assert "by" not in desk.ok("notices", "1", "--json", at="3h").data[0], "a sweep is nobody"


@pytest.mark.parametrize(("which", "code"), [("T-99", 3), ("T-2", 4), ("held", 4), ("T-1/nonsense", 4)])
def test_where_there_is_nothing_to_decide_it_is_refused(tmp_path: Path, server: Smtpd, which: str, code: int) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    desk.ok("open", "Another", at="2h")
    assert desk.do("notices", "retry", which, at="2h").exit == code


def test_what_is_held_and_what_was_given_up_are_not_mistaken_for_each_other(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    dead_head(desk, server)
    (desk.root / "sla.yaml").write_bytes(
        (desk.root / "sla.yaml")
        .read_bytes()
        .replace(b"rules:", b"rules:\n- " + CUSTOMER.encode())
        .replace(b"{timezone: UTC}", b"{hold_over: 0}")
    )
    desk.ok("sla", "arm", "opened-notice", at="2h")
    swept(desk, "2h")
    refused = desk.do("notices", "drop", at="2h")
    assert refused.exit == 4
    assert "itsm notices drop held, dead, T-42, or all" in refused.err
    assert desk.ok("notices", "drop", "held", "--json", at="2h").data["count"] == 1
    assert len(desk.ok("notices", "dead", "--json", at="2h").data) == 1


def test_without_its_outbox_a_dead_notice_is_said_to_be_lost_and_a_retry_decides_it_anew(tmp_path: Path, server: Smtpd) -> None:
    """Page 2: deleting .itsm loses nothing but mail not yet sent, and `check` says so before it happens, and after."""
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    shutil.rmtree(desk.root / ".itsm")
    assert "given up, and the message is lost" in desk.do("check", at="2h").out
    server.refuse.clear()
    swept(desk, "2h")
    assert to(server) == ["cc@example.com"]
    desk.ok("notices", "retry", at="2h")
    assert swept(desk, "2h1m").exit == 0
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_another_copy_of_the_desk_neither_complains_nor_tries_again(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    desk.policy("{timezone: UTC}", f"{{timezone: UTC, sender: 'elsewhere:{desk.root}'}}")
    shutil.rmtree(desk.root / ".itsm")
    assert "given up" not in desk.do("check", at="2h").out
    assert desk.do("notices", "retry", at="2h").exit == 4


def test_a_file_among_the_dead_that_is_no_message_is_named(tmp_path: Path, server: Smtpd) -> None:
    desk = dead_head(made(tmp_path / "desk", server.address, HEAD), server)
    (desk.root / ".itsm" / "outbox" / "dead" / "junk.json").write_text("{")
    assert "dead/junk.json: not a message of the outbox" in desk.do("check", at="2h").out
    done = swept(desk, "2h")
    assert "dead/junk.json: not a message of the outbox" in done.err
    listed = desk.do("notices", "dead", "--json", at="2h")
    assert (listed.exit, len(listed.data), "dead/junk.json: not a message of the outbox" in listed.err) == (5, 1, True)


def test_a_message_of_an_earlier_version_is_still_sent(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD)
    server.refuse_sender = "450 4.3.2 Later"
    swept(desk, "20m")
    for path in (desk.root / ".itsm" / "outbox").glob("*.json"):
        kept = json.loads(path.read_text())
        path.write_text(json.dumps({name: kept[name] for name in kept if name not in ("since", "not_after", "refused")}))
    server.refuse_sender = ""
    assert swept(desk, "21m").exit == 0
    assert to(server) == ["cc@example.com", "head1@example.com"]
