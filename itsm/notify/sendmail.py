"""Mail by the host's own mail program: `sendmail: /usr/sbin/sendmail`, which takes it into its queue."""

from __future__ import annotations

from collections.abc import Sequence

from itsm.model.address import clean
from itsm.notify import program
from itsm.notify.channel import Envelope, Failed, OnResult, Result, ignore, in_turn
from itsm.sla.policy import Channel


class Sendmail:
    """`sendmail -i -f FROM -- RCPT` with the message on stdin: a dot alone on a line ends nothing, an address is no option."""

    def __init__(self, channel: Channel) -> None:
        self._command = channel.sendmail
        self._timeout = channel.timeout

    def deliver(self, batch: Sequence[Envelope], time_limit: float, on_result: OnResult = ignore) -> list[Result]:
        """Run the program once for each mail. Never raises."""
        return in_turn(batch, time_limit, self._send, on_result)

    @property
    def connection(self) -> str:
        """The program."""
        return self._command[0]

    def _send(self, envelope: Envelope, left: float) -> str:
        try:
            sender, to = clean(envelope.sender), clean(envelope.to)
        except ValueError as error:
            raise Failed(str(error), permanent=True) from error
        message = envelope.message.replace(b"\r\n", b"\n")  # what a local program expects; it makes the CRLF itself
        return program.run([*self._command, "-i", "-f", sender, "--", to], message, {}, min(self._timeout, left))
