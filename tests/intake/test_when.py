"""What people write for an instant, at two o'clock on Wednesday, 25 November 2026, in Shanghai."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from itsm.errors import Usage
from itsm.intake.when import when

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 25, 14, 0, tzinfo=ZONE).astimezone(UTC)

# What is written; what it means for who says when something was (`--at`), and for who looks ahead (`--until`).
SAID = [
    ("mon 9:00", "11-23 09:00", "11-30 09:00"),
    ("monday 9:00", "11-23 09:00", "11-30 09:00"),
    ("Friday", "11-20 00:00", "11-27 00:00"),
    ("fri at noon", "11-20 12:00", "11-27 12:00"),
    ("wed 9:00", "11-25 09:00", "12-02 09:00"),  # today, unless that is over, or still to come
    ("wed 16:00", "11-18 16:00", "11-25 16:00"),
    ("on thu 8:30", "11-19 08:30", "11-26 08:30"),
    ("last fri 17:00", "11-20 17:00", "11-20 17:00"),
    ("last wed 9:00", "11-18 09:00", "11-18 09:00"),
    ("next wed 9:00", "12-02 09:00", "12-02 09:00"),
    ("next fri", "11-27 00:00", "11-27 00:00"),
    ("eod", "11-25 18:00", "11-25 18:00"),
    ("noon", "11-25 12:00", "11-25 12:00"),
    ("tomorrow eod", "11-26 18:00", "11-26 18:00"),
    ("tomorrow at 9:00", "11-26 09:00", "11-26 09:00"),
    ("yesterday noon", "11-24 12:00", "11-24 12:00"),
    ("yesterday 2pm", "11-24 14:00", "11-24 14:00"),
    ("tomorrow", "11-26 00:00", "11-26 00:00"),
    ("2h ago", "11-25 12:00", "11-25 12:00"),
    ("3 hours ago", "11-25 11:00", "11-25 11:00"),
    ("in 2h", "11-25 16:00", "11-25 16:00"),
    ("in 3 days", "11-28 14:00", "11-28 14:00"),
    ("9:00", "11-25 09:00", "11-25 09:00"),
    ("now", "11-25 14:00", "11-25 14:00"),
]


@pytest.mark.parametrize(("text", "past", "coming"), SAID, ids=[text for text, _, _ in SAID])
def test_it_means_what_people_mean(text: str, past: str, coming: str) -> None:
    for ahead, meant in ((False, past), (True, coming)):
        assert f"{when(text, NOW, ZONE, ahead=ahead).astimezone(ZONE):%m-%d %H:%M}" == meant


@pytest.mark.parametrize("text", ["", "someday", "mon 25:00", "friday the thirteenth", "eod tomorrow week", "next", "下午", "in", "ago"])
def test_what_can_not_be_understood_is_a_matter_of_usage(text: str) -> None:
    with pytest.raises(Usage):
        when(text, NOW, ZONE)
