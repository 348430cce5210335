"""Bytes ↔ tickets: nothing is lost, and every fault is named. What the fast reader takes: `test_canonical`."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from itsm.store.codec import Unreadable, decode, encode
from tests.store.cases import CANONICAL, EXAMPLES, MINIMAL, strictly, tickets


@settings(max_examples=EXAMPLES, deadline=None)
@given(tickets)
def test_what_is_written_is_read_back_by_both_readers(ticket):
    raw = encode(ticket).encode()
    document = decode(raw, "T-42.yaml")
    assert document.canonical
    assert document.ticket == ticket
    assert encode(strictly(raw)) == raw.decode()
    assert strictly(raw) == ticket


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("status:", "status: "),
        lambda text: text.replace("title: Slow FTP", "title: 'Slow FTP'"),
        lambda text: text.replace("title: Slow FTP", "title: Slow FTP # since nine"),
        lambda text: text + "# seen\n",
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "---\n" + text + "...\n",
        lambda text: text.replace("title: Slow FTP\nstatus: new", "status: new\ntitle: Slow FTP"),
        lambda text: text.replace("history: []", "history:"),
        lambda text: text.replace("type:", "ci:\ntype:"),
        lambda text: (
            '{"id": "T-1", "type": "incident", "title": "Slow FTP", "status": "new", "opened": "2026-11-22T01:16:00Z", "history": []}'
        ),
    ],
    ids=["space", "quotes", "comment", "last line", "no last line end", "CRLF", "markers", "order", "no history", "empty value", "JSON"],
)
def test_what_people_write_differently_means_the_same(change):
    document = decode(change(MINIMAL).encode(), "tickets/T-1.yaml")
    assert not document.canonical
    assert document.ticket == decode(MINIMAL.encode(), "T-1.yaml").ticket


def test_words_of_yaml_1_1_are_text():
    ticket = decode(MINIMAL.replace("Slow FTP", "no").encode(), "T-1.yaml").ticket
    assert ticket.title == "no"


def with_event(line):
    return MINIMAL.replace("history: []", f"history:\n- {line}")


EVENT = "{id: 01A, at: 2026-11-22T01:16:00Z, by: mei, event: noted, text: x}"
SHAPES = {
    "a missing key": (MINIMAL.replace("title: Slow FTP\n", ""), 1, "title is missing", "add"),
    "an empty title": (MINIMAL.replace("Slow FTP", "''"), 3, "title is missing", ""),
    "an unknown key": (MINIMAL.replace("title:", "tilte: x\ntitle:"), 3, "unknown key tilte", "did you mean title?"),
    "a number for a title": (MINIMAL.replace("Slow FTP", "42"), 3, "title is a text, but 42 is none", "put it in quotes"),
    "a truth for a title": (MINIMAL.replace("Slow FTP", "True"), 3, "title is a text, but true is none", "put it in quotes"),
    "a list for a title": (MINIMAL.replace("Slow FTP", "[a]"), 3, "title is a text, not a list", ""),
    "an unknown status": (MINIMAL.replace("new", "resolvd"), 4, "unknown status resolvd", "did you mean resolved?"),
    "a word from nowhere": (MINIMAL.replace("new", "zzz"), 4, "unknown status zzz", "known: assigned, cancelled"),
    "a day for an instant": (MINIMAL.replace("T01:16:00Z", ""), 5, "opened is an instant, but 2026-11-22 is none",
    "2026-11-22T01:16:00Z"),
    "a week for an instant": (MINIMAL.replace("2026-11-22T", "2026-W47-7T"), 5, "opened is an instant", ""),
    "the end of time": (MINIMAL.replace("2026-11-22", "9999-12-31"), 5, "opened lies outside 1970 to 2200: 9999-12-31", "mend the year"),
    "the year one": (with_event(EVENT.replace("2026", "0001")), 7, "at lies outside 1970 to 2200: 0001-11-22", "mend the year"),
    "the 31st of November": (MINIMAL.replace("11-22", "11-31"), 5, "opened is an instant", ""),
    "a word for a level": (MINIMAL + "level: two\n", 7, "level is a whole number, but two is none", "digits"),
    "a fraction for a level": (MINIMAL + "level: 1.5\n", 7, "level is a whole number, but 1.5 is none", ""),
    "a truth for a level": (MINIMAL + "level: true\n", 7, "level is a whole number", ""),
    "a score of 9": (MINIMAL + "score: 9\n", 7, "the score 9 is not from 1 to 5", ""),
    "a word for tags": (MINIMAL + "tags: a\n", 7, "tags is a list", "[one, another]"),
    "a number among tags": (MINIMAL + "tags:\n- a\n- 1\n", 9, "is a text, but 1 is none", "quotes"),
    "a text for a contact": (MINIMAL + "contact: Wang\n", 7, "the contact is a mapping", "{name: Wang"),
    "a mobile without quotes": (MINIMAL + "contact:\n  mobile: 138\n", 8, "mobile is a text, but 138 is none", "quotes"),
    "an unknown key of a contact": (MINIMAL + "contact: {nmae: x}\n", 7, "unknown key nmae", "did you mean name?"),
    "no ticket ID": (MINIMAL + "parent: 7\n", 7, "parent is a text, but 7 is none", "quotes"),
    "a strange ID": (MINIMAL + "parent: t-7\n", 7, "t-7 is no ticket ID", "T-42"),
    "another file's ID": (MINIMAL.replace("T-1", "T-2"), 1, "the id is T-2, but the file is T-1.yaml", "mend one"),
    "a history that is none": (MINIMAL.replace("[]", "{a: b}"), 6, "the history is a list", ""),
    "an event that is none": (with_event("x"), 7, "an event is a mapping", ""),
    "an event without by": (with_event("{id: 01A, at: 2026-11-22T01:16:00Z, event: noted}"), 7, "the event has no by", ""),
    "an unknown event": (with_event(EVENT.replace("noted", "notd")), 7, "unknown event notd", "did you mean noted?"),
    "an unknown key of an event": (with_event(EVENT.replace("text", "txet")), 7, "unknown key txet", "did you mean text?"),
    "a bad instant in an event": (with_event(EVENT.replace("T01:16:00Z", "")), 7, "at is an instant", ""),
    "a number in an event": (with_event(EVENT.replace("x}", "5}")), 7, "text is a text, but 5 is none", "quotes"),
    "one event twice": (with_event(f"{EVENT}\n- {EVENT}"), 8, "the event 01A is there twice", "delete"),
    "a set of an unknown field": (with_event(EVENT.replace("noted, text: x", "set, set: {prio: P1}")), 7, "unknown key prio", "priority"),
    "a set of another type": (with_event(EVENT.replace("noted, text: x", "set, set: {tags: P1}")), 7, "tags is a list", ""),
    "a list for the file": ("- a\n", 1, "no ticket", "git"),
    "a text for the file": ("a\n", 1, "no ticket", "git"),
    "a foreign key too long": (MINIMAL + f"x_{'a' * 120}: 1\n", 7, "a key of 122 characters", ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message", "remedy"), SHAPES.values(), ids=SHAPES)
def test_a_file_that_is_no_ticket_is_named_with_line_and_remedy(text, line, message, remedy):
    with pytest.raises(Unreadable) as caught:
        decode(text.encode(), "tickets/T-1.yaml")
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("tickets/T-1.yaml", line)
    assert message in problem.message
    assert remedy in problem.remedy


def test_all_faults_are_named_not_only_the_first():
    text = (
        CANONICAL.replace("type: incident", "type: fault")
        .replace("level: 2\n", "level: two\n")
        .replace("event: contacted", "event: contactd")
    )
    with pytest.raises(Unreadable) as caught:
        decode(text.encode(), "T-42.yaml")
    assert [problem.line for problem in caught.value.problems] == [2, 13, 25]


def test_a_document_knows_its_bytes():
    document = decode(CANONICAL.encode(), "T-42.yaml")
    assert document.raw == CANONICAL.encode()
    assert document.digest != decode(CANONICAL.replace("mail-01", "mail-02").encode(), "T-42.yaml").digest
