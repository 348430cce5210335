"""A sweep's look at the desk, and at this copy's outbox beside it: what is in there is under way, whatever the journal says."""

from __future__ import annotations

from itsm.desk import turns
from itsm.desk.desk import Desk
from itsm.desk.report import Report
from itsm.desk.sight import Sight, look
from itsm.errors import Invalid
from itsm.model.event import stamp
from itsm.sla.case import ticket_of
from itsm.sla.ledger import EVERYONE


def known(desk: Desk, report: Report) -> Sight:
    """What there is to be decided on, and what was said of it so far, as far as this copy can send. What is in its outbox is under way,
    whatever a crash kept from the journal; what was meant to be mailed, and is in no outbox any more, was not said: it is decided anew.
    """
    waiting = desk.outbox.waiting()
    way, on_their_way = "mail" if report.mail else "print", {ticket_of(key) for entry in waiting for key, _ in entry.keys}
    seen = look(desk, way, report.at, on_their_way, dry=bool(report.dry))
    unread = [problem for problem in seen.faults if not problem.line]  # not a line of it: a whole month
    if unread:
        raise Invalid(
            f"{unread[0].file}: {unread[0].message}", hint="what was said then can't be known and would be said again: mend it first"
        )
    if turns.not_sender(desk) and not desk.outbox.folder.is_dir():
        return seen  # the outbox is another copy's
    said = seen.book
    dropped = [entry for entry in waiting if entry.keys and all((*pair, entry.channel) in said.dropped for pair in entry.keys)]
    if not report.dry:
        for entry in dropped:
            desk.outbox.remove(entry)  # who dropped it was killed before it was done
    kept = [entry for entry in (*waiting, *desk.outbox.dead()) if entry not in dropped]
    under_way = [(key, who, entry) for entry in kept for key, who in entry.keys]
    said.forget_lost({(key, who) for key, who, _ in under_way})
    for key, who, entry in under_way:
        known = said.said_at(key, who, entry.channel)
        if known is None or known < entry.queued:
            fact = "dead" if who == EVERYONE else "intended"  # to everybody: a command that was given up, and isn't run any more
            said.add({"fact": fact, "key": key, "to": who, "channel": entry.channel, "at": stamp(entry.queued)})
    return seen
