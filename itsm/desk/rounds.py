"""All that a sweep waits for, within one time: channels, rules' programs, the watchdog. What hangs must not pile up cron's jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from itsm.clock import Countdown
from itsm.desk.report import Report
from itsm.errors import Problem
from itsm.notify.channel import Result
from itsm.sla.policy import DeskSettings
from itsm.values import dataclass

_HEARTBEAT = 10.0  # seconds that a watchdog may take at most, and the part of the whole that is kept for it
_ITS_PART = 6


@dataclass(frozen=True)
class Round:
    """What one channel, or one program, has to do in this sweep. `failures`: how often each of it has failed so far, on average.

    `run` does it within the seconds that it is given; one result for each thing.
    """

    size: int
    failures: float
    run: Callable[[float], Sequence[Result]]


def sending_limit(desk: DeskSettings) -> float:
    """Seconds for all channels and programs of a sweep together: what of `sweep_limit` isn't the watchdog's."""
    return desk.sweep_limit.total - (heartbeat_limit(desk) if desk.heartbeat else 0)


def heartbeat_limit(desk: DeskSettings) -> float:
    """Seconds for the watchdog. They are its own: that a server hangs is what it wants to hear."""
    return min(_HEARTBEAT, desk.sweep_limit.total / _ITS_PART)


def run(rounds: Iterable[Round], limit: float, report: Report) -> None:
    """One after the other, for at most `limit` seconds altogether. What has failed least and has least to do goes first: so a server that
    hangs or crawls keeps nobody waiting but its own. What wasn't tried stays queued, and that is told.
    """
    time = Countdown(limit)
    late = [result for one in sorted(rounds, key=_turn) for result in one.run(time.left) if result.state == "not-tried"]
    if late:  # whose turn it wasn't differs from minute to minute, and cron is to hear of this once
        report.failures.append(Problem("sweep", 0, f"{late[0].reason} before everything was tried", "the next one goes on with it"))


def _turn(one: Round) -> tuple[float, int]:
    return one.failures, one.size
