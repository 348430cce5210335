"""For the next shift: what happened since, what was promised to whom, what was left to say, and what stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from itsm.desk import now as desk_now
from itsm.desk.as_data import event_json
from itsm.desk.batches import in_batches
from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, silent
from itsm.desk.now import Now
from itsm.errors import Usage
from itsm.model.event import Event, stamp
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.store import rows as stored
from itsm.store.codec import Document
from itsm.store.entered import entered
from itsm.store.index import used
from itsm.store.rows import LIVE, Read
from itsm.store.ticket_folder import by_number
from itsm.store.tickets import Broken
from itsm.values import dataclass

# Under which heading an event stands in the report; the others, such as `set`, are counted only.
HEADINGS = {
    "opened": ("opened",),
    "moved": ("assigned", "escalated", "started", "pending", "resumed", "reopened"),
    "resolved": ("resolved",),
    "ended": ("closed", "cancelled"),
    "phoned": ("answered",),
    "broken": ("breached",),
}
_HEADING = {kind: heading for heading, kinds in HEADINGS.items() for kind in kinds}
_REACHED = ("printed", "sent")


@dataclass(slots=True)
class Handover:
    """What changed in (`since`, `until`]: the events by heading, what was said by rule, the shift's notes, and how the desk stands."""

    since: datetime
    until: datetime
    events: dict[str, list[tuple[Ticket, Event]]]
    others: Counter[str]
    said: Counter[str]
    notes: list[dict[str, Any]]
    stands: Now

    def as_json(self) -> dict[str, Any]:
        """The shape of `handover --json`."""
        events = {
            heading: [{"ticket": ticket.id, "title": ticket.title, **event_json(event)} for ticket, event in found]
            for heading, found in self.events.items()
        }
        return {
            "since": stamp(self.since), "until": stamp(self.until), "notes": self.notes, **events, "others": dict(self.others),
            "said": dict(self.said), "stands": self.stands.as_json(),
        }  # fmt: skip


def handover(desk: Desk, since: datetime, now: datetime, progress: Progress = silent) -> Handover:
    """The report at `now` of everything that was entered since then, archived tickets too."""
    if since >= now:
        raise Usage("a shift that has not begun can't be handed over", hint="--since 8h, --since 'today 8:00'")
    found: dict[str, list[tuple[Ticket, Event]]] = {heading: [] for heading in HEADINGS}
    others: Counter[str] = Counter()
    for ticket, event in _entered(desk, since, now, progress):
        if heading := _HEADING.get(event.kind):
            found[heading].append((ticket, event))
        else:
            others[event.kind] += 1
    for events in found.values():
        events.sort(key=lambda one: (one[1].at, one[0].id, one[1].id))
    told = Counter(str(fact.get("rule", "")) for fact in desk.journal.facts_between(since, now) if fact["fact"] in _REACHED)
    notes = list(desk.shift_notes.facts_between(since, now))
    return Handover(since, now, found, others, told, notes, desk_now.look(desk, now))


def note(desk: Desk, text: str, hand: Signature) -> dict[str, Any]:
    """Write down something for the next shift. Gives it as it is kept."""
    late = {"recorded": stamp(hand.recorded)} if hand.recorded else {}
    kept = {"by": hand.by, "text": text, **late}
    desk.shift_notes.append([kept], hand.at)
    return {"at": stamp(hand.at), **kept}


def _entered(desk: Desk, since: datetime, now: datetime, progress: Progress) -> Iterator[tuple[Ticket, Event]]:
    """The events that somebody entered, or a rule made, in this time; an import's bear no mark of when that was."""
    for one in _likely(desk, since, progress):
        if isinstance(one, Document):
            yield from ((one.ticket, event) for event in one.ticket.history if since < (event.recorded or event.at) <= now)


def _likely(desk: Desk, since: datetime, progress: Progress) -> Iterator[Document | Broken]:
    """The tickets, live and archived, into which the index says that anything was entered since then; all of them without it."""
    reading = partial(in_batches, desk, _last_entered, progress)
    places = [LIVE, *desk.tickets.years()]
    named = used(desk.root, lambda index: entered(index, desk.tickets, places, stamp(since), reading))
    if named is None:
        yield from (one for archived in (False, True) for one in desk.tickets.read_all(archived=archived))
        return
    for place, one in sorted(named, key=lambda one: (one[0] != LIVE, by_number(one[1]))):
        document = desk.tickets.look(one, desk.root / place)
        if document is not None:
            yield document


def _last_entered(desk: Desk, place: str, ticket_ids: Sequence[str]) -> list[Read]:
    def described(document: Document) -> tuple[str, str]:
        return max((stamp(event.recorded or event.at) for event in document.ticket.history), default=""), ""

    return list(stored.read(desk.tickets, place, ticket_ids, described))
