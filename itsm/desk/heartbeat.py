"""After a sweep: whoever watches over cron is told, and this clone remembers that cron came."""

from __future__ import annotations

from itsm import clock
from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.desk.report import Report
from itsm.errors import Problem


def after(desk: Desk, report: Report, exit_code: int, *, unattended: bool) -> str:
    """Only where it was this copy's turn, and the sweep came to its end. A watchdog that can't be told is one more failure, no more;
    what to say of that, else "".
    """
    if report.dry or report.busy is not None:
        return ""
    if unattended:
        turns.came_by_cron(desk, clock.now())
    words = desk.policy.desk.heartbeat
    if not words:
        return ""
    from itsm.desk.rounds import heartbeat_limit
    from itsm.notify.heartbeat import beat

    why = beat(words, exit_code, heartbeat_limit(desk.policy.desk))
    if not why:
        return ""
    report.failures.append(Problem("sla.yaml", 0, f"heartbeat: {why}", "whoever watches over cron believes it dead"))
    return str(report.failures[-1])
