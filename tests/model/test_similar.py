"""Which solved tickets look like a new one: real-looking ones of a small desk, in two languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from itsm.model.event import Event
from itsm.model.similar import similar, solved, terms
from itsm.model.ticket import Ticket

T0 = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
PAST = [
    # number, title, description, ci, category, organization, resolution
    (1, "Outlook can't connect to the mail server", "IMAP error 0x800CCC0E", "mail-01", "mail", "East", "Restarted the IMAP service"),
    (2, "No mail on the phone", "Password was changed yesterday", "mail-01", "mail", "West", "Entered the new password on the phone"),
    (3, "Mail with large attachments bounces", "552 message size exceeds limit", "mail-02", "mail", "East", "Raised the limit to 25 MB"),
    (4, "Printer on floor 3 prints blank pages", "HP LaserJet, toner is new", "prn-3", "printing", "East", "Removed the toner's seal"),
    (5, "Printer jams", "Tray 2, every third page", "prn-7", "printing", "West", "Replaced the pickup roller"),
    (6, "VPN drops after ten minutes", "Home office, certificate is valid", "vpn-01", "network", "West", "Set the MTU to 1350"),
    (7, "VPN: certificate has expired", "Can't connect from home", "vpn-01", "network", "East", "Issued a new certificate"),
    (8, "文件服务器很慢", "上传 FTP 要几分钟", "ftp-01", "ftp", "华东分公司", "清理了磁盘"),
    (9, "邮件服务器没有响应", "Outlook 连不上", "mail-01", "mail", "华东分公司", "重启了 IMAP 服务"),
    (10, "New mailbox for a new hire", "Starts on Monday", "", "mail", "East", "Made the mailbox"),
    (11, "Server room is too warm", "28 degrees", "ac-1", "facility", "", "Cleaned the filter"),
    (12, "FTP upload fails with 550", "Quota exceeded on the server", "ftp-01", "ftp", "West", "Raised the quota"),
]  # fmt: skip


def ticket(
    number: int, title: str, description: str = "", ci: str = "", category: str = "", organization: str = "", how: str = ""
) -> Ticket:
    contact = {"organization": organization} if organization else {}
    at = T0 + timedelta(days=number)
    history = (Event("a", at, "mei", "opened"), *((Event("b", at, "han", "resolved", {"resolution": how}),) if how else ()))
    status = "resolved" if how else "new"
    return Ticket(
        f"T-{number}", title, at, description=description, ci=ci, category=category, contact=contact, status=status, history=history
    )


KNOWN = [one for row in PAST if (one := solved(ticket(*row)))]

NEW = [
    (ticket(50, "Mail server: Outlook does not connect", "IMAP error again", "mail-01"), "T-1"),
    (ticket(51, "Blank pages from the printer", "A new toner was put in"), "T-4"),
    (ticket(52, "Certificate of the VPN expires tomorrow"), "T-7"),
    (ticket(53, "VPN drops", "every few minutes"), "T-6"),
    (ticket(54, "邮件服务器又没有响应了"), "T-9"),
    (ticket(55, "上传文件很慢"), "T-8"),
    (ticket(56, "Attachment of 30 MB bounces, size limit?"), "T-3"),
    (ticket(57, "ftp quota exceeded"), "T-12"),
    (ticket(58, "Two printers jam", "third floor"), "T-5"),
]


@pytest.mark.parametrize(("new", "wanted"), NEW, ids=[one.title for one, _ in NEW])
def test_the_one_that_a_person_would_name_comes_first(new, wanted):
    found = similar(new, KNOWN)
    assert found[0].solved.id == wanted
    assert found[0].shared, "and says what they share"


@pytest.mark.parametrize("title", ["Coffee machine is out of beans", "It is not on", "打印机卡纸"])
def test_what_is_like_nothing_finds_nothing(title):
    assert similar(ticket(60, title), KNOWN) == []


def test_rare_words_say_more_than_common_ones_and_come_first():
    found = similar(ticket(61, "Mail bounces", category="mail"), KNOWN)[0]
    assert (found.solved.id, found.shared, found.same) == ("T-3", ("bounce", "mail"), ("category",))


def test_the_same_item_makes_alike_what_shares_a_word_and_nothing_that_shares_none():
    first, second = (similar(ticket(62, "Upload fails", ci=ci), KNOWN)[0].score for ci in ("ftp-01", ""))
    assert first > second
    assert similar(ticket(63, "Smoke", ci="ftp-01"), KNOWN) == []


def test_of_two_that_are_equally_alike_the_later_comes_first():
    twins = [solved(ticket(n, "Scanner whistles", how=f"Oiled {n}")) for n in (70, 71)]
    assert [one.solved.id for one in similar(ticket(72, "Scanner whistles"), [*KNOWN, *filter(None, twins)])] == ["T-71", "T-70"]


def test_a_ticket_is_not_like_itself():
    assert similar(ticket(*PAST[0]), KNOWN[:1]) == []


def test_only_what_was_solved_and_says_how_can_help():
    assert solved(ticket(80, "Mail")) is None
    closed = Ticket("T-81", "Mail", T0, status="closed", history=(Event("a", T0, "mei", "closed", {"how": "Unplugged"}),))
    assert solved(closed).resolution == "Unplugged"
    reopened = Ticket("T-82", "Mail", T0, status="assigned", history=(Event("a", T0, "mei", "resolved", {"resolution": "x"}),))
    assert solved(reopened) is None


def test_words_are_counted_without_their_plural_and_chinese_in_pairs():
    assert terms(ticket(90, "Printers and servers: 邮件服务器 慢")) == {"printer", "server", "邮件", "件服", "服务", "务器", "慢"}
