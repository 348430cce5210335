"""A text as a mail: what its receiver's program makes of it."""

from __future__ import annotations

import email
import email.policy
import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.model.address import clean, domain_of
from itsm.notify.mail import SUBJECT_LIMIT, decoded, message, message_id, thread_id
from itsm.notify.message import Text
from itsm.sla.recipients import Recipient
from tests.notify.cases import CALLCENTRE, CUSTOMER, HOSTILE_TITLES, NOW

HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress", "Precedence",
    "Content-Type", "Content-Transfer-Encoding", "MIME-Version",
]  # fmt: skip


def raw(
    subject="[T-42] hello",
    body="hello\n",
    *,
    name="Service desk",
    to=CUSTOMER,
    keys=("k",),
    ticket="T-42",
    now=NOW,
    sender="desk@example.com",
):
    return message(Text(subject, body), sender=sender, desk_name=name, recipient=to, keys=keys, ticket=ticket, now=now)


def read(data):
    return email.message_from_bytes(data, policy=email.policy.default)


def lines(data):
    """The body's lines: on the wire they end in CRLF, whatever the body."""
    return read(data).get_content().split("\r\n")


def test_a_mail_has_these_headers_and_no_others():
    data = raw(keys=["T-42/opened-notice/0m/notify/2026-11-22T01:16:00Z"])
    mail = read(data)
    assert mail.keys() == HEADERS
    assert mail["From"] == "Service desk <desk@example.com>"
    assert mail["To"] == "王芳 <wang.fang@example.com>"
    assert mail["Date"] == "Sun, 22 Nov 2026 01:40:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert lines(data) == ["hello", ""]


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_the_wire_is_ascii_in_short_lines_and_the_ids_line_can_be_read_by_eye(title):
    data = raw(f"[T-42] {title}", f"{title}\n", name=title)
    data.decode("ascii")
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r\nSubject: [T-42]" in data


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_a_strangers_words_never_become_a_header(title):
    data = raw(f"[T-42] {title}", title, name=title, to=Recipient("customer", "customer", title, "x@example.com"))
    for parser in (email.policy.default, email.policy.compat32, email.policy.SMTP):
        mail = email.message_from_bytes(data, policy=parser)
        assert mail.keys() == HEADERS
        again = email.message_from_bytes(mail.as_bytes(), policy=parser)  # where 3.11.7 makes a Bcc of an encoded line feed
        assert again.keys() == HEADERS
    assert [one.addr_spec for one in read(data)["To"].addresses] == ["x@example.com"]


@given(st.text(), st.text(), st.text(), st.text())
def test_any_text_in_title_and_names_arrives_under_the_same_headers(title, desk, name, body):
    mail = read(raw(f"[T-42] {title}", body, name=desk, to=Recipient("customer", "customer", name, "x@example.com")))
    assert mail.keys() == HEADERS
    assert mail["Subject"].startswith("[T-42]")


PIECES = ["=?", "?=", "?q?", "?b?", "utf-8", "=0A", "=0D=0A", "Bcc:", "_", " ", "\n", "=3D", "=?utf-8?q?", "=?utf-8?b?Cg==?=", *'x"<>,@()']
ENCODED = st.lists(st.sampled_from(PIECES)).map("".join)


@given(ENCODED, ENCODED)
def test_nor_do_the_pieces_of_encoded_words_in_any_order(title, name):
    mail = read(raw(f"[T-42] {title}", name=name, to=Recipient("customer", "customer", name, "x@example.com")))
    assert mail.keys() == HEADERS
    assert email.message_from_bytes(mail.as_bytes()).keys() == HEADERS


def test_a_subject_of_10_000_characters_is_cut_with_an_ellipsis():
    subject = read(raw("[T-42] " + "坏" * 10_000))["Subject"]
    assert len(subject) == SUBJECT_LIMIT
    assert subject.startswith("[T-42] 坏坏")
    assert subject.endswith("坏…")


@pytest.mark.parametrize("length", [1, 60, 77, 78, 79, 150, 199])
@pytest.mark.parametrize("sign", ["x", "é", "坏", "🔥"])
def test_a_long_subject_is_folded_and_comes_through(length, sign):
    subject = f"[T-42] {sign * length}"[:SUBJECT_LIMIT]
    data = raw(subject)
    assert read(data)["Subject"] == subject
    assert all(len(line) <= 78 for line in data.partition(b"Date:")[0].split(b"\r\n"))


