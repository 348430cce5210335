"""Mail by the host's own mail program: `sendmail: /usr/sbin/sendmail`, which takes it into its queue."""

from __future__ import annotations

from itsm.model.address import clean
from itsm.notify import program
from itsm.notify.channel import Envelope, Failed
from itsm.sla.policy import Channel


class Sendmail(program.Program):
    """`sendmail -i -f FROM -- RCPT` with the message on stdin: a dot alone on a line ends nothing, an address is no option."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel.sendmail, channel.timeout)

    def send(self, envelope: Envelope, left: float) -> str:
        """Hand the mail over, its addresses looked at first."""
        try:
            sender, to = clean(envelope.sender), clean(envelope.to)
        except ValueError as error:
            raise Failed(str(error), permanent=True) from error
        message = envelope.message.replace(b"\r\n", b"\n")  # what a local program expects; it makes the CRLF itself
        return program.run([*self.command, "-i", "-f", sender, "--", to], message, {}, min(self.timeout, left))
