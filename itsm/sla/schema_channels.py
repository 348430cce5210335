"""JSON Schema of `channels`: the ways to send, and what belongs to each."""

from __future__ import annotations

from itsm.sla.reading_channels import TLS
from itsm.sla.schema_parts import TEXT, Schema, integer, mapping, one_of, ref, text, texts

_SERVER = r"^(smtps://)?\s*([^:\[\]\s/@]+(:[0-9]{1,5})?|\[[^\[\]\s]+\](:[0-9]{1,5})?|[0-9A-Fa-f:.]+|)\s*/?$"


def channel() -> Schema:
    """One channel."""
    keys = {
        "smtp": text("host:port of a mail server; smtps://host is TLS from the first byte.", pattern=_SERVER, examples=["localhost:25"]),
        "tls": {"enum": [*TLS, None], "description": "starttls or implicit; without it by the port, and none for this host."},
        "user": text("Who logs in at the mail server."),
        "password_file": text("The file that has the password, mode 0600; from the desk's folder."),
        "password_command": texts(TEXT, "The program that prints the password, with its arguments."),
        "password_env": text("The variable that has the password; without it ITSM_SMTP_PASSWORD."),
        "sendmail": texts(TEXT, "A program such as /usr/sbin/sendmail."),
        "command": texts(TEXT, "Any other program, with {mobile} {mail} {name} {id} {subject} filled; the text is on its stdin."),
        "apprise": text("An URL of apprise without secrets, {mobile} and so on filled."),
        "url_file": text("The file that has the URL of apprise, mode 0600; from the desk's folder."),
        "url_env": text("The variable that has the URL of apprise."),
        "from": text("The sender of mails."),
        "timeout": integer("Seconds to wait; without it 20.", least=1),
        "redirect": text("A rehearsal: everything goes to this address or mobile instead."),
        "retry": _retry(),
    }
    mail = {**one_of("smtp", "sendmail", quantity="anyOf"), "required": ["from"]}
    others = one_of("command", "apprise", "url_file", "url_env", quantity="anyOf")
    return {**mapping(keys, "A way to send."), "anyOf": [others, mail]}


def _retry() -> Schema:
    keys = {
        "for": ref("duration", "How long a message that may get through is tried again; without it 5d."),
        "refused": ref("duration", "How long one that was refused for good is; without it 2d."),
        "pause": ref("duration", "The first pause, which doubles each time; without it 1m."),
        "longest": ref("duration", "The longest pause, a day at most; without it 1h."),
    }
    return mapping(keys, "When a message is given up.")
