"""Working time, sentences 1 to 5 of the page on time, and the public tables of other projects.

Times in the tables are wall-clock times of the calendar's zone, unless they end in Z.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from itsm.sla.calendar import ALWAYS, Calendar
from itsm.sla.duration import parse
from itsm.sla.reading_calendar import parse_calendar

OFFICE = {"mon-fri": "09:00-12:00, 13:00-18:00"}
NIGHTS = {"sun-thu": "22:00-06:00"}
DAILY = {"mon-sun": "00:00-24:00"}
EVERY_DAY = [f"{date(2024, 1, 1) + timedelta(days=n):%m-%d}" for n in range(366)]


def made(hours: dict[str, str] | None = None, zone: str = "Asia/Shanghai", **more: object) -> Calendar:
    return parse_calendar("made", {"hours": OFFICE if hours is None else hours, **more}, zone)


def at(text: str, zone: str | ZoneInfo = "Asia/Shanghai") -> datetime:
    """`2026-03-02 09:00` in the zone; a trailing Z is UTC, a trailing `'` the second of two equal times."""
    if text.endswith("Z"):
        return datetime.fromisoformat(text)
    info = ZoneInfo(zone) if isinstance(zone, str) else zone
    return datetime.fromisoformat(text.rstrip("'")).replace(tzinfo=info, fold=int(text.endswith("'"))).astimezone(UTC)


def due(calendar: Calendar, start: str, duration: str) -> datetime:
    found = calendar.due(at(start, calendar.zone), parse(duration))
    assert found.tzinfo is UTC
    return found


def hours_between(calendar: Calendar, start: str, end: str) -> float:
    return calendar.between(at(start, calendar.zone), at(end, calendar.zone)) / 3600


# ------------------------------------------------------------------------------------------ sentence 1: windows and days


@pytest.mark.parametrize(
    ("more", "day", "hours"),
    [
        pytest.param({}, "2026-03-02", 8, id="a Monday has its windows"),
        pytest.param({}, "2026-03-07", 0, id="a Saturday has none"),
        pytest.param({"holidays": ["2026-03-02"]}, "2026-03-02", 0, id="a holiday by its date is closed"),
        pytest.param({"holidays": ["2026-03-02"]}, "2027-03-02", 8, id="and only in its year"),
        pytest.param({"holidays": ["03-02"]}, "2026-03-02", 0, id="a yearly holiday is closed"),
        pytest.param({"holidays": ["03-02"]}, "2027-03-02", 0, id="in every year"),
        pytest.param({"holidays": "CN"}, "2026-10-01", 0, id="a Chinese public holiday is closed"),
        pytest.param({"holidays": "CN"}, "2026-10-09", 8, id="and the day after the week of them is open"),
        pytest.param({"holidays": "DE-BY"}, "2026-01-06", 0, id="Epiphany is a holiday in Bavaria"),
        pytest.param({"holidays": "DE-BE"}, "2026-01-06", 8, id="and not in Berlin"),
        pytest.param({"holidays": "US-CA"}, "2026-03-31", 0, id="Cesar Chavez Day is one in California"),
        pytest.param({"holidays": "US"}, "2026-03-31", 8, id="and not in all of the United States"),
        pytest.param({"holidays": "US"}, "2021-12-31", 0, id="a New Year observed in the old year"),
        pytest.param(
            {"holidays": "CN", "makeup": "mon"}, "2025-10-11", 8, id="a Chinese Saturday that makes up for National Day has Monday's hours"
        ),
        pytest.param({"holidays": "CN", "makeup": "mon"}, "2025-09-28", 8, id="a Sunday that does so, too"),
        pytest.param({"holidays": "CN", "makeup": "mon"}, "2026-10-10", 8, id="the one of 2026"),
        pytest.param({"holidays": "CN", "makeup": "mon"}, "2026-10-17", 0, id="the Saturday after it is a Saturday"),
        pytest.param({"holidays": "CN"}, "2026-10-10", 0, id="which works only where the calendar says so (page 3, sentence 1)"),
        pytest.param({"holidays": "CN", "makeup": "10:00-16:00"}, "2026-10-10", 6, id="make-up days may have hours of their own"),
        pytest.param({"holidays": "CN", "makeup": ""}, "2026-10-10", 0, id="or none"),
        pytest.param(
            {"holidays": "CN", "makeup": "mon", "exceptions": {"2026-10-10": ""}},
            "2026-10-10",
            0,
            id="an exception is stronger than a make-up day",
        ),
        pytest.param({"holidays": ["CN", "2026-10-10"], "makeup": "mon"}, "2026-10-10", 0, id="so is a holiday that the desk itself gives"),
        pytest.param({"holidays": "HU", "makeup": "mon"}, "2025-10-18", 8, id="Hungary has make-up Saturdays as well"),
        pytest.param({"exceptions": {"2026-02-14": "09:00-18:00"}}, "2026-02-14", 9, id="a working Saturday has its own hours"),
        pytest.param({"exceptions": {"2026-03-02": ""}}, "2026-03-02", 0, id="an exception may close a day"),
        pytest.param({"exceptions": {"2026-03-02": "09:00-10:00"}}, "2026-03-02", 1, id="or shorten it"),
        pytest.param(
            {"holidays": "CN", "exceptions": {"2026-10-01": "09:00-10:00"}}, "2026-10-01", 1, id="an exception is stronger than a holiday"
        ),
    ],
)
def test_sentence_1_a_day_has_its_weekdays_windows_minus_holidays_or_its_own(more: dict[str, object], day: str, hours: float) -> None:
    calendar = made(**more)
    begin = at(f"{day} 00:00")
    assert calendar.between(begin, begin + timedelta(days=1)) / 3600 == hours


@pytest.mark.parametrize(
    ("hours", "worked"),
    [
        ({"mon-fri": "09:00-17:00", "sat": "10:00-12:00"}, 8),
        ({"sat-sun": "10:00-14:00"}, 4),
        ({"mon": "22:00-06:00"}, 2),
        ({"tue-sun": "09:00-12:00"}, 3),
    ],
    ids=[
        "a short Saturday becomes a Monday",
        "who works at weekends only goes on so",
        "a night shift begins on it",
        "closed on Mondays: a Saturday",
    ],
)
def test_sentence_1_a_make_up_day_is_like_a_monday_where_that_has_hours(hours: dict[str, str], worked: float) -> None:
    assert hours_between(made(hours, holidays="CN", makeup="mon"), "2026-10-10 00:00", "2026-10-11 00:00") == worked


def test_sentence_1_a_promise_runs_on_over_the_make_up_days_around_national_day() -> None:
    calendar = made(holidays="CN", makeup="mon")
    assert due(calendar, "2025-09-26 17:00", "2h") == at("2025-09-28 10:00")
    assert due(calendar, "2025-09-30 17:00", "2h") == at("2025-10-09 10:00")
    assert due(calendar, "2025-10-10 10:00", "1d") == at("2025-10-11 10:00")
    assert hours_between(calendar, "2025-09-27 00:00", "2025-10-13 00:00") == 8 * (3 + 3)


def test_sentence_1_24x7_is_a_calendar_too() -> None:
    now = at("2026-03-07 03:04:05")
    assert ALWAYS.is_open(now)
    assert ALWAYS.next_open(now) == now
    assert ALWAYS.after(now, 7200) == now + timedelta(hours=2)
    assert ALWAYS.between(now, now + timedelta(days=3)) == 3 * 86_400
    ALWAYS.check(now)


def test_sentence_1_windows_are_local_to_the_calendars_zone() -> None:
    assert made().is_open(at("2026-03-02 01:00:00Z"))
    assert not made(zone="Europe/Berlin").is_open(at("2026-03-02 01:00:00Z"))


# ---------------------------------------------------------------------------- sentence 2: real seconds, and clock changes


@pytest.mark.parametrize(
    ("zone", "hours", "day", "expected"),
    [
        pytest.param("Europe/Berlin", DAILY, "2026-03-29", 23, id="the day on which summer time begins has 23 hours"),
        pytest.param("Europe/Berlin", DAILY, "2026-10-25", 25, id="the day on which it ends has 25"),
        pytest.param("Europe/Berlin", DAILY, "2026-10-26", 24, id="the next one has 24"),
        pytest.param("Australia/Lord_Howe", DAILY, "2026-10-04", 23.5, id="Lord Howe moves by half an hour"),
        pytest.param("Australia/Lord_Howe", DAILY, "2026-04-05", 24.5, id="both ways"),
        pytest.param("America/Sao_Paulo", DAILY, "2017-10-15", 23, id="a day without a midnight begins at one"),
        pytest.param("America/Sao_Paulo", DAILY, "2018-02-17", 25, id="a day whose last hour comes twice"),
        pytest.param("Asia/Tehran", DAILY, "2021-09-21", 25, id="the same in Tehran"),
        pytest.param("Africa/Casablanca", DAILY, "2026-02-15", 25, id="Ramadan sets Casablanca's clocks back"),
        pytest.param("Pacific/Apia", DAILY, "2011-12-29", 24, id="Samoa on the day before the one that never was"),
        pytest.param("Europe/Berlin", {"sun": "02:00-03:00"}, "2026-03-29", 0, id="a window within the gap has no time"),
        pytest.param("Europe/Berlin", {"sun": "02:30-04:00"}, "2026-03-29", 1, id="a window that begins in the gap begins after it"),
        pytest.param("Europe/Berlin", {"sun": "01:00-02:30"}, "2026-03-29", 1, id="one that ends in the gap ends there"),
        pytest.param("Europe/Berlin", {"sun": "01:00-01:59:59"}, "2026-03-29", 3599 / 3600, id="one that ends a second before it is whole"),
        pytest.param("Europe/Berlin", {"sun": "02:59:59-04:00"}, "2026-03-29", 1, id="the last second of the gap is in it"),
        pytest.param("Europe/Berlin", {"sun": "02:30-03:00"}, "2026-10-25", 1.5, id="from a time that comes twice: from the first"),
        pytest.param("Europe/Berlin", {"sun": "01:00-02:30"}, "2026-10-25", 1.5, id="until a time that comes twice: until the first"),
        pytest.param("Europe/Berlin", {"sun": "02:15-02:45"}, "2026-10-25", 0.5, id="within the hour that comes twice: once"),
        pytest.param("Europe/Berlin", {"sun": "01:00-04:00"}, "2026-10-25", 4, id="across it: real hours"),
    ],
)
def test_sentence_2_working_time_is_real_elapsed_time(zone: str, hours: dict[str, str], day: str, expected: float) -> None:
    tomorrow = datetime.fromisoformat(day) + timedelta(days=1)
    assert hours_between(made(hours, zone), f"{day} 00:00", str(tomorrow)) == expected


def test_sentence_2_a_date_that_never_was_is_no_working_day() -> None:
    samoa = made(DAILY, "Pacific/Apia")
    assert hours_between(samoa, "2011-12-29 12:00", "2011-12-31 12:00") == 24
    assert due(samoa, "2011-12-29 12:00", "1d") == at("2011-12-31 12:00", "Pacific/Apia")


def test_sentence_2_where_clocks_go_back_over_midnight_the_new_date_has_begun_for_good() -> None:
    """At 00:01 on Sunday St. John's clocks went back to 23:01, when the wall showed Saturday again."""
    sunday = made({"sun": "00:00-06:00"}, "America/St_Johns")
    assert not sunday.is_open(at("2010-11-06 23:30", sunday.zone))
    assert sunday.is_open(at("2010-11-06 23:30'", sunday.zone))
    assert hours_between(sunday, "2010-11-06 12:00", "2010-11-06 23:30'") == 0.5
    assert due(sunday, "2010-11-06 23:30'", "30m") == at("2010-11-06 23:59:59'", sunday.zone) + timedelta(seconds=1)
    assert hours_between(sunday, "2010-11-06 12:00", "2010-11-07 12:00") == 7


