"""Messages in the desk's own words: `templates/`. The issue, item 2; docs/sla.md, *Templates*."""

from __future__ import annotations

from pathlib import Path

import pytest

from itsm.sla.wording import Template, filled, parse
from tests.desk_runner import DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

HEAD = "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: head, say: '{id} is late: {title}'}"
CUSTOMER = "{name: opened-notice, from: opened, after: 0m, notify: customer, say: 'Your ticket is {id}: {title}'}"
CALL = "{name: ask, match: {status: new}, from: opened, after: 20m, call: 'Is {id} done?', answers: {'yes': {close: Yes}, 'no': {}}}"


def made(folder: Path, server: Smtpd, title: str = "Mail is down", **templates: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com}}}}"
    (folder / "sla.yaml").write_bytes(sla_yaml(HEAD, CUSTOMER, CALL, channels=channels))
    (folder / "templates").mkdir()
    for name, text in templates.items():
        (folder / "templates" / f"{name.replace('_', '-')}.txt").write_text(text)
    desk = DeskRunner(folder)
    desk.ok("open", "--name", "王芳", "--mobile", "138", "--email", "wang.fang@example.org", "--", title)
    return desk


def said(server: Smtpd, to: str) -> list[tuple[str, str]]:
    return [(str(mail.message["Subject"]), mail.text.replace("\r\n", "\n")) for mail in server.received if mail.to == [to]]


OWN = "Subject: {id}: {text}\n\nDear {contact.name},\n\n{text}. Phone {contact.mobile}.\n\n{desk}\n"


@pytest.mark.parametrize("name", ["opened_notice", "customer"])
def test_a_customer_reads_the_template_of_the_rule_or_of_all_customers(tmp_path: Path, server: Smtpd, name: str) -> None:
    made(tmp_path / "desk", server, **{name: OWN}).ok("sweep", "--mail")
    assert said(server, "wang.fang@example.org") == [
        ("T-1: Your ticket is T-1: Mail is down", "Dear 王芳,\n\nYour ticket is T-1: Mail is down. Phone 138.\n\nService desk\n")
    ]


def test_the_rules_own_template_comes_before_that_of_its_kind(tmp_path: Path, server: Smtpd) -> None:
    made(tmp_path / "desk", server, late="Subject: {id} own\n\nx\n", notice="Subject: {id} kind\n\nx\n").ok("sweep", "--mail", at="20m")
    assert said(server, "head1@example.com") == [("T-1 own", "x\n")]


def test_a_call_has_a_template_of_its_own_with_the_commands_that_write_the_answer(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server, ask="Subject: no\n\nno\n")
    (desk.root / "templates" / "ask.call.txt").write_text("Subject: Ring {customer}\n\n{text}\n{answers}\n{why}, {due}\n{facts}\n")
    desk.ok("sweep", "--mail", at="20m")
    [(subject, body)] = said(server, "cc@example.com")
    assert subject == "[T-1] Ring 王芳", "a subject without the ID gets it in front"
    assert body.startswith("Is T-1 done?\nitsm answer T-1 yes\nitsm answer T-1 no\n")
    assert "Title:     Mail is down" in body


def test_without_templates_a_customer_reads_the_id_first_and_no_jargon(tmp_path: Path, server: Smtpd) -> None:
    made(tmp_path / "desk", server).ok("sweep", "--mail")
    [(subject, body)] = said(server, "wang.fang@example.org")
    assert subject == "[T-1] Your ticket is T-1: Mail is down"
    assert body.splitlines()[0] == "Ticket T-1"
    for word in ("opened-notice", "rule", "itsm", "status", "P3", "callcentre"):
        assert word not in body


# --- digests: many notices to one address (digest_over; page 3, sentence 15) ---------------------

DIGEST = "Subject: {what} for {recipient}: {tickets}\n\nAs of {now}, {count} in all.\n\nRing:\n{calls}\n\nKnow:\n{notices}\n\n{desk}\n"


