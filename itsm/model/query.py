"""Filters as words (`status:open team:network mail`) and what they mean for a ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from itsm.errors import Usage
from itsm.model.row import Row
from itsm.model.ticket import LIVE, STATUSES
from itsm.values import dataclass

_FIELDS: dict[str, Callable[[Mapping[str, Any]], Sequence[str]]] = {
    "status": lambda f: (f["status"], "open" if f["status"] in LIVE else "ended", "all"),
    "organization": lambda f: (f.get("contact", {}).get("organization", "none"),),
    "customer": lambda f: tuple(f.get("contact", {}).values()),
    "tag": lambda f: f.get("tags") or ("none",),
}
for _name in ("id", "type", "priority", "impact", "urgency", "team", "assignee", "level", "category", "ci", "channel", "reference"):
    _FIELDS[_name] = lambda f, name=_name: (str(f.get(name) or "none"),)  # type: ignore[misc]
_STATUS_WORDS = (*STATUSES, "open", "ended", "all")


@dataclass(frozen=True, slots=True)
class Query:
    """All conditions must hold; of one condition's values any. Without a `status:` only live tickets are meant."""

    fields: tuple[tuple[str, tuple[str, ...]], ...]
    words: tuple[str, ...]

    def matches(self, row: Row) -> bool:
        """Whether the ticket is one of those asked for."""
        if not any(name == "status" for name, _ in self.fields) and not row.live:
            return False
        return all(_any(_FIELDS[name](row.fields), values) for name, values in self.fields) and all(word in row.text for word in self.words)


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
