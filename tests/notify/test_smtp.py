"""What SMTP servers do to a round of mails, on real connections. Encryption is in test_smtp_tls.py, the contract in contract.py."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager

import pytest

from itsm.notify import smtp_server
from itsm.notify.deliver import deliver, pack
from itsm.notify.message import Text
from itsm.sla.policy import Channel
from tests.notify.cases import CUSTOMER, NOW, envelope
from tests.smtpd import Smtpd

ENOUGH = 30.0


@pytest.fixture
def server():
    with Smtpd() as one:
        yield one


def channel(server, timeout=10):
    return Channel("mail", smtp=server.address, sender="desk@example.com", timeout=timeout)


def batch(count=3):
    return [envelope(f"p{n}@example.com") for n in range(count)]


def states(results):
    return [result.state for result in results]


@contextmanager
def lasting(least=0.0, most=5.0):
    began = time.monotonic()
    yield
    assert least <= time.monotonic() - began <= most


def test_many_mails_take_one_connection(server):
    assert states(deliver(batch(60), channel(server), ENOUGH)) == ["sent"] * 60
    assert server.connections == 1
    assert [mail.to for mail in server.received] == [[f"p{n}@example.com"] for n in range(60)]
    assert {mail.sender for mail in server.received} == {"desk@example.com"}


def test_a_mail_arrives_as_it_was_made(server):
    title = "坏" * 10_000
    parcel = pack(
        Text(f"[T-42] {title}", f"{title}\n.\n"),
        channel(server),
        desk_name="服务台",
        recipient=CUSTOMER,
        keys=["k"],
        ticket="T-42",
        now=NOW,
    )
    assert deliver([parcel], channel(server), ENOUGH)[0].sent
    mail = server.received[0]
    assert mail.message["Message-ID"] == parcel.id
    assert mail.message["From"] == "服务台 <desk@example.com>"
    assert mail.text.splitlines() == [title, "."]
    assert mail.raw == parcel.message


def test_a_refusal_gives_the_servers_code_and_words(server):
    server.refuse["p1@example.com"] = "550 5.1.1 <p1@example.com>: Recipient address rejected"
    results = deliver(batch(), channel(server), ENOUGH)
    assert states(results) == ["sent", "refused", "sent"]
    assert results[1].reason == "550 5.1.1 <p1@example.com>: Recipient address rejected"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("451 4.3.0 Try later", "failed"),
        ("452 4.2.2 Full", "failed"),
        ("554 5.6.0 Not this", "refused"),
        ("530 5.7.0 Log in first", "failed"),
    ],
)
def test_a_mail_refused_after_data_fails_alone(server, reply, state):
    server.data_replies = [reply]
    results = deliver(batch(), channel(server), ENOUGH)
    assert states(results) == [state, "sent", "sent"]
    assert results[0].reason == reply
    assert server.connections == 1


def test_a_refused_sender_is_our_settings_fault_and_no_mails(server):
    server.refuse_sender = "553 5.1.8 No such sender"
    results = deliver(batch(), channel(server), ENOUGH)
    assert states(results) == ["failed"] * 3
    assert results[0].reason == "553 5.1.8 No such sender"


def test_a_connection_cut_amid_data_fails_that_mail_and_a_new_one_takes_the_rest(server):
    server.resets = 1
    results = deliver(batch(), channel(server), ENOUGH)
    assert states(results) == ["failed", "sent", "sent"]
    assert "the connection broke" in results[0].reason
    assert server.connections == 2


def test_a_server_that_takes_a_few_mails_a_connection_gets_more_connections(server):
    server.per_connection = 2
    assert states(deliver(batch(5), channel(server), ENOUGH)) == ["sent"] * 5
    assert server.connections == 3


def test_a_server_that_has_had_enough_from_the_start_fails_them(server):
    server.refuse_sender = "421 4.3.2 Shutting down"
    results = deliver(batch(), channel(server), ENOUGH)
    assert states(results) == ["failed"] * 3
    assert results[2].reason == "421 4.3.2 Shutting down"


def test_a_server_that_accepts_and_says_nothing_is_tried_twice(server):
    server.hang = "connect"
    with lasting(1.9, 4):
        results = deliver(batch(50), channel(server, 1), ENOUGH)
    assert states(results) == ["failed"] * 50
    assert results[0].reason == f"{server.address}: no answer within 1 s"
    assert server.connections == 2


def test_a_server_that_falls_silent_after_data_is_tried_twice(server):
    server.hang = "data"
    with lasting(1.9, 4):
        assert states(deliver(batch(50), channel(server, 1), ENOUGH)) == ["failed"] * 50
    assert server.connections == 2


def test_a_socket_that_nobody_serves_times_out_too():
    with socket.create_server(("127.0.0.1", 0)) as listener, lasting(1.9, 4):
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        assert states(deliver(batch(), Channel("mail", smtp=where, timeout=1), ENOUGH)) == ["failed"] * 3


def test_a_server_that_hangs_once_is_forgiven(server):
    server.hang_for = {"p0@example.com", "p2@example.com"}
    assert states(deliver(batch(5), channel(server, 1), ENOUGH)) == ["failed", "sent", "failed", "sent", "sent"]


def test_a_slow_server_is_waited_for(server):
    server.delay = 0.05
    assert states(deliver(batch(1), channel(server), ENOUGH)) == ["sent"]


def test_a_server_that_drips_a_byte_at_a_time_is_cut_off_when_the_round_is_over(server):
    server.drip = 0.1
    with lasting(0.9, 3):
        results = deliver(batch(), channel(server), 1.0)
    assert states(results) == ["failed", "not-tried", "not-tried"]
    assert results[0].reason == f"{server.address}: no answer before the time of this sweep was up"


def test_a_name_server_that_does_not_answer_is_waited_for_no_longer_than_the_round(monkeypatch):
    """It has no time limit that a program could set: `getaddrinfo` comes back when it likes."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(20))
    with lasting(0.9, 3):
        results = deliver(batch(), Channel("mail", smtp="mail.example.com:25", timeout=1), 1.0)
    assert states(results) == ["failed", "not-tried", "not-tried"]


