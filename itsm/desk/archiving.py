"""`archive`: closed and cancelled tickets leave tickets/ for the folder of the year in which they ended; rules no longer look at them."""

from __future__ import annotations

from datetime import datetime, timedelta

from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.rows import every
from itsm.errors import ItsmError, Problem
from itsm.model.event import stamp
from itsm.model.ticket import Ticket
from itsm.store.codec import Document
from itsm.values import dataclass, field

KEPT = timedelta(days=90)  # how long after its end a ticket stays among the live ones, unless told otherwise
_BATCH = 100  # tickets that are moved while the desk is locked: a tenth of a second


@dataclass
class Archived:
    """What was moved, or would be: each ticket and the folder of its year; and what couldn't be."""

    moved: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def ready(desk: Desk, before: datetime, progress: Progress = silent) -> Archived:
    """The live tickets that ended before this instant, by number. Nothing is moved."""
    found = Archived()
    rows = every(desk, before, found.problems, progress=progress)
    for one in [row.id for row in rows if not row.live and row.head.opened < stamp(before)]:
        document = desk.tickets.look(one)
        if isinstance(document, Document) and (end := _ended(document.ticket)) and end < before:
            found.moved.append((one, str(end.year)))
    return found


def archive(desk: Desk, wanted: Archived, before: datetime, progress: Progress = silent) -> Archived:
    """Move the tickets that are `ready`, each in one step. One that was reopened or changed meanwhile stays. Raises Busy."""
    done = Archived(problems=wanted.problems)
    for start in range(0, len(wanted.moved), _BATCH):
        with desk.tickets.locked("archive"), desk.tickets.moving() as move:
            for one, year in wanted.moved[start : start + _BATCH]:
                document = desk.tickets.look(one)
                end = _ended(document.ticket) if isinstance(document, Document) else None
                if end is None or end >= before:
                    continue  # somebody has reopened or moved it meanwhile
                try:
                    move(one, year)
                    done.moved.append((one, year))
                except ItsmError as error:
                    name = f"tickets/{one}.yaml"
                    message = error.message.replace(f"{desk.root}/", "").removeprefix(f"{name}: ")
                    done.problems.append(Problem(name, 0, message, error.hint))
        progress("archiving", min(start + _BATCH, len(wanted.moved)), len(wanted.moved))
    return done


def _ended(ticket: Ticket) -> datetime | None:
    """When it was closed or cancelled; None while somebody still has to do something."""
    if ticket.live:
        return None
    last = [event.at for event in ticket.history if event.kind in ("closed", "cancelled")]
    return ticket.closed or (last[-1] if last else ticket.opened)
