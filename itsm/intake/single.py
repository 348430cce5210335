"""One row that is a whole ticket → the states that it went through, as far as its instants tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from itsm.intake.history import Row
from itsm.intake.mapping import State
from itsm.values import replace

_LAST = {"resolved": ("resolved",), "closed": ("closed", "resolved"), "cancelled": ("closed",)}  # which instants say when it came to be so


def rows_of_ticket(row: Row, instants: Mapping[str, datetime], *, stated: bool) -> list[Row]:
    """New when it was opened, resolved and closed when the row says; what it is now, since `moment` (or, unknown, since opened).

    Where no status is given, the instants say it. An instant that the status contradicts (a ticket in progress that was
    resolved once) isn't made into an event: nobody knows how it came back to life. A state later than `--until` isn't there yet.
    """
    now = row.state if stated else _by_instants(instants)
    if now is None or now[0] == "new":
        return [replace(row, state=now)]
    found = [replace(row, state=("new", ""), odd=())]
    if now[0] == "closed" and "resolved" in instants:
        found.append(replace(row, state=("resolved", ""), moment=instants["resolved"], odd=()))
    known = next((instants[key] for key in (*_LAST.get(now[0], ()), "moment") if key in instants), None)
    unknown = (f"it doesn't say since when it is {now[0]}: taken as opened",) if known is None and now[0] in _LAST else ()
    contradicted = [key for key in ("resolved", "closed") if key in instants and key not in _LAST.get(now[0], ())]
    left = tuple(f"it is {now[0]}: its instant of being {key} is left out" for key in contradicted)
    found.append(replace(row, state=now, moment=known or row.opened, odd=(*row.odd, *unknown, *left)))
    return found


def _by_instants(instants: Mapping[str, datetime]) -> State:
    return next(((status, "") for status in ("closed", "resolved") if status in instants), ("new", ""))
