"""A ticket: the current state on top, for people; below it the history, which is how that state came about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from itsm.model.event import NOTHING, Event
from itsm.values import dataclass, field

TYPES = ("incident", "request", "change", "inquiry")  # M1, M2, M3, M4
STATUSES = ("new", "assigned", "in-progress", "pending", "resolved", "closed", "cancelled")
LIVE = ("new", "assigned", "in-progress", "pending", "resolved")
GRADES = ("high", "medium", "low")
CHANNELS = ("phone", "email", "web", "alert", "chat", "walk-in")
PENDING_FOR = ("customer", "vendor", "change")
CONTACT = ("name", "mobile", "phone", "email", "organization")  # M8
SCORES = range(1, 6)  # M14: 1 (bad) to 5 (content)

Kind = Literal["text", "choice", "number", "instant", "list", "contact", "id", "block"]


@dataclass(frozen=True, slots=True)
class Field:
    """How one top-level key of a ticket file is read and written. `settable`: `itsm set` may change it."""

    name: str
    kind: Kind
    choices: tuple[str, ...] = ()
    settable: bool = False


# The canonical order of the keys in a file. `x_…` keys come after these, `history` last.
FIELDS: dict[str, Field] = {
    f.name: f
    for f in (
        Field("id", "id"),
        Field("type", "choice", TYPES, settable=True),
        Field("title", "text", settable=True),
        Field("status", "choice", STATUSES),
        Field("priority", "text", settable=True),
        Field("impact", "choice", GRADES, settable=True),
        Field("urgency", "choice", GRADES, settable=True),
        Field("category", "text", settable=True),
        Field("tags", "list", settable=True),
        Field("ci", "text", settable=True),
        Field("channel", "choice", CHANNELS, settable=True),
        Field("contact", "contact"),
        Field("reference", "text", settable=True),
        Field("team", "text"),
        Field("level", "number"),
        Field("assignee", "text"),
        Field("watchers", "list", settable=True),
        Field("parent", "id"),
        Field("duplicate_of", "id"),
        Field("caused_by", "id"),
        Field("pending_for", "choice", PENDING_FOR),
        Field("until", "instant"),
        Field("score", "number"),
        Field("description", "block", settable=True),
        Field("opened", "instant"),
        Field("contacted", "instant"),
        Field("resolved", "instant"),
        Field("closed", "instant"),
    )
}
REQUIRED = ("id", "type", "title", "status", "opened", "history")


@dataclass(frozen=True, slots=True)
class Ticket:
    """The state and history of one ticket. Absent text is "", absent instants and numbers are None.

    `extra` holds the `x_…` keys that others keep in the file, untouched.
    """

    id: str
    title: str
    opened: datetime
    type: str = "incident"
    status: str = "new"
    priority: str = ""
    impact: str = ""
    urgency: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    ci: str = ""
    channel: str = ""
    contact: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    reference: str = ""
    team: str = ""
    level: int | None = None
    assignee: str = ""
    watchers: tuple[str, ...] = ()
    parent: str = ""
    duplicate_of: str = ""
    caused_by: str = ""
    pending_for: str = ""
    until: datetime | None = None
    score: int | None = None
    description: str = ""
    contacted: datetime | None = None
    resolved: datetime | None = None
    closed: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    history: tuple[Event, ...] = ()

    @property
    def live(self) -> bool:
        """Whether somebody still has to do something: neither closed nor cancelled."""
        return self.status in LIVE

    @property
    def customer(self) -> str:
        """What the customer is called: the name, else the organisation, else whatever reaches them."""
        return next((self.contact[key] for key in ("name", "organization", "mobile", "phone", "email") if self.contact.get(key)), "")
