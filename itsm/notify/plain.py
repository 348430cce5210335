"""Strangers' text made harmless: for the body of a message shown as it is, for headers, arguments and single lines stripped."""

from __future__ import annotations

import re

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_NOT_SHOWN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}]")
_NOT_SAID = re.compile(f"[\x00-\x1f\x7f-\x9f{_BIDI}\u200b\ufeff]")
_LONE = re.compile("[\ud800-\udfff]")  # half a surrogate pair: no encoding can carry it


def visible(text: str) -> str:
    r"""Text of many lines whose control and direction characters can be seen and do nothing: ESC becomes `\x1b`."""
    lines = _LONE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_SHOWN.sub(lambda found: _escaped(ord(found[0])), lines)


def one_line(text: str, limit: int = 0) -> str:
    """Text for one line: colours, controls and direction marks gone, white space made single, cut at `limit` characters with `…`."""
    spaced = " ".join(_ANSI.sub("", _LONE.sub("\ufffd", text)).split())
    line = " ".join(_NOT_SAID.sub("", spaced).split())
    return line[: limit - 1].rstrip() + "…" if limit and len(line) > limit else line


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
