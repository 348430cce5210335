"""`itsm calendar list` and `show`: which hours a desk keeps, and a month of them as people expect it, on 80 columns or in a pipe."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.terminal import seen

FRIDAY = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # ten in Berlin
POLICY = """\
schema: 1
desk: {timezone: Europe/Berlin}
calendars:
  office:
    hours: {mon-thu: '09:00-12:00, 13:00-18:00', fri: '09:00-16:30'}
    holidays: ['2026-12-28', '12-24', DE-BY]
    exceptions: {'2026-12-19': '10:00-14:00', '2026-12-23': ''}
  night: {hours: {mon-sun: '22:00-06:00'}, timezone: Asia/Shanghai}
"""
DECEMBER = """\
December 2026, office, Europe/Berlin
mon-thu 09:00-12:00, 13:00-18:00; fri 09:00-16:30

       Mon      Tue      Wed      Thu      Fri      Sat      Sun
W49              1 8h     2 8h     3 8h     4 7h30   5 -      6 -       31h30
W50     7 8h     8 8h     9 8h    10 8h    11 7h30  12 -     13 -       39h30
W51    14 8h    15 8h    16 8h    17 8h    18 7h30  19!4h    20 -       43h30
W52    21 8h    22 8h    23!-     24*-     25*-     26*-     27 -         16h
W53    28*-     29 8h    30 8h    31 8h                                   24h
                                                                      154h30

! 2026-12-19 Sat  10:00-14:00, exception
! 2026-12-23 Wed  closed, exception
* 2026-12-24 Thu  closed, every 12-24
* 2026-12-25 Fri  closed, Christmas Day (DE-BY)
* 2026-12-26 Sat  closed, Second Day of Christmas (DE-BY)
* 2026-12-28 Mon  closed, holiday
"""


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    (tmp_path / "sla.yaml").write_text(POLICY, encoding="utf-8")
    return DeskRunner(tmp_path, now=FRIDAY)


def test_a_month_is_drawn_a_week_a_row_with_what_is_unlike_its_weekday_below(desk):
    done = desk.ok("calendar", "show", "office", "--month", "2026-12")
    assert done.out == DECEMBER
    assert max(map(len, done.out.splitlines())) <= 80


def test_without_month_it_is_this_one_and_today_is_marked(desk):
    out = desk.ok("calendar", "show", "office").out
    assert out.startswith("November 2026, office")
    assert out.count(">") == 1
    assert ">20 7h30" in out


def test_which_month_and_day_it_is_goes_by_the_calendars_zone(desk):
    out = desk.ok("calendar", "show", "night", at=datetime(2026, 11, 30, 20, 0, tzinfo=UTC)).out
    assert out.startswith("December 2026, night, Asia/Shanghai")
    assert "> 1 8h" in out


def test_a_day_on_which_the_clocks_change_is_an_hour_shorter_or_longer(desk):
    assert " 29 23h " in desk.ok("calendar", "show", "24x7", "--month", "2026-03").out
    assert " 25 25h " in desk.ok("calendar", "show", "24x7", "--month", "2026-10").out


@pytest.mark.parametrize("month", ["2026-02", "2027-02", "2028-02", "2026-08", "0002-01", "9998-12"])
def test_a_month_has_all_its_days_once_under_their_weekdays(desk, month):
    weeks = [line for line in desk.ok("calendar", "show", "24x7", "--month", month).out.splitlines() if re.match(r"W\d\d", line)]
    numbers = [int(number) for line in weeks for number in re.findall(r"[ >] ?(\d\d?) 2[345]h", line[:69])]
    assert numbers == list(range(1, len(numbers) + 1))
    year, number = map(int, month.split("-"))
    first = weeks[0].index(" 1 2") // 9
    assert first == datetime(year, number, 1, tzinfo=UTC).weekday()


def test_a_month_as_json_has_every_day_with_its_hours_and_reason(desk):
    data = desk.ok("calendar", "show", "office", "--month", "2026-12", "--json").data
    days = {day["date"]: day for day in data["days"]}
    assert (data["name"], data["timezone"], data["month"], data["seconds"]) == ("office", "Europe/Berlin", "2026-12", 154 * 3600 + 1800)
    assert len(days) == 31
    assert days["2026-12-04"] == {"date": "2026-12-04", "hours": "09:00-16:30", "seconds": 27000, "why": ""}
    assert days["2026-12-25"] == {"date": "2026-12-25", "hours": "", "seconds": 0, "why": "Christmas Day (DE-BY)"}
    assert sum(day["seconds"] for day in days.values()) == data["seconds"]


def test_what_is_drawn_is_what_is_counted(desk):
    """The sheet's sum is what `calendar between` says of the same month."""
    seconds = desk.ok("calendar", "between", "office", "2026-12-01T00:00+01:00", "2027-01-01T00:00+01:00", "--json").data["seconds"]
    assert seconds == desk.ok("calendar", "show", "office", "--month", "2026-12", "--json").data["seconds"]


