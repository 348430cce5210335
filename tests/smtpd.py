"""A real SMTP server (aiosmtpd) on this host for tests, in a thread of its own, with the faults of real ones.

    with Smtpd() as server:
        server.refuse["nobody@example.com"] = "550 5.1.1 No such user"
        ...                                     # channel `smtp: server.address`
        assert server.received[0].to == ["cc@example.com"]

What it does wrong may be changed while it runs: a server that hangs today recovers tomorrow.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult
from aiosmtpd.smtp import Envelope as Session_


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived: its envelope, and its bytes as they came over the wire (dots unstuffed, CRLF)."""

    sender: str
    to: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail as its receiver's program reads it."""
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def text(self) -> str:
        """The body, decoded."""
        return str(self.message.get_content())


class Smtpd:
    """The server. `received` are the mails that it took, `connections` counts those who called.

    `refuse`: recipient → reply at RCPT (`550 …` or `450 …`). `refuse_sender`: reply to every MAIL. `data_replies`: replies to the next
    mails' DATA, one each. `hang`: where it falls silent for good: `connect`, `rcpt`, `data` (after the final dot); with `hang_for` only
    for these recipients, at RCPT. `resets`: so many of the next mails are cut off amid DATA. `delay`: seconds before each reply.
    `refuse_greeting`: what it says instead of 220, and hangs up.
    `login`: user → password; where there are any, nobody else may send. `logins` are who tried, and whether over TLS.
    `drip`: it greets with one byte every so many seconds, for ever. `per_connection`: mails until 421.
    """

    def __init__(self, host: str = "127.0.0.1", *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.host, self.port = host, 0
        self.received: list[Mail] = []
        self.connections = 0
        self.refuse: dict[str, str] = {}
        self.refuse_sender = ""
        self.data_replies: list[str] = []
        self.hang = ""
        self.hang_for: set[str] = set()
        self.resets = 0
        self.delay = 0.0
        self.drip = 0.0
        self.refuse_greeting = ""
        self.per_connection = 0
        self.login: dict[str, str] = {}
        self.logins: list[tuple[str, bool]] = []
        self._starttls, self._tls = starttls, tls
        self._transports: set[asyncio.BaseTransport] = set()

    @property
    def address(self) -> str:
        """`host:port`, as `smtp:` takes it."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Protocol(self, self._starttls, self._loop), self.host, self.port, ssl=self._tls)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for transport in list(self._transports):
            if isinstance(transport, asyncio.WriteTransport):
                with suppress(AttributeError):  # Python 3.11.2 (Debian 12): a TLS transport whose peer is gone has no protocol to abort
                    transport.abort()
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def authenticated(self, server: SMTP, _: Any, __: Any, mechanism: str, data: Any) -> AuthResult:
        """Who logs in with the right password; `logins` keeps who it was, and whether the line was encrypted."""
        user, password = data.login.decode(), data.password.decode()
        assert isinstance(server.transport, asyncio.BaseTransport)
        self.logins.append((user, server.transport.get_extra_info("ssl_object") is not None))
        good = bool(self.login) and self.login.get(user) == password
        return AuthResult(success=good, handled=False) if not good else AuthResult(success=True)

    # --- the hooks that aiosmtpd calls, by these names ---

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Session_, address: str, options: list[str]) -> str:  # noqa: N802
        if self.refuse_sender:
            return self.refuse_sender
        assert isinstance(server, _Protocol)
        if self.login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self.per_connection and server.taken >= self.per_connection:
            return "421 4.7.0 Too many mails on one connection"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _: SMTP, __: Any, envelope: Session_, address: str, ___: list[str]) -> str:  # noqa: N802
        if self.hang == "rcpt" or address in self.hang_for:
            await _for_ever()
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _: Any, envelope: Session_) -> str:  # noqa: N802
        if self.hang == "data":
            await _for_ever()
        reply = self.data_replies.pop(0) if self.data_replies else "250 OK"
        if reply.startswith("2"):
            assert isinstance(server, _Protocol)
            server.taken += 1
            assert isinstance(envelope.content, bytes)
            self.received.append(Mail(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content))
        return reply


class _Protocol(SMTP):
    """One connection, with the faults that lie below the hooks."""

    def __init__(self, owner: Smtpd, starttls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop) -> None:
        # A call limit of its own would close the connection after 20 mails.
        super().__init__(
            owner, hostname="mail.test", ident="tests", tls_context=starttls, loop=loop, command_call_limit=100_000,
            authenticator=owner.authenticated, auth_require_tls=False,
        )  # fmt: skip
        self.owner, self.taken = owner, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.owner.connections += self.transport is None  # it is made anew, so to speak, by STARTTLS
        self.owner._transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            self.owner._transports.discard(self.transport)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        if self.owner.hang == "connect":
            await _for_ever()
        assert isinstance(self.transport, asyncio.WriteTransport)
        if self.owner.refuse_greeting:
            await self.push(self.owner.refuse_greeting)
            self.transport.close()
            return
        while self.owner.drip:
            self.transport.write(b"2")
            await asyncio.sleep(self.owner.drip)
        await super()._handle_client()

    async def push(self, status: Any) -> None:
        if self.owner.delay:
            await asyncio.sleep(self.owner.delay)
        await super().push(status)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if self.owner.resets <= 0:
            await super().smtp_DATA(arg)
            return
        self.owner.resets -= 1
        await self.push("354 Go on")
        await self._reader.read(1)
        assert isinstance(self.transport, asyncio.WriteTransport)
        # Lingering for no time at all sends a reset, as a server does whose process was killed.
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        await _for_ever()


async def _for_ever() -> None:
    """Until the connection is lost, or the server closes."""
    await asyncio.Event().wait()
