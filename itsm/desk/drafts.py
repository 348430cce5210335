"""What a person has in the editor before it counts: kept until it was taken over, with what is wrong with it above."""

from __future__ import annotations

import os
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.errors import Invalid, Problem
from itsm.store import atomic, locks

SIGN = "#! "  # what we write above a draft: lines that are never taken over


class Mistaken(Invalid):
    """A draft can't be taken over as it is; `problems` say where and why, by its lines without our own."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(str(problems[0]), hint=problems[0].remedy or "mend it and try again")
        self.problems = problems


def draft(desk: Desk, what: str, raw: bytes) -> Path:
    """A text for the editor, in this clone's own folder, named after `what` it is of. It stays there until it has been taken over."""
    folder = locks.own_folder(desk.root) / "drafts"
    folder.mkdir(exist_ok=True)
    path = folder / f"{what}.{os.urandom(4).hex()}.yaml"
    atomic.create(path, raw)
    return path


def stripped(raw: bytes) -> bytes:
    """The draft without the lines that we wrote above it."""
    lines = raw.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if not line.startswith(SIGN.encode())), len(lines))
    return b"".join(lines[first:])


def annotated(raw: bytes, problems: list[Problem]) -> bytes:
    """The draft with what is wrong with it above; lines count from below the comments."""
    words = [
        f"line {one.line}: {one.message}" + (f" ({one.remedy})" if one.remedy else "") if one.line else str(one.message) for one in problems
    ]
    told = ["not taken over yet:", *words, "mend it and save, or empty the file to give up; these lines go by themselves"]
    safe = [" ".join(line.split()).encode("unicode_escape" if not line.isprintable() else "utf-8").decode() for line in told]
    return "".join(f"{SIGN}{line}\n" for line in safe).encode() + raw
