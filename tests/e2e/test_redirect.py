"""A rehearsal: `redirect` of a channel sends everything to one address, and says whom it was for. docs/operations.md, *A rehearsal*."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from itsm.notify.mail import redirected
from tests.desk_runner import DeskRunner
from tests.e2e.delivering import CUSTOMER, HEAD
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd
from tests.terminal import seen

TITLE = "邮件服务器无法访问, again and again and again"
ME = ", redirect: me@example.com"


def made(folder: Path, channels: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(HEAD, CUSTOMER, channels=channels))
    desk = DeskRunner(folder)
    desk.ok(
        "open",
        "--name",
        "王芳",
        "--mobile",
        "138",
        "--email",
        "wang.fang@example.org",
        "--",
        "邮件服务器无法访问, again and again and again",
    )
    return desk


def mailing(folder: Path, server: Smtpd, more: str = ME) -> DeskRunner:
    return made(folder, f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 1{more}}}}}")


def test_everything_goes_to_the_one_address_and_says_whom_it_was_for(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server)
    desk.ok("sweep", "--mail", at="20m")
    assert [mail.to for mail in server.received] == [["me@example.com"]] * 3
    assert {str(mail.message["X-Original-To"]) for mail in server.received} == {
        "wang.fang@example.org",
        "head1@example.com",
        "cc@example.com",
    }
    for mail in server.received:
        assert str(mail.message["To"]) == "me@example.com"
        assert str(mail.message["Subject"]).startswith(f"[to {mail.message['X-Original-To']}] [T-1] ")
        assert str(mail.message["Subject"]).endswith(TITLE)
        assert "@example.org" not in mail.raw.decode().replace("X-Original-To: wang.fang@example.org", "").replace(
            "[to wang.fang@example.org]", ""
        )


def test_it_counts_as_said_so_that_going_live_floods_nobody_with_the_past(tmp_path: Path, server: Smtpd) -> None:
    """Sentence 16. What comes after goes to whom it is for."""
    desk = mailing(tmp_path / "desk", server)
    desk.ok("sweep", "--mail", at="20m")
    desk.policy(ME, "")
    desk.ok("sweep", "--mail", at="21m")
    assert len(server.received) == 3
    desk.ok("open", "Another", "--email", "li@example.org", at="22m")
    desk.ok("sweep", "--mail", at="22m")
    assert [mail.to for mail in server.received[3:]] == [["li@example.org"]]


def test_the_journal_says_where_it_went(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server)
    desk.ok("sweep", "--mail")
    facts = [json.loads(line) for line in (desk.root / "notices" / "2026-11.jsonl").read_text().splitlines()]
    [sent] = [fact for fact in facts if fact["fact"] == "sent"]
    assert (sent["address"], sent["redirected"], sent["answer"]) == ("wang.fang@example.org", "me@example.com", "250 OK")
    assert "→ wang.fang@example.org (redirected to me@example.com)" in desk.ok("notices").out


def test_what_waits_since_before_the_rehearsal_is_redirected_too(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server, more="")
    server.refuse_sender = "450 4.3.2 Later"
    desk.do("sweep", "--mail")
    server.refuse_sender = ""
    desk.policy("timeout: 1", f"timeout: 1{ME}")
    desk.ok("sweep", "--mail", at="1m")
    assert [mail.to for mail in server.received] == [["me@example.com"]]


def test_a_program_is_given_the_other_number_and_a_first_line_that_says_whom_it_was_for(tmp_path: Path) -> None:
    got = tmp_path / "got"
    channels = f"{{sms: {{command: [sh, -c, 'env >>{got}; cat >>{got}', sh, '{{mobile}}'], redirect: '+86999'}}}}"
    desk = made(tmp_path / "desk", channels)
    desk.ok("sweep", "--mail")
    text = got.read_text()
    assert "ITSM_MOBILE=+86999" in text
    assert "ITSM_MAIL=\n" in text
    assert "\n[to 138]\nTicket T-1\n" in text


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        ("{smtp: localhost, from: a@example.com, redirect: '+86138'}", "redirect: me@example.com"),
        ("{command: [send-sms, '{mobile}'], redirect: me@example.com}", "redirect: '+8613…'"),
        ("{command: [say, '{id}'], redirect: me@example.com}", "take the channel out while you rehearse"),
        ("{command: [say, '{mobile}', '{mail}'], redirect: me@example.com}", "take the channel out while you rehearse"),
    ],
    ids=["mail to a number", "SMS to an address", "a room that all read", "both"],
)
def test_what_can_not_be_redirected_is_a_mistake_of_sla_yaml(tmp_path: Path, channel: str, says: str) -> None:
    (tmp_path / "tickets").mkdir()
    (tmp_path / "sla.yaml").write_bytes(sla_yaml(channels=f"{{x: {channel}}}"))
    done = DeskRunner(tmp_path).do("sla", "check")
    assert done.exit == 5
    assert says in done.out


@pytest.mark.parametrize("raw", [b"", b"Subject: x\r\n\r\nTo: y\r\n", b"To: a@b\r\nTo: c@d\r\nSubject: x\r\n\r\n"])
def test_a_message_that_is_none_of_ours_is_refused_rather_than_sent_to_whom_it_says(raw: bytes) -> None:
    with pytest.raises(ValueError, match="can't be seen whom"):
        redirected(raw, "a@example.com", "me@example.com")


# --- a rehearsal that nobody remembers ----------------------------------------------------------

REMINDER = "channel mail is redirected: all that it takes goes to me@example.com, and counts as said"
REMEDY = " (take redirect out once the rehearsal is over)"


def test_check_and_sla_check_remind_of_it_with_its_line_and_it_is_no_fault(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server)
    check, sla = desk.ok("check"), desk.ok("sla", "check")
    line = check.err.strip()
    assert line.startswith("warning: sla.yaml:")
    assert line.endswith(f": {REMINDER}{REMEDY}")
    assert sla.out.strip().endswith(f": warning: {REMINDER}{REMEDY}")
    assert desk.ok("check", "--json").data["warnings"][0]["line"] == desk.ok("sla", "check", "--json").data["warnings"][0]["line"] > 0
    assert desk.do("sla", "check", "--strict").exit == 5
    desk.policy(ME, "")
    assert (desk.ok("check").err, desk.ok("sla", "check").out) == ("", "sla.yaml is in order\n")


def test_a_person_who_sweeps_by_mail_is_reminded(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server)
    assert REMINDER in seen(desk, "sweep", "--mail", at="20m", env={"TERM": "xterm", "COLUMNS": "300"}, stdout=subprocess.DEVNULL)
    assert "redirect" not in seen(desk, "sweep", at="20m", env={"TERM": "xterm"}, stdout=subprocess.DEVNULL), "what is printed goes nowhere"


WHERE = "mail goes to me@example.com (channels.mail.redirect)"


def test_cron_says_where_mail_goes_once_any_was_sent_then_once_a_day_and_when_it_is_over(tmp_path: Path, server: Smtpd) -> None:
    """Sentence 20: its mailbox must stay readable."""
    desk = mailing(tmp_path / "desk", server)
    assert desk.ok("sweep", at="0m").err == "", "what is printed goes nowhere"
    said = {at: desk.ok("sweep", "--mail", at=at).err for at in ("0m", "1m", "20m", "21m", "23h59m", "1d1m", "1d2m")}
    assert said == dict.fromkeys(said, "") | {"0m": f"{WHERE}\n", "1d1m": f"{WHERE}\n"}
    desk.policy(ME, "")
    assert desk.ok("sweep", "--mail", at="1d3m").err == f"no longer: {WHERE}\n"
    assert desk.ok("sweep", "--mail", at="1d4m").err == ""


def test_where_nothing_was_sent_nothing_is_said_of_it(tmp_path: Path, server: Smtpd) -> None:
    desk = mailing(tmp_path / "desk", server)
    server.refuse_sender = "450 4.3.2 Later"
    assert "goes to" not in desk.do("sweep", "--mail").err
    server.refuse_sender = ""
    assert WHERE in desk.ok("sweep", "--mail", at="1m").err


@pytest.mark.parametrize("how", ["--quiet", "--json"])
def test_who_wants_few_words_is_not_told(tmp_path: Path, server: Smtpd, how: str) -> None:
    desk = mailing(tmp_path / "desk", server)
    assert "goes to" not in desk.ok("sweep", "--mail", how).err
    assert len(server.received) == 1
    assert WHERE in desk.ok("sweep", "--mail", at="20m").err
    assert desk.ok("sweep", "--mail", how, at="2d").err == ""
