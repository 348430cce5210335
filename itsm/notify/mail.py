"""A text as a mail: UTF-8 that travels as 7-bit ASCII, one thread a ticket, and no way for a stranger's words to become a header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256

from itsm.model.address import clean, domain_of
from itsm.model.plain import stripped, visible
from itsm.notify.message import Text
from itsm.sla.recipients import Recipient
from itsm.values import dataclass

_AUTOMATIC = {
    "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday notice comes back
    "X-Auto-Response-Suppress": "OOF, AutoReply",  # the same for Exchange, but bounces are wanted
    "Precedence": "bulk",  # and for programs that know nothing newer
}
_OF_THE_BODY = ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")
SUBJECT_LIMIT = 200  # characters; longer ones are cut with …, the body has them whole
NAME_LIMIT = 64
_SHORT = 60  # characters of plain text that need no folding
_DIGITS = 32  # hexadecimal digits of a hash in a Message-ID: 128 bits
_ROUNDS = 8  # encoded words within encoded words: nobody honest has more than one
_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=")
_ID = re.compile(r"\[[A-Z0-9-]{1,24}\] ", re.ASCII)
_LF = "\r\n"
_UNFOLDED = re.compile(rb"\r\n(?![ \t])")  # between two headers, not within one
_PLAIN_NAME = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a receiver should read: name and address by header, and the subject."""

    people: dict[str, tuple[str, str]]
    subject: str

    @property
    def headers(self) -> dict[str, str]:
        return {**{name: _mailbox(*who) for name, who in self.people.items()}, "Subject": _encoded(self.subject, "Subject")}


def message(text: Text, *, sender: str, desk_name: str, recipient: Recipient, keys: Sequence[str], ticket: str, now: datetime) -> bytes:
    """The whole message, lines ending in CRLF. `keys` are the notices that it brings; `ticket` is "" where it brings several tickets'.

    Raises ValueError where an address can't be used, or where what would arrive isn't what was meant: it is parsed again and
    compared, because EmailMessage on 3.11 turns `=?UTF-8?Q?=0ABcc:_…?=` in a subject into a real Bcc (page 5).
    """
    body = visible(text.body).removesuffix("\n") + "\n"
    wanted = _wanted(text, sender, desk_name, recipient)
    headers = {
        **wanted.headers,
        "Date": _date(now),
        "Message-ID": message_id(keys, recipient, sender),
        **(_thread(ticket, sender) if ticket else {}),
        **_AUTOMATIC,
    }
    raw = _serialised(headers, body)
    _compare(raw, headers, wanted, body)
    return raw


def redirected(raw: bytes, to: str, instead: str) -> bytes:
    """A finished message on its way to somebody else: a rehearsal. Whom it was for stands in front of the subject and in a header of its
    own, and no longer in `To`, where an answer to all would find them.

    Raises ValueError where the message isn't one of ours, or an address can't be used.
    """
    head, found, body = raw.partition(b"\r\n\r\n")
    to, instead = clean(to), clean(instead)
    lines = _UNFOLDED.split(head)
    if not found or sum(line.startswith((b"To: ", b"Subject: ")) for line in lines) != 2:
        raise ValueError("refused: it can't be seen whom the message is for")
    fresh = {b"To: ": f"To: {instead}\r\nX-Original-To: {to}".encode("ascii"), b"Subject: ": f"Subject: [to {to}]\r\n ".encode("ascii")}
    for place, line in enumerate(lines):
        if line.startswith(b"To: "):
            lines[place] = fresh[b"To: "]
        elif line.startswith(b"Subject: "):
            lines[place] = fresh[b"Subject: "] + line.removeprefix(b"Subject: ")
    return b"\r\n".join(lines) + found + body


def message_id(keys: Sequence[str], recipient: Recipient, sender: str) -> str:
    """A function of what is told and to whom, so that a repeat after a crash is seen as one (page 3, sentence 19)."""
    digest = sha256("\n".join([*sorted(keys), recipient.id]).encode("utf-8", "surrogatepass")).hexdigest()
    return f"<{digest[:_DIGITS]}@{domain_of(clean(sender))}>"


