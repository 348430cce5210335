"""What the tests of mail over TLS share: a server's certificate, for 127.0.0.2, and who trusts it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

CERTIFICATE = Path(__file__).with_name("server.pem")


@pytest.fixture
def context() -> ssl.SSLContext:
    """A server's side of TLS."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(CERTIFICATE)
    return found


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """This host trusts the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