def test_sentence_2_a_shift_over_the_night_of_the_change_has_nine_hours() -> None:
    berlin = made({"sat": "22:00-06:00"}, "Europe/Berlin")
    assert due(berlin, "2026-10-24 22:00", "9h") == at("2026-10-25 06:00", "Europe/Berlin")
    assert due(berlin, "2026-03-28 22:00", "7h") == at("2026-03-29 06:00", "Europe/Berlin")


# ------------------------------------------------------------------------------------------ sentence 3: start + N seconds


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        pytest.param("2026-03-02 09:00", "1h", "2026-03-02 10:00", id="within a window"),
        pytest.param("2026-03-02 11:30", "1h", "2026-03-02 13:30", id="lunch is skipped"),
        pytest.param("2026-03-02 17:00", "2h", "2026-03-03 10:00", id="the night is skipped"),
        pytest.param("2026-03-06 17:00", "2h", "2026-03-09 10:00", id="the weekend is skipped"),
        pytest.param("2026-03-07 11:00", "1h", "2026-03-09 10:00", id="a start outside counts from the next opening"),
        pytest.param("2026-03-02 12:30", "1h", "2026-03-02 14:00", id="so does one at lunch"),
        pytest.param("2026-03-02 17:00", "1h", "2026-03-02 18:00", id="used up exactly at 18:00 is due at 18:00"),
        pytest.param("2026-03-02 11:00", "1h", "2026-03-02 12:00", id="used up exactly at noon is due at noon"),
        pytest.param("2026-03-06 09:00", "8h", "2026-03-06 18:00", id="a whole day is due at its end"),
        pytest.param("2026-03-06 18:00", "1s", "2026-03-09 09:00:01", id="from the closing it is the next morning"),
        pytest.param("2026-03-02 10:00", "0m", "2026-03-02 10:00", id="nothing is due at once"),
        pytest.param("2026-03-02 12:00", "0m", "2026-03-02 13:00", id="nothing, at noon sharp, is due after lunch"),
        pytest.param("2026-03-06 18:00", "0m", "2026-03-09 09:00", id="nothing, at the closing, is due on Monday"),
        pytest.param("2026-03-07 00:00", "0d", "2026-03-09 09:00", id="nothing in days is nothing"),
        pytest.param("2026-03-02 09:00:07", "1m", "2026-03-02 09:01:07", id="to the second"),
    ],
)
def test_sentence_3_a_promise_is_due_when_its_working_seconds_are_used_up(start: str, duration: str, expected: str) -> None:
    assert due(made(), start, duration) == at(expected)


