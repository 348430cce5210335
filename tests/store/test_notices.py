"""The notices journal: append-only, one JSON line a fact, no line takes others with it. Page 2; page 3, sentences 19, 20."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.errors import ItsmError
from itsm.sla.ledger import ledger
from itsm.store.notices import Journal

NOV, DEC = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
FACT = {"fact": "printed", "key": "T-1/rule/20m/notify/2026-11-30T09:00:00Z", "to": "head:network", "channel": "print"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "notices")


def test_a_fact_is_one_line_of_json_in_its_months_file(journal: Journal) -> None:
    journal.append([FACT, {**FACT, "text": "王芳\nsecond line"}], NOV)
    journal.append([FACT], DEC)
    assert sorted(path.name for path in journal.folder.iterdir()) == ["2026-11.jsonl", "2026-12.jsonl"]
    lines = (journal.folder / "2026-11.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"at": "2026-11-30T23:59:59Z", **FACT, **more} for more in ({}, {"text": "王芳\nsecond line"})
    ]
    assert "王芳" in lines[1]


def test_facts_come_back_as_they_were_written_oldest_month_first(journal: Journal) -> None:
    journal.append([{**FACT, "n": 2}], DEC)
    journal.append([{**FACT, "n": 0}, {**FACT, "n": 1}], NOV)
    assert [fact["n"] for fact in journal.facts()] == [0, 1, 2]
    assert journal.problems == []


def test_it_only_ever_grows(journal: Journal) -> None:
    journal.append([FACT], NOV)
    before = (journal.folder / "2026-11.jsonl").read_bytes()
    journal.append([FACT], NOV)
    assert (journal.folder / "2026-11.jsonl").read_bytes() == before * 2


def test_nothing_to_say_leaves_no_file(journal: Journal) -> None:
    journal.append([], NOV)
    assert not journal.folder.exists()
    assert list(journal.facts()) == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b'{"at": "2026-11-30T0', id="torn"),
        pytest.param(b"<<<<<<< HEAD", id="a conflict marker"),
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b'{"fact": "printed", "key": "x"}', id="no instant"),
        pytest.param(b'{"fact": "printed", "at": "yesterday", "key": "x"}', id="no such instant"),
        pytest.param(b'{"fact": "printed", "at": "2026-11-30T09:00:00Z"}', id="no key"),
        pytest.param(b'{"fact": "printed", "at": "2026-11-30T09:00:00Z", "key": ["x"]}', id="a list for a key"),
        pytest.param(b'{"fact": "rules", "at": "2026-11-30T09:00:00Z"}', id="rules without since"),
        pytest.param(b'{"fact": "rules", "at": "2026-11-30T09:00:00Z", "since": "x"}', id="rules with a text"),
        pytest.param(b'{"fact": "rules", "at": "2026-11-30T09:00:00Z", "since": {"a": "x"}}', id="rules with no instant"),
        pytest.param(b'{"fact": "passed", "at": "2026-11-30T09:00:00Z", "tickets": ["T-1"], "until": "2026-11-30T09:00:00Z"}', id="half"),
        pytest.param(
            b'{"fact": "passed", "at": "2026-11-30T09:00:00Z", "tickets": ["T-1", "T-x"], "until": "2026-11-30T09:00:00Z"}', id="no range"
        ),
        pytest.param(b'{"fact": "passed", "at": "2026-11-30T09:00:00Z", "tickets": ["T-1", "T-2"], "until": "x"}', id="no until"),
        pytest.param(b"[" * 100_000, id="nested without end"),
    ],
)
def test_a_bad_line_is_named_and_the_others_count(journal: Journal, bad: bytes) -> None:
    journal.append([FACT], NOV)
    path = journal.folder / "2026-11.jsonl"
    path.write_bytes(path.read_bytes() + bad + b"\n")
    journal.append([{**FACT, "key": "T-2/rule/20m/notify/2026-11-30T09:00:00Z"}], NOV)
    book = ledger(journal.facts())
    assert len(book.said) == 2
    assert [(problem.file, problem.line) for problem in journal.problems] == [(str(path), 2)]


def test_what_a_crash_has_torn_is_not_glued_to_the_next_fact(journal: Journal) -> None:
    journal.append([FACT], NOV)
    path = journal.folder / "2026-11.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    journal.append([FACT], NOV)
    assert len(list(journal.facts())) == 1
    assert [problem.line for problem in journal.problems] == [1]


def test_a_fact_of_a_later_version_is_kept_and_passed_over(journal: Journal) -> None:
    journal.append([{"fact": "of-tomorrow", "key": "T-1/x"}], NOV)
    assert ledger(journal.facts()).said == {}
    assert journal.problems == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_an_error_before_anything_is_sent(journal: Journal) -> None:
    journal.folder.mkdir()
    (journal.folder / "2026-11.jsonl").symlink_to("/dev/full")
    with pytest.raises(ItsmError, match="can't record"):
        journal.append([FACT], NOV)


def test_a_file_where_the_folder_should_be_is_an_error(journal: Journal) -> None:
    journal.folder.write_text("")
    with pytest.raises(ItsmError, match="can't record"):
        journal.append([FACT], NOV)
