"""The fast reader beside the strict one: what it takes the strict one takes, too, and reads the same; anything else it leaves alone.

Differential: over the hostile corpus, over tickets with all that a stranger may write, and over canonical files damaged in every way that
a slip of the hand, an editor, a merge or a reader of YAML 1.1 comes up with. `ITSM_EXAMPLES=5000` for a long look.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.store import canonical
from itsm.store.codec import decode, encode
from itsm.store.strict import MAX_NODES
from tests.store.cases import CANONICAL, EXAMPLES, MINIMAL, TRAPS, strictly, tickets
from tests.store.test_codec import SHAPES
from tests.store.test_strict import HOSTILE

RICH = r"""id: T-42
type: incident
title: 'no, it''s #1: "a"'
status: pending
priority: '1'
tags: [vip, '12:30', "\u2028", 'a, b']
contact: {name: O'Brien, mobile: '+8613800000000', email: a@b.c, x_vip: 'yes'}
reference: INC0042
level: -3
watchers: ['@a', (b)]
parent: T-7
pending_for: vendor
until: 2026-11-23T23:59:59Z
description: |2+
   indented

  - a: {b}
  =======

opened: 2026-11-22T01:16:00Z
x_a: |-
  two
  lines
x_b: [1, 2.5, true, null, {a: [], 'b c?': {}}, .inf, .nan, "\x1b", [[x]]]
'x_c: d': 1.0e+20
x_e: ''
x_f: "a\tb\x85\U000e0001"
history:
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FA, at: 2026-11-22T01:16:00Z, by: mei, event: opened}
- {id: '1234567890', at: 2026-11-22T01:17:00Z, recorded: 2026-11-22T09:00:00Z, by: 'a, b', event: set, set: {priority: P1, tags: [a]}, was: {ci: ''}}
- {id: '{', at: 2026-11-22T01:18:00Z, by: '12', event: pending, for: vendor, until: 2026-11-23T23:59:59Z, x_z: {a: 1, b: [c, 'd ']}}
- {id: y2, at: 2026-11-22T01:19:00Z, by: mei, event: noted, text: "a\nb \\ \"c\"", rule: 'no'}
"""  # noqa: E501 - as a file has it
DAMAGE = (
    "", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "#", " # a", "- ", ": ", ":", ", ", ",", "{", "}", "[", "]", "{}", "[]", "'", '"',
    "''", '""', "&a ", "*a", "!x ", "!!int ", "!!str ", "|", "|+\n", "|2-\n", ">", "? ", "?", "@", "`", "%", "<<: ", "<<",
    "<<<<<<< a\n", "=======\n", ">>>>>>> b\n", "%YAML 1.1\n", "---\n", "...\n", "\ufeff", "\x00", "\x1b", "\x7f", "\x85", "\u2028",
    "\u2029", "\u200b", "\u202e", "\ufffe", "\xa0", "\u3000", "\U000e0001", "~", "null", "Null", "true", "True", "no", "On", "y", "0x1",
    "0o7", "017", "1e5", "1_000", "+1", "-0", "007", ".5", "5.", "1:30", "12:30:45", ".nan", ".INF", "2001-01-01",
    "2026-11-22T01:16:00Z", "2026-11-22T24:00:00Z", "2026-11-22T01:16:60Z", "1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
    "2026-W47-7T01:16:00Z", "٣", "１２", "٢٠٢٦", "id: T-42\n", "id: T-1\n", "status: new\n", "status: closed\n", "level: 0\n",
    "score: 9\n", "history: []\n", "history:\n", "x_a: 1\n", "x_a: ''\n", "x_b: {a: 1, a: 2}\n", "parent: t-1\n", "  two\n", "    \n",
    "\\", "\\x41", "\\u0041", "\\n", "\\/", "\\\n", "\ud800", "王芳", "a", "T", "Z", "0", "9",
)  # fmt: skip
"""What gets into a file: indicators, breaks that YAML knows and those that nobody sees, words of YAML 1.1, instants that are none, keys."""
FILES = (CANONICAL, RICH, MINIMAL.replace("T-1", "T-42"))


def agree(raw: bytes) -> bool:
    """Whether the fast reader takes the file. If so, the strict one has to take it for the same ticket, of which this is the file."""
    quick = canonical.read(raw, "T-42")
    if quick is None:
        return False
    assert repr(strictly(raw)) == repr(quick)  # 1 is equal to True, and .nan not even to itself
    assert encode(quick).encode() == raw
    return True


def test_files_as_we_write_them_are_taken():
    assert all(agree(text.encode()) for text in FILES)


@pytest.mark.parametrize("content", [row[0] for row in HOSTILE.values()], ids=HOSTILE)
def test_no_hostile_file_is_taken_nor_a_ticket_with_such_lines(content):
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    assert canonical.read(raw, "T-42") is None
    for begin in ("title: ", "history:", "- {"):
        first, found, rest = RICH.encode().partition(begin.encode())
        assert not agree(first + raw + b"\n" + found + rest)
    assert not agree(RICH.encode() + raw + b"\n")


@pytest.mark.parametrize("text", [row[0] for row in SHAPES.values()], ids=SHAPES)
def test_nothing_is_taken_that_is_yaml_and_no_ticket(text):
    assert canonical.read(text.encode(), "T-1") is None


@st.composite
def damaged(draw):
    """A canonical file with one to three slips: letters gone or come, lines twice, gone or moved, other quotes, another value."""
    text = draw(st.sampled_from(FILES)) if draw(st.booleans()) else encode(draw(tickets))
    for _ in range(draw(st.integers(1, 3))):
        text = draw(st.sampled_from(SLIPS))(draw, text)
    return text.encode(errors="replace")


def _letters(draw, text):
    at, length = draw(st.integers(0, len(text))), draw(st.integers(0, 4))
    return text[:at] + draw(st.sampled_from(DAMAGE)) + text[at + length :]


def _lines(draw, text):
    lines = text.split("\n")
    one, other = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    how = draw(st.sampled_from(("twice", "gone", "moved", "joined")))
    taken = lines[one]
    if how != "twice":
        del lines[one]
    if how in ("twice", "moved"):
        lines.insert(other, taken)
    if how == "joined":
        lines[min(one, len(lines) - 1)] += taken
    return "\n".join(lines)


def _quotes(draw, text):
    found = [n for n, letter in enumerate(text) if letter in "'\""] or [0]
    at = draw(st.sampled_from(found))
    return text[:at] + draw(st.sampled_from(("'", '"', "", "''"))) + text[at + 1 :]


def _value(draw, text):
    """Another value, written in some way, after one of the colons."""
    found = [n + 2 for n in range(len(text)) if text.startswith(": ", n)] or [0]
    at = draw(st.sampled_from(found))
    ends = [end for end in (text.find(one, at) for one in (", ", "}", "\n")) if end >= 0]
    value = draw(st.sampled_from((*TRAPS, *DAMAGE)))
    written = draw(st.sampled_from((value, f"'{value}'", f'"{value}"', f"[{value}]", f"{{a: {value}}}", f"|\n  {value}", f" {value}")))
    return text[:at] + written + text[min(ends, default=at) :]


SLIPS = (_letters, _lines, _quotes, _value)


@settings(max_examples=6 * EXAMPLES, deadline=None)
@given(damaged())
def test_a_damaged_file_is_left_to_the_strict_reader_or_read_as_it_does(raw):
    agree(raw)


TAKEN = {
    "another word": ("Mail server", "FTP server"),
    "a colon": ("Mail server", "Mail:server"),
    "a word of YAML 1.1 in quotes": ("title: Mail server does not answer", "title: 'no'"),
    "brackets where they mean nothing": ("Mail server", "Mail [server], {it}"),
    "another number": ("level: 2\nassignee", "level: 17\nassignee"),
    "a line less": ("assignee: li.lei\n", ""),
    "a word in an event": ("Restarted the IMAP", "Swore at the IMAP"),
    "an event's ID that is a number, in quotes": ("01KARZ3NDEKTSV4RRFFQ69G5FA", "'42'"),
    "a short ID of an event": ("01KARZ3NDEKTSV4RRFFQ69G5FA", "A1"),
    "a key of one's own": ("history:", "x_a: 1\nhistory:"),
}


@pytest.mark.parametrize(("old", "new"), TAKEN.values(), ids=TAKEN)
def test_what_says_something_else_in_our_own_way_is_taken(old, new):
    """So the tests above aren't those of a reader that takes nothing."""
    assert old in CANONICAL
    assert agree(CANONICAL.replace(old, new, 1).encode())


