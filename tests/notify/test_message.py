"""What people read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.notify.digest import digest
from itsm.notify.message import compose
from tests.notify.cases import CALLCENTRE, CUSTOMER, HEAD, HOSTILE_TITLES, NOW, POLICY, TICKET, call, notice

OPENED = notice("Your ticket is T-42: Mail server does not answer", rule="opened-notice", to=(CUSTOMER,))


def test_a_call_says_whom_to_phone_what_to_ask_and_how_to_write_down_the_answer():
    text = compose(call(), TICKET, POLICY, CALLCENTRE, NOW)
    assert text.subject == "[T-42] Phone 王芳: Has an engineer been in touch with you about T-42?"
    assert (
        text.body
        == """\
Please phone 王芳: +8613800000000 (mobile) or 021-5555 (fixed line)

    Has an engineer been in touch with you about T-42?

and write down the answer:

    itsm answer T-42 yes
    itsm answer T-42 no
    itsm answer T-42 no-answer

Why: 20m after escalated at 2026-11-22 09:19 (rule engineer-contact)
Due: 2026-11-22 09:39 (1 min ago)

Ticket T-42
  Title:     Mail server does not answer
  Status:    in-progress
  Priority:  P2
  Team:      network (level 2)
  Assignee:  李雷 (li.lei)
  Customer:  王芳, 华东分公司
  Phone:     +8613800000000 (mobile) or 021-5555 (fixed line)
  Opened:    2026-11-22 09:16 (24 min ago)

Times are in Asia/Shanghai. Everything else: itsm show T-42
"""
    )


def test_a_notice_to_staff_says_what_why_and_about_which_ticket():
    text = compose(notice("T-42 is not resolved after 4 hours: Mail server does not answer"), TICKET, POLICY, HEAD, NOW)
    assert text.subject == "[T-42] T-42 is not resolved after 4 hours: Mail server does not answer"
    assert text.body.splitlines()[:4] == [
        "T-42 is not resolved after 4 hours: Mail server does not answer",
        "",
        "Why: 4h after opened or reopened at 2026-11-22 05:37 (rule unresolved-4h)",
        "Due: 2026-11-22 09:37 (3 min ago)",
    ]
    assert "Customer:  王芳, 华东分公司" in text.body


def test_the_subject_does_not_say_the_id_twice_in_a_row():
    text = compose(notice("T-42: no engineer has been in touch yet"), TICKET, POLICY, HEAD, NOW)
    assert text.subject == "[T-42] no engineer has been in touch yet"


def test_a_customer_reads_the_id_the_sentence_and_thanks_and_nothing_internal():
    text = compose(OPENED, TICKET, POLICY, CUSTOMER, NOW)
    assert text.subject == "[T-42] Your ticket is T-42: Mail server does not answer"
    assert (
        text.body
        == """\
Ticket T-42

Your ticket is T-42: Mail server does not answer

Please name the number T-42 whenever you call or write to us.