def test_sentence_3_a_next_opening_is_nothing_after() -> None:
    assert made().next_open(at("2026-03-07 11:00")) == at("2026-03-09 09:00") == made().after(at("2026-03-07 11:00"), 0)


def test_time_is_never_counted_backward() -> None:
    with pytest.raises(ValueError, match="forward"):
        made().after(at("2026-03-02 09:00"), -1)


# ---------------------------------------------------------------------------------------------- page 2: d is a working day


@pytest.mark.parametrize(
    ("hours", "start", "duration", "expected"),
    [
        pytest.param(OFFICE, "2026-03-02 10:00", "1d", "2026-03-03 10:00", id="tomorrow at the same time"),
        pytest.param(OFFICE, "2026-03-06 10:00", "1d", "2026-03-09 10:00", id="Monday after Friday"),
        pytest.param(OFFICE, "2026-03-02 10:00", "1w", "2026-03-11 10:00", id="a week is seven working days"),
        pytest.param(OFFICE, "2026-03-02 10:00", "2d4h", "2026-03-04 15:00", id="days first, then hours"),
        pytest.param(OFFICE, "2026-03-02 17:00", "1d2h", "2026-03-04 10:00", id="hours go on over the night"),
        pytest.param(OFFICE, "2026-03-07 11:00", "1d", "2026-03-10 09:00", id="from Saturday it counts from Monday's opening"),
        pytest.param(OFFICE, "2026-03-06 19:00", "1d", "2026-03-10 09:00", id="so it does from Friday evening"),
        pytest.param(OFFICE, "2026-03-02 07:00", "1d", "2026-03-03 09:00", id="before the opening counts from the opening"),
        pytest.param({"fri": "09:00-13:00"}, "2026-03-06 10:00", "1d", "2026-03-13 10:00", id="one day a week"),
        pytest.param(
            {"mon-thu": "09:00-18:00", "fri": "09:00-13:00"}, "2026-03-05 16:00", "1d", "2026-03-06 13:00", id="used up when it closes"
        ),
        pytest.param(
            {"mon-thu": "09:00-18:00", "fri": "09:00-13:00"}, "2026-03-05 16:00", "1d1h", "2026-03-09 10:00", id="and on from there"
        ),
        pytest.param(
            {"mon": "06:00-18:00", "tue": "12:00-18:00"}, "2026-03-02 07:00", "1d", "2026-03-03 12:00", id="not open yet: the opening"
        ),
        pytest.param(NIGHTS, "2026-03-02 23:00", "1d", "2026-03-03 23:00", id="a night shift"),
        pytest.param(
            NIGHTS, "2026-03-06 02:00", "1d", "2026-03-09 02:00", id="after midnight it is still Thursday's shift, next comes Sunday's"
        ),
        pytest.param(NIGHTS, "2026-03-06 02:00", "2d", "2026-03-10 02:00", id="and Monday's"),
        pytest.param(DAILY, "2026-03-02 10:00", "3d", "2026-03-05 10:00", id="around the clock"),
    ],
)
def test_durations_d_means_working_days_at_the_same_wall_clock_time(
    hours: dict[str, str], start: str, duration: str, expected: str
) -> None:
    assert due(made(hours), start, duration) == at(expected)