LEFT = {
    "quotes that nobody needs": ("title: Mail server does not answer", "title: 'Mail server does not answer'"),
    "a number without quotes": ("01KARZ3NDEKTSV4RRFFQ69G5FA", "42"),
    "a number that isn't like a number": ("level: 2\n", "level: 02\n"),
    "an empty value": ("ci: mail-01", "ci: ''"),
    "two keys the other way round": ("ci: mail-01\nchannel: phone", "channel: phone\nci: mail-01"),
    "a key twice": ("ci: mail-01\n", "ci: mail-01\nci: mail-01\n"),
    "a key of one's own twice": ("history:", "x_a: 1\nx_a: 1\nhistory:"),
    "a key of one's own among ours": ("opened:", "x_a: 1\nopened:"),
    "an event twice": ("FB, at", "FA, at"),
    "a key of an event twice": ("team: servicedesk", "team: servicedesk, team: servicedesk"),
    "the keys of a contact the other way round": ("name: 王芳, mobile: '+8613800000000'", "mobile: '+8613800000000', name: 王芳"),
    "no line end": ("service}\n", "service}"),
    "an empty line": ("history:", "\nhistory:"),
    "a hour too many": ("opened: 2026-11-22T01", "opened: 2026-11-22T24"),
    "a day too many": ("opened: 2026-11-22", "opened: 2026-11-31"),
    "another ticket": ("id: T-42", "id: T-43"),
    "a number without end": ("level: 2\n", f"level: {'9' * 400}\n"),
    "brackets without end": ("history:", f"x_a: {'[' * 5000}\nhistory:"),
    "many levels": ("history:", f"x_a: {'[' * 25}{']' * 25}\nhistory:"),
    "a key too long": ("history:", f"x_{'a' * 120}: 1\nhistory:"),
}


