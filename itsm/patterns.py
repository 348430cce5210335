"""Regular expressions that are compiled when they are first asked: a command comes by sixty of them and wants ten."""

from __future__ import annotations

import re
from typing import Any


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, later. A mistake in `text` shows at the first use, so each has a test that uses it."""
    return _Late(text, flags)  # type: ignore[return-value]  # its methods are the compiled one's


class _Late:
    """Takes each method from the compiled pattern when it is first called, and keeps it."""

    def __init__(self, text: str, flags: int) -> None:
        self._asked = text, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._asked), name)
        setattr(self, name, found)
        return found
