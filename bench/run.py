"""The benchmark: desks of several sizes, common commands against bare Python in turns, peers on the same work, and a page of figures.

    make bench                                   # 1,000, 10,000 and 100,000 tickets; writes docs/performance.md
    python bench/run.py --sizes 1000 --turns 5 --page -

A size is run twice: with 2 % of the tickets live and the rest archived, and with all live; the last, too, with a fifth live. The first of
the last is run in turns with a desk that has as many live tickets, and as many in all as the last size but one. Nothing is asserted:
machines differ.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import product
from pathlib import Path

import desks
import page
from peers import PEERS, Peer
from stopwatch import BARE, PLAIN, Command, Timed, once, peak, timed

from itsm.store.keys import RACY

ITSM = str(desks.ITSM)
SHARE, FIFTH = 0.02, 0.2
BATCH = 200  # notices in one sweep
NEWS = " (news)"
BARE_NAME, BUSY = "python -c pass", f"sweep, {BATCH} due"
_READ_ALL = (
    "import sys, multiprocessing, pathlib, yaml12\n"
    "def read(path): yaml12.parse_yaml(path.read_text(encoding='utf-8'))\n"
    "paths = list(pathlib.Path(sys.argv[1]).glob('tickets/**/*.yaml'))\n"
    "with multiprocessing.Pool(2) as pool: pool.map(read, paths, 500)\n"
)


@dataclass
class Figures:
    """What was measured on one desk. `shorter`: the same, in the same turns, on a desk with as many live tickets and `past` in all."""

    count: int
    live: int
    past: int = 0
    ours: dict[str, Timed] = field(default_factory=dict)
    shorter: dict[str, Timed] = field(default_factory=dict)
    peers: dict[str, dict[str, Timed]] = field(default_factory=dict)
    index: tuple[Timed, Timed] | None = None  # the index from nothing; the YAML reader alone on the same bytes


def measure(count: int, live: int, turns: int, scratch: Path, *, past: int = 0, peers: bool) -> Figures:
    """Make a desk, and time everything on it."""
    found = Figures(count, live, past)
    at = _env(desks.NOW)
    root, short = scratch / "desk", scratch / "shorter"
    desks.make(root, count, live)
    found.index = _index(root, at)
    commands = {BARE_NAME: Command(BARE, root, at), **_ours(_swept(root), at, count, turns)}
    if past:
        desks.make(short, past, live)
        commands |= {f"shorter/{name}": command for name, command in _ours(_swept(short), at, past, turns).items()}
    others = _peers(count, live, scratch) if peers else []
    for one in others:
        commands |= {f"{one.name}/{name}": Command(words, one.folder, one.env) for name, words in one.commands(count).items()}
    for name, took in timed(commands, turns).items():
        where, slash, command = name.partition("/")
        into = found.ours if not slash else found.shorter if where == "shorter" else found.peers.setdefault(where, {})
        into[command if slash else name] = took
    found.ours[BUSY] = _busy_sweeps(root, min(turns, 5))
    if past:
        found.shorter[BUSY] = _busy_sweeps(short, min(turns, 5))
    for folder in (root, *([short] if past else []), *(one.folder for one in others)):
        shutil.rmtree(folder)
    return found


def _swept(root: Path) -> Path:
    """A desk whose cron has been there: the first sweep says what is due, the second has nothing to say."""
    for _ in range(2):
        subprocess.run(
            [ITSM, "sweep", "--quiet"], cwd=root, env=_env(desks.NOW), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
        )
    return root


def _ours(root: Path, env: dict[str, str], count: int, turns: int) -> dict[str, Command]:
    """The commands that people type all day, and cron each minute: on a desk at rest; then those that change tickets, another one each
    turn; then some of the first once more, which find that news.
    """
    last = f"T-{count}"

    def fixed(*words: str) -> Command:
        return Command([ITSM, *words], root, env)

    def rest() -> None:
        """Nothing has changed for a while, and whoever looks has looked."""
        time.sleep(RACY / 1e9 + 0.1)  # what was only just written isn't believed to stay so
        for words in (["list", "--limit", "1"], ["sweep"], ["calls"], ["due", "--within", "1h"], ["search", f"({count})"]):
            once(fixed(*words), 0, Timed())

    def each(command: str, *words: str) -> Command:
        return Command([[ITSM, command, f"T-{count - turn}", *words] for turn in range(turns + 1)], root, env)

    return {
        "--help": replace(fixed("--help"), before=rest),
        "assign --help": fixed("assign", "--help"),
        "completion": Command([ITSM, "show", last[:-1]], root, env | {"ITSM_COMPLETE": "bash"}),
        "show": fixed("show", last),
        "show, archived": fixed("show", "T-1"),
        "list --json": fixed("list", "--json"),
        "list, 25 found": fixed("list", f"tag:{desks.TAG}"),
        "search": fixed("search", f"({count // 2})"),
        "calls": fixed("calls"),
        "due": fixed("due", "--within", "1h"),
        "itsm": fixed(),
        "handover": fixed("handover", "--since", "1h"),
        "sweep, idle": fixed("sweep"),
        "open": fixed("open", "Mail is down", "--name", "Wang Fang"),
        "note": each("note", "The third floor has it too"),
        "assign": each("assign", "network"),
        "resolve": each("resolve", "--how", "Restarted the IMAP service"),
        f"list --json{NEWS}": fixed("list", "--json"),
        f"list, 25 found{NEWS}": fixed("list", f"tag:{desks.TAG}"),
        f"calls{NEWS}": fixed("calls"),
        f"due{NEWS}": fixed("due", "--within", "1h"),
        f"sweep, idle{NEWS}": fixed("sweep"),
    }


def _index(root: Path, env: dict[str, str]) -> tuple[Timed, Timed]:
    """The index from nothing, and what the YAML reader alone takes for the same bytes; two turns each, the first one warms the disk."""
    build, read, whole = Timed(), Timed(), Command([ITSM, "list", "--archived", "--limit", "1"], root, env)

    def forget() -> None:
        for path in (root / ".itsm").glob("index*"):
            path.unlink()

    for turn in range(2):
        forget()
        once(whole, turn, build if turn else Timed())
        once(Command([sys.executable, "-c", _READ_ALL, str(root)], root, env), turn, read if turn else Timed())
    forget()
    build.memory = peak(whole)
    return build, read


def _busy_sweeps(root: Path, turns: int) -> Timed:
    """Sweeps at instants between which some `BATCH` actions fall due. After each comes one with nothing to say, as cron's next one does: it
    learns what the busy one has changed.
    """
    ahead = subprocess.run(
        [ITSM, "due", "--within", "30d", "--json"], cwd=root, env=_env(desks.NOW), check=True, capture_output=True, text=True
    )
    moments = sorted(datetime.fromisoformat(one["due_at"]) for one in json.loads(ahead.stdout)["data"])
    found = Timed()
    for turn in range(turns):
        if len(moments) <= BATCH * (turn + 1):
            break
        sweep = Command([ITSM, "sweep"], root, _env(moments[BATCH * (turn + 1)]))
        once(sweep, turn, found)
        time.sleep(RACY / 1e9 + 0.1)  # what was only just written isn't believed to stay so
        once(sweep, turn, Timed())
    return found


def _peers(count: int, live: int, scratch: Path) -> list[Peer]:
    """Those that are here, filled with as many tasks."""
    found = []
    for kind in PEERS:
        if kind.installed() and count <= kind.most:
            folder = scratch / kind.program
            folder.mkdir()
            one = kind(folder)
            one.fill(count, live)
            found.append(one)
    return found


def _env(now: datetime) -> dict[str, str]:
    return {**PLAIN, "ITSM_NOW": f"{now:%Y-%m-%dT%H:%M:%SZ}", "ITSM_USER": "mei"}


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("--sizes", default="1000,10000,100000")
    wanted.add_argument("--shares", default=f"{SHARE},{FIFTH},1", help="what parts of the tickets are live, a desk each")
    wanted.add_argument("--turns", type=int, default=11)
    wanted.add_argument("--page", default="docs/performance.md", help="where the figures go; - for the screen")
    wanted.add_argument("--no-peers", action="store_true")
    wanted.add_argument("--scratch", type=Path, help="where the desks are made; else a temporary folder")
    given = wanted.parse_args()
    sizes = sorted(map(int, given.sizes.split(",")))
    shares = sorted(map(float, given.shares.split(",")))
    runs = []
    with tempfile.TemporaryDirectory(prefix="itsm-bench-", dir=given.scratch) as scratch:
        for size, share in product(sizes, shares):
            if share == FIFTH and size != sizes[-1]:
                continue
            print(f"{size:,} tickets, {size * share:,.0f} live …", file=sys.stderr, flush=True)
            past = sizes[-2] if len(sizes) > 1 and (size, share) == (sizes[-1], shares[0]) and size * share <= sizes[-2] else 0
            peers = not given.no_peers and share < 1
            runs.append(measure(size, round(size * share), given.turns, Path(scratch), past=past, peers=peers))
    text = page.written(runs)
    if given.page == "-":
        print(text)
    else:
        Path(given.page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
