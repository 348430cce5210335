"""The fast calendar agrees with counting minutes, for made calendars around the world's clock changes; and its algebra holds.

Sentences 1 to 4 of the page on time; issue 3, *right by construction*.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from itsm.sla.calendar import Calendar
from itsm.sla.duration import Duration
from itsm.sla.reading_calendar import parse_calendar
from tests.sla.oracle_calendar import Oracle, Windows, spec_of, stretch

PLACES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/Sao_Paulo", date(2015, 10, 18)),  # clocks leap at midnight, so the day begins at 01:00
    ("America/Sao_Paulo", date(2016, 2, 21)),  # clocks go back at midnight, into the day before
    ("America/Sao_Paulo", date(2017, 10, 15)),
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/Havana", date(2026, 11, 1)),  # 01:00 back to 00:00
    ("America/St_Johns", date(2010, 11, 7)),  # 00:01 back to 23:01 of the day before
    ("America/St_Johns", date(2010, 3, 14)),
    ("Asia/Tehran", date(2021, 3, 22)),
    ("Asia/Tehran", date(2021, 9, 22)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Asia/Shanghai", date(2026, 10, 1)),
    ("Asia/Kathmandu", date(2026, 1, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Africa/Casablanca", date(2026, 2, 15)),  # Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
    ("Antarctica/Troll", date(2026, 10, 25)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that never was
    ("Pacific/Chatham", date(2026, 4, 5)),
    ("UTC", date(2024, 2, 29)),
]
BEFORE, DAYS = 5, 13
MINUTES = st.one_of(st.sampled_from([0, 1, 60, 61, 90, 105, 120, 150, 180, 540, 1080, 1320, 1381, 1410, 1439]), st.integers(0, 1439))


@st.composite
def windows(draw: st.DrawFn, *, overnight: bool) -> Windows:
    found = []
    for _ in range(draw(st.sampled_from([1, 1, 0, 2, 3]))):
        start = draw(MINUTES)
        end = draw(st.one_of(st.just(1440), MINUTES))
        if end <= start and (overnight and end != start):
            end += 1440
        if start < end:
            found.append((start, end))
    return found


@st.composite
def oracles(draw: st.DrawFn, *, overnight: bool = True) -> Oracle:
    zone, change = draw(st.sampled_from(PLACES))
    first = change - timedelta(days=BEFORE)
    hours = windows(overnight=overnight)
    week = [draw(hours)] * 7 if draw(st.booleans()) else draw(st.lists(hours, min_size=7, max_size=7))
    days = st.integers(-1, DAYS - 1).map(lambda n: first + timedelta(days=n))
    closed = draw(st.sets(days, max_size=3))
    return Oracle(stretch(zone, first, DAYS), week, closed, draw(st.dictionaries(days, hours, max_size=3)))


def instants(oracle: Oracle) -> st.SearchStrategy[datetime]:
    """Anywhere in the stretch, most of them in its middle, where the clocks change, and many on a full minute."""
    last = int((oracle.end - oracle.begin).total_seconds()) - 1
    middle = BEFORE * 86_400
    near = st.integers(middle - 100_000, middle + 100_000)
    return st.one_of(st.integers(0, last), near, near.map(lambda n: n // 900 * 900)).map(lambda n: oracle.begin + timedelta(seconds=n))


def built(oracle: Oracle) -> Calendar:
    return parse_calendar("made", spec_of(oracle), "UTC")


thorough = settings(max_examples=110, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@thorough
@given(st.data())
def test_sentences_1_to_4_working_time_between_is_what_counting_minutes_gives(data: st.DataObject) -> None:
    oracle = data.draw(oracles())
    calendar = built(oracle)
    for _ in range(5):
        start, end = data.draw(instants(oracle)), data.draw(instants(oracle))
        assert calendar.between(start, end) == oracle.between(start, end)
        assert calendar.is_open(start) == oracle.is_open(start)


@thorough
@given(st.data())
def test_sentence_3_a_due_time_is_what_counting_minutes_gives(data: st.DataObject) -> None:
    oracle = data.draw(oracles())
    calendar = built(oracle)
    for _ in range(5):
        start = data.draw(instants(oracle))
        seconds = data.draw(
            st.one_of(st.just(0), st.integers(1, 7200), st.integers(1, 400_000), st.integers(1, 6_000).map(lambda n: n * 60))
        )
        expected = oracle.after(start, seconds)
        if expected is not None:
            assert calendar.after(start, seconds) == expected
        else:
            assert calendar.between(start, oracle.end) <= seconds


@thorough
@given(st.data())
def test_durations_working_days_later_is_what_walking_the_dates_gives(data: st.DataObject) -> None:
    oracle = data.draw(oracles(overnight=False))
    calendar = built(oracle)
    start, days = data.draw(instants(oracle)), data.draw(st.integers(1, 9))
    first = oracle.after(start, 0)
    # In the second of two equal hours the oracle and the calendar both go by the wall, which may be in no window then.
    assume(first is not None and first.astimezone(oracle.over.zone).fold == 0)
    expected = oracle.days_later(start, days)
    if expected is not None:
        assert calendar.due(start, Duration(days, 0, f"{days}d")) == expected
        seconds = data.draw(st.integers(1, 50_000))
        later = oracle.after(expected, seconds)
        assert later is None or calendar.due(start, Duration(days, seconds, "")) == later


@thorough
@given(st.data())
def test_between_a_and_after_a_n_is_n_and_after_is_monotone_and_additive(data: st.DataObject) -> None:
    oracle = data.draw(oracles())
    calendar = built(oracle)
    start = data.draw(instants(oracle))
    assume(any(oracle.week))
    n, m = data.draw(st.integers(0, 3_000_000)), data.draw(st.integers(0, 300_000))
    reached = calendar.after(start, n)
    assert calendar.between(start, reached) == n
    assert calendar.after(reached, m) == calendar.after(start, n + m) or m == 0
    assert calendar.after(start, n + m) >= reached
    later = start + timedelta(seconds=m)
    assert calendar.after(later, n) >= reached
    assert calendar.between(start, reached + timedelta(seconds=m)) == n + calendar.between(reached, reached + timedelta(seconds=m))
    if n:
        assert calendar.between(start, reached - timedelta(seconds=1)) == n - 1
        assert calendar.is_open(reached - timedelta(seconds=1))
    assert calendar.is_open(calendar.next_open(start))
    assert not calendar.between(start, calendar.next_open(start))


@thorough
@given(st.data())
def test_a_calendar_answers_the_same_whatever_it_was_asked_before(data: st.DataObject) -> None:
    """What it remembers of a day or a year must not show."""
    oracle = data.draw(oracles())
    asked = built(oracle)
    for start in data.draw(st.lists(instants(oracle), min_size=2, max_size=5)):
        end = start + timedelta(days=data.draw(st.integers(0, 800)))
        assert asked.between(start, end) == built(oracle).between(start, end)


WEEKS = {
    "office": [[(540, 720), (780, 1080)]] * 5 + [[], []],
    "two shifts": [[(360, 1080), (1080, 1440)]] * 6 + [[]],
    "nights, with a long one on Friday": [[(1320, 1800)]] * 4 + [[(1080, 1980)], [], [(1320, 1800)]],
    "around the clock": [[(0, 1440)]] * 7,
    "the hour that comes twice": [[(0, 30), (60, 180)]] * 7,
}


@pytest.mark.parametrize(
    ("zone", "year"),
    [
        ("America/Sao_Paulo", 2017),
        ("Asia/Tehran", 2021),
        ("Australia/Lord_Howe", 2026),
        ("Africa/Casablanca", 2026),
        ("Europe/Berlin", 2024),
        ("Pacific/Apia", 2011),
    ],
)
def test_a_whole_year_of_a_zone_agrees_with_counting_its_minutes(zone: str, year: int) -> None:
    first = date(year, 1, 1)
    over = stretch.__wrapped__(zone, first, 400)
    closed = {date(year, 5, 1), date(year, 12, 31), date(year + 1, 1, 1)}
    for name, week in WEEKS.items():
        oracle = Oracle(over, week, closed, {date(year, 2, 14): [(600, 900)], date(year, 3, 2): []})
        calendar = built(oracle)
        start = oracle.begin + timedelta(seconds=20_000)
        for n in (1, 9, 31, 59):
            seconds = n * n * 1237
            expected = oracle.after(start, seconds)
            if expected is not None:
                assert calendar.after(start, seconds) == expected, name
            end = start + timedelta(seconds=n * 567_891)
            if end < oracle.end:
                assert calendar.between(start, end) == oracle.between(start, end), name


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Asia/Tehran", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Berlin"])
def test_ten_thousand_hours_at_once_are_a_thousand_times_ten_hours(zone: str) -> None:
    calendar = parse_calendar("office", {"hours": {"mon-fri": "09:00-12:00, 13:00-18:00", "sat": "22:00-03:00"}, "timezone": zone}, "UTC")
    start = at = datetime(2014, 5, 7, 12, 34, 56, tzinfo=UTC)
    for _ in range(1000):
        at = calendar.after(at, 36_000)
    assert calendar.after(start, 36_000_000) == at
    assert calendar.between(start, at) == 36_000_000
