"""Passwords, and URLs with passwords in them: read when they are needed, kept nowhere, shown in no message.

From a file that only its owner can read, from a program (`pass show mail`), or from the environment. Never from sla.yaml, which is
in git and in everybody's hands. What can't be had is told without a word of what was found.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress

from itsm.notify import program
from itsm.notify.channel import Failed, Unreachable
from itsm.patterns import pattern
from itsm.sla.policy import Channel
from itsm.sla.reading_channels import PASSWORD_ENV
from itsm.values import dataclass, field

_NAMES = pattern(r"\{([a-z]+)\}")
_LONGEST = 4096  # bytes
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that must not be seen. It has no `repr`, and takes itself out of other people's words."""

    text: str = field(repr=False)

    def hidden(self, words: str, user: str = "") -> str:
        """The words of a server or program without it: in the clear, in base64, or as it is sent with `user` (RFC 4616)."""
        from base64 import b64encode

        encoded = (b64encode(form.encode()).decode("ascii") for form in (f"\0{user}\0{self.text}", self.text))
        for form in (self.text, *encoded):
            words = words.replace(form, "***")
        return words


def password(channel: Channel, seconds: float) -> Secret:
    """The password of `channel.user`. Raises Unreachable, which says what to do: without it nothing of this channel can be sent."""
    if channel.password_file:
        return _from_file(channel.password_file, "password_file")
    if channel.password_command:
        return _from_program(channel.password_command, seconds)
    return _from_environment(channel.password_env or PASSWORD_ENV)


def url(channel: Channel) -> Secret:
    """The URL of an apprise channel, of several the first that `sla.reading_channels.WAYS` has. Raises Unreachable."""
    if channel.apprise:
        return Secret(channel.apprise)
    return _from_file(channel.url_file, "url_file") if channel.url_file else _from_environment(channel.url_env)


def wanted(channel: Channel) -> tuple[str, ...]:
    """The names in braces of an URL that is kept elsewhere: by these it is known whom it reaches. None where it can't be had; who sends
    says why.
    """
    with suppress(Unreachable):
        return tuple(dict.fromkeys(_NAMES.findall(url(channel).text)))
    return ()


def _from_file(path: str, key: str) -> Secret:
    """Its first line. Raises Unreachable where anybody but its owner could read it, too, or where its owner is a stranger."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Unreachable(f"{key} {path} can't be read: {error.strerror}") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Unreachable(f"{key} {path} is no file")
        if found.st_mode & _OTHERS:
            raise Unreachable(f"{key} {path} can be read by others (mode {stat.S_IMODE(found.st_mode):04o}): chmod 600 {path}")
        if found.st_uid not in (os.geteuid(), 0):
            raise Unreachable(f"{key} {path} belongs to somebody else (uid {found.st_uid})")
        return _first_line(os.read(descriptor, _LONGEST + 1), f"{key} {path}")
    finally:
        os.close(descriptor)


def _from_program(arguments: Sequence[str], seconds: float) -> Secret:
    """What it prints. Its complaints aren't quoted: nobody knows what it says of the password there."""
    try:
        said = program.output(arguments, seconds)
    except Unreachable:
        raise
    except Failed as failure:
        raise Unreachable(f"password_command {str(failure).partition(': ')[0]}; run it by hand to see why") from None
    return _first_line(said, f"password_command {arguments[0]}")


def _from_environment(name: str) -> Secret:
    text = os.environ.get(name, "")
    if not text:
        raise Unreachable(f"there is no {name} in the environment; set it, or say password_file or password_command")
    return _first_line(os.fsencode(text), name)


def _first_line(data: bytes, where: str) -> Secret:
    line = data.split(b"\n", 1)[0].rstrip(b"\r")
    text = ""
    with suppress(UnicodeDecodeError):
        text = line.decode("utf-8")
    if not text.strip() or len(line) > _LONGEST or not text.isprintable():
        raise Unreachable(f"{where}: its first line is no password (empty, longer than {_LONGEST} bytes, or with control characters)")
    return Secret(text)
