"""A map says which column is what; every mistake in it is named with its place and what to write instead."""

from datetime import UTC, datetime

import pytest

from itsm.intake.mapping import read_map

EVENTS = {"schema": 1, "rows": "event", "columns": {"number": "nr", "title": "what", "moment": "when", "status": "state"}}
TICKETS = {"schema": 1, "columns": {"number": "nr", "title": "what", "opened": "when"}}


def mistakes(**changes):
    source, found = read_map(EVENTS | changes)
    assert (source is None) == bool(found)
    return [(mistake.path, mistake.message, mistake.remedy) for mistake in found]


def columns(**changes):
    return mistakes(columns=EVENTS["columns"] | changes)


@pytest.mark.parametrize(
    ("found", "path", "words"),
    [
        pytest.param(mistakes(schema=2), ("schema",), "schema: 1", id="another schema"),
        pytest.param(mistakes(rows="events"), ("rows",), "did you mean event?", id="what a row is"),
        pytest.param(mistakes(colums={}), ("colums",), "did you mean columns?", id="an unknown section"),
        pytest.param(columns(asignee="who"), ("columns", "asignee"), "did you mean assignee?", id="an unknown field"),
        pytest.param(columns(team="{a} {b}"), ("columns", "team"), "one column", id="a template where one column is wanted"),
        pytest.param(columns(closed="end"), ("columns", "closed"), "leave it out", id="a log of events has no instant of closing"),
        pytest.param(columns(moment=None), ("columns",), "no column for moment", id="a column that must be there"),
        pytest.param(columns(number=7), ("columns", "number"), "wants text", id="a column's name that is a number"),
        pytest.param(mistakes(values={"statsu": {}}), ("values", "statsu"), "did you mean status?", id="values of an unknown field"),
        pytest.param(mistakes(values={"number": {}}), ("values", "number"), "could be translated", id="a number isn't translated"),
        pytest.param(
            mistakes(values={"status": {"On": "in-progres"}}),
            ("values", "status", "On"),
            "did you mean in-progress?",
            id="an unknown status",
        ),
        pytest.param(
            mistakes(values={"status": {"On": {"pending": "us"}}}),
            ("values", "status", "On"),
            "did you mean {pending: customer}?",
            id="pending for nobody",
        ),
        pytest.param(mistakes(values={"impact": {"1": "hihg"}}), ("values", "impact", "1"), "did you mean high?", id="an unknown impact"),
        pytest.param(mistakes(values={"team": {"1": 5}}), ("values", "team", "1"), "quotes", id="a value that is a number"),
        pytest.param(mistakes(defaults={"type": "incidnt"}), ("defaults", "type"), "did you mean incident?", id="an unknown default"),
        pytest.param(mistakes(dates={"zone": "Europe/Berln"}), ("dates", "zone"), "no such time zone", id="an unknown zone"),
        pytest.param(mistakes(dates={"format": "%d/%m %H:%M"}), ("dates", "format"), "doesn't say the year", id="dates without a year"),
        pytest.param(mistakes(dates={"format": "%Q"}), ("dates", "format"), "can't be read", id="a date format that is none"),
        pytest.param(mistakes(final=["hwo"]), ("final",), "did you mean", id="an unknown final field"),
        pytest.param(mistakes(encoding="x\0"), ("encoding",), "no such encoding: 'x\\x00'", id="an encoding with a NUL"),
        pytest.param(mistakes(encoding="idna"), ("encoding",), "no such encoding", id="one that is for names only"),
        pytest.param(mistakes(encoding="utf-9"), ("encoding",), "no such encoding", id="an unknown encoding"),
        pytest.param(mistakes(delimiter=";;"), ("delimiter",), "one character", id="a delimiter of two characters"),
        pytest.param(mistakes(levels={"L2": "two"}), ("levels", "L2"), "whole number", id="a level that is no number"),
        pytest.param(mistakes(columns=["number"]), ("columns",), "wants a mapping", id="columns as a list"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_its_remedy(found, path, words):
    assert any(path == where and words in f"{message} {remedy}" for where, message, remedy in found), found


@pytest.mark.parametrize("data", [None, [], "rows"])
def test_what_is_no_mapping_is_no_map(data):
    source, found = read_map(data)
    assert source is None
    assert [mistake.path for mistake in found] == [()]


def test_all_mistakes_are_told_at_once():
    assert len(mistakes(schema=2, dates={"zone": "Mars"}, delimiter="", final="x")) == 4


def test_a_column_that_the_file_lacks_is_a_mistake_of_the_map():
    source, _ = read_map(TICKETS | {"columns": TICKETS["columns"] | {"title": "{Short} ({nr})"}})
    (missing,) = source.missing(["nr", "Shrt", "when"])
    assert missing.path == ("columns", "title")
    assert "'Short'" in missing.message
    assert missing.remedy == "did you mean Shrt?"


@pytest.mark.parametrize(
    ("dates", "text", "instant"),
    [
        pytest.param({"format": "%d/%m/%Y %H:%M"}, "1/2/2016 01:16", "2016-02-01T01:16", id="day first"),
        pytest.param({}, "2016-02-01T01:16:59.9Z", "2016-02-01T01:16:59", id="RFC 3339, in whole seconds"),
        pytest.param({"zone": "Europe/Berlin"}, "2016-02-01T01:16:00Z", "2016-02-01T01:16", id="an offset of its own wins over the zone"),
        pytest.param({"zone": "Europe/Berlin"}, "2016-02-01 01:16", "2016-02-01T00:16", id="a wall time in the map's zone"),
        pytest.param({"zone": "Europe/Berlin"}, "2016-10-30 02:30", "2016-10-30T00:30", id="a wall time that comes twice is the first"),
        pytest.param({"zone": "Europe/Berlin"}, "2016-03-27 02:30", "2016-03-27T01:00", id="one in a gap is the first instant after it"),
    ],
)
def test_instants_are_utc(dates, text, instant):
    source, _ = read_map(TICKETS | {"dates": dates})
    assert source.instant(text) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["yesterday", "31/02/2016 10:00", "1969-12-31T23:59:59Z", "0001-01-01", "9999-12-31T23:59:59-08:00", "2200-01-01T00:00:01Z"]
)
def test_what_is_no_instant_is_refused(text):
    source, _ = read_map(TICKETS)
    with pytest.raises(ValueError):  # noqa: PT011 - the caller tells which column it was
        source.instant(text)
