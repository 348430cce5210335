"""The real incident log (UCI data set 498) for the tests that hold the program against it: where it is, and its rows as the README says."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ITSM_SHARED") or Path(__file__).parents[1].parent / "shared")
LOG = SHARED / "data" / "incident_event_log.zip"
WANTS_LOG = [pytest.mark.slow, pytest.mark.skipif(not LOG.is_file(), reason=f"the real log isn't at {LOG} (ITSM_SHARED says where)")]

Row = dict[str, str]
_END = datetime(2200, 1, 1, tzinfo=UTC)


def moment(text: str) -> datetime:
    """Day-first, to the minute, with no zone: UTC is taken."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def incidents(until: datetime = _END) -> dict[str, list[Row]]:
    """The rows of each incident that were there at an instant, by sys_mod_count (the same one twice: by sys_updated_at).

    `state` is the row's state, and where that is -100, which nobody knows, the state before it.
    """
    found: dict[str, list[Row]] = defaultdict(list)
    with zipfile.ZipFile(LOG) as pack, pack.open("incident_event_log.csv") as raw:
        for row in csv.DictReader(io.TextIOWrapper(raw, "utf-8", newline="")):
            if moment(row["sys_updated_at"]) <= until:
                found[row["number"]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (int(row["sys_mod_count"]), moment(row["sys_updated_at"])))
        state = "New"
        for row in rows:
            state = row["state"] = row["incident_state"] if row["incident_state"] != "-100" else state
    return found
