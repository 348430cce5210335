"""Rows for programs: what Python's own csv reads back, and what no spreadsheet takes for a formula (OWASP, CSV injection)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.model.columns import USUAL, chosen, in_order, sort_keys
from itsm.model.row import Row
from itsm.report import sheet
from tests.listed import listed

LATE = {"target": "resolve", "due": "2026-11-23T11:00:00Z", "remaining_seconds": -60, "limit_seconds": 7200, "state": "breached"}


def row(number: int = 1, *promises: dict[str, Any], **fields: Any) -> Row:
    data = {"id": f"T-{number}", "title": "Mail", "status": "new", "opened": f"2026-11-23T09:{number:02}:00Z", **fields}
    return listed(data, promises)


FORMULAS = ["=cmd|'/C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＠x", "+8613800000000"]


@pytest.mark.parametrize("title", FORMULAS)
def test_no_cell_of_a_csv_begins_a_formula(title):
    text = "\r\n".join(sheet.csv([row(title=title)], chosen(["title"])))
    ((_,), (cell,)) = csv.reader(io.StringIO(text, newline=""))
    assert cell.startswith("'")


@pytest.mark.parametrize("title", ["Mail", "a=b", "1-2", "王芳", "'quoted'"])
def test_a_harmless_cell_is_as_it_is(title):
    assert sheet.defused(title) == title


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]) | st.sampled_from(",\"\n '"), max_size=20), max_size=4
    )
)
def test_a_csv_is_read_back_by_others_as_it_was(titles):
    rows = [row(n, title=title) for n, title in enumerate(titles, 1)]
    text = "\r\n".join(sheet.csv(rows, chosen(["id", "title"]))) + "\r\n"
    heading, *read = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert heading == ["id", "title"]
    assert [cells[1].removeprefix("'") for cells in read] == [title.removeprefix("'") for title in titles]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_line_of_tsv_has_as_many_tabs_as_columns_need_and_no_break_but_its_end(title):
    (line,) = sheet.lines([row(title=title)], chosen(USUAL))
    assert line.count("\t") == len(USUAL) - 1
    assert not any(sign in line for sign in "\n\r\x0b\x0c\x1b\u2028")


def test_tsv_has_a_heading_and_instants_as_rfc_3339():
    assert list(sheet.tsv([row(1, LATE)], chosen(["id", "opened", "due"]))) == [
        "id\topened\tdue",
        "T-1\t2026-11-23T09:01:00Z\t2026-11-23T11:00:00Z",
    ]


def test_json_lines_are_whole_or_of_the_columns_wanted():
    one = row(1, LATE, tags=["a", "b"])
    assert [json.loads(line) for line in sheet.jsonl([one], ())] == [one.json]
    assert [json.loads(line) for line in sheet.jsonl([one], chosen(["id", "due", "tags", "team"]))] == [
        {"id": "T-1", "due": LATE["due"], "tags": ["a", "b"], "team": None}
    ]


# --- order ------------------------------------------------------------------------------------

ROWS = [
    row(10, priority="P2", impact="low", team="b"), row(9, LATE, priority="P1", impact="high"),
    row(2, priority="P2", impact="medium", team="a", status="closed"), row(1, priority="P3", team="B", status="assigned"),
]  # fmt: skip
SORTED = {
    "": "9 2 10 1", "id": "1 2 9 10", "-id": "10 9 2 1", "priority": "9 2 10 1", "-priority": "1 2 10 9", "team": "2 10 1 9",
    "-team": "10 1 2 9",
    "impact": "9 2 10 1", "-impact": "10 2 9 1", "status": "9 10 1 2", "-opened": "10 9 2 1", "due": "9 2 10 1", "priority,-id": "9 10 2 1",
}  # fmt: skip


@pytest.mark.parametrize(("keys", "wanted"), SORTED.items(), ids=[keys or "nothing" for keys in SORTED])
def test_rows_are_sorted_by_what_values_mean_and_those_without_come_last(keys, wanted):
    found = in_order(ROWS, sort_keys(filter(None, keys.split(","))))
    assert [one.id.removeprefix("T-") for one in found] == wanted.split()
