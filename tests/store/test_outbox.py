"""The outbox: what waits is on the disk, whole, until it is taken."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from itsm.errors import ItsmError
from itsm.store.outbox import LONGEST_PAUSE, Entry, Outbox

NOW = datetime(2026, 11, 22, 1, 40, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def entry(id="<a@example.com>", **changes):
    facts = {
        "id": id, "channel": "mail", "sender": "desk@example.com", "to": "cc@example.com", "recipient": "callcentre",
        "keys": (("T-42/engineer-contact/20m/call/2026-11-22T01:19:00Z", "callcentre"),), "message": "Subject: x\r\n\r\nhello\r\n",
        "queued": NOW, "next_try": NOW,
    }  # fmt: skip
    return Entry(**{**facts, **changes})


@pytest.fixture
def outbox(tmp_path):
    return Outbox(tmp_path / ".itsm" / "outbox")


def test_an_outbox_that_was_never_used_is_empty(outbox):
    assert outbox.waiting() == []
    assert outbox.problems == []
    outbox.remove(entry())


def test_what_is_put_waits_until_it_is_removed(outbox):
    one = entry(fields={"mobile": "+86138", "name": "王芳"}, attempts=3, not_before=NOW + MINUTE, error="450 坏")
    outbox.put(one)
    assert outbox.waiting() == [one]
    outbox.remove(one)
    assert outbox.waiting() == []


def test_another_outbox_on_the_same_folder_sees_it(outbox):
    outbox.put(entry())
    assert Outbox(outbox.folder).waiting() == [entry()]


def test_the_same_message_waits_once(outbox):
    outbox.put(entry(error="first"))
    outbox.put(entry(error="second"))
    assert [one.error for one in outbox.waiting()] == ["second"]


def test_the_oldest_comes_first(outbox):
    entries = [entry(f"<{n}@x>", queued=NOW - n * MINUTE) for n in range(5)]
    for one in entries:
        outbox.put(one)
    assert outbox.waiting() == entries[::-1]


def test_a_file_is_ascii_and_can_be_read_by_a_person(outbox):
    outbox.put(entry(error="坏"))
    (path,) = outbox.folder.iterdir()
    facts = json.loads(path.read_bytes().decode("ascii"))
    assert facts["keys"] == [["T-42/engineer-contact/20m/call/2026-11-22T01:19:00Z", "callcentre"]]
    assert (facts["queued"], facts["next_try"], facts["not_before"]) == ("2026-11-22T01:40:00Z", "2026-11-22T01:40:00Z", None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    id=st.text(st.characters(codec="utf-8"), min_size=1), message=st.text(), error=st.text(), fields=st.dictionaries(st.text(), st.text())
)
def test_whatever_is_put_comes_out_the_same(outbox, id, message, error, fields):
    one = entry(id, message=message, error=error, fields=fields)
    outbox.put(one)
    assert [one] == outbox.waiting()
    outbox.remove(one)


@pytest.mark.parametrize("id", ["../../etc/passwd", "/etc/passwd", "a/b", "\0", "", "." * 300, "<x>\n"])
def test_an_id_is_never_a_path(outbox, id):
    outbox.put(entry(id))
    assert [path.parent for path in outbox.folder.rglob("*")] == [outbox.folder]
    assert [one.id for one in outbox.waiting()] == [id]


# --- trying again -----------------------------------------------------------------------------


def test_the_pauses_grow_and_the_first_retry_is_at_once(outbox):
    one, pauses = entry(), []
    for _ in range(10):
        one = outbox.failed(one, "450 try later", NOW)
        pauses.append((one.next_try - NOW) // MINUTE)
    assert pauses == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert outbox.waiting() == [one]
    assert (one.attempts, one.error) == (10, "450 try later")


def test_a_hundred_failures_are_still_an_hour_apart(outbox):
    assert outbox.failed(entry(attempts=10_000), "x", NOW).next_try == NOW + LONGEST_PAUSE


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, True),
        ({"next_try": NOW - MINUTE}, True),
        ({"next_try": NOW + MINUTE}, False),
        ({"next_try": NOW + LONGEST_PAUSE}, False),
        ({"next_try": NOW + 3 * 24 * 60 * MINUTE}, True),
        ({"not_before": NOW + MINUTE}, False),
        ({"not_before": NOW}, True),
    ],
    ids=["now", "past", "a minute ahead", "an hour ahead", "ahead of a clock set back", "held", "held until now"],
)
def test_what_may_be_tried_now(changes, due):
    assert entry(**changes).due(NOW) is due


# --- what others leave in the folder ----------------------------------------------------------

GOOD = {
    "id": "<b@x>", "channel": "mail", "sender": "", "to": "", "recipient": "", "keys": [], "message": "", "queued": "2026-11-22T01:40:00Z",
    "next_try": "2026-11-22T01:40:00Z", "fields": {}, "attempts": 0, "not_before": None, "error": "",
}  # fmt: skip
BROKEN = {
    "empty": b"",
    "torn": json.dumps(GOOD).encode()[:100],
    "not UTF-8": b"\xff\xfe",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "nested too deep": b"[" * 100_000,
    "a key missing": json.dumps({key: GOOD[key] for key in GOOD if key != "to"}).encode(),
    "a key too many": json.dumps({**GOOD, "x": 1}).encode(),
    "a text that is a number": json.dumps({**GOOD, "message": 7}).encode(),
    "attempts that are true": json.dumps({**GOOD, "attempts": True}).encode(),
    "attempts that are text": json.dumps({**GOOD, "attempts": "1"}).encode(),
    "keys that are a number": json.dumps({**GOOD, "keys": 7}).encode(),
    "keys that are not pairs": json.dumps({**GOOD, "keys": [["a"]]}).encode(),
    "fields that are a list": json.dumps({**GOOD, "fields": []}).encode(),
    "no instant": json.dumps({**GOOD, "next_try": "soon"}).encode(),
    "an instant that is a number": json.dumps({**GOOD, "next_try": 7}).encode(),
    "never queued": json.dumps({**GOOD, "queued": None}).encode(),
    "a copy under another name": json.dumps(GOOD).encode(),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_damaged_file_is_a_problem_and_the_others_go_on(outbox, data):
    outbox.put(entry())
    bad = outbox.folder / "bad.json"
    bad.write_bytes(data)
    assert outbox.waiting() == [entry()]
    (problem,) = outbox.problems
    assert problem.file == str(bad)
    assert problem.message.startswith("not a message of the outbox: ")
    assert problem.remedy


def test_what_is_no_file_is_a_problem_and_never_waited_for(outbox, tmp_path):
    outbox.put(entry())
    os.mkfifo(outbox.folder / "fifo.json")
    (outbox.folder / "folder.json").mkdir()
    (tmp_path / "outside").write_bytes(json.dumps(GOOD).encode())
    (outbox.folder / "link.json").symlink_to(tmp_path / "outside")
    assert outbox.waiting() == [entry()]
    assert [problem.file.rpartition("/")[2] for problem in outbox.problems] == ["fifo.json", "folder.json", "link.json"]


def test_unfinished_writes_are_passed_over_in_silence(outbox):
    outbox.put(entry())
    (outbox.folder / ".0123.json.77.0badcafe.tmp").write_bytes(b"{")
    assert outbox.waiting() == [entry()]
    assert outbox.problems == []


def test_a_problem_that_was_mended_is_gone(outbox):
    outbox.put(entry())
    (outbox.folder / "bad.json").touch()
    outbox.waiting()
    (outbox.folder / "bad.json").unlink()
    outbox.waiting()
    assert outbox.problems == []


def test_a_folder_that_can_not_be_made_is_named(tmp_path):
    (tmp_path / ".itsm").write_text("a file")
    with pytest.raises(ItsmError, match="outbox: can't be made"):
        Outbox(tmp_path / ".itsm" / "outbox").put(entry())


def test_what_another_run_has_sent_meanwhile_is_no_problem(outbox, monkeypatch):
    outbox.put(entry())
    (path,) = outbox.folder.iterdir()
    listed = type(path).glob

    def and_gone(self, pattern):
        found = list(listed(self, pattern))
        path.unlink(missing_ok=True)
        return iter(found)

    monkeypatch.setattr(type(path), "glob", and_gone)
    assert outbox.waiting() == []
    assert outbox.problems == []


def test_a_message_replaced_keeps_nothing_of_the_old_one(outbox):
    outbox.put(entry(message="x" * 10_000))
    outbox.put(replace(entry(), message="y"))
    assert outbox.waiting()[0].message == "y"