def test_durations_working_days_pass_over_holidays_and_take_in_working_saturdays() -> None:
    calendar = made(holidays="CN", exceptions={"2026-02-14": "09:00-18:00"})
    assert due(calendar, "2026-02-13 10:00", "1d") == at("2026-02-14 10:00")
    assert due(calendar, "2026-09-30 10:00", "1d") == at("2026-10-08 10:00")


def test_durations_a_day_at_the_same_time_is_23_hours_long_when_clocks_change_and_24_in_always() -> None:
    start = at("2026-03-28 12:00", "Europe/Berlin")
    assert made(DAILY, "Europe/Berlin").due(start, parse("1d")) == start + timedelta(hours=23)
    assert Calendar.always("Europe/Berlin").due(start, parse("1d")) == start + timedelta(hours=23)
    assert ALWAYS.due(start, parse("1d")) == start + timedelta(hours=24)
    assert ALWAYS.due(start, parse("24h")) == Calendar.always("Europe/Berlin").due(start, parse("24h")) == start + timedelta(hours=24)


def test_durations_a_same_time_that_is_skipped_is_the_first_instant_after_the_gap() -> None:
    assert due(made(DAILY, "Europe/Berlin"), "2026-03-28 02:30", "1d") == at("2026-03-29 01:00:00Z")


