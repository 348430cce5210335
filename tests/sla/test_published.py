"""Sentences 2 to 5 held against tables that other projects publish. Nothing here was tuned to them; where we differ it is said why."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from itsm.sla.calendar import Calendar
from itsm.sla.duration import parse
from itsm.sla.reading_calendar import parse_calendar
from tests.sla.published import DUE, MON_FRI, Table
from tests.sla.published_spans import BETWEEN


def calendar(table: Table) -> Calendar:
    return parse_calendar("theirs", {"hours": table.hours, "holidays": [*table.holidays]}, table.zone)


def at(text: str, zone: ZoneInfo) -> datetime:
    if text.endswith("Z"):
        return datetime.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def rows(tables: list[Table]) -> list[object]:
    return [pytest.param(table, *row, id=f"{table.source.rsplit('/', 1)[-1]}: {row[0]} {row[1]}") for table in tables for row in table.rows]


@pytest.mark.parametrize(("table", "start", "duration", "end"), rows(DUE))
def test_sentence_5_a_due_time_is_what_other_projects_publish(table: Table, start: str, duration: str, end: str) -> None:
    one = calendar(table)
    assert one.due(at(start, one.zone), parse(duration)) == at(end, one.zone), table.source


@pytest.mark.parametrize(("table", "start", "end", "seconds"), rows(BETWEEN))
def test_sentence_5_working_time_is_what_other_projects_publish(table: Table, start: str, end: str, seconds: int) -> None:
    one = calendar(table)
    assert one.between(at(start, one.zone), at(end, one.zone)) == seconds, table.source


@pytest.mark.parametrize(
    ("theirs", "zone", "start", "they_say", "we_say"),
    [
        pytest.param(
            "lennym/moment-business-time", "UTC", "2015-02-28 10:13", "2015-03-02 10:13", "2015-03-03 09:00",
            id="what is opened on Saturday has as long as what is opened on Monday at nine, so until Tuesday at nine",
        ),
        pytest.param(
            "Intrepidd/working_hours", "Asia/Tokyo", "1991-11-15 06:00", "1991-11-18 06:00", "1991-11-18 09:00",
            id="what is opened before nine is due at nine, not at six, when nobody works",
        ),
    ],
)  # fmt: skip
def test_where_others_count_a_day_otherwise_the_clock_starts_at_the_first_working_instant(
    theirs: str, zone: str, start: str, they_say: str, we_say: str
) -> None:
    """Sentence 3: it is due at a working instant, whatever the hour at which somebody wrote."""
    one = parse_calendar("ours", {"hours": MON_FRI}, zone)
    assert one.due(at(start, one.zone), parse("1d")) == at(we_say, one.zone) != at(they_say, one.zone), theirs
