"""The contract, held by SMTP, and whom a channel reaches. Programs are in test_programs.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from itsm.notify.deliver import reaches
from itsm.sla.policy import Channel
from itsm.sla.recipients import Recipient
from tests.notify.cases import CALLCENTRE, CUSTOMER
from tests.notify.contract import ChannelTests, World
from tests.smtpd import Smtpd


class ServerWorld(World):
    def __init__(self, server: Smtpd) -> None:
        self.server = server
        self.channel = Channel("mail", smtp=server.address, sender="desk@example.com", timeout=10)
        self.nowhere = replace(self.channel, smtp="127.0.0.1:1")

    def arrived(self):
        return [(mail.to[0], mail.raw) for mail in self.server.received]

    def refuse(self, to):
        self.server.refuse[to] = "550 5.1.1 no such user"

    def put_off(self, to):
        self.server.refuse[to] = "451 4.7.1 Greylisted, try later"

    def hang(self, *to):
        self.server.hang_for = set(to)


class TestSmtp(ChannelTests):
    @pytest.fixture
    def world(self):
        with Smtpd() as server:
            yield ServerWorld(server)


@pytest.mark.parametrize(
    ("channel", "recipient", "reached"),
    [
        (Channel("mail", smtp="localhost"), CALLCENTRE, True),
        (Channel("mail", sendmail=("sendmail",)), Recipient("x", "x", "x", "", "+86138"), False),
        (Channel("sms", command=("send-sms", "{mobile}")), CUSTOMER, True),
        (Channel("sms", command=("send-sms", "{mobile}")), CALLCENTRE, False),
        (Channel("chat", command=("say", "{subject}", "{id}")), Recipient("x", "x"), True),
    ],
    ids=["mail with an address", "mail without one", "SMS with a mobile", "SMS without one", "a command that needs no address"],
)
def test_whether_a_channel_reaches_somebody(channel, recipient, reached):
    assert reaches(channel, recipient) is reached
