"""A connection to a mail server, ready to take mails: reached, encrypted with a checked certificate unless it is local, logged in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from itsm.model.address import host_and_port
from itsm.notify import secret
from itsm.notify.channel import Failed, Unreachable
from itsm.sla.policy import Channel

if TYPE_CHECKING:
    import smtplib
    import ssl

LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))  # what travels to these leaves no host, so it may go plain
_PORT, _TLS_PORT = 25, 465  # 465: TLS from the first byte (RFC 8314)


class Server:
    """The server that a channel names. `connection` tells how it was reached, for people: encrypted or not, logged in or not."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._password: secret.Secret | None = None
        self.connection = ""

    def made(self, timeout: float) -> smtplib.SMTP:
        """An object that isn't connected yet, so that a watch can be kept over the greeting, too. Raises Unreachable."""
        import smtplib

        host, _ = self._place()
        made = (
            smtplib.SMTP_SSL(local_hostname=_own_name(), timeout=timeout, context=_context())
            if self._implicit
            else smtplib.SMTP(local_hostname=_own_name(), timeout=timeout)
        )
        # The certificate is checked against this name; only the constructor would set it, and that would connect at once.
        made._host = host  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        return made

    def open(self, server: smtplib.SMTP, timeout: float) -> None:
        """Connect, encrypt, log in. Raises OSError and SMTPException as they come, Failed where we refuse."""
        import smtplib

        host, port = self._place()
        code, words = server.connect(host, port)
        if code != 220:  # RFC 5321 4.3.2: ready
            raise smtplib.SMTPConnectError(code, words)
        server.ehlo_or_helo_if_needed()
        if self._starttls(host):
            server.starttls(context=_context())
            server.ehlo_or_helo_if_needed()
        self.connection = f"{host}:{port}, {_encryption(server)}"
        if self._channel.user:
            self._log_in(server, timeout)
            self.connection += f", logged in as {self._channel.user}"

    def hidden(self, words: str) -> str:
        """Words that may be shown: without the password."""
        return self._password.hidden(words, self._channel.user) if self._password else words

    def not_reached(self, error: Exception, failure: Failed) -> str:
        """What to say of a server that couldn't be opened."""
        import smtplib
        import ssl

        if isinstance(error, Failed):
            return str(error)
        host, port = self._place()
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{host}:{port}: its certificate is not to be trusted: {error.verify_message}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return self.hidden(f"{host}:{port} refuses the login of {self._channel.user}: {failure}")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return f"{host}:{port} offers no {_missing(error)}"
        if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
            return f"can't reach {host}:{port}: {error.strerror or error}"
        return self.hidden(f"{host}:{port} doesn't talk: {failure}")

    @property
    def _implicit(self) -> bool:
        return self._channel.tls == "implicit" or (not self._channel.tls and self._place()[1] == _TLS_PORT)

    def _starttls(self, host: str) -> bool:
        return not self._implicit and (self._channel.tls == "starttls" or host not in LOCAL)

    def _place(self) -> tuple[str, int]:
        return _host_and_port(self._channel.smtp, _TLS_PORT if self._channel.tls == "implicit" else _PORT)

    def _log_in(self, server: smtplib.SMTP, timeout: float) -> None:
        """Here the connection is encrypted with a trusted certificate, or leaves no host: `_starttls` knows no third way."""
        self._password = secret.password(self._channel, timeout)
        if not f"{self._channel.user}{self._password.text}".isascii():
            raise Unreachable("the user or password has other letters than ASCII, which Python's SMTP can't send")
        server.login(self._channel.user, self._password.text)


def _host_and_port(where: str, usual: int = _PORT) -> tuple[str, int]:
    """Raises Unreachable."""
    try:
        return host_and_port(where, usual)
    except ValueError as error:
        raise Unreachable(str(error)) from None


def _context() -> ssl.SSLContext:
    import ssl

    return ssl.create_default_context()


def _encryption(server: smtplib.SMTP) -> str:
    import ssl

    if isinstance(server.sock, ssl.SSLSocket):
        return f"{server.sock.version()} with a trusted certificate"
    return "not encrypted (this host)"


def _missing(error: Exception) -> str:
    """Which of the two that we ask for it lacks."""
    if "STARTTLS" in str(error):
        return "STARTTLS, and mail leaves this host only encrypted"
    return "login"


def _own_name() -> str:
    """What this host calls itself in EHLO. Not getfqdn, which asks a name server, and waits for a dead one."""
    import socket

    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
