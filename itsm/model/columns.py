"""The columns that a list can have, as plain values of a row; and what rows are sorted by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from itsm.errors import Usage
from itsm.model.ids import number
from itsm.model.row import Row, by_urgency
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CONTACT, FIELDS, GRADES, STATUSES
from itsm.values import dataclass

Kind = Literal["text", "instant", "promise"]
WORST_FIRST = ("breached", "running", "paused", "met")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading for people, what sort of value it has, and where the value comes from."""

    name: str
    heading: str
    kind: Kind
    value: Callable[[Row], Any]


def _field(name: str) -> Callable[[Row], Any]:
    return lambda row: row.fields.get(name)


def _contact(name: str) -> Callable[[Row], Any]:
    return lambda row: row.fields.get("contact", {}).get(name)


def _customer(row: Row) -> Any:
    contact = row.fields.get("contact", {})
    return next((contact[name] for name in ("name", "organization", "mobile", "phone", "email") if contact.get(name)), None)


def _worst(row: Row) -> Any:
    states = {one["state"] for one in row.sla}
    return next((state for state in WORST_FIRST if state in states), None)


_HEADINGS = {"priority": "PRI"}
_NOT_SHOWN = ("description", "contact")
COLUMNS: dict[str, Column] = {
    one.name: one
    for one in (
        *(
            Column(name, _HEADINGS.get(name, name.upper()), "instant" if one.kind == "instant" else "text", _field(name))
            for name, one in FIELDS.items()
            if name not in _NOT_SHOWN
        ),
        *(Column(name, name.upper(), "text", _contact(name)) for name in CONTACT),
        Column("customer", "CUSTOMER", "text", _customer),
        Column("updated", "UPDATED", "instant", lambda row: row.head.updated),
        Column("due", "DUE", "promise", lambda row: row.resolve),
        Column("sla", "SLA", "text", _worst),
    )
}
USUAL = ("id", "priority", "status", "team", "assignee", "due", "title")


def chosen(names: Iterable[str]) -> tuple[Column, ...]:
    """The columns of these names. Raises Usage for one that doesn't exist."""
    return tuple(COLUMNS[_known(name, "column")] for name in names)


def split(text: str) -> tuple[str, ...]:
    """The names in `a,b, c`."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def sort_keys(names: Iterable[str]) -> tuple[tuple[str, bool], ...]:
    """What `due,-priority` says: each column with whether it counts backwards. Raises Usage."""
    return tuple((_known(name.removeprefix("-"), "column"), name.startswith("-")) for name in names)


def in_order(rows: Iterable[Row], keys: Sequence[tuple[str, bool]]) -> list[Row]:
    """The rows by these keys, then by urgency. A row without a value comes last, whichever way it is sorted."""
    found = sorted(rows, key=by_urgency)
    for name, backwards in reversed(keys):
        have = [(value, row) for row in found if (value := _order(name, row)) is not None]
        rest = [row for row in found if _order(name, row) is None]
        have.sort(key=lambda one: one[0], reverse=backwards)
        found = [*(row for _, row in have), *rest]
    return found


def _order(name: str, row: Row) -> Any:
    """What a row is sorted by: grades and states by their meaning, IDs by number, all else as text."""
    value = COLUMNS[name].value(row)
    ranks = {"impact": GRADES, "urgency": GRADES, "status": STATUSES, "sla": WORST_FIRST}
    if name == "id":
        return number(row.id)
    if name == "due":
        return value and value["due"]
    if value in (None, "") or name in ranks:
        return ranks[name].index(value) if value in ranks.get(name, ()) else None
    return value if isinstance(value, int) else ",".join(value) if isinstance(value, list) else str(value).casefold()


def _known(name: str, what: str) -> str:
    if name not in COLUMNS:
        raise Usage(f"no such {what}: {name}", hint=did_you_mean(name, COLUMNS))
    return name
