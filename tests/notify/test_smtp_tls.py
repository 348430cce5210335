"""Mail leaves this host only encrypted, and only to a server whose certificate is trusted.

127.0.0.2 is this host, too, but none of the names that may be spoken to in the clear.
"""

from __future__ import annotations

import pytest

from itsm.notify import smtp_server
from itsm.notify.deliver import deliver
from itsm.sla.policy import Channel
from tests.notify.cases import envelope
from tests.smtpd import Smtpd


def send(server, count=3):
    channel = Channel("mail", smtp=server.address, sender="desk@example.com", timeout=10)
    return deliver([envelope(f"p{n}@example.com") for n in range(count)], channel, 30)


def states(results):
    return [result.state for result in results]


def test_another_host_without_starttls_gets_nothing():
    with Smtpd("127.0.0.2") as server:
        results = send(server)
    assert states(results) == ["failed"] * 3
    assert results[0].reason == f"{server.address} offers no STARTTLS, and mail leaves this host only encrypted"
    assert server.received == []


def test_another_host_with_a_certificate_that_is_not_trusted_gets_nothing(context):
    with Smtpd("127.0.0.2", starttls=context) as server:
        results = send(server)
    assert states(results) == ["failed"] * 3
    assert results[0].reason == f"{server.address}: its certificate is not to be trusted: self-signed certificate"
    assert (server.received, server.connections) == ([], 1)


def test_a_certificate_for_another_name_is_not_trusted(context, trusted):
    with Smtpd("127.0.0.3", starttls=context) as server:
        results = send(server)
    assert "IP address mismatch" in results[0].reason
    assert server.received == []


def test_with_starttls_and_a_trusted_certificate_it_gets_the_mail(context, trusted):
    with Smtpd("127.0.0.2", starttls=context) as server:
        assert states(send(server)) == ["sent"] * 3
    assert server.connections == 1


def test_port_465_is_tls_from_the_first_byte(context, trusted, monkeypatch):
    with Smtpd("127.0.0.2", tls=context) as server:
        monkeypatch.setattr(smtp_server, "_TLS_PORT", server.port)
        assert states(send(server)) == ["sent"] * 3


def test_tls_from_the_first_byte_checks_the_certificate_too(context, monkeypatch):
    with Smtpd("127.0.0.2", tls=context) as server:
        monkeypatch.setattr(smtp_server, "_TLS_PORT", server.port)
        results = send(server)
    assert "its certificate is not to be trusted" in results[0].reason
    assert server.received == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_this_host_may_be_spoken_to_in_the_clear(name):
    with Smtpd() as server:
        channel = Channel("mail", smtp=f"{name}:{server.port}", timeout=10)
        assert states(deliver([envelope()], channel, 30)) == ["sent"]
