"""`itsm notify test`: one real message, and what happened. The issue, item 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd


def made(folder: Path, channels: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(channels=channels))
    return DeskRunner(folder)


def mailing(folder: Path, server: Smtpd, more: str = "") -> DeskRunner:
    return made(folder, f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 1{more}}}}}")


@pytest.mark.parametrize(
    ("to", "address"), [("me@example.com", "me@example.com"), ("li.lei", "li.lei@example.com"), ("network", "l2@example.com")]
)
def test_a_mail_goes_to_an_address_a_person_or_a_team(tmp_path: Path, server: Smtpd, to: str, address: str) -> None:
    desk = mailing(tmp_path / "desk", server)
    done = desk.ran("notify", "test", "mail", "--to", to)
    [mail] = server.received
    assert mail.to == [address]
    assert mail.message["Subject"] == "[Service desk] Test of the channel mail"
    sent, by, answer, took = done.out.splitlines()
    assert sent == f"mail: sent to {address}"
    assert by == f"  by      {server.address}, not encrypted (this host)"
    assert answer == "  answer  250 OK"
    assert took.startswith("  took    0.")
    assert took.endswith(" s")


def test_it_is_no_notice_and_leaves_nothing_behind(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server)
    before = desk.files()
    desk.ok("notify", "test", "mail", "--to", "me@example.com")
    assert desk.files() == before
    assert desk.ok("notices", "--json").data == []


def test_a_refusal_is_shown_in_the_servers_words_and_is_exit_7(tmp_path: Path, server: Smtpd) -> None:
    server.refuse["me@example.com"] = "550 5.1.1 No such user"
    done = mailing(tmp_path / "desk", server).do("notify", "test", "mail", "--to", "me@example.com", "--json")
    assert done.exit == 7
    assert {name: done.data[name] for name in ("channel", "to", "redirected", "sent", "answer", "connection")} == {
        "channel": "mail", "to": "me@example.com", "redirected": "", "sent": False, "answer": "550 5.1.1 No such user",
        "connection": f"{server.address}, not encrypted (this host)",
    }  # fmt: skip


def test_a_server_that_is_not_there_says_so(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", "{mail: {smtp: '127.0.0.1:1', from: desk@example.com}}")
    done = desk.do("notify", "test", "mail", "--to", "me@example.com")
    assert done.exit == 7
    assert done.out.splitlines()[:3] == [
        "mail: NOT sent to me@example.com",
        "  by      nobody was reached",
        "  answer  can't reach 127.0.0.1:1: Connection refused",
    ]


def test_a_program_is_run(tmp_path: Path) -> None:
    got = tmp_path / "got"
    desk = made(tmp_path / "desk", f"{{sms: {{command: [sh, -c, 'cat >\"$0.$1\"', '{got}', '{{mobile}}']}}}}")
    done = desk.ok("notify", "test", "sms", "--to", "+8613800000000")
    assert "sms: sent to +8613800000000" in done.out
    assert "This is a test of the channel sms" in Path(f"{got}.+8613800000000").read_text()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("post", "--to", "me@example.com"), "no such channel: post"),
        (("mail", "--to", "li.lie"), "did you mean li.lei?"),
        (("mail", "--to", "+8613800000000"), "channel mail can't reach +8613800000000: no mail address is known"),
        (("mail", "--to", "-oX@example.com"), "begins with a dash"),
        (("mail", "--to", "me@example.com\r\nBcc: you@example.com"), "white space or control characters"),
    ],
    ids=["no such channel", "no such person", "a number to mail to", "an option", "a header"],
)
def test_what_can_not_be_sent_to_begin_with_is_a_matter_of_usage(tmp_path: Path, server: Smtpd, args: tuple[str, ...], says: str) -> None:
    done = mailing(tmp_path / "desk", server).do("notify", "test", *args)
    assert done.exit == 2
    assert says in done.err
    assert server.connections == 0


def test_a_channel_that_is_redirected_is_tested_as_it_is(tmp_path: Path, server: Smtpd) -> None:
    done = mailing(tmp_path / "desk", server, ", redirect: me@example.com").ok("notify", "test", "mail", "--to", "li.lei")
    assert "mail: sent to li.lei@example.com, redirected to me@example.com" in done.out
    assert [mail.to for mail in server.received] == [["me@example.com"]]
