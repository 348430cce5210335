"""Standard input, where `-` stands for it: read once, in bytes that a ticket could hold, and never without end."""

from __future__ import annotations

import sys

from itsm.errors import Usage
from itsm.store.strict import MAX_BYTES


def whole() -> bytes:
    """All of it. Raises Usage where that is more than a file of the desk may have: what never ends must not fill the memory."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Usage(f"standard input has more than {MAX_BYTES:,} bytes", hint="a ticket holds no more: say where the long text lies")
    return data


def text() -> str:
    """All of it as text, its line ends LF. Raises Usage where it is none."""
    try:
        return whole().decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Usage(f"standard input is not UTF-8 (byte {error.start + 1})", hint="iconv -t UTF-8 makes it so") from None
