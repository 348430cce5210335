"""Mail by SMTP: one connection for many mails, TLS with a checked certificate unless the server is this host itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from itsm.model.address import clean, host_and_port
from itsm.notify.channel import Envelope, Failed, OnResult, OutOfTime, Result, Silent, Unreachable, ignore, in_turn
from itsm.sla.policy import Channel

if TYPE_CHECKING:
    import smtplib

LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))  # what travels to these leaves no host, so it may go plain
_TLS_PORT = 465  # TLS from the first byte (RFC 8314)
_BUSY = 421  # RFC 5321 4.2.1: closing the connection; some servers say so after so many mails
_FOR_GOOD = 500
_OURS = frozenset((530, 534, 535, 538))  # RFC 4954: log in first. Our settings' fault, not the mail's
_FAREWELL = 2.0  # seconds that QUIT may take: the mails are safe by then


class Smtp:
    """The server that `smtp: host:port` names. A round keeps one connection, and makes a new one where that broke."""

    def __init__(self, channel: Channel) -> None:
        self._where = channel.smtp
        self._timeout = channel.timeout
        self._server: smtplib.SMTP | None = None
        self._served = 0
        self._limit = 0.0
        self._late = False

    def deliver(self, batch: Sequence[Envelope], time_limit: float, on_result: OnResult = ignore) -> list[Result]:
        """Send each mail; the reason of a failure has the server's code and words. Never raises."""
        with self._watched(time_limit):
            try:
                results = in_turn(batch, time_limit, self._send, on_result)
                self._farewell()
            finally:
                self._close()
        return results

    def _send(self, envelope: Envelope, left: float) -> None:
        import smtplib

        if self._late:
            raise OutOfTime(self._limit)
        sender, to = _addresses(envelope)
        try:
            if not self._taken(sender, to, envelope.message, left):
                self._taken(sender, to, envelope.message, left)
        except (OSError, smtplib.SMTPException) as error:
            raise self._failure(error) from error
        self._served += 1

    def _taken(self, sender: str, to: str, message: bytes, left: float) -> bool:
        """Whether the server took the mail. False: it has served enough on this connection (421) and may take it on a new one."""
        import smtplib

        server = self._server
        if server is None or server.sock is None:
            server = self._connect(left)
        try:
            server.sendmail(sender, [to], message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
            if _reply(error)[0] == _BUSY and self._served:
                return False
            raise
        return True

    def _connect(self, left: float) -> smtplib.SMTP:
        """A greeted connection. Raises Unreachable, Silent."""
        import smtplib
        import ssl

        host, port = _host_and_port(self._where)
        tls = ssl.create_default_context() if port == _TLS_PORT or host not in LOCAL else None
        timeout = max(0.001, min(self._timeout, left))
        server = (
            smtplib.SMTP_SSL(local_hostname=_own_name(), timeout=timeout, context=tls)
            if port == _TLS_PORT
            else smtplib.SMTP(local_hostname=_own_name(), timeout=timeout)
        )
        # Connected by hand, so that a watch can be kept over the greeting too; the certificate is checked against this name.
        server._host = host  # type: ignore[attr-defined]  # noqa: SLF001 - only the constructor would set it
        self._server, self._served = server, 0
        try:
            code, words = server.connect(host, port)
            if code != 220:  # RFC 5321 4.3.2: ready
                raise smtplib.SMTPConnectError(code, words)
            server.ehlo_or_helo_if_needed()
            if tls and port != _TLS_PORT:
                server.starttls(context=tls)
                server.ehlo_or_helo_if_needed()
            # The place to log in: after this, never over a connection that isn't checked or local.
        except (OSError, smtplib.SMTPException) as error:
            failure = self._failure(error)
            server.close()
            raise failure if isinstance(failure, Silent) else Unreachable(_not_reached(error, failure, host, port)) from error
        return server

    def _failure(self, error: Exception) -> Failed:
        """What an error means for the mail at hand. A server that doesn't keep to the protocol any more is left."""
        import smtplib

        if self._late:
            return Silent(f"{self._where}: the time for sending was used up")
        if isinstance(error, Failed):
            return error
        if isinstance(error, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)):
            code, words = _reply(error)
            ours = isinstance(error, smtplib.SMTPSenderRefused) or code in _OURS
            return Failed(f"{code} {words}", permanent=code >= _FOR_GOOD and not ours)
        if self._server is not None:
            self._server.close()
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        if isinstance(cause, TimeoutError):
            return Silent(f"{self._where}: no answer within {self._timeout} s")
        return Failed(f"{self._where}: the connection broke: {cause}")

    @contextmanager
    def _watched(self, time_limit: float) -> Iterator[None]:
        """A server that sends a byte a second never times out. When the round's time is up, its connection is cut."""
        self._late, self._limit = False, time_limit
        watch = threading.Timer(time_limit, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()

    def _cut(self) -> None:
        import socket

        self._late = True
        server = self._server
        if server is not None and server.sock is not None:
            with suppress(OSError):
                server.sock.shutdown(socket.SHUT_RDWR)

    def _farewell(self) -> None:
        """QUIT, where the server still listens: some count a connection that just ends as an error."""
        import smtplib

        if self._server is not None and self._server.sock is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.sock.settimeout(_FAREWELL)
                self._server.quit()

    def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()


def _addresses(envelope: Envelope) -> tuple[str, str]:
    try:
        return clean(envelope.sender), clean(envelope.to)
    except ValueError as error:
        raise Failed(str(error), permanent=True) from error


def _host_and_port(where: str) -> tuple[str, int]:
    try:
        return host_and_port(where)
    except ValueError as error:
        raise Unreachable(str(error)) from None


def _own_name() -> str:
    """What this host calls itself in EHLO. Not getfqdn, which asks a name server, and waits for a dead one."""
    import socket

    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"


def _reply(error: Exception) -> tuple[int, str]:
    """Code and words of the server's refusal."""
    import smtplib

    code, words = 0, b""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
    return code, words.decode("utf-8", "replace")


def _not_reached(error: Exception, failure: Failed, host: str, port: int) -> str:
    import smtplib
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{host}:{port}: its certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return f"{host}:{port} offers no STARTTLS, and mail leaves this host only encrypted"
    if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
        return f"can't reach {host}:{port}: {error.strerror or error}"
    return f"{host}:{port} doesn't talk: {failure}"
