"""What every channel promises, whatever is behind it: the tests that each of them inherits."""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import replace

import pytest

from itsm.errors import ItsmError
from itsm.notify.deliver import carrier, deliver, pack
from itsm.notify.message import Text
from itsm.sla.policy import Channel
from tests.notify.cases import CUSTOMER, NOW, envelope

ENOUGH = 30.0  # seconds for a whole round; nothing here may need them
BODY = "行 1: 邮件服务器\n.\nFrom me\n" + "x" * 5_000 + "\n"


class World:
    """What is at the other end of a channel. `arrived` are (address, bytes) in their order."""

    channel: Channel
    nowhere: Channel  # the same kind of channel with nothing at its end

    @abstractmethod
    def arrived(self) -> list[tuple[str, bytes]]: ...

    @abstractmethod
    def refuse(self, to: str) -> None: ...

    @abstractmethod
    def put_off(self, to: str) -> None: ...

    @abstractmethod
    def hang(self, *to: str) -> None: ...

    def addresses(self) -> list[str]:
        return [to for to, _ in self.arrived()]


class ChannelTests:
    """What every channel promises. A subclass gives the fixture `world`."""

    names = ("a@example.com", "b@example.com", "c@example.com", "d@example.com")

    def batch(self):
        return [envelope(name, mobile=name, mail=name, name="Somebody", id="T-42", subject="[T-42] x") for name in self.names]

    def states(self, results):
        return [result.state for result in results]

    def test_each_message_arrives_once_and_in_order(self, world):
        results = deliver(self.batch(), world.channel, ENOUGH)
        assert self.states(results) == ["sent"] * 4
        assert [result.envelope for result in results] == self.batch()
        assert world.addresses() == list(self.names)

    def test_a_packed_text_arrives_whole(self, world):
        parcel = pack(Text("[T-42] 邮件", BODY), world.channel, desk_name="服务台", recipient=CUSTOMER, keys=["k"], ticket="T-42", now=NOW)
        assert deliver([parcel], world.channel, ENOUGH)[0].sent
        assert self.read(world.arrived()[0][1]) == BODY

    def read(self, raw):
        from email import message_from_bytes
        from email.policy import default

        return message_from_bytes(raw, policy=default).get_content().replace("\r\n", "\n")

    def test_nothing_to_send_is_no_error(self, world):
        assert deliver([], world.nowhere, ENOUGH) == []
        assert carrier(world.nowhere).deliver([], ENOUGH) == []

    def test_one_that_is_refused_fails_alone_with_the_other_sides_words(self, world):
        world.refuse("b@example.com")
        results = deliver(self.batch(), world.channel, ENOUGH)
        assert self.states(results) == ["sent", "refused", "sent", "sent"]
        assert "no such user" in results[1].reason
        assert world.addresses() == ["a@example.com", "c@example.com", "d@example.com"]

    def test_one_that_is_put_off_fails_alone_and_for_now(self, world):
        world.put_off("b@example.com")
        results = deliver(self.batch(), world.channel, ENOUGH)
        assert self.states(results) == ["sent", "failed", "sent", "sent"]
        assert "try later" in results[1].reason

    def test_an_address_like_an_option_is_refused_alone(self, world):
        bad = replace(self.batch()[0], to="-oX/tmp/x", fields={**self.batch()[0].fields, "mobile": "-oX/tmp/x"})
        results = deliver([bad, *self.batch()[:1]], world.channel, ENOUGH)
        assert self.states(results) == ["refused", "sent"]
        assert "dash" in results[0].reason

    def test_one_that_hangs_fails_after_the_time_out_and_the_rest_arrives(self, world):
        world.hang("b@example.com")
        began = time.monotonic()
        results = deliver(self.batch(), replace(world.channel, timeout=1), ENOUGH)
        assert 0.9 < time.monotonic() - began < 5
        assert self.states(results) == ["sent", "failed", "sent", "sent"]
        assert "1 s" in results[1].reason

    def test_after_two_that_hang_nobody_waits_for_the_rest(self, world):
        world.hang(*self.names)
        began = time.monotonic()
        results = deliver(self.batch(), replace(world.channel, timeout=1), ENOUGH)
        assert 1.9 < time.monotonic() - began < 5
        assert self.states(results) == ["failed"] * 4
        assert world.arrived() == []

    def test_where_nothing_is_all_fail_at_once_with_one_reason(self, world):
        began = time.monotonic()
        results = deliver(self.batch(), world.nowhere, ENOUGH)
        assert time.monotonic() - began < 1
        assert self.states(results) == ["failed"] * 4
        assert len({result.reason for result in results}) == 1

    def test_the_round_ends_in_its_time_and_says_what_it_did_not_try(self, world):
        world.hang("b@example.com")
        began = time.monotonic()
        results = deliver(self.batch(), replace(world.channel, timeout=20), 1.0)
        assert 0.9 < time.monotonic() - began < 5
        assert self.states(results) == ["sent", "failed", "not-tried", "not-tried"]
        assert results[2].reason == "the time of this sweep was up"

    def test_no_time_at_all_tries_nothing(self, world):
        assert self.states(deliver(self.batch(), world.channel, 0)) == ["not-tried"] * 4
        assert world.arrived() == []

    def test_each_result_is_told_before_the_next_is_tried(self, world):
        world.refuse("b@example.com")
        told = []
        results = deliver(self.batch(), world.channel, ENOUGH, lambda result: told.append((result, len(world.arrived()))))
        assert [result for result, _ in told] == results
        assert [arrived for _, arrived in told] == [1, 1, 2, 3]

    def test_a_result_that_can_not_be_recorded_ends_the_round(self, world):
        def full(_):
            raise ItsmError("no space left")

        with pytest.raises(ItsmError, match="no space"):
            deliver(self.batch(), world.channel, ENOUGH, full)
        assert len(world.arrived()) == 1

    def test_a_channel_can_be_used_again(self, world):
        one = carrier(world.channel)
        assert self.states(one.deliver(self.batch()[:2], ENOUGH)) == ["sent"] * 2
        assert self.states(one.deliver(self.batch()[2:], ENOUGH)) == ["sent"] * 2
        assert world.addresses() == list(self.names)
