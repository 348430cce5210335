"""Mail by SMTP: one connection for many mails, each with an answer of its own. How the server is reached is smtp_server's."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from itsm.model.address import clean
from itsm.notify.channel import Envelope, Failed, OnResult, OutOfTime, Result, Silent, Unreachable, ignore, in_turn, within
from itsm.notify.smtp_server import Server
from itsm.sla.policy import Channel

if TYPE_CHECKING:
    import smtplib

_BUSY = 421  # RFC 5321 4.2.1: closing the connection; some servers say so after so many mails
_FOR_GOOD = 500
_OURS = frozenset((530, 534, 535, 538))  # RFC 4954: log in first. Our settings' fault, not the mail's
_FAREWELL = 2.0  # seconds that QUIT may take: the mails are safe by then


class Smtp:
    """The server that `smtp: host:port` names. A round keeps one connection, and makes a new one where that broke."""

    def __init__(self, channel: Channel) -> None:
        self._where = channel.smtp
        self._timeout = channel.timeout
        self._place = Server(channel)
        self._server: smtplib.SMTP | None = None
        self._served = 0
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

    @property
    def connection(self) -> str:
        """How the server was last reached."""
        return self._place.connection

    def _send(self, envelope: Envelope, left: float) -> str:
        import smtplib

        if self._late:
            raise OutOfTime
        sender, to = _addresses(envelope)
        try:
            answer = self._taken(sender, to, envelope.message, left) or self._taken(sender, to, envelope.message, left)
        except (OSError, smtplib.SMTPException) as error:
            raise self._failure(error) from error
        self._served += 1
        return answer

    def _taken(self, sender: str, to: str, message: bytes, left: float) -> str:
        """The server's answer to the mail that it took; "" where it has served enough on this connection (421): a new one may do."""
        import smtplib

        server = self._server
        if server is None or server.sock is None:
            server = self._connect(left)
        try:
            return _handed_over(server, sender, to, message)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code != _BUSY:
                with suppress(smtplib.SMTPServerDisconnected):  # if it hangs up now, the next mail sees that
                    server.rset()
                raise
            server.close()
            if self._served:
                return ""
            raise

    def _connect(self, left: float) -> smtplib.SMTP:
        """A greeted connection, encrypted and logged in where that is asked for. Raises Unreachable, Silent."""
        import smtplib

        timeout = max(0.001, min(self._timeout, left))
        server = self._place.made(timeout)
        self._server, self._served = server, 0
        try:
            within(left, partial(self._place.open, server, timeout))
        except (OSError, smtplib.SMTPException, Failed) as error:
            failure = self._failure(error)
            server.close()
            raise failure if isinstance(failure, Silent) else Unreachable(self._place.not_reached(error, failure)) from error
        return server

    def _failure(self, error: Exception) -> Failed:
        """What an error means for the mail at hand. A server that doesn't keep to the protocol any more is left."""
        import smtplib

        if self._late:
            return Silent(f"{self._where}: no answer before the time of this sweep was up")
        if isinstance(error, Failed):
            return error
        if isinstance(error, smtplib.SMTPResponseException):
            ours = isinstance(error, smtplib.SMTPSenderRefused) or error.smtp_code in _OURS
            return Failed(self._place.hidden(_reply(error)), permanent=error.smtp_code >= _FOR_GOOD and not ours)
        if self._server is not None:
            self._server.close()
        cause = error.__context__ if isinstance(error.__context__, OSError) else error
        if isinstance(cause, TimeoutError):
            return Silent(f"{self._where}: no answer within {self._timeout} s")
        return Failed(self._place.hidden(f"{self._where}: the connection broke: {cause}"))

    @contextmanager
    def _watched(self, time_limit: float) -> Iterator[None]:
        """A server that sends a byte a second never times out. When the round's time is up, its connection is cut."""
        self._late = False
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


def _handed_over(server: smtplib.SMTP, sender: str, to: str, message: bytes) -> str:
    """One mail, for one recipient. The server's last words are kept: they say under which name it has queued the mail.

    smtplib's own sendmail throws those away. Raises SMTPSenderRefused, SMTPResponseException, and what a broken connection raises.
    """
    import smtplib

    server.ehlo_or_helo_if_needed()
    code, words = server.mail(sender, [f"size={len(message)}"] if server.has_extn("size") else [])
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, words, sender)
    code, words = server.rcpt(to)
    if code not in (250, 251):
        raise smtplib.SMTPResponseException(code, words)
    code, words = server.data(message)
    if code != 250:
        raise smtplib.SMTPDataError(code, words)
    return f"{code} {words.decode('utf-8', 'replace')}"


def _addresses(envelope: Envelope) -> tuple[str, str]:
    try:
        return clean(envelope.sender), clean(envelope.to)
    except ValueError as error:
        raise Failed(str(error), permanent=True) from error


def _reply(error: smtplib.SMTPResponseException) -> str:
    """Code and words of the server's refusal."""
    words = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
    return f"{error.smtp_code} {words.decode('utf-8', 'replace')}"
