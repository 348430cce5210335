"""`channels` as sla.yaml may say them: ways, secrets' places, limits. What is wrong is named, and no secret is repeated."""

from __future__ import annotations

import pytest
from yaml12 import parse_yaml

from itsm.sla.policy import Channel
from itsm.sla.reading import read_policy

MAIL = "smtp: mail.example.com, from: a@example.com"


def read(channel: str) -> tuple[Channel | None, list[str]]:
    policy, mistakes = read_policy(parse_yaml(f"schema: 1\nchannels:\n  x: {{{channel}}}\n"))
    return (policy.channels["x"] if policy else None), [f"{'.'.join(map(str, one.path))}: {one.message} ({one.remedy})" for one in mistakes]


@pytest.mark.parametrize(
    ("channel", "facts"),
    [
        ("smtp: 'smtps://mail.example.com', from: a@b.c", {"smtp": "mail.example.com", "tls": "implicit"}),
        ("smtp: 'smtps://mail.example.com:4465/', from: a@b.c", {"smtp": "mail.example.com:4465", "tls": "implicit"}),
        (f"{MAIL}, tls: starttls", {"tls": "starttls"}),
        (f"{MAIL}, user: desk", {"user": "desk", "password_env": ""}),
        (f"{MAIL}, user: desk, password_command: [pass, show, x]", {"password_command": ("pass", "show", "x")}),
        ("apprise: 'ntfy://alerts'", {"apprise": "ntfy://alerts", "by_mail": False}),
        ("url_file: secret.url", {"url_file": "secret.url", "by_mail": False}),
        ("command: [x, '{mail}'], redirect: me@example.com", {"redirect": "me@example.com"}),
    ],
)
def test_what_is_read(channel, facts):
    found, mistakes = read(channel)
    assert mistakes == []
    assert {name: getattr(found, name) for name in facts} == facts


def test_without_a_word_a_message_is_given_up_after_five_days_or_two():
    found, _ = read(MAIL)
    assert found is not None
    assert [str(one) for one in (found.retry.lasting, found.retry.refused, found.retry.pause, found.retry.longest)] == [
        "5d",
        "2d",
        "1m",
        "1h",
    ]
    own, _ = read(f"{MAIL}, retry: {{for: 1d, longest: 2h}}")
    assert own is not None
    assert limits(own) == ["1d", "2d", "1m", "2h"]


def limits(channel: Channel) -> list[str]:
    return [str(one) for one in (channel.retry.lasting, channel.retry.refused, channel.retry.pause, channel.retry.longest)]


WRONG = {
    "a password": (
        f"{MAIL}, user: desk, password: hunter2",
        "channels.x.password: a password doesn't belong in sla.yaml",
    ),
    "a password that is a number": (f"{MAIL}, user: desk, password: 4711", "a password doesn't belong in sla.yaml"),
    "a token": ("apprise: 'ntfy://x', token: hunter2", "a token doesn't belong in sla.yaml"),
    "a login in the server's place": ("smtp: 'desk:hunter2@mail.example.com', from: a@b.c", "a login doesn't belong into smtp"),
    "and behind smtps": ("smtp: 'smtps://desk:hunter2@mail.example.com', from: a@b.c", "a login doesn't belong into smtp"),
    "a password in an URL": ("apprise: 'mailto://desk:hunter2@example.com'", "an URL with a password in it doesn't belong in sla.yaml"),
    "two places": (f"{MAIL}, user: a, password_file: x, password_env: Y", "two places for one password: password_file and password_env"),
    "nobody to log in": (f"{MAIL}, password_file: x", "channel x has a password and nobody to log in"),
    "a login without smtp": ("sendmail: sendmail, from: a@b.c, user: x", "only smtp logs in"),
    "no such tls": (f"{MAIL}, tls: none", "no such tls: none (one of starttls, implicit"),
    "no way": ("from: a@b.c", "channel x says no way to send"),
    "no sender": ("smtp: localhost", "channel x doesn't say whom its mail is from"),
    "no such limit": (f"{MAIL}, retry: {{after: 1d}}", "channels.x.retry.after: unknown key after"),
    "no duration": (f"{MAIL}, retry: {{for: soon}}", "channels.x.retry.for: for: "),
    "a pause of days": (f"{MAIL}, retry: {{longest: 2d}}", "the longest pause is from the first pause up to a day"),
    "a first pause that is the longest": (f"{MAIL}, retry: {{pause: 2h}}", "the longest pause is from the first pause up to a day"),
}


@pytest.mark.parametrize(("channel", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_and_no_secret_is_repeated(channel, says):
    found, mistakes = read(channel)
    assert found is None
    assert any(says in one for one in mistakes), mistakes
    assert not any("hunter2" in one or "4711" in one for one in mistakes)
