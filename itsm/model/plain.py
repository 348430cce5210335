"""Strangers' text made harmless: shown so that it can be read and can't do anything, or stripped for headers and arguments."""

from __future__ import annotations

from itsm.patterns import pattern

# C0 but TAB and LF, DEL, C1, bidi controls, zero-width and other invisible formatting, line and paragraph separators, lone surrogates.
_HARMFUL = pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_ANSI = pattern(r"\x1b\[[0-?]*[ -/]*[@-~]")


def visible(text: str) -> str:
    r"""Text of many lines whose control, direction and invisible characters can be seen and do nothing: ESC becomes `\x1b`."""
    text = text.replace("\r\n", "\n")
    if text.replace("\n", "").isprintable():  # nothing harmful is
        return text
    return _HARMFUL.sub(lambda found: _escaped(ord(found[0])), text)


def one_line(text: str) -> str:
    """As `visible`, and a line break can't begin a line of its own."""
    return visible(text).replace("\n", "\\n").replace("\t", " ")


def stripped(text: str, limit: int = 0) -> str:
    """Text for one line: colours and whatever is harmful gone, white space made single, cut at `limit` characters with `…`."""
    spaced = " ".join(_ANSI.sub("", text).split())
    line = " ".join(_HARMFUL.sub("", spaced).split())
    return line[: limit - 1].rstrip() + "…" if limit and len(line) > limit else line


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