def test_durations_a_same_time_that_comes_twice_is_the_first() -> None:
    assert due(made(DAILY, "Europe/Berlin"), "2026-10-24 02:30", "1d") == at("2026-10-25 00:30:00Z")


# -------------------------------------------------------------------------------------------- sentence 4: window by window


@pytest.mark.parametrize(
    ("hours", "start", "end", "expected"),
    [
        pytest.param(OFFICE, "2026-03-02 00:00", "2026-03-09 00:00", 40, id="a week"),
        pytest.param(OFFICE, "2026-03-02 11:00", "2026-03-02 14:00", 2, id="around lunch"),
        pytest.param(OFFICE, "2026-03-02 14:00", "2026-03-02 11:00", 0, id="the end before the start is nothing"),
        pytest.param(OFFICE, "2026-03-02 14:00", "2026-03-02 14:00", 0, id="no time is nothing"),
        pytest.param(NIGHTS, "2026-03-02 00:00", "2026-03-03 00:00", 8, id="six hours of Sunday's shift and two of Monday's"),
        pytest.param(
            {"mon": "22:00-06:00"}, "2026-03-03 00:00", "2026-03-04 00:00", 6, id="a window belongs to the day on which it begins"
        ),
        pytest.param({"mon": "18:00-24:00"}, "2026-03-02 00:00", "2026-03-04 00:00", 6, id="24:00 is the end of the day"),
        pytest.param(
            {"mon": "22:00-06:00", "tue": "05:00-09:00"}, "2026-03-02 00:00", "2026-03-04 00:00", 11, id="overlaps merge over midnight"
        ),
        pytest.param({"mon": "09:00-14:00, 12:00-18:00"}, "2026-03-02 00:00", "2026-03-04 00:00", 9, id="overlaps merge within a day"),
        pytest.param({"mon-sun": "12:00-11:59"}, "2026-03-02 12:00", "2026-03-04 12:00", 47 + 58 / 60, id="nearly around the clock"),
    ],
)
def test_sentence_4_windows_are_counted_once_each(hours: dict[str, str], start: str, end: str, expected: float) -> None:
    assert hours_between(made(hours), start, end) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-03-02 08:59:59", False),
        ("2026-03-02 09:00:00", True),
        ("2026-03-02 11:59:59", True),
        ("2026-03-02 12:00:00", False),
        ("2026-03-02 17:59:59", True),
        ("2026-03-02 18:00:00", False),
    ],
)
def test_sentence_4_windows_are_half_open(moment: str, is_open: bool) -> None:
    assert made().is_open(at(moment)) is is_open