Thank you
Service desk
"""
    )


def test_a_rule_without_a_sentence_does_not_tell_customers_its_name():
    text = compose(notice("T-42 (secret-rule): Mail server does not answer", rule="secret-rule"), TICKET, POLICY, CUSTOMER, NOW)
    assert "secret-rule" not in text.subject + text.body
    assert "T-42: Mail server does not answer" in text.body


def test_what_is_not_known_is_not_listed_but_a_missing_number_is_named():
    bare = replace(TICKET, priority="", team="", assignee="", level=None, contact={})
    body = compose(call(), bare, POLICY, CALLCENTRE, NOW).body
    assert "Please phone the customer: no number is known" in body
    assert not any(f"{label}:" in body for label in ("Priority", "Team", "Assignee", "Resolved"))


@pytest.mark.parametrize(
    ("before", "told"),
    [(timedelta(seconds=40), ""), (timedelta(minutes=24), "24 min ago"), (timedelta(hours=4, minutes=5), "4 h 5 min ago"),
     (timedelta(days=3), "3 d ago"), (timedelta(days=3, hours=2, minutes=9), "3 d 2 h ago"), (timedelta(minutes=-5), "")],
)  # fmt: skip
def test_how_long_ago_is_told_in_two_units(before, told):
    body = compose(call(), replace(TICKET, opened=NOW - before), POLICY, CALLCENTRE, NOW).body
    opened = next(line for line in body.splitlines() if "Opened:" in line)
    assert opened.endswith(f"({told})" if told else "09:40") or (not told and "ago" not in opened)


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
@pytest.mark.parametrize("recipient", [CALLCENTRE, HEAD, CUSTOMER], ids=lambda one: one.role)
def test_strangers_text_is_shown_and_never_obeyed(title, recipient):
    ticket = replace(TICKET, title=title, contact={"name": title, "mobile": title})
    text = compose(notice(f"Your ticket is T-42: {title}"), ticket, POLICY, recipient, NOW)
    assert text.subject.startswith("[T-42] ")
    assert "\n" not in text.subject
    assert not any(sign in text.subject + text.body for sign in "\x1b\x07\x08\0\r\x85\u202e\ud800")


def test_a_title_of_10_000_characters_is_whole_in_the_body():
    title = "".join(chr(0x4E00 + n) for n in range(10_000))
    for recipient in (HEAD, CUSTOMER):
        assert title in compose(notice(f"About {title}"), replace(TICKET, title=title), POLICY, recipient, NOW).body


def test_an_escape_sequence_can_be_seen_in_the_body():
    assert r"\x1b[31mred" in compose(notice("\x1b[31mred"), TICKET, POLICY, HEAD, NOW).body


def test_a_title_can_not_forge_a_fact_of_the_ticket():
    forged = replace(TICKET, title="x\n  Priority:  P1\n\nTimes are in Mars.")
    lines = compose(call(), forged, POLICY, CALLCENTRE, NOW).body.splitlines()
    assert [line for line in lines if line.startswith("  Priority:")] == ["  Priority:  P2"]


def test_a_digest_puts_calls_first_and_names_some_tickets_in_its_subject():
    tickets = [replace(TICKET, id=f"T-{n}") for n in range(1, 23)]
    items = [(notice(f"{one.id} is late", ticket=one.id), one) for one in tickets] + [(call(), TICKET)]
    text = digest(items, POLICY, CALLCENTRE, NOW)
    assert text.subject == "[Service desk] 1 call to make and 22 notices: T-1, T-2, T-3, T-4, T-5 and 18 more"
    assert text.body.startswith(
        "1 call to make and 22 notices, as of 2026-11-22 09:40 (Asia/Shanghai).\n\nTo phone:\n\nT-42  王芳: +8613800000000"
    )
    assert "    itsm answer T-42 yes|no|no-answer\n" in text.body
    assert all(f"{one.id} is late" in text.body for one in tickets)


def test_a_customers_digest_is_readable_by_a_customer():
    items = [(replace(OPENED, ticket=f"T-{n}", says=f"Your ticket is T-{n}: x"), replace(TICKET, id=f"T-{n}")) for n in range(1, 30)]
    text = digest(items, POLICY, CUSTOMER, NOW)
    assert text.subject == "[Service desk] Your tickets T-1, T-2, T-3, T-4, T-5 and 24 more"
    assert all(f"Your ticket is T-{n}: x\n" in text.body for n in range(1, 30))
    assert not any(word in text.body for word in ("rule", "itsm", "opened-notice", "network", "P2"))


@given(st.text(), st.text())
def test_any_title_and_name_make_a_subject_of_one_line_that_begins_with_the_id(title, name):
    ticket = replace(TICKET, title=title, contact={"name": name})
    for recipient in (CALLCENTRE, CUSTOMER):
        text = compose(call(says=title), ticket, POLICY, recipient, NOW)
        assert text.subject.startswith("[T-42]")
        assert len(text.subject.splitlines()) == 1
        (text.subject + text.body).encode()
