"""The notices journal: append-only, one JSON line a fact, no line takes others with it. Page 2; page 3, sentences 19, 20."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.errors import ItsmError
from itsm.model.event import instant
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


OF_ONE = [
    pytest.param(json.dumps({"at": "2026-11-30T09:00:00Z", **FACT}), True, id="its own"),
    pytest.param(json.dumps({"at": "2026-11-30T09:00:00Z", **FACT}, separators=(",", ":")), True, id="its own, written by another program"),
    pytest.param(json.dumps({"at": "2026-11-30T09:00:00Z", **FACT}).replace("T-1/", r"\u0054-1\/"), True, id="its own, escaped"),
    pytest.param(json.dumps({"at": "2026-11-30T09:00:00Z", **FACT, "key": "T-11/rule/20m/notify/x"}), False, id="a longer number's"),
    pytest.param(json.dumps({"at": "2026-11-30T09:00:00Z", **FACT, "key": "T-2/rule/20m/notify/x"}), False, id="another's"),
    pytest.param('{"at": "2026-11-30T09:00:00Z", "fact": "rules", "since": {"key": null}}', True, id="the rules, one of them called key"),
    pytest.param(
        '{"at": "2026-11-30T09:00:00Z", "fact": "passed", "tickets": ["T-5", "T-9"], "until": "2026-11-30T09:00:00Z"}', True, id="an import"
    ),
    pytest.param('{"key": "T-1/', False, id="torn"),
]


@pytest.mark.parametrize(("line", "found"), OF_ONE)
def test_of_one_ticket_there_is_what_bears_on_it_and_no_more(journal: Journal, line: str, found: bool) -> None:
    journal.folder.mkdir()
    (journal.folder / "2026-11.jsonl").write_text(f"{json.dumps({'at': '2026-11-01T00:00:00Z', **FACT})}\n{line}\n", "utf-8")
    told = list(journal.facts_of("T-1"))
    both = list(journal.facts())
    assert told == (both if found else both[:1])
    assert len(told) == 1 + found


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
        pytest.param(b'{"fact": "sent", "at": "2026-11-30T09:00:00Z", "key": "x", "decided": "soon"}', id="decided at no instant"),
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
    assert (len(list(journal.facts())), journal.problems) == (1, [])


def test_a_whole_fact_without_a_line_end_is_kept(journal: Journal) -> None:
    journal.append([FACT], NOV)
    path = journal.folder / "2026-11.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    assert journal.mend() == []
    journal.append([FACT], NOV)
    assert (len(list(journal.facts())), journal.problems) == (2, [])


def test_what_a_crash_has_torn_is_taken_away(journal: Journal) -> None:
    journal.append([FACT, FACT], NOV)
    journal.append([FACT], DEC)
    path = journal.folder / "2026-11.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    assert [problem.line for _ in (list(journal.facts()),) for problem in journal.problems] == [2]
    assert (journal.mend(), journal.mend()) == (["2026-11.jsonl"], [])
    assert (len(list(journal.facts())), journal.problems) == (2, [])


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


@pytest.mark.parametrize("kind", ["folder", "pipe", "link", "no rights"])
def test_a_month_that_cannot_be_read_is_a_problem_with_its_name_and_no_stop(
    journal: Journal, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([FACT], DEC)
    path = journal.folder / "2026-11.jsonl"
    if kind == "no rights":
        path.touch()
        opened = os.open

        def refused(name: Path, flags: int, *mode: int) -> int:
            if name == path:
                raise PermissionError(errno.EACCES, "Permission denied")
            return opened(name, flags, *mode)

        monkeypatch.setattr(os, "open", refused)
    else:
        made: dict[str, Callable[[], None]] = {
            "folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "link": lambda: path.symlink_to("2026-12.jsonl")
        }  # fmt: skip
        made[kind]()
    assert len(list(journal.facts())) == 1
    said = "can't be read: Permission denied" if kind == "no rights" else "not a regular file"
    assert [(one.file, one.line, one.message) for one in journal.problems] == [(str(path), 0, said)]


def test_hidden_files_are_no_months(journal: Journal) -> None:
    journal.append([FACT], DEC)
    (journal.folder / ".#2026-11.jsonl").symlink_to("mei@ops1.4711")
    assert (len(list(journal.facts())), journal.problems) == (1, [])


def test_a_folder_that_cannot_be_listed_stops_what_would_say_all_twice(journal: Journal) -> None:
    journal.folder.write_text("no folder")
    with pytest.raises(ItsmError, match="notices: can't be listed: Not a directory"):
        list(journal.facts())


def test_nothing_is_written_into_a_pipe(journal: Journal) -> None:
    journal.folder.mkdir()
    os.mkfifo(journal.folder / "2026-11.jsonl")
    with pytest.raises(ItsmError, match="can't record what was said: not a regular file"):
        journal.append([FACT], NOV)


def test_an_append_that_fails_half_way_leaves_no_torn_line(journal: Journal) -> None:
    journal.append([FACT], NOV)
    path = journal.folder / "2026-11.jsonl"
    before, (soft, hard) = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(ItsmError, match="can't record what was said"):
            journal.append([FACT], NOV)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    journal.append([FACT], NOV)
    assert path.read_bytes() == before * 2


def test_an_append_waits_for_the_one_of_another_process(journal: Journal) -> None:
    journal.append([FACT], NOV)
    with (journal.folder / "2026-11.jsonl").open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        appending = threading.Thread(target=journal.append, args=([FACT], NOV))
        appending.start()
        appending.join(0.2)
        assert (appending.is_alive(), len(list(journal.facts()))) == (True, 1)
        fcntl.flock(other, fcntl.LOCK_UN)
        appending.join()
    assert len(list(journal.facts())) == 2


def test_the_facts_of_a_time_are_found_however_a_hand_has_written_when_it_was(journal: Journal) -> None:
    for n, hour in enumerate((7, 8, 9, 10)):
        journal.append([{"fact": "printed", "key": f"T-1/{n}"}], datetime(2026, 11, 22, hour, tzinfo=UTC))
    path = journal.folder / "2026-11.jsonl"
    path.write_bytes(
        path.read_bytes() + b'{"fact": "printed", "key": "T-1/late key", "at": "2026-11-22T08:30:00Z"}\n'
        b'{"at": "2026-11-22T01:00:00Z", "fact": "printed", "key": "T-1/twice", "at": "2026-11-22T08:30:00Z"}\n'
        b'{"at": "2026-11-22T01:00:00Z", "fact": "printed", "key": "T-1/escaped", "\\u0061t": "2026-11-22T08:30:00Z"}\n'
        b'{"at": "2026-11-22T11:00:00Z", "fact": "printed", "key": "T-1/later"}\nnot a fact\n'
    )
    since, until = datetime(2026, 11, 22, 7, tzinfo=UTC), datetime(2026, 11, 22, 9, tzinfo=UTC)
    found = [fact["key"] for fact in journal.facts_between(since, until)]
    assert found == ["T-1/1", "T-1/2", "T-1/late key", "T-1/twice", "T-1/escaped"]
    assert found == [fact["key"] for fact in journal.facts() if since < instant(fact["at"]) <= until]