@pytest.mark.parametrize(
    "body", ["x" * 10_000, "坏" * 10_000, "é" + "x" * 5_000, ".\n..\n. \nFrom me\n", "tabs\tand trailing space  \n", ""]
)
def test_any_body_comes_through(body):
    assert lines(raw(body=body)) == [*body.removesuffix("\n").split("\n"), ""]


def test_the_message_id_is_a_function_of_the_notice_and_the_recipient_only():
    one = read(raw("[T-42] a", "a", keys=["k1"]))["Message-ID"]
    assert one == read(raw("[T-42] b", "b", keys=["k1"], now=NOW + timedelta(days=1), name="other"))["Message-ID"]
    assert one == message_id(["k1"], CUSTOMER, "desk@example.com")
    assert one != read(raw(keys=["k2"]))["Message-ID"]
    assert one != read(raw(keys=["k1"], to=CALLCENTRE))["Message-ID"]
    assert one.endswith("@example.com>")


def test_a_digests_message_id_does_not_depend_on_the_order_of_its_notices():
    assert (
        message_id(["a", "b"], CUSTOMER, "d@x.org") == message_id(["b", "a"], CUSTOMER, "d@x.org") != message_id(["a"], CUSTOMER, "d@x.org")
    )


def test_one_ticket_is_one_thread():
    mails = [read(raw(keys=[key], ticket="T-42")) for key in ("a", "b")]
    assert {mail["References"] for mail in mails} == {mail["In-Reply-To"] for mail in mails} == {thread_id("T-42", "desk@example.com")}
    assert thread_id("T-42", "desk@example.com") != thread_id("T-43", "desk@example.com")
    assert thread_id("T-42", "desk@example.com") != thread_id("T-42", "other@example.com")


def test_a_mail_about_several_tickets_belongs_to_no_thread():
    assert "References" not in read(raw(ticket=""))


REFUSED = {
    "none": "",
    "CRLF and a header": "a@example.com\r\nBcc: b@example.com",
    "a line feed at the end": "a@example.com\n",
    "a space": "a b@example.com",
    "a no-break space": "a\xa0@example.com",
    "NUL": "a\0@example.com",
    "an option": "-oQ/tmp/x@example.com",
    "only an option": "-froot",
    "two @": "a@b@example.com",
    "nothing before the @": "@example.com",
    "nothing after the @": "a@",
    "angle brackets": "<a@example.com>",
    "a name": "A <a@example.com>",
    "a list": "a@example.com,b@example.com",
    "a group": "all:a@example.com;",
    "quotes": '"a b"@example.com',
    "a comment": "a(b)@example.com",
    "an encoded word": "=?utf-8?q?=0A?=@ex ample.com",
    "a domain like an option": "a@-example.com",
    "an empty label": "a@example..com",
    "full-width letters before the @": "ａ@example.com",
    "half a surrogate pair": "a@\ud800.com",
    "direction marks": "a\u202e@example.com",
    "too long": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}",
    "a long name": f"{'a' * 65}@example.com",
}


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED)
def test_such_an_address_is_refused_with_a_reason(address):
    with pytest.raises(ValueError, match="mail address"):
        raw(to=Recipient("x", "x", "x", address))
    with pytest.raises(ValueError, match="mail address"):
        raw(sender=address)


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com",
        "a.b+c@sub.example.com",
        "root",
        "o'brien@example.com",
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "x_y@h_1",
        "a=b@c.de",
        "a@1.de",
    ],
)
def test_such_an_address_is_taken_as_it_is(address):
    assert clean(address) == address
    who = read(raw(to=Recipient("x", "x", "Name, of it", address)))["To"].addresses[0]
    assert (who.display_name, who.addr_spec) == ("Name, of it", address)


def test_a_domain_of_other_letters_travels_as_idna():
    assert clean("a@münchen.example") == "a@xn--mnchen-3ya.example"


@given(st.text(st.sampled_from(string.printable + "é坏\ud800\u202e")))
def test_an_address_that_is_taken_can_be_nothing_but_an_address(text):
    try:
        wire = clean(text)
    except ValueError:
        return
    assert wire.isascii()
    assert not wire.startswith("-")
    assert not set(wire) & set(' \t\r\n\0<>(),;:"\\') or "[" in wire
    assert domain_of(wire)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("=?utf-8?q?caf=C3=A9?=", "café"),
        ("a =?utf-8?b?5Z2P?= b", "a 坏 b"),
        ("50 =?", "50 =?"),
        ("=?x?q?=41?=", "=?x?q?=41?="),
        ("坏 =?utf-8?q?a?=", "坏 a"),
    ],
)
def test_encoded_words_are_said_plainly(text, plain):
    assert decoded(text) == plain
