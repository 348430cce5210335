"""Instants as the files have them: one way to write one, and nothing else is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from itsm.model.event import instant, stamp


@pytest.mark.parametrize("text", ["2026-11-22T01:16:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_what_is_written_is_read_back(text):
    assert stamp(instant(text)) == text


def test_whole_seconds_in_utc():
    assert stamp(datetime(2026, 11, 22, 1, 16, 0, 999_999, tzinfo=UTC)) == "2026-11-22T01:16:00Z"


@pytest.mark.parametrize("text", ["2026-W47-7T01:16:00Z", "2026-11-22 01:16:00Z", "2026-11-22T01:16:00+", "٢٠٢٦-11-22T01:16:00Z", ""])
def test_what_is_written_otherwise_is_no_instant(text):
    with pytest.raises(ValueError, match=r"UTC instant|isoformat"):
        instant(text)
