"""A finished mail on its way to somebody else: spliced, so a stranger's words are tried on it once more."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from itsm.notify.mail import message, redirected
from itsm.notify.message import Text
from tests.notify.cases import CUSTOMER, HOSTILE_TITLES, NOW
from tests.notify.test_mail import REFUSED


def raw(title: str) -> bytes:
    text = Text(f"[T-42] {title}", f"{title}\nTo: all@example.com\nSubject: x\n")
    return message(text, sender="desk@example.com", desk_name="服务台", recipient=CUSTOMER, keys=["k"], ticket="T-42", now=NOW)


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
def test_only_whom_it_goes_to_and_the_subjects_front_are_changed(title):
    before, changed = raw(title), redirected(raw(title), "wang.fang@example.com", "me@example.com")
    old, new = (message_from_bytes(one, policy=default) for one in (before, changed))
    assert [name for name in new if name != "X-Original-To"] == list(old)
    assert {name for name in old if str(old[name]) != str(new[name])} == {"To", "Subject"}
    assert (str(new["To"]), str(new["X-Original-To"])) == ("me@example.com", "wang.fang@example.com")
    assert str(new["Subject"]) == f"[to wang.fang@example.com] {old['Subject']}"
    assert changed.partition(b"\r\n\r\n")[2] == before.partition(b"\r\n\r\n")[2]
    assert changed.isascii()
    assert max(map(len, changed.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED)
def test_such_an_address_is_refused_on_both_sides(address):
    for to, instead in ((address, "me@example.com"), ("wang.fang@example.com", address)):
        with pytest.raises(ValueError, match="mail address"):
            redirected(raw("x"), to, instead)


def test_the_name_of_whom_it_was_for_is_no_longer_an_address_to_answer():
    new = message_from_bytes(redirected(raw("x"), "wang.fang@example.com", "me@example.com"), policy=default)
    assert [one.addr_spec for one in new["To"].addresses] == ["me@example.com"]