def test_sentence_4_a_holiday_takes_its_own_night_shift_and_leaves_that_of_the_day_before() -> None:
    calendar = made(NIGHTS, holidays=["2026-03-03"])
    assert calendar.is_open(at("2026-03-03 05:59"))
    assert not calendar.is_open(at("2026-03-03 22:00"))
    assert not calendar.is_open(at("2026-03-04 05:59"))


def test_sentence_4_a_night_shift_of_new_years_eve_reaches_into_the_new_year() -> None:
    calendar = made({"mon-sun": "22:00-06:00"}, holidays=["2026-12-31"], exceptions={"2027-12-31": "20:00-08:00"})
    assert hours_between(calendar, "2027-01-01 00:00", "2027-01-01 12:00") == 0
    assert hours_between(calendar, "2028-01-01 00:00", "2028-01-01 12:00") == 8
    assert hours_between(calendar, "2026-12-01 00:00", "2027-01-02 00:00") == 6 + 30 * 8 + 0 + 2


@pytest.mark.parametrize(
    "calendar",
    [
        pytest.param(made({}), id="no hours at all"),
        pytest.param(made({"mon": ""}), id="only closed days"),
        pytest.param(made({}, exceptions={"2026-02-14": "09:00-18:00"}), id="its only hours are over"),
        pytest.param(made({}, exceptions={"2028-02-14": "09:00-18:00"}), id="its only hours are too far off"),
        pytest.param(made(DAILY, holidays=EVERY_DAY), id="every day is a holiday"),
    ],
)
def test_sentence_4_a_calendar_without_working_time_in_400_days_is_refused_and_never_loops(calendar: Calendar) -> None:
    """glpi#6010: an endless loop."""
    now = at("2026-11-22 00:00")
    with pytest.raises(ValueError, match="calendar made has no working time in the 400 days from 2026-11-21"):
        calendar.check(now)
    if calendar.exceptions.keys() <= {date(2026, 2, 14)}:
        with pytest.raises(ValueError, match="calendar made has no working time after"):
            calendar.after(now, 1)
        with pytest.raises(ValueError, match="calendar made has no working time after"):
            calendar.due(now, parse("1d"))


def test_sentence_4_one_working_hour_on_the_last_of_the_400_days_is_enough() -> None:
    start = at("2026-01-01 00:00")
    last = made({}, exceptions={"2027-02-04": "23:00-24:00"})
    assert last.next_open(start) == start + timedelta(days=400) - timedelta(hours=1)
    last.check(start)
    with pytest.raises(ValueError, match="no working time"):
        last.check(start - timedelta(hours=1))


def test_what_lies_beyond_all_calendars_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="year"):
        made().after(at("9998-12-31 00:00"), 400 * 86_400)
    with pytest.raises(ValueError, match="year"):
        ALWAYS.after(at("9999-12-31 00:00"), 400 * 86_400)


# ------------------------------------------------------------------------------------- sentence 5: a person's questions


def test_sentence_5_answers_are_utc_and_whole_seconds_wherever_the_question_comes_from() -> None:
    asked = datetime(2026, 3, 2, 12, 0, 0, 999_999, tzinfo=ZoneInfo("Asia/Kathmandu"))
    answer = made().after(asked, 60)
    assert (answer.tzinfo, answer.microsecond) == (UTC, 0)
    assert answer == asked.replace(microsecond=0) + timedelta(minutes=1)
    with pytest.raises(ValueError, match="no time zone"):
        made().is_open(datetime(2026, 3, 2))


# --------------------------------------------------------------------------------------------------------------- its cost


def test_ten_thousand_hours_cost_about_as_much_as_ten() -> None:
    calendar, start = made(), at("2026-03-02 10:07")

    def cost(hours: int) -> float:
        calendar.after(start, hours * 3600)
        best = []
        for _ in range(5):
            begin = time.perf_counter()
            for _ in range(200):
                calendar.after(start, hours * 3600)
            best.append(time.perf_counter() - begin)
        return min(best)

    assert cost(10_000) < 4 * cost(10)
