"""Ticket IDs: short enough to say on the phone (M9), one sequence a desk, matched whole and in ASCII only."""

from __future__ import annotations

import re

from itsm.patterns import pattern

PREFIX, NUMBER = "[A-Z][A-Z0-9]{0,9}", "[1-9][0-9]{0,8}"
PATTERN = f"{PREFIX}-{NUMBER}"
_FULL = pattern(PATTERN, re.ASCII)
_NUMBER = pattern(NUMBER, re.ASCII)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_BITS = 80


def is_id(text: str) -> bool:
    """Whether `text` is a ticket ID in its canonical spelling, `T-42`."""
    return _FULL.fullmatch(text) is not None


def parse(text: str, prefix: str) -> str | None:
    """What a person typed (`42`, `t-42`, `T-42`) as a canonical ID, or None if it can't be one."""
    word = text.strip()
    if _NUMBER.fullmatch(word):
        return f"{prefix}-{word}"
    upper = word.upper() if word.isascii() else word
    return upper if is_id(upper) else None


def number(ticket_id: str) -> int:
    """The sequence number of a canonical ID; what IDs are sorted by."""
    return int(ticket_id.rpartition("-")[2])


def ulid(milliseconds: int, randomness: int) -> str:
    """A ULID from a Unix time in milliseconds and 80 random bits (github.com/ulid/spec), for events of the history.

    Ours, not a library's: the well-kept one costs 80 ms to import, and this is the whole of it.
    """
    value = (milliseconds << _ULID_BITS) | (randomness & ((1 << _ULID_BITS) - 1))
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def ulid_time(text: str) -> float:
    """The Unix time, in seconds, at which a ULID was made; 0 for what is none."""
    if len(text) != 26 or any(one not in _CROCKFORD for one in text[:10]):
        return 0.0
    milliseconds = 0
    for one in text[:10]:
        milliseconds = milliseconds * 32 + _CROCKFORD.index(one)
    return milliseconds / 1000
