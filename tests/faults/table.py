"""What became of each command under one kind of fault: a row of counts, and each thing that must not be."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.launch import Starter
from tests.faults.scenes import SCENES

SWEEP = "sweep --mail"  # the row of the sweep that sends


@dataclass
class Row:
    """One command. `faults` are sentences: what was done, and what must not have come of it."""

    name: str
    columns: Sequence[str]
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def stands(self, found: object, before: object, after: object) -> None:
        """Count what the desk is after the fault: as it was, as it was to become, or of several files some so and some so."""
        self.counts["old" if found == before else "new" if found == after else "between"] += 1

    def __str__(self) -> str:
        return f"{self.name:24}" + "".join(f"{self.counts[column]:>9}" for column in self.columns)


def heading(what: str, columns: Sequence[str]) -> str:
    """The line above the rows."""
    return f"{what:24}" + "".join(f"{column:>9}" for column in columns)


def print_table(
    what: str,
    columns: Sequence[str],
    commands: Callable[[Path, Starter, list[str]], Iterator[Row]],
    mailing: Callable[[Path, Starter], Row],
) -> int:
    """Print the rows of all commands, or of those named on the command line, as they come. 1 where there is a fault."""
    faults = []
    print(heading(what, columns))
    with TemporaryDirectory() as folder, Starter() as starter:
        rows = commands(Path(folder), starter, [name for name in SCENES if name in sys.argv or not sys.argv[1:]])
        mails = (mailing(Path(folder), starter) for _ in range(not sys.argv[1:] or SWEEP in sys.argv))
        for row in chain(rows, mails):
            print(row, flush=True)
            faults += row.faults
    print("\n".join(faults))
    return bool(faults)
