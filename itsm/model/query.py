"""Filters as words (`status:open team:network mail`) and what they mean for a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from itsm.errors import Usage
from itsm.model.ticket import LIVE, STATUSES, Ticket

_FIELDS: dict[str, Callable[[Ticket], Sequence[str]]] = {
    "id": lambda t: (t.id,),
    "status": lambda t: (t.status, "open" if t.status in LIVE else "ended", "all"),
    "type": lambda t: (t.type,),
    "priority": lambda t: (t.priority,),
    "impact": lambda t: (t.impact,),
    "urgency": lambda t: (t.urgency,),
    "team": lambda t: (t.team or "none",),
    "assignee": lambda t: (t.assignee or "none",),
    "level": lambda t: (str(t.level or "none"),),
    "category": lambda t: (t.category or "none",),
    "ci": lambda t: (t.ci or "none",),
    "channel": lambda t: (t.channel or "none",),
    "reference": lambda t: (t.reference or "none",),
    "organization": lambda t: (t.contact.get("organization", "none"),),
    "customer": lambda t: tuple(t.contact.values()),
    "tag": lambda t: t.tags or ("none",),
}
_STATUS_WORDS = (*STATUSES, "open", "ended", "all")


@dataclass(frozen=True, slots=True)
class Query:
    """All conditions must hold; of one condition's values any. Without a `status:` only live tickets are meant."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    words: tuple[str, ...]

    def matches(self, ticket: Ticket) -> bool:
        """Whether the ticket is one of those asked for."""
        if not any(name == "status" for name, _ in self.fields) and not ticket.live:
            return False
        return all(_any(_FIELDS[name](ticket), values) for name, values in self.fields) and all(_holds(ticket, w) for w in self.words)


def parse(words: Iterable[str], me: str = "") -> Query:
    """The query that a person typed. `me` is who asks. Raises Usage for a field or status that doesn't exist."""
    fields, texts = [], []
    for word in words:
        name, colon, value = word.partition(":")
        if not colon or not name.isidentifier():
            texts.append(word.casefold())
            continue
        if name not in _FIELDS:
            raise Usage(f"no such filter: {name}:", hint=f"known: {', '.join(f'{one}:' for one in _FIELDS)}")
        values = tuple(me if one == "me" and name == "assignee" else one.casefold() for one in value.split(",") if one)
        if name == "status" and (wrong := [one for one in values if one not in _STATUS_WORDS]):
            raise Usage(f"no such status: {wrong[0]}", hint=f"known: {', '.join(_STATUS_WORDS)}")
        fields.append((name, values))
    return Query(tuple(fields), tuple(texts))


def _any(have: Sequence[str], wanted: Sequence[str]) -> bool:
    return any(one.casefold() == value.casefold() for one in have for value in wanted)


def _holds(ticket: Ticket, word: str) -> bool:
    return any(word in text.casefold() for text in (ticket.id, ticket.title, ticket.description, *ticket.contact.values()))
