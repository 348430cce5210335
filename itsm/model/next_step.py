"""The command that usually comes next: from how a ticket stands to a hint for who has just changed it."""

from __future__ import annotations

from itsm.model.ticket import Ticket

_STEPS = {
    "assigned": "itsm start {n}",
    "in-progress": "itsm resolve {n} --how '…'",
    "pending": "itsm resume {n}",
    "resolved": "itsm close {n} --score 1..5, or itsm reopen {n} --why '…'",
}


def next_step(ticket: Ticket) -> str:
    """What to type next; "" where nothing is left to do."""
    number = ticket.id.rpartition("-")[2]
    if ticket.status == "new":
        return f"itsm assign {number} TEAM"
    if ticket.status in ("assigned", "in-progress") and ticket.level is not None and ticket.level > 1 and not ticket.contacted:
        return f"itsm contacted {number}, once somebody has been in touch with the customer"
    return _STEPS.get(ticket.status, "").format(n=number)
