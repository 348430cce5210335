"""Mail to a real SMTP server (aiosmtpd) and through a real sendmail: what arrives, what fails, what a kill leaves behind.

Page 3, sentences 15, 19 and 20; M21; the issue: *Mail against a real SMTP server*.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from itsm.store.notices import Journal
from tests.desk_runner import ITSM, DeskRunner
from tests.e2e.delivering import CUSTOMER, HEAD
from tests.sla.builders import sla_yaml
from tests.smtpd import Mail, Smtpd

CALL = "{name: ask, match: {status: new}, from: opened, after: 20m, call: 'Is {id} done?', answers: {'yes': {close: Yes}}}"
CLOSE = "{name: bye, match: {status: resolved}, from: resolved, after: 3d, close: No word, notify: callcentre, say: '{id} is closed'}"


def made(folder: Path, where: str, *rules: str, more: str = "", **given: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    channels = given.pop("channels", f"{{mail: {{smtp: '{where}', from: desk@example.com, timeout: 1{more}}}}}")
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, channels=channels, **given))
    return DeskRunner(folder)


def opened(desk: DeskRunner, title: str = "Mail is down", email: str = "wang.fang@example.org", at: str = "0m") -> DeskRunner:
    desk.ok("open", "--name", "王芳", "--mobile", "138", *(["--email", email] if email else []), "--", title, at=at)
    return desk


def acts(done: Any) -> dict[str, list[str]]:
    """Address → what became of what was for it."""
    found: dict[str, list[str]] = {}
    for action in done.data["actions"]:
        for to in action["to"]:
            found.setdefault(to, []).append(action["delivery"])
    return found


def to(server: Smtpd) -> list[str]:
    return sorted(address for mail in server.received for address in mail.to)


# --- what arrives ------------------------------------------------------------------------------


def test_a_notice_arrives_with_address_subject_and_headers(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD), "邮件服务器无法访问")
    done = desk.ran("sweep", "--mail", at="20m")
    assert (done.out, done.err) == ("", "")
    [mail] = [mail for mail in server.received if mail.to == ["head1@example.com"]]
    message = mail.message
    assert mail.sender == "desk@example.com"
    assert message["From"].addresses[0].addr_spec == "desk@example.com"
    assert [str(address) for address in message["To"].addresses] == ["Head One <head1@example.com>"]
    assert message["Subject"] == "[T-1] T-1 is late: 邮件服务器无法访问"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == desk.moment("20m")
    assert message["Message-ID"].endswith("@example.com>")
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert mail.text.splitlines()[0] == "T-1 is late: 邮件服务器无法访问"
    assert mail.raw.isascii()
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_a_call_is_mailed_to_the_call_centre_with_name_number_and_what_to_type(tmp_path: Path, server: Smtpd) -> None:
    opened(made(tmp_path / "desk", server.address, CALL)).ok("sweep", "--mail", at="20m")
    [mail] = server.received
    assert mail.message["Subject"] == "[T-1] Phone 王芳: Is T-1 done?"
    assert "Please phone 王芳: 138 (mobile)" in mail.text
    assert "itsm answer T-1 yes" in mail.text


def test_a_customer_reads_one_sentence_and_no_rule(tmp_path: Path, server: Smtpd) -> None:
    opened(made(tmp_path / "desk", server.address, CUSTOMER)).ok("sweep", "--mail")
    [mail] = server.received
    assert mail.to == ["wang.fang@example.org"]
    assert "Your ticket is T-1: Mail is down" in mail.text
    assert "opened-notice" not in mail.text


@pytest.mark.parametrize(
    ("title", "subject", "body"),
    [
        ("disk [/var] full", "disk [/var] full", "disk [/var] full"),
        ("a \x1b[31mred\x1b[0m one", "a red one", "a \\x1b[31mred\\x1b[0m one"),
        ("邮件 服务器 – öäü 😀", "邮件 服务器 – öäü 😀", "邮件 服务器 – öäü 😀"),
        ("=?UTF-8?Q?=0ABcc:_victim=40example.org?=", "Bcc: victim@example.org", "=?UTF-8?Q?=0ABcc:_victim=40example.org?="),
        ("x" * 10_000, "x" * 50, "x" * 10_000),
        ("字" * 10_000, "字" * 50, "字" * 10_000),
    ],
    ids=["brackets", "ESC", "Chinese", "an encoded Bcc", "10,000 characters", "10,000 Chinese ones"],
)
def test_any_title_comes_through_the_mail_unharmed(tmp_path: Path, server: Smtpd, title: str, subject: str, body: str) -> None:
    opened(made(tmp_path / "desk", server.address, HEAD), title).ok("sweep", "--mail", at="20m")
    for mail in server.received:
        assert str(mail.message["Subject"]).startswith(f"[T-1] T-1 is late: {subject}")
        assert body in mail.text
        assert mail.message["Bcc"] is None
        assert max(len(line) for line in mail.raw.split(b"\r\n")) <= 998
    assert to(server) == ["cc@example.com", "head1@example.com"]


# --- counted (12, 19) --------------------------------------------------------------------------


def test_the_same_sweep_twice_mails_once(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD, CALL))
    desk.ok("sweep", "--mail", at="20m")
    before = desk.files()
    desk.ok("sweep", "--mail", at="20m")
    assert to(server) == ["cc@example.com", "cc@example.com", "head1@example.com"]
    assert desk.files() == before
    assert list((desk.root / ".itsm" / "outbox").iterdir()) == []


def test_printing_by_hand_leaves_the_mail_to_be_sent(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD, CUSTOMER))
    assert "Head One" in desk.ok("sweep", at="20m").out
    assert server.connections == 0
    desk.ok("sweep", "--mail", at="21m")
    assert to(server) == ["cc@example.com", "head1@example.com", "wang.fang@example.org"]


def test_what_was_mailed_is_not_due_to_who_only_looks(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    assert len(desk.ok("due", "--json", at="20m").data) == 1
    desk.ok("sweep", "--mail", at="20m")
    assert desk.ok("due", "--json", at="20m").data == []


def test_the_message_id_is_a_function_of_the_notice_and_its_recipient(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    copy = shutil.copytree(desk.root, tmp_path / "again")
    for one in (desk, DeskRunner(copy)):
        one.ok("sweep", "--mail", at="20m")
    ids = Counter((mail.to[0], str(mail.message["Message-ID"])) for mail in server.received)
    assert list(ids.values()) == [2, 2]
    assert len({message_id for _, message_id in ids}) == 2


def test_who_has_no_address_is_printed_and_named(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, CUSTOMER), email="")
    done = desk.ran("sweep", "--mail")
    assert "tell 王芳 138: Your ticket is T-1" in done.out
    assert "tickets/T-1.yaml: 王芳 has a mobile, but no channel takes mobiles (printed instead)" in done.err
    again = desk.ran("sweep", "--mail", at="1m")
    assert (again.out, again.err) == ("", "")


@pytest.mark.parametrize("address", ["-oQ/tmp@example.org", "a b@example.org", "x@", "x\x00@example.org"])
def test_an_address_that_can_not_be_one_is_printed_and_the_rest_is_mailed(tmp_path: Path, server: Smtpd, address: str) -> None:
    desk = made(tmp_path / "desk", server.address, CUSTOMER, HEAD)
    desk.ok("open", "Mail is down", f"--email={address}")
    done = desk.do("sweep", "--mail", at="20m")
    assert done.exit == 5
    assert "printed instead" in done.err
    assert "Your ticket is T-1" in done.out
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_without_a_channel_there_is_nothing_to_mail_by(tmp_path: Path) -> None:
    done = opened(made(tmp_path / "desk", "", HEAD, channels="{}")).do("sweep", "--mail", at="20m")
    assert done.exit == 5
    assert "no channel to mail by" in done.err


# --- faults (20) -------------------------------------------------------------------------------


def test_a_refused_recipient_is_reported_the_rest_goes_on_and_the_next_sweep_delivers_it_once(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    server.refuse["head1@example.com"] = "550 5.1.1 No such user"
    done = desk.run("sweep", "--mail", at="20m")
    assert done.exit == 7
    assert done.err == "mail: head1@example.com: 550 5.1.1 No such user (it will be tried again)\n"
    assert to(server) == ["cc@example.com"]
    server.refuse.clear()
    again = desk.do("sweep", "--mail", "--json", at="21m")
    assert (again.exit, acts(again)) == (0, {"head1@example.com": ["mailed"]})
    desk.ok("sweep", "--mail", at="22m")
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_the_json_says_which_failed(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    server.refuse["head1@example.com"] = "450 4.2.1 Later"
    done = desk.do("sweep", "--mail", "--json", at="20m")
    assert (done.exit, acts(done)) == (7, {"head1@example.com": ["failed"], "cc@example.com": ["mailed"]})
    assert [problem["message"] for problem in done.data["problems"]] == ["head1@example.com: 450 4.2.1 Later"]


def test_a_dead_server_is_reported_and_the_next_sweep_delivers_once(tmp_path: Path) -> None:
    with Smtpd() as server:
        where = server.address
    desk = opened(made(tmp_path / "desk", where, HEAD, CLOSE))
    opened(desk, "Another")
    desk.ok("resolve", "2", "--how", "done")
    done = desk.do("sweep", "--mail", "--json", at="3d")
    assert done.exit == 7
    assert {delivery for found in acts(done).values() for delivery in found} == {"failed"}
    assert desk.ticket("2", at="3d")["status"] == "closed"  # what needs no mail goes on
    with Smtpd() as server:
        desk.policy(where, server.address)
        desk.ok("sweep", "--mail", at="3d1m")
        desk.ok("sweep", "--mail", at="3d2m")
        assert to(server) == ["cc@example.com", "cc@example.com", "head1@example.com"]


@pytest.mark.parametrize("where", ["connect", "rcpt", "data"])
def test_a_server_that_hangs_is_left_in_time_and_the_next_sweep_delivers_once(tmp_path: Path, server: Smtpd, where: str) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    server.hang = where
    done = desk.do("sweep", "--mail", at="20m")
    assert done.exit == 7
    assert "no answer within 1 s" in done.err
    server.hang = ""
    desk.ok("sweep", "--mail", at="21m")
    desk.ok("sweep", "--mail", at="22m")
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_one_recipient_that_hangs_does_not_stop_the_others(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    server.hang_for = {"head1@example.com"}
    assert desk.do("sweep", "--mail", at="20m").exit == 7
    assert to(server) == ["cc@example.com"]


def test_a_broken_file_counts_more_than_a_failed_delivery(tmp_path: Path, server: Smtpd) -> None:
    """5 before 7."""
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    opened(desk, "Another")
    desk.file("T-2").write_bytes(b"\xff")
    server.refuse_sender = "550 5.7.1 No"
    assert desk.do("sweep", "--mail", at="20m").exit == 5


def test_it_tries_again_with_growing_pauses_and_cron_stays_readable_meanwhile(tmp_path: Path, server: Smtpd) -> None:
    """Sentence 20: said when new, once a day, and when gone; the exit status says so all the time."""
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    server.refuse["head1@example.com"] = "550 5.1.1 No such user"
    minutes = [*range(20, 60), *range(60, 60 * 28, 30)]
    tried, spoken = [], {}
    for minute in minutes:
        before = server.connections
        done = desk.do("sweep", "--mail", at=f"{minute}m")
        assert done.exit == 7, done
        if server.connections > before:
            tried.append(minute)
        if done.err:
            spoken[minute] = done.err
    assert [later - sooner for sooner, later in pairwise(tried)][:6] == [1, 1, 2, 4, 8, 16]
    assert len(tried) < 40
    assert len(set(spoken.values())) == 1
    assert len(spoken) == 2, "when new, and a day later"
    server.refuse.clear()
    gone = desk.ok("sweep", "--mail", at="40h")
    assert gone.err == f"no longer: {spoken[20]}"
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_a_channel_under_another_name_takes_what_waits_once(tmp_path: Path) -> None:
    with Smtpd() as server:
        where = server.address
    desk = opened(made(tmp_path / "desk", where, HEAD))
    assert desk.do("sweep", "--mail", at="20m").exit == 7
    with Smtpd() as server:
        desk.policy(f"mail: {{smtp: '{where}'", f"post: {{smtp: '{server.address}'")
        for minute in (21, 22):
            desk.ok("sweep", "--mail", at=f"{minute}m")
        assert to(server) == ["cc@example.com", "head1@example.com"]


def test_a_channel_that_is_gone_keeps_its_mail_until_it_is_back(tmp_path: Path) -> None:
    with Smtpd() as server:
        where = server.address
    desk = opened(made(tmp_path / "desk", where, HEAD))
    assert desk.do("sweep", "--mail", at="20m").exit == 7
    before = (desk.root / "sla.yaml").read_bytes()
    desk.policy(f"mail: {{smtp: '{where}', from: desk@example.com, timeout: 1}}", "sms: {command: [send-sms, '{mobile}']}")
    done = desk.do("sweep", "--mail", at="21m")
    assert done.exit == 7
    assert "2 messages wait for channel mail, which isn't there any more" in done.err
    with Smtpd() as server:
        (desk.root / "sla.yaml").write_bytes(before.replace(where.encode(), server.address.encode()))
        desk.ok("sweep", "--mail", at="22m")
        assert to(server) == ["cc@example.com", "head1@example.com"]


# --- sendmail ----------------------------------------------------------------------------------


def test_the_hosts_sendmail_is_called_with_i_f_and_the_recipient(tmp_path: Path) -> None:
    script = tmp_path / "sendmail"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.args.$$"\ncat > "$0.mail.$$"\n')
    script.chmod(0o755)
    channels = f"{{mail: {{sendmail: ['{script}'], from: desk@example.com}}}}"
    desk = opened(made(tmp_path / "desk", "", HEAD, channels=channels), "邮件\n.".replace("\n", " "))
    desk.ok("sweep", "--mail", at="20m")
    desk.ok("sweep", "--mail", at="21m")
    called = sorted(path.read_text().splitlines() for path in tmp_path.glob("sendmail.args.*"))
    assert called == [["-i", "-f", "desk@example.com", "--", address] for address in ("cc@example.com", "head1@example.com")]
    mails = [Mail("", [], path.read_bytes()) for path in tmp_path.glob("sendmail.mail.*")]
    assert {str(mail.message["Subject"]) for mail in mails} == {"[T-1] T-1 is late: 邮件 ."}
    assert all(b"\r" not in mail.raw for mail in mails)


def test_a_sendmail_that_fails_is_reported_and_tried_again(tmp_path: Path) -> None:
    script = tmp_path / "sendmail"
    script.write_text(
        '#!/bin/sh\ncase "$5" in head1*) [ -e "$0.ok" ] || { echo "queue is full" >&2; exit 75; };; esac\ncat > "$0.mail.$$"\n'
    )
    script.chmod(0o755)
    desk = opened(made(tmp_path / "desk", "", HEAD, channels=f"{{mail: {{sendmail: '{script}', from: desk@example.com}}}}"))
    done = desk.do("sweep", "--mail", at="20m")
    assert done.exit == 7
    assert "queue is full" in done.err
    (tmp_path / "sendmail.ok").touch()
    desk.ok("sweep", "--mail", at="21m")
    assert len(list(tmp_path.glob("sendmail.mail.*"))) == 2


# --- killed (19) -------------------------------------------------------------------------------


class Killer(Smtpd):
    """A server that kills whoever it talks to, at `moment`: `rcpt`, `data` (the mail taken, no reply yet) or `replied`; once."""

    victim = 0
    moment = ""

    def kill(self, moment: str) -> None:
        if self.victim and self.moment == moment:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = 0

    async def handle_RCPT(self, *given: Any) -> str:  # noqa: N802
        self.kill("rcpt")
        return await super().handle_RCPT(*given)

    async def handle_DATA(self, *given: Any) -> str:  # noqa: N802
        reply = await super().handle_DATA(*given)
        self.kill("data")
        if self.moment == "replied":
            self._loop.call_soon(self.kill, "replied")
        return reply


@pytest.mark.parametrize("moment", ["rcpt", "data", "replied"])
def test_killed_in_the_middle_of_a_mail_nothing_is_lost_and_at_most_one_repeated(tmp_path: Path, moment: str) -> None:
    with Killer() as server:
        server.moment = moment
        desk = opened(made(tmp_path / "desk", server.address, HEAD, CUSTOMER, CALL))
        running = subprocess.Popen(
            [ITSM, "sweep", "--mail"], cwd=desk.root, env=desk.environment("20m"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        server.victim = running.pid
        assert running.wait(60) == -signal.SIGKILL
        desk.ok("sweep", "--mail", at="21m")
        desk.ok("sweep", "--mail", at="22m")
        arrived(server, 4)


def arrived(server: Smtpd, notices: int) -> None:
    """Each notice at least once, at most one of them twice, and then with the same Message-ID."""
    by_notice: dict[tuple[str, str], list[str]] = {}
    for mail in server.received:
        by_notice.setdefault((mail.to[0], str(mail.message["Subject"])), []).append(str(mail.message["Message-ID"]))
    assert len(by_notice) == notices, by_notice
    assert all(len(set(ids)) == 1 for ids in by_notice.values()), by_notice
    assert len(server.received) <= notices + 1, by_notice


def test_a_digest_that_was_killed_before_the_journal_knew_is_not_told_again_in_another(
    tmp_path: Path, server: Smtpd, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = made(tmp_path / "desk", server.address, HEAD.replace("[head, callcentre]", "callcentre"))
    for _ in range(21):
        opened(desk)
    append = Journal.append

    def killed(self: Journal, facts: Any, at: Any) -> None:
        if facts and facts[0]["fact"] == "intended":
            raise KeyboardInterrupt
        append(self, facts, at)

    monkeypatch.setattr(Journal, "append", killed)
    assert desk.do("sweep", "--mail", at="20m").exit == 130
    monkeypatch.undo()
    opened(desk)
    desk.ok("sweep", "--mail", at="30m")
    assert [str(mail.message["Subject"])[:22] for mail in server.received] == ["[Service desk] 21 noti", "[T-22] T-22 is late: M"]


def test_without_its_outbox_what_was_intended_is_decided_anew_and_check_says_so_before(tmp_path: Path) -> None:
    """Page 2: deleting .itsm loses nothing but mail not yet sent, and `check` says so before it happens."""
    with Smtpd() as server:
        where = server.address
    desk = opened(made(tmp_path / "desk", where, HEAD))
    assert desk.do("sweep", "--mail", at="20m").exit == 7
    told = desk.do("check", at="21m")
    assert "2 messages" in told.out + told.err
    assert "not sent yet" in told.out + told.err
    assert len(list((desk.root / ".itsm" / "outbox").glob("*.json"))) == 2
    shutil.rmtree(desk.root / ".itsm")
    assert acts(desk.ok("sweep", "--mail", "-n", "--json", at="22m")) == {"head1@example.com": ["queued"], "cc@example.com": ["queued"]}
    assert "is in no outbox" in desk.do("check", at="22m").out
    with Smtpd() as server:
        desk.policy(where, server.address)
        assert acts(desk.ok("sweep", "--mail", "--json", at="23m")) == {"head1@example.com": ["mailed"], "cc@example.com": ["mailed"]}
        desk.ok("sweep", "--mail", at="24m")
        assert to(server) == ["cc@example.com", "head1@example.com"]
    assert desk.ok("check", "--json", at="25m").data["problems"] == []


def test_a_file_in_the_outbox_that_is_no_message_is_named_and_the_others_go(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    (desk.root / ".itsm" / "outbox").mkdir(parents=True)
    (desk.root / ".itsm" / "outbox" / "junk.json").write_text("{")
    done = desk.do("sweep", "--mail", at="20m")
    assert done.exit == 5
    assert "not a message of the outbox" in done.err
    assert to(server) == ["cc@example.com", "head1@example.com"]


def test_the_journal_tells_what_became_of_each_mail(tmp_path: Path, server: Smtpd) -> None:
    desk = opened(made(tmp_path / "desk", server.address, HEAD))
    server.refuse["head1@example.com"] = "450 4.2.1 Later"
    desk.do("sweep", "--mail", at="20m")
    server.refuse.clear()
    desk.do("sweep", "--mail", at="21m")
    lines = (desk.root / "notices" / "2026-11.jsonl").read_text().splitlines()
    facts = [fact for fact in map(json.loads, lines) if fact.get("address") == "head1@example.com"]
    assert [(fact["fact"], fact["at"][11:16]) for fact in facts] == [
        ("intended", "09:20"),
        ("failed", "09:20"),
        ("intended", "09:21"),
        ("sent", "09:21"),
    ]
    assert facts[1]["why"] == "450 4.2.1 Later"
    assert len({fact["id"] for fact in facts}) == 1
    assert [fact["fact"] for fact in desk.ok("notices", "1", "--json").data if fact["address"] == "head1@example.com"] == ["failed", "sent"]
