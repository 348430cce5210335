"""Shift notes, `shifts/YYYY-MM.jsonl`: what one shift tells the next that belongs to no ticket.

Append-only, one JSON line a note, as the notices journal is: two clones merge them line by line (`merge=union`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from itsm.model.event import instant
from itsm.store.notices import Journal


def shift_notes(root: Path) -> Journal:
    """The shift notes of the desk at `root`."""
    return Journal(root / "shifts", complete=_complete)


def _complete(note: dict[str, Any]) -> bool:
    try:
        return bool(instant(note["at"])) and all(isinstance(note[name], str) for name in ("by", "text"))
    except (KeyError, ValueError, TypeError):
        return False
