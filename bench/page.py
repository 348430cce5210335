"""The page of figures: what the benchmark measured, as tables that a person reads."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from run import Figures
    from stopwatch import Timed

BARE = "python -c pass"
# What we hold ourselves to on the largest desk with few live tickets, as ratios to bare Python.
GOALS = {
    "--help": 8, "assign --help": 8, "open": 8, "show": 8, "note": 8, "assign": 8, "resolve": 8, "list --json": 14, "list, 25 found": 8,
    "completion": 8, "sweep, idle": 10, "sweep, 200 due": 30,
}  # fmt: skip
_HEAD = """# Performance

Written by `make bench`; run it on your machine. Medians of the elapsed time, every command in turns with a bare `python -c pass`, in one
run ({machine}). **×** is the ratio to bare Python, which is what to compare:
milliseconds are this machine's on that day. **CPU ×** is the same of the least CPU time, which a busy machine disturbs less.
Rows with *(news)* are the same command right after four tickets were opened or changed; the others find nothing changed for two seconds.
Where the time goes, and why a goal is missed: [architecture.md](architecture.md#where-the-time-goes).
"""
_DESKS = """
## Commands, by size of the desk

{title}. A ticket is a file of about 1 kB; every command is a process of its own, as at a shell or from cron.
*Goal* is the × that we hold ourselves to.
"""
_GROWTH = """
## The same work on a longer past

{live:,} live tickets in both, {small:,} tickets in all and {large:,}, in turns: what lies in the archive should cost nothing.
"""
_PEERS = """
## Beside others

The same work on as many tasks, in the same run, in milliseconds; empty: it has no such command, or the store would take too long to fill.
The nearest command is taken: Taskwarrior's `overdue` for a sweep with nothing to say, `annotate` and `comment` for a note.
"""
_INDEX = """
## The index from nothing

`.itsm/` may be deleted at any time; the next list builds the index again, with both cores. Beside it: `py-yaml12` alone, the fastest
library for such files, over the same ones with two processes. **CPU ×** is the ratio of the CPU time of all processes, **MiB** what they
hold together at the worst moment (PSS), that list included.
"""


def written(runs: Sequence[Figures]) -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD.format(machine=f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")]
    shares = sorted({one.live * 100 // one.count for one in runs})
    for share in shares:
        title = "All live" if share == 100 else f"{share} in a hundred live, the rest archived"
        group = [one for one in runs if one.live * 100 // one.count == share]
        parts += [_DESKS.format(title=title) if share == shares[0] else f"\n{title}:\n", _by_size(group, goals=share == shares[0])]
    for one in (one for one in runs if one.shorter):
        parts += [_GROWTH.format(live=one.live, small=one.past, large=one.count), _growth(one)]
    if any(one.peers for one in runs):
        parts += [_PEERS, *(_beside(one) for one in runs if one.peers)]
    parts += [_INDEX, _indexes(runs)]
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def _by_size(group: Sequence[Figures], *, goals: bool) -> str:
    heads = ["command", *(head for one in group for head in (f"{one.count:,}: ms", "×")), "CPU ×", *(["goal"] if goals else []), "MiB"]
    rows = []
    for name in group[-1].ours:
        cells = [cell for one in group for cell in (_ms(one.ours[name]), _times(one.ours[name], one.ours[BARE]))]
        last, bare = group[-1].ours[name], group[-1].ours[BARE]
        least = f"{last.least / bare.least:.1f}" if last.cpu else ""
        wanted = [str(GOALS.get(name, ""))] if goals else []
        rows.append([_called(name), *cells, least, *wanted, f"{last.memory / 2**20:.0f}" if last.memory else ""])
    return _table(heads, rows)


def _growth(one: Figures) -> str:
    rows = []
    for name, took in one.shorter.items():
        here = one.ours[name]
        cpu = f"{here.least / took.least:.2f}" if here.cpu and took.cpu else ""
        rows.append([_called(name), _ms(took), _ms(here), _times(here, took), cpu])
    return _table(["command", f"{one.past:,}: ms", f"{one.count:,}: ms", "growth", "of CPU"], rows)


def _called(name: str) -> str:
    return f"`{name}`" if name[0] == "-" or name in ("itsm", BARE) else name


def _beside(one: Figures) -> str:
    names = [BARE, *(name for name in one.ours if any(name in theirs for theirs in one.peers.values()))]
    rows = [[name, _ms(one.ours[name]), *(_ms(theirs.get(name)) for theirs in one.peers.values())] for name in names]
    return f"\n{one.count:,} tasks, {one.live:,} of them open:\n\n" + _table(["", "itsm", *one.peers], rows)


def _indexes(runs: Sequence[Figures]) -> str:
    rows = []
    for one in runs:
        if one.index:
            build, read = one.index
            rows.append(
                [
                    f"{one.count:,}",
                    f"{one.live:,}",
                    f"{build.median:.2f}",
                    f"{read.median:.2f}",
                    _times(build, read),
                    f"{build.least / read.least:.2f}",
                    f"{build.memory / 2**20:.0f}",
                ]
            )
    return _table(["tickets", "live", "index, s", "reader alone, s", "×", "CPU ×", "MiB"], rows)


def _ms(took: Timed | None) -> str:
    return f"{took.median * 1000:.0f}" if took and took.wall else ""


def _times(took: Timed, other: Timed) -> str:
    if not (took.wall and other.wall):
        return ""
    return f"{took.median / other.median:.2f}" if took.median < other.median * 1.95 else f"{took.median / other.median:.1f}"


def _table(heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    titles = list(heads)
    lines = [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"