@pytest.mark.parametrize(("old", "new"), LEFT.values(), ids=LEFT)
def test_what_we_would_write_otherwise_is_left_to_the_strict_reader(old, new):
    assert old in CANONICAL
    assert not agree(CANONICAL.replace(old, new, 1).encode())


INSTANTS = (
    "2026-11-22T24:00:00Z", "2026-11-22T23:59:60Z", "2026-11-22T1:16:00Z", "2026-11-22T01:16Z", "2026-11-22T011600.0Z",
    "2026-11-22T01:1600Z", "20261122T01:16:00Z", "2026-W47-7T01:16:00Z", "2026-1-22T01:16:00Z", "20261122--T01:16:00Z",
    "2026--1122T01:16:00Z", "2026-11-31T01:16:00Z", "2026-02-29T01:16:00Z", "2026-11-22t01:16:00Z", "2026-11-22 01:16:00Z",
    "2026-11-22x01:16:00Z", "2026-11-22T01:16:00z", "2026-11-22T01:16:00+00:00", "2026-11-22T01:16:00ZZ",
    "2026-11-22T01:16:00.5Z", "2026-11-22T01:16:00", "2026-11-22", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z",
    "2200-01-01T00:00:01Z", "9999-12-31T23:59:59Z", "1970-01-011T00:00:00Z", "２０２６-11-22T01:16:00Z", "2026-11-22T01:16:٠٠Z",
    "'2026-11-22T01:16:00Z'",
)  # fmt: skip


@pytest.mark.parametrize("told", INSTANTS)
def test_no_instant_is_taken_that_we_would_not_write(told):
    for begin in ("opened: ", "at: "):
        first, _, rest = CANONICAL.partition(f"{begin}2026-11-22T01:16:00Z")
        assert not agree(f"{first}{begin}{told}{rest}".encode())


@pytest.mark.parametrize("told", ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_the_first_and_the_last_instants_are_taken(told):
    assert agree(CANONICAL.replace("2026-11-22T01:16:00Z", told).encode())


def test_a_file_of_more_values_than_the_strict_reader_takes_is_left_to_it():
    few, many = (CANONICAL.replace("ci:", f"tags: [{', '.join(['a'] * count)}]\nci:").encode() for count in (1000, MAX_NODES))
    assert agree(few)
    assert canonical.read(many, "T-42") is None


def test_what_tickets_have_in_common_is_remembered_with_neither_changing_the_other():
    one, other = (decode(CANONICAL.replace("T-42", name).encode(), f"{name}.yaml").ticket for name in ("T-1", "T-2"))
    assert one.history == other.history
    assert one.contact == other.contact
    assert one.contact is not other.contact
