"""A ticket file ↔ a Ticket, keeping what people wrote.

Is the file, byte for byte, what we would write? Then it holds nothing that may not be in a file, and is read in 0.1 ms (`canonical`).
Any other file was touched by a person, and the strict reader decides.
"""

from __future__ import annotations

import os

from itsm.errors import ItsmError, Problem
from itsm.model.ticket import Ticket
from itsm.store import canonical
from itsm.store.document import Document
from itsm.store.emit import encode
from itsm.store.limits import Unreadable

__all__ = ["Document", "Unreadable", "decode", "encode", "rewrite"]


def decode(raw: bytes, name: str) -> Document:
    """The ticket in these bytes. `name` is the file's, which must be its ID, and what problems call it. Raises Unreadable."""
    stem = os.path.basename(name).removesuffix(".yaml")
    ticket = canonical.read(raw, stem)
    if ticket is not None:
        return Document(ticket, raw, name, canonical=True)
    return Document(_strictly(raw, name, stem), raw, name, canonical=False)


def _strictly(raw: bytes, name: str, stem: str) -> Ticket:
    from itsm.store import shape, strict

    root = strict.load(raw, name)
    ticket, faults = shape.build(strict.to_data(root), stem)
    if ticket is None:
        places = [(*strict.line_of(root, fault.path), fault) for fault in faults]
        raise Unreadable([Problem(name, line, fault.message, fault.remedy, column) for line, column, fault in places])
    return ticket


def written(ticket: Ticket, name: str) -> Document:
    """A new file for `ticket`, proven to be readable. Raises ItsmError where no file can carry it."""
    return _proven(encode(ticket), name, ticket)


def rewrite(document: Document, ticket: Ticket) -> Document:
    """The file for the changed `ticket`, with only the lines changed that must be. Raises ItsmError rather than lose anything."""
    if document.canonical:
        return written(ticket, document.name)
    from itsm.store import edit

    return _proven(edit.splice(document.raw.decode(), document.name, document.ticket, ticket), document.name, ticket)


def _proven(text: str, name: str, ticket: Ticket) -> Document:
    """The document, after it was read back strictly and found to say `ticket`."""
    try:
        found = decode(text.encode(), name)
    except Unreadable as error:
        raise ItsmError(f"{name}: would not be readable any more: {error}", hint=_BY_HAND) from None
    if found.ticket != ticket and encode(found.ticket) != encode(ticket):
        raise ItsmError(f"{name}: can't be written without losing something; it is as it was", hint=_BY_HAND)
    return found


_BY_HAND = "write the file in a simpler way (one `key: value` a line), then try again"