def crowded(folder: Path, server: Smtpd, **templates: str) -> DeskRunner:
    """Two tickets of one customer, of each a call and a notice; more than one to an address goes as a digest."""
    desk = made(folder, server, **templates)
    desk.policy("{timezone: UTC}", "{timezone: UTC, digest_over: 1}")
    desk.policy("notify: head, say", "notify: callcentre, say")
    desk.ok("open", "--name", "王芳", "--email", "wang.fang@example.org", "--", "FTP is slow")
    return desk


def test_a_digest_has_a_template_of_its_own(tmp_path: Path, server: Smtpd) -> None:
    crowded(tmp_path / "desk", server, digest=DIGEST).ok("sweep", "--mail", at="20m")
    [(subject, body)] = said(server, "cc@example.com")
    assert subject == "2 calls to make and 2 notices for callcentre: T-1, T-2"
    assert body == (
        "As of 2026-11-23 09:20, 4 in all.\n\n"
        "Ring:\n"
        "T-1  王芳: 138 (mobile)\n    Is T-1 done?\n    itsm answer T-1 yes|no\n    Mail is down\n"
        "    new; due 2026-11-23 09:20: 20m after it was opened at 2026-11-23 09:00\n\n"
        "T-2  王芳: no number is known\n    Is T-2 done?\n    itsm answer T-2 yes|no\n    FTP is slow\n"
        "    new; due 2026-11-23 09:20: 20m after it was opened at 2026-11-23 09:00\n\n"
        "Know:\n"
        "T-1  T-1 is late: Mail is down\n    Mail is down\n"
        "    new; due 2026-11-23 09:20: 20m after it was opened at 2026-11-23 09:00\n\n"
        "T-2  T-2 is late: FTP is slow\n    FTP is slow\n"
        "    new; due 2026-11-23 09:20: 20m after it was opened at 2026-11-23 09:00\n\n"
        "Service desk\n"
    )


def test_a_customers_digest_is_another_template_and_brings_sentences_only(tmp_path: Path, server: Smtpd) -> None:
    desk = crowded(tmp_path / "desk", server, digest=DIGEST)
    (desk.root / "templates" / "digest.customer.txt").write_text("Subject: {desk}: {tickets}\n\nDear {recipient},\n\n{list}\n")
    desk.ok("sweep", "--mail")
    assert said(server, "wang.fang@example.org") == [
        ("Service desk: T-1, T-2", "Dear 王芳,\n\nYour ticket is T-1: Mail is down\n\nYour ticket is T-2: FTP is slow\n")
    ]


def test_without_a_template_or_with_a_broken_one_a_digest_goes_in_the_built_in_words_and_check_names_the_mistake(
    tmp_path: Path, server: Smtpd
) -> None:
    desk = crowded(tmp_path / "desk", server, digest="Subject: {id}\n\n{lists}\n")
    check = desk.do("check")
    assert check.exit == 5
    assert "templates/digest.txt:1:10: nothing fills {id}" in check.out
    assert "templates/digest.txt:3:1: nothing fills {lists} (did you mean list?)" in check.out
    desk.do("sweep", "--mail", at="20m")
    [(subject, body)] = said(server, "cc@example.com")
    assert subject == "[Service desk] 2 calls to make and 2 notices: T-1, T-2"
    assert body.startswith("2 calls to make and 2 notices, as of 2026-11-23 09:20 (UTC).\n\nTo phone:\n\nT-1  王芳")


def test_a_ticket_s_own_words_fill_nothing_in_a_digest(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server, "{desk} {list}", digest="Subject: {count}\n\n{list}\n")
    desk.policy("{timezone: UTC}", "{timezone: UTC, digest_over: 1}")
    desk.policy("notify: head, say", "notify: callcentre, say")
    desk.ok("sweep", "--mail", at="20m")
    assert "T-1 is late: {desk} {list}" in said(server, "cc@example.com")[0][1]


# --- mistakes ----------------------------------------------------------------------------------

