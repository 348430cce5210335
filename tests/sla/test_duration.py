"""Page 2, *Durations*: `s m h d w`, joinable; days apart from seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.sla.duration import LONGEST, UNITS, Duration, format_seconds, parse


@pytest.mark.parametrize(
    ("text", "days", "seconds"),
    [
        ("45s", 0, 45),
        ("20m", 0, 1200),
        ("2h", 0, 7200),
        ("3d", 3, 0),
        ("2w", 14, 0),
        ("1h30m", 0, 5400),
        ("2d4h", 2, 14_400),
        ("1w2d3h4m5s", 9, 11_045),
        ("4h2d", 2, 14_400),
        ("1h 30m", 0, 5400),
        ("0m", 0, 0),
        ("90m", 0, 5400),
        ("48h", 0, 172_800),
    ],
)
def test_a_duration_is_days_and_seconds(text: str, days: int, seconds: int) -> None:
    duration = parse(text)
    assert (duration.days, duration.seconds, str(duration)) == (days, seconds, text)
    assert duration.total == days * 86_400 + seconds


def test_hours_never_become_days_because_a_working_day_may_have_eight() -> None:
    assert parse("24h") != parse("1d")
    assert parse("24h").total == parse("1d").total


def test_durations_that_mean_the_same_are_equal_however_they_are_written() -> None:
    assert parse("90m") == parse("1h30m") == Duration(0, 5400, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("20", "20 what? write 20m"),
        ("1h 30", "30 what? write 30m"),
        ("", "is missing"),
        ("  ", "is missing"),
        ("1.5h", "has a fraction; write whole numbers, as in 1h30m"),
        ("1,5h", "has a fraction"),
        ("-20m", "is negative"),
        ("1h-20m", "is negative"),
        ("20min", "did you mean 20m?"),
        ("2 hours", "did you mean 2h?"),
        ("30secs", "did you mean 30s?"),
        ("1H", "did you mean 1h?"),
        ("3months", "months and years differ in length; write days, as in 30d"),
        ("1y", "months and years differ in length"),
        ("3x", "units are s, m, h, d and w"),
        ("1h1h", "gives h twice"),
        ("PT1H", "is not a duration"),
        ("h", "is not a duration"),
        ("soon", "is not a duration"),
        ("20m!", "is not a duration"),
        ("٣h", "is not a duration"),
        ("4000d", "more than ten years"),
        ("9" * 5000 + "s", "more than ten years"),
    ],
)
def test_a_mistake_is_named_with_the_way_to_write_it(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"write|as in|did you mean") as caught:
        parse(text)
    assert says in str(caught.value)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("wdhms")), min_size=1, unique_by=lambda part: part[1]))
def test_the_parts_add_up(parts: list[tuple[int, str]]) -> None:
    duration = parse("".join(f"{number}{unit}" for number, unit in parts))
    assert duration.total == sum(number * UNITS[unit] for number, unit in parts)


@given(st.text(max_size=12))
def test_any_other_text_is_a_value_error_and_nothing_else(text: str) -> None:
    try:
        assert 0 <= parse(text).total <= LONGEST
    except ValueError as error:
        assert str(error)  # noqa: PT017 - most texts are wrong, some aren't


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0m"),
        (1, "1s"),
        (45, "45s"),
        (60, "1m"),
        (90, "1m 30s"),
        (3600, "1h"),
        (3605, "1h"),
        (5400, "1h 30m"),
        (5459, "1h 30m"),
        (86_399, "23h 59m"),
        (86_400, "1d"),
        (86_459, "1d"),
        (2 * 86_400 + 3 * 3600, "2d 3h"),
        (30 * 86_400, "30d"),
        (-45, "-45s"),
        (-5400, "-1h 30m"),
    ],
)
def test_seconds_are_shown_in_at_most_two_units_and_never_rounded_up(seconds: int, text: str) -> None:
    assert format_seconds(seconds) == text
