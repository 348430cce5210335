"""`calendar due|between`: what the engine means by working time, for a person to ask (page 3, sentence 5)."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli.run import Run, command
from itsm.errors import Usage
from itsm.model.event import stamp
from itsm.sla.calendar import Calendar
from itsm.sla.clocks import calendar_of
from itsm.sla.duration import format_seconds, parse
from itsm.sla.spec import did_you_mean

app = typer.Typer(rich_markup_mode=None, help="Working time: when is it due, how long was it.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A calendar of sla.yaml, or 24x7.")]
Start = Annotated[str, typer.Argument(metavar="START", help="When it begins: RFC 3339, or what people write.")]


@command(app, "due")
def due(run: Run, name: Name, start: Start, duration: Annotated[str, typer.Argument(metavar="DURATION", help="1h30m, 2d")]) -> None:
    """When a duration of working time is used up.

    Example: itsm calendar due office '2026-11-20 17:00' 2h
    """
    try:
        length = parse(duration)
    except ValueError as error:
        raise Usage(str(error), hint="for example 90m, 1h30m, 2d") from None
    moment = _calendar(run, name).due(run.when(start, future=True), length)
    run.show("calendar", {"due": stamp(moment)}, lambda: run.local(moment) if run.interactive else stamp(moment))


@command(app, "between")
def between(run: Run, name: Name, start: Start, end: Annotated[str, typer.Argument(metavar="END", help="When it ends.")]) -> None:
    """How much working time lies between two instants; 0 if END is before START.

    Example: itsm calendar between office 2026-11-20T09:00Z 2026-11-23T09:00Z
    """
    seconds = _calendar(run, name).between(run.when(start, future=True), run.when(end, future=True))
    run.show("calendar", {"seconds": seconds}, lambda: format_seconds(seconds) if run.interactive else str(seconds))


def _calendar(run: Run, name: str) -> Calendar:
    calendars = run.desk.policy.calendars
    if name not in ("24x7", *calendars):
        raise Usage(f"no such calendar: {name}", hint=did_you_mean(name, ("24x7", *calendars)))
    return calendar_of(run.desk.policy, name)