BROKEN = {
    "a name misspelt": ("Subject: {id}\n\nHello {contact.nmae}\n", "customer.txt:3:7: nothing fills {contact.nmae} (did you mean contact."),
    "a name in the subject": ("Subject: {idd}\n\nx\n", "customer.txt:1:10: nothing fills {idd} (did you mean id?)"),
    "an attribute": ("Subject: {id}\n\n{title.__class__}\n", "customer.txt:3:1: nothing fills {title.__class__}"),
    "an index": ("Subject: {id}\n\n{title[0]}\n", "customer.txt:3:1: nothing fills {title[0]}"),
    "a format": ("Subject: {id}\n\n{title:>999999999}\n", "customer.txt:3:1: nothing fills {title:>999999999}"),
    "a conversion": ("Subject: {id}\n\n{title!r}\n", "customer.txt:3:1: nothing fills {title!r}"),
    "no subject": ("Hello\n\nx\n", "customer.txt:1:1: the first line is no subject (Subject: {id}: {title})"),
    "an empty subject": ("Subject:\n\nx\n", "customer.txt:1:1: the first line is no subject"),
    "no empty line": ("Subject: {id}\nBcc: all@example.com\n\nx\n", "customer.txt:2:1: the line below the subject isn't empty"),
    "no text": ("Subject: {id}\n\n\n", "there is no text below the subject"),
    "nothing at all": ("", "customer.txt:1:1: the first line is no subject"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_check_names_a_mistake_with_its_line_and_the_message_goes_in_the_built_in_words(
    tmp_path: Path, server: Smtpd, text: str, says: str
) -> None:
    desk = made(tmp_path / "desk", server, customer=text)
    check = desk.do("check")
    assert check.exit == 5
    assert says in check.out
    done = desk.do("sweep", "--mail")
    assert done.exit == 5
    assert says in done.err
    assert said(server, "wang.fang@example.org")[0][0] == "[T-1] Your ticket is T-1: Mail is down"


def test_a_template_of_a_name_that_nothing_is_told_by_is_named(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server, opned_notice=OWN)
    assert (
        "templates/opned-notice.txt: nothing is told by a template of the name opned-notice (did you mean opened-notice?)"
        in desk.do("check").out
    )


@pytest.mark.parametrize("what", ["not UTF-8", "a link", "a pipe", "too long"])
def test_what_is_no_text_file_is_named_and_never_waited_for(tmp_path: Path, server: Smtpd, what: str) -> None:
    import os

    desk = made(tmp_path / "desk", server)
    path = desk.root / "templates" / "customer.txt"
    if what == "not UTF-8":
        path.write_bytes(b"Subject: \xff\n\nx\n")
    elif what == "a link":
        path.symlink_to("/etc/passwd")
    elif what == "a pipe":
        os.mkfifo(path)
    else:
        path.write_text("Subject: {id}\n\n" + "x" * 70_000)
    assert "templates/customer.txt" in desk.do("check").out
    assert desk.do("sweep", "--mail").exit == 5
    assert len(said(server, "wang.fang@example.org")) == 1


# --- strangers' words --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    ["{contact.mobile} {facts}", "{{id}}", "=?UTF-8?Q?=0ABcc:_all=40example.org?=", "\x1b[31mred"],
    ids=["names in braces", "doubled braces", "an encoded header", "colours"],
)
def test_what_a_ticket_brings_is_text_and_fills_nothing(tmp_path: Path, server: Smtpd, title: str) -> None:
    made(tmp_path / "desk", server, title=title, customer="Subject: {id}: {title}\n\n{title}\n").ok("sweep", "--mail")
    [mail] = [mail for mail in server.received if mail.to == ["wang.fang@example.org"]]
    assert mail.message["Bcc"] is None
    assert "138" not in f"{mail.message['Subject']}{mail.text}"
    assert "Customer:" not in mail.text


def test_filling_is_one_pass_and_knows_only_names() -> None:
    assert (
        filled("{id} {title} {nothing} {title.x} {} { id }", {"id": "{title}", "title": "x"}) == "{title} x {nothing} {title.x} {} { id }"
    )
    assert parse("Subject: {id}\r\n\r\nx\r\n") == Template("{id}", "x\n")