def test_a_server_that_recovers_gets_everything(server):
    server.hang = "connect"
    deliver(batch(), channel(server, 1), ENOUGH)
    server.hang = ""
    assert states(deliver(batch(), channel(server), ENOUGH)) == ["sent"] * 3


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("127.0.0.1:1", "can't reach 127.0.0.1:1: Connection refused"),
        ("no-such-host.invalid:25", "can't reach no-such-host.invalid:25: "),
        ("localhost:smtp", "smtp: localhost:smtp: write host:port, for example localhost:25"),
        ("127.0.0.1:99999", "smtp: 127.0.0.1:99999: write host:port, for example localhost:25"),
        ("", "smtp: : write host:port"),
        ("[::1:25", "smtp: [::1:25: write host:port"),
    ],
)
def test_a_server_that_is_not_there_is_named_once_for_all(where, reason):
    results = deliver(batch(), Channel("mail", smtp=where, timeout=1), ENOUGH)
    assert states(results) == ["failed"] * 3
    assert all(result.reason.startswith(reason) for result in results)


def test_a_server_that_hangs_up_at_once_is_not_tried_for_each():
    with Smtpd() as server:
        server.refuse_greeting = "554 5.7.1 Go away"
        results = deliver(batch(), channel(server), ENOUGH)
    assert states(results) == ["failed"] * 3
    assert results[0].reason == f"{server.address} doesn't talk: 554 5.7.1 Go away"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("where", "found"),
    [("localhost", ("localhost", 25)), ("mail.example.com:587", ("mail.example.com", 587)), ("[::1]:2525", ("::1", 2525)),
     ("::1", ("::1", 25)), ("Mail.Example.com", ("mail.example.com", 25))],
)  # fmt: skip
def test_where_a_server_is(where, found):
    assert smtp_server._host_and_port(where) == found


def test_nothing_of_a_mail_goes_out_to_an_address_that_could_be_a_command(server):
    bad = envelope("a@example.com>\r\nRCPT TO:<all@example.com")
    assert states(deliver([bad], channel(server), ENOUGH)) == ["refused"]
    assert server.connections == 0
