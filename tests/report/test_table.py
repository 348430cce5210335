"""The table that a person sees: aligned by what a terminal shows, not by what is counted; never wider than the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from itsm.model.columns import USUAL, chosen
from itsm.model.row import Row
from itsm.report.table import left, table
from tests.listed import listed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def promise(state: str, remaining: int) -> dict[str, Any]:
    due = None if state == "paused" else "2026-11-23T13:00:00Z"
    return {"target": "resolve", "due": due, "remaining_seconds": remaining, "limit_seconds": 7200, "state": state}


def row(title: str, *promises: dict[str, Any], **fields: Any) -> Row:
    data = {"id": "T-42", "title": title, "status": "assigned", "priority": "P2", "opened": "2026-11-23T09:00:00Z", **fields}
    return listed(data, promises)


def plain(text: str, *_: int) -> str:
    return text


def marked(text: str, *codes: int) -> str:
    return f"<{','.join(map(str, codes))}>{text.strip()}</>" if codes else text


def shown(rows: list[Row], columns: str = ",".join(USUAL), width: int = 80) -> list[str]:
    return list(table(rows, chosen(columns.split(",")), NOW, width, plain))


def test_columns_stand_below_each_other_whatever_the_letters():
    titles = ["plain", "邮件服务器", "cafe\u0301 ", "한글 mail", "📧 mail", "🇩🇪 mail"]
    lines = shown([row(title, team=title[:6]) for title in titles], "team,title,opened")
    ends = {cell_len(line) - len("3h ago") for line in lines[1:]}
    assert len(ends) == 1, lines


def test_a_long_title_is_cut_and_a_wide_letter_never_in_two():
    (_, line) = shown([row("邮件服务器没有响应" * 9)], "id,title", width=20)
    assert line == "T-42  邮件服务器没 …"
    (_, line) = shown([row("Mail server " * 9)], "id,title", width=20)
    assert line == "T-42  Mail server M…"


def test_the_title_gives_way_to_none_of_the_ids_and_long_names_give_way_to_the_title():
    names = {"team": "a-team-with-quite-a-long-name", "assignee": "maximilian.mustermann"}
    lines = shown([row("Mail server does not answer", promise("running", 3600), **names)], width=70)
    assert "T-42" in lines[1]
    assert "Mail server does no…" in lines[1]
    assert lines[1].count("…") == 3


@given(st.lists(st.tuples(st.text(max_size=90), st.text(max_size=40), st.text(max_size=40)), min_size=1, max_size=4), st.integers(45, 200))
def test_no_line_is_wider_than_the_terminal(texts, width):
    rows = [row(title, promise("running", 60), team=team, assignee=assignee) for title, team, assignee in texts]
    assert max(cell_len(line) for line in shown(rows, width=width)) <= width


LEFT = [
    ("running", 3900, "in 1h 5m"),
    ("breached", -1200, "20m late"),
    ("paused", 3600, "paused 1h"),
    ("met", 60, "met"),
    ("running", 0, "in 0m"),
]


@pytest.mark.parametrize(("state", "seconds", "words"), LEFT, ids=[words for _, _, words in LEFT])
def test_what_is_left_is_said_in_words(state, seconds, words):
    assert left(promise(state, seconds)) == words


COLOURS = [
    (promise("running", 7200), "<32>in 2h</>"), (promise("running", 1800), "<33>in 30m</>"), (promise("breached", -60), "<31>1m late</>"),
    (promise("paused", 60), "<33>paused 1m</>"), (promise("met", 60), "<2>met</>"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "wanted"), COLOURS, ids=[wanted for _, wanted in COLOURS])
def test_colour_says_what_the_words_say_and_the_priority_needs_none(one, wanted):
    (_, line) = table([row("Mail", one, priority="P1")], chosen(["id", "priority", "due"]), NOW, 80, marked)
    assert line == f"T-42  P1   {wanted}"


def test_times_are_relative_for_a_person():
    fields = {"until": "2026-11-24T12:00:00Z", "status": "pending"}
    assert shown([row("Mail", **fields)], "id,opened,until,updated")[1] == "T-42  3h ago  in 1d  3h ago"
