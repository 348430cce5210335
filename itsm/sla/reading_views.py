"""The views of sla.yaml: lists that have a name, `itsm list mine`."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from itsm.errors import Usage
from itsm.model.columns import chosen, sort_keys, split
from itsm.model.query import Query, parse_line
from itsm.patterns import pattern
from itsm.sla.filters import Scene, matcher
from itsm.sla.policy import View
from itsm.sla.spec import Spec

_NAME = pattern(r"[^\W_][\w.-]*")
_ANY_TIME = Scene(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))


def read_views(spec: Spec) -> dict[str, View]:
    """The views by name. A text is a view that only filters."""
    section = spec.sub("views")
    found = {}
    for name, value in section.data.items():
        one = section.below(name, {"filter": value} if isinstance(value, str) else value)
        if not _NAME.fullmatch(name):
            section.wrong(name, f"{name!r} can't be told from a filter", "a word of letters and digits: mine, due-today")
        view = View(name, _query(one), _names(one, "sort"), _names(one, "columns"), one.integer("limit", 0))
        one.done()
        found[name] = view
    return found


def _query(spec: Spec) -> Query:
    try:
        query = parse_line(spec.text("filter"))
        matcher(query, _ANY_TIME)  # times and numbers can be understood
        return query
    except Usage as error:
        spec.wrong("filter", error.message, error.hint)
        return Query()


def _names(spec: Spec, key: str) -> tuple[str, ...]:
    """Columns as a list, or in one text with commas."""
    names = tuple(name for text in spec.texts(key) for name in split(text))
    try:
        sort_keys(names) if key == "sort" else chosen(names)
    except Usage as error:
        spec.wrong(key, error.message, error.hint)
    return names
