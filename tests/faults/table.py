"""What became of each command under one kind of fault: a row of counts, and each thing that must not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Row:
    """One command. `faults` are sentences: what was done, and what must not have come of it."""

    name: str
    columns: Sequence[str]
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.name:24}" + "".join(f"{self.counts[column]:>9}" for column in self.columns)


def heading(what: str, columns: Sequence[str]) -> str:
    """The line above the rows."""
    return f"{what:24}" + "".join(f"{column:>9}" for column in columns)
