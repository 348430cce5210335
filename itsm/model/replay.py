"""History → state. One function says what each event does to a ticket; commands, `check` and the rules all use it.

Replay needs no policy: what a rule or an answer led to is an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from itsm.model.event import Event
from itsm.model.ticket import Ticket

FIRST_LINE = 1  # the level that a ticket without one counts from: reaching L1 is no escalation (M10)
_LINKS = ("parent", "duplicate_of", "caused_by")


def apply(ticket: Ticket, event: Event) -> Ticket:
    """The ticket after `event`: the state moves on, the event joins the history. Asks nobody whether the move is allowed."""
    changes = _EFFECTS[event.kind](ticket, event) if event.kind in _EFFECTS else {}
    return replace(ticket, **changes, history=(*ticket.history, event))


def replay(ticket: Ticket) -> Ticket:
    """The ticket as its history alone makes it, on top of what no event ever touched."""
    blank = replace(
        ticket, status="new", team="", level=None, assignee="", pending_for="", until=None, score=None,
        contacted=None, resolved=None, closed=None, history=(),
    )  # fmt: skip
    return rebuilt(blank, ticket.history)


def rebuilt(ticket: Ticket, events: Iterable[Event]) -> Ticket:
    """The ticket after all of `events`, in their order."""
    for event in events:
        ticket = apply(ticket, event)
    return ticket


def differences(ticket: Ticket) -> list[tuple[str, Any, Any]]:
    """Where the state and the history disagree: (field, what the file says, what the history says)."""
    told = replay(ticket)
    return [(name, here, there) for name in _REPLAYED if (here := getattr(ticket, name)) != (there := getattr(told, name))]


def as_it_was(ticket: Ticket, event_id: str) -> Ticket:
    """The ticket just before the event with this ID, as far as the history knows."""
    before: list[Event] = []
    for event in ticket.history:
        if event.id == event_id:
            break
        before.append(event)
    return replay(replace(ticket, history=tuple(before)))


def reached_higher(ticket: Ticket, level: int | None) -> bool:
    """Whether going to `level` is an escalation, by whatever command (M10)."""
    return level is not None and level > (ticket.level if ticket.level is not None else FIRST_LINE)


# --- what each kind of event does -------------------------------------------------------------

Changes = dict[str, Any]
_REPLAYED = (
    "status", "priority", "impact", "urgency", "type", "title", "category", "tags", "ci", "channel", "reference", "watchers",
    "team", "level", "assignee", *_LINKS, "pending_for", "until", "score", "opened", "contacted", "resolved", "closed",
)  # fmt: skip
_AWAKE: Changes = {"pending_for": "", "until": None}


def _opened(_: Ticket, event: Event) -> Changes:
    return {"opened": event.at, "status": "new"}


def _handed_over(ticket: Ticket, event: Event) -> Changes:
    data = event.data
    changes: Changes = {"team": data.get("team", ""), "level": data.get("level"), "assignee": data.get("assignee", "")}
    if ticket.status != "pending":
        changes["status"] = "assigned"
    if ticket.team and changes["team"] != ticket.team:
        changes["contacted"] = None  # in other hands: somebody else owes the customer a word
    return changes


def _started(ticket: Ticket, event: Event) -> Changes:
    return {"status": "in-progress", "assignee": event.data.get("assignee", ticket.assignee)}


def _pending(_: Ticket, event: Event) -> Changes:
    return {"status": "pending", "pending_for": event.data.get("for", ""), "until": event.data.get("until")}


def _resumed(_: Ticket, event: Event) -> Changes:
    return {"status": event.data.get("to", "in-progress"), **_AWAKE}


def _resolved(_: Ticket, event: Event) -> Changes:
    return {"status": "resolved", "resolved": event.at, **_AWAKE}


def _reopened(ticket: Ticket, event: Event) -> Changes:
    status = event.data.get("to") or ("assigned" if ticket.team else "new")
    return {"status": status, "resolved": None, "closed": None, **_AWAKE}


def _closed(ticket: Ticket, event: Event) -> Changes:
    return {"status": "closed", "closed": event.at, "score": event.data.get("score", ticket.score), **_AWAKE}


def _cancelled(_: Ticket, __: Event) -> Changes:
    return {"status": "cancelled", **_AWAKE}


def _set(_: Ticket, event: Event) -> Changes:
    values: Mapping[str, Any] = event.data.get("set", {})
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _prioritized(_: Ticket, event: Event) -> Changes:
    return {"priority": event.data["priority"]}


def _linked(_: Ticket, event: Event) -> Changes:
    return {name: event.data[name] for name in _LINKS if name in event.data}


def _answered(ticket: Ticket, event: Event) -> Changes:
    return {"score": event.data.get("score", ticket.score)}


def _contacted(_: Ticket, event: Event) -> Changes:
    return {"contacted": event.at}


_EFFECTS: dict[str, Callable[[Ticket, Event], Changes]] = {
    "opened": _opened,
    "assigned": _handed_over,
    "escalated": _handed_over,
    "started": _started,
    "contacted": _contacted,
    "pending": _pending,
    "resumed": _resumed,
    "resolved": _resolved,
    "reopened": _reopened,
    "closed": _closed,
    "cancelled": _cancelled,
    "set": _set,
    "prioritized": _prioritized,
    "linked": _linked,
    "answered": _answered,
}


# --- when what happened -----------------------------------------------------------------------

MOMENTS = (
    "opened", "assigned", "escalated", "contacted", "pending", "resumed", "resolved", "reopened", "told", "replied", "updated", "closed",
)  # fmt: skip

_DESK_SPEAKS = ("contacted", "answered", "resolved", "closed", "cancelled")


@dataclass(slots=True)
class Timeline:
    """When each moment last happened, and the spans in which the clocks stood still or the ticket counted as solved (UTC).

    An open span ends with None. `solved` covers the time from a resolution to the reopening that took it back;
    `restarted` is the last time that a ticket already *closed* was reopened: its promises begin anew there.
    `unanswered` is the oldest word of the customer that the desk hasn't answered (zammad#3140).
    """

    moments: dict[str, datetime]
    pauses: list[tuple[datetime, datetime | None]]
    solved: list[tuple[datetime, datetime | None]]
    restarted: datetime | None = None
    unanswered: datetime | None = None


def timeline(ticket: Ticket) -> Timeline:
    """Read the history once for everything that has to do with time."""
    line = Timeline({}, [], [])
    state = replace(ticket, status="new", team="", level=None, contacted=None, resolved=None, closed=None, history=())
    for event in ticket.history:
        after = replace(state, **(_EFFECTS[event.kind](state, event) if event.kind in _EFFECTS else {}))
        _remember(line, event, state, after)
        state = after
    return line


def _remember(line: Timeline, event: Event, before: Ticket, after: Ticket) -> None:
    at, kind, moments = event.at, event.kind, line.moments
    moments["updated"] = max(at, moments.get("updated", at))
    if kind in ("assigned", "escalated"):
        moments["assigned"] = at
        if reached_higher(before, after.level):
            moments["escalated"] = at
    elif kind == "noted" and event.data.get("direction") == "from-customer":
        moments["replied"] = at
        line.unanswered = line.unanswered or at
    elif kind == "answered" and event.data.get("answer") != "no-answer":
        moments["replied"] = at  # a word on the phone is a word
    elif kind in MOMENTS:
        moments[kind] = at
    if after.contacted is None:
        moments.pop("contacted", None)
    if kind in _DESK_SPEAKS or (kind == "noted" and event.data.get("direction") == "to-customer"):
        line.unanswered = None
    if kind == "reopened" and before.status in ("closed", "cancelled"):
        line.restarted = at
    _span(line.pauses, at, was=before.status == "pending", now=after.status == "pending")
    _span(line.solved, at, was=before.status in ("resolved", "closed"), now=after.status in ("resolved", "closed"))


def _span(spans: list[tuple[datetime, datetime | None]], at: datetime, *, was: bool, now: bool) -> None:
    if now and not was:
        spans.append((at, None))
    elif was and not now:
        spans[-1] = (spans[-1][0], max(at, spans[-1][0]))
