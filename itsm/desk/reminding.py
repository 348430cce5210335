"""Keeping cron's mailbox readable: unattended, a problem is said when it is new, once a day, and when it is gone (sentence 20)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from itsm.desk.desk import Desk
from itsm.desk.report import Report
from itsm.errors import ItsmError
from itsm.model.event import instant, stamp
from itsm.store import atomic

DAILY = timedelta(days=1)


def worth_saying(desk: Desk, report: Report, *, unattended: bool, quiet: bool = False) -> Iterator[str]:
    """The lines about problems that a reader should see now. A person at a terminal sees them all. Where mail really goes, who sweeps at a
    terminal was told before; others hear of it as of a problem, once anything was sent, unless they want it `quiet`.
    """
    once = [str(problem) for problem in report.unaddressed]
    lasting = list(dict.fromkeys(str(problem) for problem in (*report.problems, *report.failures, *report.warnings)))
    if not unattended or report.dry:
        yield from (*once, *lasting)
        return
    known = _read(desk)
    rehearsed = [line for name, line in _redirections(desk) if line in known or (name in report.redirected and not quiet)]
    lasting += rehearsed
    said = {line: at for line, at in known.items() if line in lasting and timedelta(0) <= report.at - at < DAILY}
    said |= {line: known[line] for line in rehearsed if quiet}
    yield from once
    yield from (line for line in lasting if line not in said)
    yield from (f"no longer: {line}" for line in known if line not in lasting)
    told = {line: stamp(said.get(line, report.at)) for line in lasting}
    if told or known:
        atomic.replace(desk.state / "problems.json", json.dumps(told).encode("ascii"))


def _redirections(desk: Desk) -> Iterator[tuple[str, str]]:
    for name, channel in desk.policy.channels.items():
        if channel.redirect:
            yield name, f"{name} goes to {channel.redirect} (channels.{name}.redirect)"


def _read(desk: Desk) -> dict[str, datetime]:
    try:
        return {line: instant(at) for line, at in json.loads(atomic.read(desk.state / "problems.json")).items()}
    except (OSError, ValueError, AttributeError, TypeError, ItsmError):
        return {}
