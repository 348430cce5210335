"""Page 2, `calendars`: what a calendar of sla.yaml may be, and what is said where it can't be meant."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from itsm.sla.calendar import Calendar
from itsm.sla.hours import CalendarError
from itsm.sla.reading_calendar import parse_calendar

H = 3600
NINE_TO_SIX = ((9 * H, 18 * H),)
OFFICE = {"hours": {"mon-fri": "09:00-18:00"}}


def calendar(**spec: object) -> Calendar:
    return parse_calendar("made", spec, "Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("09:00-12:00, 13:00-18:00", ((9 * H, 12 * H), (13 * H, 18 * H))),
        ("13:00-18:00,09:00-12:00", ((9 * H, 12 * H), (13 * H, 18 * H))),
        ("9:00-18:00", NINE_TO_SIX),
        (" 09:00 - 18:00 ", NINE_TO_SIX),
        ("00:00-24:00", ((0, 24 * H),)),
        ("18:00-24:00", ((18 * H, 24 * H),)),
        ("18:00-00:00", ((18 * H, 24 * H),)),
        ("22:00-06:00", ((22 * H, 30 * H),)),
        ("09:00-14:00, 12:00-18:00", NINE_TO_SIX),
        ("09:00-12:00, 12:00-18:00", NINE_TO_SIX),
        ("08:30:15-08:30:16", ((30_615, 30_616),)),
        (["09:00-12:00", "12:00-18:00"], NINE_TO_SIX),
        ("", ()),
        ([], ()),
    ],
    ids=str,
)
def test_sentence_4_windows_are_several_a_day_to_24_00_and_over_midnight_and_overlaps_merge(text: object, spans: object) -> None:
    assert calendar(hours={"mon": text}).week[0] == spans


@pytest.mark.parametrize(
    ("key", "days"),
    [
        ("mon", [0]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("sat-sun", [5, 6]),
        ("fri-mon", [0, 4, 5, 6]),
        ("mon,wed,fri", [0, 2, 4]),
        ("mon-tue, fri", [0, 1, 4]),
        ("Mon - Sun", [0, 1, 2, 3, 4, 5, 6]),
        ("wed-wed", [2]),
    ],
)
def test_days_are_one_a_list_or_a_range_that_may_go_round_the_weekend(key: str, days: list[int]) -> None:
    week = calendar(hours={key: "09:00-18:00"}).week
    assert [day for day in range(7) if week[day]] == days


def test_the_zone_is_the_desks_unless_the_calendar_has_its_own() -> None:
    assert calendar(**OFFICE).zone == ZoneInfo("Asia/Shanghai")
    assert calendar(**OFFICE, timezone="Europe/Berlin").zone == ZoneInfo("Europe/Berlin")


def test_holidays_are_dates_yearly_dates_and_codes_in_one_list() -> None:
    holidays = calendar(**OFFICE, holidays=["2026-10-01", "12-24", "02-29", date(2026, 3, 4), "CN", "DE-BY", "CN"]).holidays
    assert holidays.dates == {date(2026, 10, 1), date(2026, 3, 4)}
    assert holidays.yearly == {(12, 24), (2, 29)}
    assert holidays.codes == ("CN", "DE-BY")
    assert calendar(**OFFICE, holidays="US-CA").holidays.codes == ("US-CA",)
    assert calendar(**OFFICE, holidays="12-24").holidays.yearly == {(12, 24)}


def test_a_yearly_29_february_is_a_holiday_in_leap_years_only() -> None:
    holidays = calendar(**OFFICE, holidays="02-29").holidays
    assert holidays.in_year(2028) == {date(2028, 2, 29).toordinal()}
    assert holidays.in_year(2026) == holidays.in_year(2100) == frozenset()


def test_exceptions_are_dates_with_hours_of_their_own() -> None:
    made = calendar(
        **OFFICE, exceptions={"2026-02-14": "09:00-18:00", date(2026, 2, 15): "22:00-06:00", "2026-05-01": "", "2026-05-02": []}
    )
    assert made.exceptions == {
        date(2026, 2, 14): NINE_TO_SIX,
        date(2026, 2, 15): ((22 * H, 30 * H),),
        date(2026, 5, 1): (),
        date(2026, 5, 2): (),
    }


@pytest.mark.parametrize(
    ("spec", "path", "says"),
    [
        ({**OFFICE, "holiday": "CN"}, ("holiday",), "did you mean holidays?"),
        ({**OFFICE, "timezon": "UTC"}, ("timezon",), "did you mean timezone?"),
        ({**OFFICE, 7: "UTC"}, ("7",), "unknown key '7'"),
        ({}, (), "hours are missing: write hours: {mon-fri: '09:00-18:00'}"),
        ({"hours": "09:00-18:00"}, ("hours",), "hours go by weekday"),
        ({"hours": None}, ("hours",), "hours go by weekday"),
        ({"hours": {"monday": "09:00-18:00"}}, ("hours", "monday"), "did you mean mon?"),
        (
            {"hours": {"mon-fir": "09:00-18:00"}},
            ("hours", "mon-fir"),
            "'fir' is no weekday, they are mon tue wed thu fri sat sun; did you mean fri?",
        ),
        ({"hours": {"mon-": "09:00-18:00"}}, ("hours", "mon-"), "'' is no weekday"),
        ({"hours": {"mon-tue-wed": "09:00-18:00"}}, ("hours", "mon-tue-wed"), "'tue-wed' is no weekday"),
        ({"hours": {1: "09:00-18:00"}}, ("hours", "1"), "'1' is no weekday"),
        ({"hours": {"mon-fri": "09:00-18:00", "fri": "09:00-15:00"}}, ("hours", "fri"), "fri is given twice, in 'mon-fri' and 'fri'"),
        ({"hours": {"mon": 540}}, ("hours", "mon"), "540 is not a text: write '09:00-12:00, 13:00-18:00', in quotes"),
        ({"hours": {"mon": [540]}}, ("hours", "mon"), "540 is not a text"),
        ({"hours": {"mon": True}}, ("hours", "mon"), "True is not a text"),
        ({"hours": {"mon": None}}, ("hours", "mon"), "or '' for closed"),
        ({"hours": {"mon": "09:00"}}, ("hours", "mon"), "'09:00' is not a window of time"),
        ({"hours": {"mon": "9-18"}}, ("hours", "mon"), "'9' is not a time of day"),
        ({"hours": {"mon": "09:00-12:00-13:00"}}, ("hours", "mon"), "'12:00-13:00' is not a time of day"),
        ({"hours": {"mon": "09:00-18:60"}}, ("hours", "mon"), "'18:60' is not a time of day"),
        ({"hours": {"mon": "09:00-24:01"}}, ("hours", "mon"), "'24:01' is not a time of day"),
        ({"hours": {"mon": "24:00-06:00"}}, ("hours", "mon"), "begins at 24:00"),
        ({"hours": {"mon": "09:00-09:00"}}, ("hours", "mon"), "a whole day is '00:00-24:00'"),
        ({"hours": {"mon": "09:00-12:00,"}}, ("hours", "mon"), "'' is not a window of time"),
        ({**OFFICE, "timezone": "Asia/Shangai"}, ("timezone",), "did you mean Asia/Shanghai"),
        ({**OFFICE, "timezone": "Asia"}, ("timezone",), "'Asia' is no time zone"),
        ({**OFFICE, "timezone": ""}, ("timezone",), "'' is no time zone"),
        ({**OFFICE, "timezone": "../etc/passwd"}, ("timezone",), "is no time zone"),
        ({**OFFICE, "timezone": 8}, ("timezone",), "8 is not a text: write timezone: Asia/Shanghai"),
        ({**OFFICE, "holidays": "cn"}, ("holidays",), "did you mean CN?"),
        ({**OFFICE, "holidays": ["12-24", "CNN"]}, ("holidays", "1"), "no public holidays are known for 'CNN'; did you mean"),
        ({**OFFICE, "holidays": ["DE-BV"]}, ("holidays", "0"), "DE has no part 'BV' with holidays of its own; did you mean DE-"),
        ({**OFFICE, "holidays": ["CN-SH"]}, ("holidays", "0"), "write CN"),
        ({**OFFICE, "holidays": "2026-02-30"}, ("holidays",), "'2026-02-30' is not a date"),
        ({**OFFICE, "holidays": ["13-01"]}, ("holidays", "0"), "'13-01' is not a date"),
        ({**OFFICE, "holidays": ["1-5"]}, ("holidays", "0"), "yearly as 12-24"),
        ({**OFFICE, "holidays": ["2026/10/01"]}, ("holidays", "0"), "write it as 2026-10-01"),
        ({**OFFICE, "holidays": [20261001]}, ("holidays", "0"), "20261001 is not a text"),
        ({**OFFICE, "holidays": False}, ("holidays",), "Norway is 'NO', in quotes"),
        ({**OFFICE, "holidays": ""}, ("holidays",), "a holiday is missing"),
        ({**OFFICE, "holidays": None}, ("holidays",), "None is not a text"),
        ({**OFFICE, "exceptions": ["2026-02-14"]}, ("exceptions",), "exceptions are dates with hours"),
        ({**OFFICE, "exceptions": {"02-14": "09:00-18:00"}}, ("exceptions", "02-14"), "'02-14' is not a date"),
        ({**OFFICE, "exceptions": {"2026-02-14": 540}}, ("exceptions", "2026-02-14"), "540 is not a text"),
        ({**OFFICE, "exceptions": {"2026-02-14": None}}, ("exceptions", "2026-02-14"), "or '' for closed"),
        ("09:00-18:00", (), "a calendar is a mapping"),
    ],
    ids=str,
)
def test_a_mistake_is_named_with_its_key_and_what_to_write(spec: dict[str, object], path: tuple[str, ...], says: str) -> None:
    with pytest.raises(CalendarError) as caught:
        parse_calendar("made", spec, "Asia/Shanghai")
    assert says in str(caught.value)
    assert caught.value.path == path


def test_a_code_taken_on_trust_is_found_wrong_when_it_is_first_used() -> None:
    made = parse_calendar("made", {**OFFICE, "holidays": "XX"}, "UTC", check_codes=False)
    with pytest.raises(ValueError, match="no 'XX'"):
        made.check(datetime(2026, 1, 1, tzinfo=UTC))


def test_the_holidays_library_is_left_alone_until_a_code_is_looked_at() -> None:
    """It takes longer to import than most commands take in all."""
    program = """
import sys
from datetime import UTC, datetime
from itsm.sla.reading_calendar import parse_calendar
now = datetime(2026, 11, 22, tzinfo=UTC)
parse_calendar("a", {"hours": {"mon-fri": "09:00-18:00"}, "holidays": ["2026-10-01", "12-24"]}, "Asia/Shanghai").after(now, 3600)
parse_calendar("b", {"hours": {"mon-fri": "09:00-18:00"}, "holidays": "CN"}, "Asia/Shanghai", check_codes=False)
assert not {"holidays", "dateutil", "difflib"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