def thread_id(ticket: str, sender: str) -> str:
    """The Message-ID that all mails about one ticket refer to. No mail has it: whichever comes first, they are one thread."""
    address = clean(sender)
    return f"<{ticket}.{sha256(address.lower().encode()).hexdigest()[:12]}@{domain_of(address)}>"


def decoded(text: str) -> str:
    """Text without encoded words: what a mail program would make of them is said plainly, so that none is left to be obeyed."""
    for _ in range(_ROUNDS):
        plainer = _WORD.sub(lambda found: _decoded_word(found[0]), text)
        if plainer == text:
            break
        text = plainer
    return text


def _decoded_word(word: str) -> str:
    from email.errors import HeaderParseError
    from email.header import decode_header

    try:
        return "".join(part.decode(charset or "ascii") if isinstance(part, bytes) else part for part, charset in decode_header(word))
    except (HeaderParseError, LookupError, ValueError):
        return word  # no encoded word after all


def _encoded(text: str, header: str) -> str:
    """One header's text: as it is where it is harmless, else as encoded words, which have no room for anything else.

    The ID in front stays plain: whoever reads raw mail, or sorts it by a pattern, looks for that.
    """
    if text.isascii() and "=?" not in text and len(text) < _SHORT:
        return text
    found = _ID.match(text)
    front = found[0] if found and found.end() < len(text) else ""
    return front + _encoded_words(text[len(front) :], f"{header}: {front}")


def _encoded_words(text: str, header: str) -> str:
    from email.header import Header

    return Header(text, "utf-8", header_name=header).encode(linesep=_LF)


def _wanted(text: Text, sender: str, desk_name: str, recipient: Recipient) -> _Wanted:
    people = {"From": (desk_name, clean(sender)), "To": (recipient.name, clean(recipient.mail))}
    names = {header: (stripped(decoded(name), NAME_LIMIT), address) for header, (name, address) in people.items()}
    return _Wanted(names, stripped(decoded(text.subject), SUBJECT_LIMIT))


def _mailbox(name: str, address: str) -> str:
    """`name <address>`. A name of more than words becomes encoded words: quoting rules are where injections come from."""
    if not name:
        return address
    return f"{name if _PLAIN_NAME.fullmatch(name) else _encoded_words(name, 'From')} <{address}>"


def _date(now: datetime) -> str:
    from email.utils import format_datetime

    return format_datetime(now.astimezone(UTC))


def _thread(ticket: str, sender: str) -> dict[str, str]:
    root = thread_id(ticket, sender)
    return {"In-Reply-To": root, "References": root}


def _serialised(headers: Mapping[str, str], body: str) -> bytes:
    """The old policy writes headers as they are given; the new one decodes them first, and there its bug is."""
    from email.contentmanager import raw_data_manager
    from email.message import EmailMessage
    from email.policy import compat32

    policy = compat32.clone(linesep=_LF, cte_type="7bit", max_line_length=78)
    mail = EmailMessage(policy=policy)
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(body, content_manager=raw_data_manager)
    return mail.as_bytes(policy=policy.clone(max_line_length=998))  # they are folded already; a Message-ID must not be


def _compare(raw: bytes, headers: Mapping[str, str], wanted: _Wanted, body: str) -> None:
    """Read the mail as its receiver will. Raises ValueError where a header is new, lost or says something else."""
    from email import message_from_bytes
    from email.policy import default

    mail = message_from_bytes(raw, policy=default)
    if mail.keys() != [*headers, *_OF_THE_BODY]:
        raise ValueError(f"refused: the mail would have other headers than it was given: {', '.join(ascii(name) for name in mail)}")
    for name, (said, address) in wanted.people.items():
        found = [(_solid(one.display_name), one.addr_spec) for one in mail[name].addresses]
        if found != [(_solid(said), address)]:
            raise ValueError(f"refused: {name} would arrive as {found!a}")
    if str(mail["Subject"]) != wanted.subject:
        raise ValueError(f"refused: the subject would arrive as {str(mail['Subject'])!a}")
    if mail.get_content().splitlines() != body.splitlines():
        raise ValueError("refused: the text would not arrive as it is")


def _solid(text: str) -> str:
    """Without its spaces: 3.11 reads one between two encoded words of a name, where RFC 2047 has none."""
    return "".join(text.split())
