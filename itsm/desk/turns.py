"""Whose turn it is to sweep: the sender's copy only, one sweep at a time, and when the last one was (page 3, sentence 17)."""

from __future__ import annotations

from datetime import datetime, timedelta

from itsm import clock
from itsm.desk.desk import Desk
from itsm.model.event import instant, stamp
from itsm.store import atomic

JUMP = timedelta(days=1)  # more than this between two sweeps: cron was off, or the clock is wrong (page 3, sentence 21)
LONG = timedelta(minutes=10)  # a sweep that takes longer is worth a word


def last_sweep(desk: Desk) -> datetime | None:
    """When a sweep last ended: this clone's note, else the last line of the journal."""
    return noted_sweep(desk) or max((instant(fact["at"]) for fact in desk.journal.facts()), default=None)


def noted_sweep(desk: Desk) -> datetime | None:
    """When a sweep last ended, by this clone's note; None without one."""
    try:
        return instant((desk.state / "last-sweep").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def idle_since(last: datetime | None, now: datetime) -> datetime | None:
    """When the last sweep was, if time has jumped forward since; None if it hasn't, and for the first sweep ever."""
    return last if last is not None and now - last > JUMP else None


def ended(desk: Desk, at: datetime) -> None:
    """Remember that a sweep has ended. A clock that was set back doesn't take it back; one that was ahead does no lasting harm."""
    before = last_sweep(desk)
    if before is None or at >= before or before > clock.now():
        atomic.replace(desk.state / "last-sweep", stamp(at).encode("ascii"))


def not_sender(desk: Desk) -> str:
    """Why this copy may not act: a forgotten clone must not mail customers (zammad#1223)."""
    sender = desk.policy.desk.sender
    if not sender or sender == desk.place:
        return ""
    return f"a dry run: this copy of the desk is {desk.place}, and only {sender} acts and sends (itsm sender take changes that)"


def begun(desk: Desk, now: datetime) -> None:
    """Remember since when this sweep has been at work."""
    atomic.replace(desk.state / "sweep-began", stamp(now).encode("ascii"))


def busy(desk: Desk, holder: str, now: datetime) -> str:
    """What to say of another sweep that is at work: nothing, unless it has run for ten minutes."""
    try:
        began = instant((desk.state / "sweep-began").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return ""
    return f"another sweep has been running since {stamp(began)}: {holder}" if now - began >= LONG else ""
