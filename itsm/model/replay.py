"""History → state. One function says what each event does to a ticket; commands, `check` and the rules all use it.

Replay needs no policy: what a rule or an answer led to is an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from itsm.model.event import Event
from itsm.model.ticket import Ticket
from itsm.values import dataclass, replace

Changes = dict[str, Any]
FIRST_LINE = 1  # the level that a ticket without one counts from: reaching L1 is no escalation (M10)
_LINKS = ("parent", "duplicate_of", "caused_by")
_UNSET: dict[str, Any] = {"tags": (), "watchers": (), "contact": {}}


@dataclass(slots=True)
class Standing:
    """What an event's effect depends on; mutable, so that a long history is read without a new ticket for each event."""

    status: str
    team: str
    level: int | None
    assignee: str
    score: int | None
    contacted: datetime | None

    def take(self, changes: Changes) -> None:
        """The standing after these changes."""
        for name, value in changes.items():
            if name in Standing.__slots__:
                setattr(self, name, value)


def standing(ticket: Ticket) -> Standing:
    """How a ticket stands now."""
    return Standing(ticket.status, ticket.team, ticket.level, ticket.assignee, ticket.score, ticket.contacted)


def apply(ticket: Ticket, event: Event) -> Ticket:
    """The ticket after `event`: the state moves on, the event joins the history. Asks nobody whether the move is allowed."""
    return rebuilt(ticket, (event,))


def replay(ticket: Ticket) -> Ticket:
    """The ticket as its history alone makes it, on top of what no event ever touched."""
    blank = replace(
        ticket, status="new", team="", level=None, assignee="", pending_for="", until=None, score=None,
        contacted=None, resolved=None, closed=None, history=(),
    )  # fmt: skip
    return rebuilt(blank, ticket.history)


def rebuilt(ticket: Ticket, events: Sequence[Event]) -> Ticket:
    """The ticket after all of `events`, in their order."""
    state, changes = standing(ticket), Changes()
    for event in events:
        effect = effect_of(state, event)
        state.take(effect)
        changes |= effect
    return replace(ticket, **changes, history=(*ticket.history, *events))


def differences(ticket: Ticket) -> list[tuple[str, Any, Any]]:
    """Where the state and the history disagree: (field, what the file says, what the history says)."""
    told = replay(ticket)
    return [(name, here, there) for name in _REPLAYED if (here := getattr(ticket, name)) != (there := getattr(told, name))]


def as_it_was(ticket: Ticket, event_id: str) -> Ticket:
    """The ticket just before the event with this ID, as far as the history knows."""
    place = next((n for n, event in enumerate(ticket.history) if event.id == event_id), len(ticket.history))
    for event in reversed(ticket.history[place:]):
        ticket = replace(ticket, **_unset(event))
    return replay(replace(ticket, history=ticket.history[:place]))


def _unset(event: Event) -> Changes:
    """What the fields were that this event has set; a description's old text isn't kept, nor by old files what a priority was."""
    if event.kind == "prioritized":
        return dict(event.data.get("was", {}))
    if event.kind == "linked":
        return dict.fromkeys((name for name in _LINKS if name in event.data), "")  # what an earlier link said, replay knows
    if event.kind != "set":
        return {"score": None} if "score" in event.data else {}
    was: Mapping[str, Any] = event.data.get("was", {})
    names = [name for name in event.data.get("set", {}) if name != "description"]
    values = {name: was[name] if name in was else _UNSET.get(name, "") for name in names}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def reached_higher(before: int | None, level: int | None) -> bool:
    """Whether going to `level` from that `before` is an escalation, by whatever command (M10)."""
    return level is not None and level > (before if before is not None else FIRST_LINE)


# --- what each kind of event does -------------------------------------------------------------

_REPLAYED = (
    "status", "priority", "impact", "urgency", "type", "title", "category", "tags", "ci", "channel", "reference", "watchers",
    "team", "level", "assignee", *_LINKS, "pending_for", "until", "score", "opened", "contacted", "resolved", "closed",
)  # fmt: skip
_AWAKE: Changes = {"pending_for": "", "until": None}


def _opened(_: Standing, event: Event) -> Changes:
    return {"opened": event.at, "status": "new"}


def _handed_over(ticket: Standing, event: Event) -> Changes:
    data = event.data
    changes: Changes = {"team": data.get("team", ""), "level": data.get("level"), "assignee": data.get("assignee", "")}
    if ticket.status != "pending":
        changes["status"] = "assigned"
    if ticket.team and changes["team"] != ticket.team:
        changes["contacted"] = None  # in other hands: somebody else owes the customer a word
    return changes


def _started(ticket: Standing, event: Event) -> Changes:
    return {"status": "in-progress", "assignee": event.data.get("assignee", ticket.assignee)}


def _pending(_: Standing, event: Event) -> Changes:
    return {"status": "pending", "pending_for": event.data.get("for", ""), "until": event.data.get("until")}


def _resumed(_: Standing, event: Event) -> Changes:
    return {"status": event.data.get("to", "in-progress"), **_AWAKE}


def _resolved(_: Standing, event: Event) -> Changes:
    return {"status": "resolved", "resolved": event.at, **_AWAKE}


def _reopened(ticket: Standing, event: Event) -> Changes:
    status = event.data.get("to") or ("assigned" if ticket.team else "new")
    return {"status": status, "resolved": None, "closed": None, **_AWAKE}


def _closed(ticket: Standing, event: Event) -> Changes:
    return {"status": "closed", "closed": event.at, "score": event.data.get("score", ticket.score), **_AWAKE}


def _cancelled(_: Standing, __: Event) -> Changes:
    return {"status": "cancelled", **_AWAKE}


def _set(_: Standing, event: Event) -> Changes:
    values: Mapping[str, Any] = event.data.get("set", {})
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _prioritized(_: Standing, event: Event) -> Changes:
    return {"priority": event.data["priority"]}


def _linked(_: Standing, event: Event) -> Changes:
    return {name: event.data[name] for name in _LINKS if name in event.data}


def _answered(ticket: Standing, event: Event) -> Changes:
    return {"score": event.data.get("score", ticket.score)}


def _contacted(_: Standing, event: Event) -> Changes:
    return {"contacted": event.at}


_EFFECTS: dict[str, Callable[[Standing, Event], Changes]] = {
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


def effect_of(state: Standing, event: Event) -> Changes:
    """What an event changes on a ticket that stands so; nothing, for most kinds."""
    effect = _EFFECTS.get(event.kind)
    return effect(state, event) if effect else {}
