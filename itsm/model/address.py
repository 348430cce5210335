"""Mail addresses as they may stand in an envelope, a header and an argument list, and servers: nothing in them can be anything else."""

from __future__ import annotations

import re

from itsm.patterns import pattern

_LOCAL = pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}", re.ASCII)
_DOMAIN = pattern(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*", re.ASCII)
_LITERAL = pattern(r"\[(?:IPv6:)?[0-9A-Fa-f:.]{2,45}\]", re.ASCII)
_SERVER = pattern(r"(?:\[([^\[\]\s]+)\]|([^:\[\]\s/]+))(?::([0-9]{1,5}))?|((?=.*:.*:)[0-9A-Fa-f:.]+)", re.ASCII)
_PORT, _PORTS = 25, range(1, 65_536)
_LONGEST = 254  # RFC 5321 4.5.3.1.3, without the angle brackets


def clean(text: str) -> str:
    """The address in the spelling that mail servers take: `name@domain`, or a local user's `name`. A domain of other letters becomes IDNA.

    Raises ValueError, which says why, for everything that could end a header, be taken for an option, or that no server would take.
    """
    shown = ascii(text)
    if not text:
        raise ValueError("no mail address")
    if any(sign.isspace() or not sign.isprintable() for sign in text):
        raise ValueError(f"mail address {shown}: white space or control characters in it")
    if text.startswith("-"):
        raise ValueError(f"mail address {shown}: it begins with a dash, and a program could take it for an option")
    local, at, domain = text.rpartition("@") if "@" in text else (text, "", "")
    if not _LOCAL.fullmatch(local):
        raise ValueError(f"mail address {shown}: what stands before the @ isn't plain letters, digits and signs")
    wire = f"{local}{at}{_domain(domain, shown) if at else ''}"
    if len(wire) > _LONGEST:
        raise ValueError(f"mail address {shown[:40]}…: longer than {_LONGEST} characters")
    return wire


def host_and_port(text: str, usual: int = _PORT) -> tuple[str, int]:
    """`host`, `host:port`, `[::1]:port` or `::1` as host and port; 25 is the port of mail. ValueError for anything else."""
    found = _SERVER.fullmatch(text.strip())
    if not found or int(found[3] or usual) not in _PORTS:
        raise ValueError(f"smtp: {text}: write host:port, for example localhost:25")
    return (found[1] or found[2] or found[4]).lower(), int(found[3] or usual)


def domain_of(address: str) -> str:
    """What stands behind the @ of a clean address; `localhost` for a local user's name. Fit for a Message-ID."""
    return address.rpartition("@")[2].strip("[]").replace(":", ".").lower() if "@" in address else "localhost"


def _domain(domain: str, shown: str) -> str:
    try:
        wire = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        wire = ""
    if not (_DOMAIN.fullmatch(wire) or _LITERAL.fullmatch(wire)):
        raise ValueError(f"mail address {shown}: what stands after the @ is no domain")
    return wire
