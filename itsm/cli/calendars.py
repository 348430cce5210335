"""`calendar list|show|due|between`: what the engine means by working time, for a person to ask (page 3, sentence 5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.desk import calendars
from itsm.desk.calendars import Day
from itsm.errors import Usage
from itsm.model.event import stamp
from itsm.model.suggest import did_you_mean
from itsm.sla.calendar import Calendar
from itsm.sla.clocks import calendar_of
from itsm.sla.duration import format_seconds, parse
from itsm.sla.hours import DAYS

app = typer.Typer(rich_markup_mode=None, help="Working time: which calendars there are, when is it due, how long was it.")

Name = Annotated[str, typer.Argument(metavar="CALENDAR", help="A calendar of sla.yaml, or 24x7.")]
Start = Annotated[str, typer.Argument(metavar="START", help="When it begins: RFC 3339, or what people write.")]
Month = Annotated[str, typer.Option("--month", metavar="YYYY-MM", help="Which month; else this one.")]

_DIM, _BOLD, _YELLOW = 2, 1, 33


@command(app, "list")
def list_(run: Run) -> None:
    """The calendars: zone, hours, and whether each is open now.

    Example: itsm calendar list
    """
    from itsm.cli.fit import column

    found = calendars.named(run.desk.policy)
    rows = [_row(run, name, calendar) for name, calendar in found.items()]
    run.show("calendars", rows, lambda: column([output.one_line(_line(run, row)) for row in rows], 61))


@command(app, "show")
def show(run: Run, name: Name, month: Month = "") -> None:
    """Draw a month of a calendar: the hours of each day, and what the days that are unlike their weekday are.

    Example: itsm calendar show office --month 2026-12
    """
    calendar = calendars.named(run.desk.policy)[_known(run, name)]
    today = run.now.astimezone(calendar.zone).date()
    first = _first(month) if month else today.replace(day=1)
    days = calendars.month(calendar, first)
    data = {
        "name": name, "timezone": calendar.zone.key, "month": f"{first:%Y-%m}", "seconds": sum(day.seconds for day in days),
        "days": [{"date": str(day.date), "hours": day.hours, "seconds": day.seconds, "why": day.why} for day in days],
    }  # fmt: skip
    run.show("calendar", data, lambda: "\n".join(_sheet(name, calendar, days, today)))


@command(app, "due")
def due(run: Run, name: Name, start: Start, duration: Annotated[str, typer.Argument(metavar="DURATION", help="1h30m, 2d")]) -> None:
    """When a duration of working time is used up.

    Example: itsm calendar due office '2026-11-20 17:00' 2h
    """
    try:
        length = parse(duration)
    except ValueError as error:
        raise Usage(str(error), hint="for example 90m, 1h30m, 2d") from None
    moment = calendar_of(run.desk.policy, _known(run, name)).due(run.when(start, future=True), length)
    run.show("calendar", {"due": stamp(moment)}, lambda: run.local(moment) if run.looked_at else stamp(moment))


@command(app, "between")
def between(run: Run, name: Name, start: Start, end: Annotated[str, typer.Argument(metavar="END", help="When it ends.")]) -> None:
    """How much working time lies between two instants; 0 if END is before START.

    Example: itsm calendar between office 2026-11-20T09:00Z 2026-11-23T09:00Z
    """
    calendar = calendar_of(run.desk.policy, _known(run, name))
    seconds = calendar.between(run.when(start, future=True), run.when(end, future=True))
    run.show("calendar", {"seconds": seconds}, lambda: format_seconds(seconds) if run.looked_at else str(seconds))


def _known(run: Run, name: str) -> str:
    known = ("24x7", *run.desk.policy.calendars)
    if name not in known:
        raise Usage(f"no such calendar: {name}", hint=did_you_mean(name, known))
    return name


def _first(month: str) -> date:
    found = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})", month, re.ASCII)
    try:
        if found and 2 <= int(found[1]) < 9999:
            return date(int(found[1]), int(found[2]), 1)
    except ValueError:
        pass
    raise Usage(f"{month!r} is no month", hint="--month 2026-12")


# --- the list ---------------------------------------------------------------------------------


def _row(run: Run, name: str, calendar: Calendar) -> dict[str, Any]:
    changes = calendars.until(calendar, run.now)
    return {
        "name": name, "timezone": calendar.zone.key, "hours": calendars.hours_text(calendar), "open": calendar.is_open(run.now),
        "until": stamp(changes) if changes else None,
    }  # fmt: skip


def _line(run: Run, row: dict[str, Any]) -> str:
    from itsm.model.event import instant

    state = "open" if row["open"] else "closed"
    if row["until"]:
        state += f" until {run.local(instant(row['until']))}"
    return f"{row['name']:12} {state:30} {row['timezone']:16} {row['hours']}"


# --- the sheet --------------------------------------------------------------------------------


def _sheet(name: str, calendar: Calendar, days: list[Day], today: date) -> Iterable[str]:
    """A week a row, Monday first, 80 columns at most; what is unlike its weekday stands below with its reason."""
    yield f"{days[0].date:%B %Y}, {output.one_line(name)}, {calendar.zone.key}"
    yield output.one_line(calendars.hours_text(calendar))
    yield ""
    yield "      " + "".join(f" {day.capitalize():8}" for day in DAYS).rstrip()
    for week in _weeks(days):
        cells = "".join(_cell(day, today) if day else " " * 9 for day in week)
        number = next(day for day in week if day).date.isocalendar().week
        yield f"W{number:02}   {cells} {_hours(sum(day.seconds for day in week if day)):>7}"
    yield f"{'':69}{_hours(sum(day.seconds for day in days)):>7}"
    odd = [day for day in days if day.why]
    if odd:
        yield ""
    for day in odd:
        yield f"{_mark(day)} {day.date:%Y-%m-%d %a}  {day.hours or 'closed'}, {output.one_line(day.why)}"


def _weeks(days: list[Day]) -> Iterable[list[Day | None]]:
    padded: list[Day | None] = [*[None] * days[0].date.weekday(), *days]
    for start in range(0, len(padded), 7):
        week = padded[start : start + 7]
        yield [*week, *[None] * (7 - len(week))]


def _cell(day: Day, today: date) -> str:
    """`24*-`: the date, a mark for what is unlike its weekday, the working hours. `>` before today's."""
    text = f"{'>' if day.date == today else ' '}{day.date.day:2}{_mark(day)}{_hours(day.seconds):5}"
    codes = [_BOLD] if day.date == today else [] if day.seconds else [_DIM]
    return output.coloured(text, *codes, *([_YELLOW] if day.why else []))


def _mark(day: Day) -> str:
    return "!" if day.exception else "*" if day.why else " "


def _hours(seconds: int) -> str:
    """`8h`, `7h30`, `-` for none: short enough for seven in a row."""
    minutes = seconds // 60
    return (f"{minutes // 60}h{minutes % 60:02}" if minutes % 60 else f"{minutes // 60}h") if minutes else "-"
