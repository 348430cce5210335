"""A ticket as it lies in its file. Apart from what reads it: a list or a sweep that opens no file does without."""

from __future__ import annotations

from itsm.model.ticket import Ticket
from itsm.values import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """A ticket and the very bytes that it was read from. `canonical`: they are as `encode` would write them."""

    ticket: Ticket
    raw: bytes
    name: str
    canonical: bool

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex: whether a file is still the same."""
        from hashlib import sha256

        return sha256(self.raw).hexdigest()
