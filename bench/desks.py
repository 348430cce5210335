"""Desks of any size to measure on: the article's policy, tickets as a phone desk has them, a part of them live, the rest archived.

    python bench/desks.py FOLDER 100000 --live 0.02

A pool of some hundred tickets is made by the program's own moves; the rest are those with their own IDs, titles and event IDs.
The same arguments give the same desk, byte for byte.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from itsm.model import lifecycle
from itsm.model.ids import number
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.store.codec import encode

ITSM = Path(sys.executable).with_name("itsm")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)  # when the desk is looked at
FIRST = datetime(2022, 1, 3, 8, 0, tzinfo=UTC)  # its first day
POOL = 400
PICKED, TAG = 25, "north"  # so many live tickets have this tag: what a filtered list finds
_THINGS = ("Mail server", "VPN", "FTP upload", "Printer on floor 3", "UPS 2", "Host web-03", "邮箱", "考勤系统", "Wi-Fi", "Database db-7")
_FAULTS = ("does not answer", "is very slow", "asks for a password again", "reports a fault", "无法登录", "报警", "is full")
_PEOPLE = ("王芳", "赵敏", "Peter Olsen", "刘洋", "Anna Schmidt", "陈静", "O'Brien, Pat")
_CAUSES = ("Restarted the IMAP service", "Replaced the power supply", "更换了交换机端口", "Freed the disk: old logs", "Reset the password")
_TEAMS = (("network", 2), ("systems", 2), ("facilities", 2))
_MARK = "01KZ{:022d}"  # in place of an event's ID, and like it: a file must stay as the program writes it


@dataclass(frozen=True)
class Pattern:
    """One ticket of the pool as text, in pieces: what differs from ticket to ticket stands between them."""

    ticket: Ticket
    text: str

    def copy(self, n: int) -> str:
        """The text of ticket number `n`, with its own ID, title and event IDs."""
        text = self.text.replace("id: T-0", f"id: T-{n}", 1).replace("(0)", f"({n})")
        for turn in range(len(self.ticket.history)):
            text = text.replace(_MARK.format(turn), f"01K{n:015d}{turn:08d}")
        return text


def pattern(seed: int, *, live: bool, tags: tuple[str, ...] = ()) -> Pattern:
    """A ticket of the pool: called in, handed over, talked about and, unless it is live, resolved and closed. `seed` says which."""
    dice = random.Random(seed * 2 + live)
    born = NOW - timedelta(minutes=dice.randint(10, 95)) if live else FIRST + timedelta(minutes=dice.randint(0, 4 * 365 * 24 * 60))
    ids = iter(range(100))

    def hand(by: str, minutes: int) -> Signature:
        return Signature(by, born + timedelta(minutes=minutes), lambda: _MARK.format(next(ids)))

    name = dice.choice(_PEOPLE)
    contact = {"name": name, "mobile": f"+86138{dice.randint(0, 99999999):08d}", "email": f"user{dice.randint(1, 3000)}@example.com"}
    title = f"{dice.choice(_THINGS)} {dice.choice(_FAULTS)} (0)"
    ticket = Ticket(
        id="T-0", title=title, opened=born, impact=dice.choice(("high", "medium", "low")), urgency=dice.choice(("high", "medium", "low")),
        category=dice.choice(("mail", "network", "host", "account", "")), channel=dice.choice(("phone", "email", "chat")), contact=contact,
        tags=tags,
        description="\n".join(f"{title}: {word}" for word in ("since about nine", "for all of us", "第三次了")[: dice.randint(1, 3)]),
    )  # fmt: skip
    ticket = lifecycle.opened(ticket, hand("mei", 0))
    ticket = lifecycle.prioritized(ticket, dice.choice(("P1", "P2", "P3")), hand("mei", 0))
    ticket = lifecycle.move(ticket, "assign", hand("mei", 1), team="servicedesk", level=1)
    if live and dice.random() < 0.3:
        return Pattern(ticket, encode(ticket))
    team, level = dice.choice(_TEAMS)
    ticket = lifecycle.move(ticket, "escalate", hand("han", 3), team=team, level=level, assignee=dice.choice(("li.lei", "zhang.wei")))
    ticket = lifecycle.move(ticket, "start", hand("li.lei", 5))
    ticket = lifecycle.move(ticket, "note", hand("li.lei", 6), text="Looked at it: the log names a timeout")
    if not live:
        ticket = lifecycle.move(ticket, "contacted", hand("li.lei", 9))
        ticket = lifecycle.move(ticket, "resolve", hand("li.lei", 80), resolution=dice.choice(_CAUSES))
        ticket = lifecycle.move(ticket, "close", hand("mei", 200), how="Confirmed by the customer")
    return Pattern(ticket, encode(ticket))


def tickets(count: int, live: int) -> Iterator[tuple[Path, str]]:
    """Where each of `count` tickets lies under tickets/, and its text; the last `live` of them are live."""
    ended = [pattern(seed, live=False) for seed in range(min(POOL, count - live))]
    open_ = [pattern(seed, live=True) for seed in range(min(POOL, live))]
    picked = [pattern(seed, live=True, tags=(TAG,)) for seed in range(min(PICKED, live))]
    for n in range(1, count + 1):
        if n > count - len(picked):
            yield Path(f"T-{n}.yaml"), picked[n % len(picked)].copy(n)
        elif n > count - live:
            yield Path(f"T-{n}.yaml"), open_[n % len(open_)].copy(n)
        else:
            one = ended[n % len(ended)]
            closed = one.ticket.closed or FIRST
            yield Path("archive", str(closed.year), f"T-{n}.yaml"), one.copy(n)


def make(root: Path, count: int, live: int) -> None:
    """A desk of `count` tickets in the new folder `root`, `live` of them live."""
    subprocess.run([ITSM, "init", root], check=True, capture_output=True)
    for year in range(FIRST.year, NOW.year + 1):
        (root / "tickets" / "archive" / str(year)).mkdir(parents=True, exist_ok=True)
    for place, text in tickets(count, live):
        (root / "tickets" / place).write_text(text, encoding="utf-8")


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    wanted.add_argument("folder", type=Path)
    wanted.add_argument("count", type=int)
    wanted.add_argument("--live", type=float, default=0.02, help="the share that is live; 1: all")
    given = wanted.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    make(given.folder, given.count, round(given.count * given.live))
    print(f"{given.folder}: {sum(1 for _ in given.folder.glob('tickets/**/*.yaml'))} tickets, the highest", end=" ")
    print(max((path.stem for path in given.folder.glob("tickets/**/*.yaml")), key=number))


if __name__ == "__main__":
    main()
