"""Whose turn it is to sweep: the sender's copy only, one sweep at a time, and when the last one was (page 3, sentence 17)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from itsm import clock
from itsm.desk.desk import Desk
from itsm.errors import ItsmError
from itsm.model.event import instant, stamp
from itsm.store import atomic

JUMP = timedelta(days=1)  # more than this between two sweeps: cron was off, or the clock is wrong (page 3, sentence 21)
LONG = timedelta(minutes=10)  # a sweep that takes longer is worth a word
MISSED = 3  # of cron's intervals: then it is late
_SHORTEST = timedelta(minutes=1)  # cron knows no shorter one
_REMEMBERED, _ENOUGH = 8, 4  # sweeps that nobody watched: what is kept of them, and what makes a habit
_BY_CRON = "swept-by-cron"


def last_sweep(desk: Desk) -> datetime | None:
    """When a sweep last ended: this clone's note, else the last line of the journal."""
    return noted_sweep(desk) or max((instant(fact["at"]) for fact in desk.journal.facts()), default=None)


def noted_sweep(desk: Desk) -> datetime | None:
    """When a sweep last ended, by this clone's note; None without one."""
    try:
        return instant(_noted(desk, "last-sweep"))
    except (OSError, ItsmError, ValueError):
        return None


def idle_since(last: datetime | None, now: datetime) -> datetime | None:
    """When the last sweep was, if time has jumped forward since; None if it hasn't, and for the first sweep ever."""
    return last if last is not None and now - last > JUMP else None


def ended(desk: Desk, at: datetime) -> None:
    """Remember that a sweep has ended. A clock that was set back doesn't take it back; one that was ahead does no lasting harm."""
    before = last_sweep(desk)
    if before is None or at >= before or before > clock.now():
        atomic.replace(desk.state / "last-sweep", stamp(at).encode("ascii"))


def came_by_cron(desk: Desk, now: datetime) -> None:
    """Remember that a sweep ran with nobody looking: by the last few it is known how often it comes."""
    path = desk.state / _BY_CRON
    kept = [*_by_cron(desk), now][-_REMEMBERED:]
    atomic.replace(path, "".join(f"{stamp(at)}\n" for at in kept).encode("ascii"))


def overdue(desk: Desk, now: datetime) -> str:
    """What to say where cron swept this desk and has stopped: a dead cron must not be silent. "" where it never did, or may not here."""
    seen = _by_cron(desk)
    if len(seen) < _ENOUGH or desk.settings.policy is None or not_sender(desk):
        return ""
    pauses = sorted(later - sooner for sooner, later in pairwise(seen))
    usual = max(pauses[len(pauses) // 2], _SHORTEST)
    if now - seen[-1] <= MISSED * usual:
        return ""
    every = usual // timedelta(minutes=1)
    return f"no sweep by cron since {stamp(seen[-1])}, and one came every {every} min: is cron alive? itsm cron --test tries its line"


def _by_cron(desk: Desk) -> list[datetime]:
    try:
        return [instant(line) for line in _noted(desk, _BY_CRON).split()]
    except (OSError, ItsmError, ValueError):
        return []


def _noted(desk: Desk, name: str) -> str:
    """What this clone has noted for itself. Raises FileNotFoundError, ItsmError or ValueError: a pipe in its place is never waited for."""
    return atomic.read(desk.state / name).decode("ascii").strip()


def not_sender(desk: Desk) -> str:
    """Why this copy may not act: a forgotten clone must not mail customers (zammad#1223)."""
    sender = desk.policy.desk.sender
    if not sender or sender == desk.place:
        return ""
    return f"a dry run: this copy of the desk is {desk.place}, and only {sender} acts and sends (itsm sender take changes that)"


def lock(desk: Desk) -> Path:
    """The file whose holder sweeps."""
    return desk.state / "sweep.lock"


def begun(desk: Desk, now: datetime) -> None:
    """Remember since when this sweep has been at work."""
    atomic.replace(desk.state / "sweep-began", stamp(now).encode("ascii"))


def busy(desk: Desk, holder: str, now: datetime) -> str:
    """What to say of another sweep that is at work: nothing, unless it has run for ten minutes."""
    try:
        began = instant(_noted(desk, "sweep-began"))
    except (OSError, ItsmError, ValueError):
        return ""
    return f"another sweep has been running since {stamp(began)}: {holder}" if now - began >= LONG else ""