def test_the_list_has_each_calendar_with_its_hours_and_whether_it_is_open(desk):
    assert desk.ok("calendar", "list").out.splitlines() == [
        "24x7         open                           Europe/Berlin    always",
        "office       open until 2026-11-20T16:30:00+01:00 Europe/Berlin    mon-thu 09:00-12:00, 13:00-18:00; fri 09:00-16:30",
        "night        closed until 2026-11-20T15:00:00+01:00 Asia/Shanghai    mon-sun 22:00-06:00",
    ]
    rows = desk.ok("calendar", "list", "--json").data
    assert [(row["name"], row["open"], row["until"]) for row in rows] == [
        ("24x7", True, None), ("office", True, "2026-11-20T15:30:00Z"), ("night", False, "2026-11-20T14:00:00Z"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "open_", "until"),
    [
        (datetime(2026, 11, 20, 15, 29, 59, tzinfo=UTC), True, "2026-11-20T15:30:00Z"),
        (datetime(2026, 11, 20, 15, 30, tzinfo=UTC), False, "2026-11-23T08:00:00Z"),  # half-open: it has just closed, until Monday
        (datetime(2026, 11, 23, 11, 30, tzinfo=UTC), False, "2026-11-23T12:00:00Z"),  # the break
    ],
)
def test_open_until_is_to_the_second(desk, at, open_, until):
    row = next(row for row in desk.ok("calendar", "list", "--json", at=at).data if row["name"] == "office")
    assert (row["open"], row["until"]) == (open_, until)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("show", "ofice"), "did you mean office?"),
        (("show", "office", "--month", "2026-13"), "'2026-13' is no month"),
        (("show", "office", "--month", "December"), "--month 2026-12"),
        (("show", "office", "--month", "9999-12"), "is no month"),
        (("show", "office", "--month", ""), ""),
    ],
)
def test_what_can_not_be_shown_is_said_with_what_can(desk, args, says):
    done = desk.do("calendar", *args)
    assert done.exit == (2 if says else 0)
    assert says in done.err


def test_people_see_closed_days_dimmed_and_pipes_no_colour(desk):
    person = {"TERM": "xterm"}
    shown = seen(desk, "calendar", "show", "office", env=person)
    assert "\x1b[2m 21 -    \x1b[0m" in shown
    assert "\x1b[1m>20 7h30 \x1b[0m" in shown
    assert "\x1b" not in seen(desk, "calendar", "show", "office", env={**person, "NO_COLOR": "1"})
    assert "\x1b" not in desk.ran("calendar", "show", "office").out


OCTOBER = """\
October 2026, office, Asia/Shanghai
mon-fri 09:00-18:00

       Mon      Tue      Wed      Thu      Fri      Sat      Sun
W40                                1*-      2*-      3*-      4 -           -
W41     5*-      6*-      7*-      8 9h     9 9h    10*9h    11 -         27h
W42    12 9h    13 9h    14 9h    15 9h    16 9h    17 -     18 -         45h
W43    19 9h    20 9h    21 9h    22 9h    23 9h    24 -     25 -         45h
W44    26 9h    27 9h    28 9h    29 9h    30 9h    31 -                  45h
                                                                        162h

* 2026-10-01 Thu  closed, National Day (CN)
* 2026-10-02 Fri  closed, National Day (CN)
* 2026-10-03 Sat  closed, National Day (CN)
* 2026-10-05 Mon  closed, National Day (observed) (CN)
* 2026-10-06 Tue  closed, Day off (substituted from 09/20/2026) (CN)
* 2026-10-07 Wed  closed, Day off (substituted from 10/10/2026) (CN)
* 2026-10-10 Sat  09:00-18:00, make-up day (CN)
"""


@pytest.mark.parametrize("lang", ["C.UTF-8", "zh_CN.UTF-8", "de_DE.UTF-8"])
def test_chinese_make_up_days_are_drawn_with_their_reason_in_english_whatever_the_language_of_the_host(tmp_path, lang):
    text = (
        "schema: 1\ndesk: {timezone: Asia/Shanghai}\ncalendars:\n  office: {hours: {mon-fri: '09:00-18:00'}, holidays: CN, makeup: mon}\n"
    )
    (tmp_path / "sla.yaml").write_text(text, encoding="utf-8")
    environment = {"PATH": "/usr/bin:/bin", "LANG": lang, "ITSM_NOW": "2026-11-20T09:00:00Z"}
    told = subprocess.run(
        [ITSM, "calendar", "show", "office", "--month", "2026-10"],
        cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert told.stdout == OCTOBER


ASKED = {
    ("due", "office", "2026-11-20 17:00", "2h"): ("2026-11-23 11:00", "2026-11-23T10:00:00Z"),
    ("between", "office", "2026-11-20 15:00", "2026-11-23 10:00"): ("2h 30m", "9000"),
}


@pytest.mark.parametrize("args", ASKED, ids=" ".join)
def test_a_terminal_has_it_for_people_and_a_pipe_for_programs_wherever_the_rest_goes(desk, args, tmp_path):
    """`x=$(itsm calendar due …)` at a prompt: the answer goes into a pipe, though a person may be asked."""
    for_people, for_programs = ASKED[args]
    assert seen(desk, "calendar", *args).splitlines()[-1] == for_people
    assert desk.ran("calendar", *args).out == f"{for_programs}\n"
    with (tmp_path / "answer").open("wb") as answer:
        seen(desk, "calendar", *args, stdout=answer.fileno())
    assert (tmp_path / "answer").read_text() == f"{for_programs}\n"
