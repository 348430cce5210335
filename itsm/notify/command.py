"""Any other program as a channel: `sms: {command: [send-sms, '{mobile}']}`. Text on stdin, fields in arguments and environment."""

from __future__ import annotations

import re
from collections.abc import Mapping

from itsm.model.plain import stripped
from itsm.notify import program
from itsm.notify.channel import Envelope, Failed
from itsm.notify.mail import SUBJECT_LIMIT
from itsm.notify.message import Text
from itsm.sla.policy import FIELDS_OF_COMMAND, Channel
from itsm.sla.recipients import Recipient

_NAMES = re.compile(r"\{([a-z]+)\}")


class Command(program.Program):
    """An argument list in which `{mobile}` and the other FIELDS_OF_COMMAND are filled, each within its argument; never a shell."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(channel.command, channel.timeout)

    def send(self, envelope: Envelope, left: float) -> str:
        """The program with this envelope's fields filled in."""
        arguments = [filled(argument, envelope.fields) for argument in self.command]
        known = {name: envelope.fields.get(name, "") for name in FIELDS_OF_COMMAND}
        return program.run(arguments, envelope.message, known, min(self.timeout, left))


def fields(text: Text, recipient: Recipient, ticket: str) -> dict[str, str]:
    """What fills a command's arguments and environment: single lines without controls. `ticket` is "" where it is about several."""
    found = {"mobile": recipient.mobile, "mail": recipient.mail, "name": recipient.name, "id": ticket, "subject": text.subject}
    return {name: stripped(value, SUBJECT_LIMIT) for name, value in found.items()}


def filled(argument: str, values: Mapping[str, str]) -> str:
    """One argument. Other braces stay as they are: JSON is full of them. Raises Failed for want of a value, and for one like an option."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in FIELDS_OF_COMMAND:
            return found[0]
        said = values.get(name, "")
        if not said:
            raise Failed(f"no {name} is known to fill {argument}", permanent=True)
        if said.startswith("-"):
            raise Failed(f"the {name} {said!a} begins with a dash, and a program could take it for an option", permanent=True)
        return said

    return _NAMES.sub(value, argument)
