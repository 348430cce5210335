"""When what happened to a ticket: its moments, its pauses, the words that wait for an answer. All that clocks and rules count from."""

from __future__ import annotations

from datetime import datetime

from itsm.model.event import RECORDS, Event
from itsm.model.replay import Standing, effect_of, reached_higher
from itsm.model.ticket import Ticket
from itsm.values import dataclass, field

MOMENTS = (
    "opened", "assigned", "escalated", "contacted", "pending", "resumed", "resolved", "reopened", "told", "replied", "updated", "closed",
)  # fmt: skip

_DESK_SPEAKS = ("contacted", "resolved", "closed", "cancelled")


@dataclass(slots=True)
class Timeline:
    """When each moment last happened, and the spans in which the clocks stood still or the ticket counted as solved (UTC).

    An open span ends with None. `solved` covers the time from a resolution to the reopening that took it back;
    `restarted` is the last time that a ticket already *closed* was reopened: its promises begin anew there.
    `unanswered` is the oldest word of the customer that the desk hasn't answered (zammad#3140); `breaches` are those on record.
    """

    moments: dict[str, datetime]
    pauses: list[tuple[datetime, datetime | None]]
    solved: list[tuple[datetime, datetime | None]]
    restarted: datetime | None = None
    unanswered: datetime | None = None
    breaches: list[Event] = field(default_factory=list)


def timeline(ticket: Ticket) -> Timeline:
    """Read the history once for everything that has to do with time."""
    line = Timeline({}, [], [])
    state = Standing("new", "", None, "", None, None)
    for event in ticket.history:
        if event.kind in RECORDS:
            line.breaches.append(event)
            continue
        status, level = state.status, state.level
        state.take(effect_of(state, event))
        _remember(line, event, state, status, level)
    return line


def _remember(line: Timeline, event: Event, after: Standing, was: str, level: int | None) -> None:
    """`was` and `level` are those before the event."""
    at, kind, moments = event.at, event.kind, line.moments
    moments["updated"] = max(at, moments.get("updated", at))
    if kind in ("assigned", "escalated"):
        moments["assigned"] = at
        if reached_higher(level, after.level):
            moments["escalated"] = at
    elif kind == "noted" and event.data.get("direction") == "from-customer":
        moments["replied"] = at
        line.unanswered = line.unanswered or at
    elif kind == "answered" and event.data.get("answer") != "no-answer":
        moments["replied"] = at  # a word on the phone is a word, and the desk was there to hear it
        line.unanswered = None
    elif kind in MOMENTS:
        moments[kind] = at
    if after.contacted is None:
        moments.pop("contacted", None)
    if kind in _DESK_SPEAKS or event.data.get("direction") == "to-customer":
        line.unanswered = None
    if kind == "reopened" and was in ("closed", "cancelled"):
        line.restarted = at
    _span(line.pauses, at, was=was == "pending", now=after.status == "pending")
    _span(line.solved, at, was=was in ("resolved", "closed"), now=after.status in ("resolved", "closed"))


def _span(spans: list[tuple[datetime, datetime | None]], at: datetime, *, was: bool, now: bool) -> None:
    if now and not was:
        spans.append((at, None))
    elif was and not now:
        spans[-1] = (spans[-1][0], max(at, spans[-1][0]))
