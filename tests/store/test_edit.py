"""Changing a file that a person wrote: the lines that must change do, and every other byte stays."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.errors import ItsmError
from itsm.model import lifecycle
from itsm.model.lifecycle import Signature
from itsm.store import emit
from itsm.store.codec import decode, encode, rewrite
from tests.store.cases import CANONICAL, EXAMPLES, MINIMAL, OPENED, event, events, texts, tickets

HAND = Signature("han", OPENED + timedelta(hours=9), lambda: "01KARZ3NDEKTSV4RRFFQ69G5FX")

BY_HAND = """\
# Called twice already. -- mei
id:     T-42
type:   incident   # or a request?

title:  "Mail server does not answer"
status: assigned # L2 has it
x_site: {building: B, 'room': 0x1F}   # from the CMDB
priority: P2
contact:
  # the secretary
  name: '王芳'
  x_vip: "yes"
  mobile: "+8613800000000"   # in the evening only

team: network     # till Friday
level: 2
description: >-
  Outlook says
  the server can't be reached.
   # not a comment

# since nine
opened: 2026-11-22T01:16:00Z
history:
  # as it came in
  - {id: 01K,  at: 2026-11-22T01:16:00Z, by: mei, event: opened, x_call: 17}   # phone

  - id: 01B   # in block style
    at: 2026-11-22T01:17:00Z
    by: mei
    event: assigned
    team: network
    level: 2
# that is all
"""


def changed(text, change, name="tickets/T-42.yaml"):
    """What the change does to the lines: (deleted, added)."""
    document = decode(text.encode(), name)
    after = rewrite(document, change(document.ticket)).raw.decode()
    lines = list(difflib.ndiff(text.splitlines(keepends=True), after.splitlines(keepends=True)))
    return [line[2:] for line in lines if line[0] == "-"], [line[2:] for line in lines if line[0] == "+"]


def moved(command, **data):
    return lambda ticket: lifecycle.move(ticket, command, HAND, **data)


STAMP = "{id: 01KARZ3NDEKTSV4RRFFQ69G5FX, at: 2026-11-22T10:16:00Z, by: han, event: "
MOVES = {
    "note": (moved("note", text="x"), [], [f"  - {STAMP}noted, text: x}}\n"]),
    "assign": (
        moved("assign", team="servicedesk", level=1),
        ["team: network     # till Friday\n", "level: 2\n"],
        ["team: servicedesk     # till Friday\n", "level: 1\n", f"  - {STAMP}assigned, team: servicedesk, level: 1}}\n"],
    ),
    "assign to a person": (
        moved("assign", team="network", level=2, assignee="li.lei"),
        [],
        ["assignee: li.lei\n", f"  - {STAMP}assigned, team: network, level: 2, assignee: li.lei}}\n"],
    ),
    "resolve": (
        moved("resolve", resolution="Restarted\nIMAP"),
        ["status: assigned # L2 has it\n"],
        ["status: resolved # L2 has it\n", "resolved: 2026-11-22T10:16:00Z\n", f'  - {STAMP}resolved, resolution: "Restarted\\nIMAP"}}\n'],
    ),
    "pend": (
        moved("pend", **{"for": "customer"}),
        ["status: assigned # L2 has it\n"],
        ["status: pending # L2 has it\n", "pending_for: customer\n", f"  - {STAMP}pending, for: customer}}\n"],
    ),
    "a title": (
        lambda t: replace(t, title="Mail: down"),
        ['title:  "Mail server does not answer"\n'],
        ["title:  'Mail: down'\n"],
    ),
    "a name": (
        lambda t: replace(t, contact={**t.contact, "name": "李"}),
        ["  name: '王芳'\n"],
        ["  name: 李\n"],
    ),
    "a mobile taken away": (
        lambda t: replace(t, contact={"name": "王芳", "x_vip": "yes"}),
        ['  mobile: "+8613800000000"   # in the evening only\n'],
        [],
    ),
    "an e-mail added": (
        lambda t: replace(t, contact={**t.contact, "email": "w@example.com"}),
        [],
        ["  email: w@example.com\n"],
    ),
    "no contact": (
        lambda t: replace(t, contact={}),
        ["contact:\n", "  # the secretary\n", "  name: '王芳'\n", '  x_vip: "yes"\n',
        '  mobile: "+8613800000000"   # in the evening only\n'],
        [],
    ),
    "a description": (
        lambda t: replace(t, description="a\nb\n"),
        ["description: >-\n", "  Outlook says\n", "  the server can't be reached.\n", "   # not a comment\n"],
        ["description: |\n", "  a\n", "  b\n"],
    ),
    "a description of one line": (
        lambda t: replace(t, description="a"),
        ["description: >-\n", "  Outlook says\n", "  the server can't be reached.\n", "   # not a comment\n"],
        ["description: a\n"],
    ),
    "no description": (
        lambda t: replace(t, description=""),
        ["description: >-\n", "  Outlook says\n", "  the server can't be reached.\n", "   # not a comment\n"],
        [],
    ),
    "a foreign key": (
        lambda t: replace(t, extra={"x_site": "B"}),
        ["x_site: {building: B, 'room': 0x1F}   # from the CMDB\n"],
        ["x_site: B   # from the CMDB\n"],
    ),
    "a new foreign key": (
        lambda t: replace(t, extra={**t.extra, "x_new": [1, None]}),
        [],
        ["x_new: [1, null]\n"],
    ),
    "an event redacted": (
        lambda t: replace(t, history=(replace(t.history[0], data={}), *t.history[1:])),
        ["  - {id: 01K,  at: 2026-11-22T01:16:00Z, by: mei, event: opened, x_call: 17}   # phone\n"],
        ["  - {id: 01K, at: 2026-11-22T01:16:00Z, by: mei, event: opened}   # phone\n"],
    ),
    "an event taken away": (
        lambda t: replace(t, history=t.history[1:]),
        ["  - {id: 01K,  at: 2026-11-22T01:16:00Z, by: mei, event: opened, x_call: 17}   # phone\n"],
        [],
    ),
    "nothing": (lambda t: t, [], []),
}  # fmt: skip


@pytest.mark.parametrize(("change", "deleted", "added"), MOVES.values(), ids=MOVES)
def test_only_the_lines_that_must_change_do(change, deleted, added):
    assert changed(BY_HAND, change) == (deleted, added)


@pytest.mark.parametrize(("change", "deleted", "added"), MOVES.values(), ids=MOVES)
def test_line_ends_stay_what_they_are(change, deleted, added):
    crlf = [[line.replace("\n", "\r\n") for line in lines] for lines in (deleted, added)]
    assert changed(BY_HAND.replace("\n", "\r\n"), change) == tuple(crlf)


def note(ticket):
    return replace(ticket, history=(*ticket.history, event(9, text="x")))


NOTE = emit.event(event(9, text="x"))
NO_HISTORY = MINIMAL.removesuffix("history: []\n")
HISTORIES = {
    "an empty list": ("history: []  # none\n", f"history:  # none\n- {NOTE}\n"),
    "an empty value": ("history:  # none\n", f"history:  # none\n- {NOTE}\n"),
    "an empty value, no line end": ("history:", f"history:\n- {NOTE}\n"),
    "an empty list, then a key": ("history: []\nci: a\n", f"history:\n- {NOTE}\nci: a\n"),
    "no line end": (f"history:\n- {NOTE.replace('0009', '0008')}", None),
    "indented, no line end": ("history:\n   - {id: a, at: 2026-11-22T01:16:00Z, by: x, event: told}", None),
    "in brackets": (
        "history: [{id: a, at: 2026-11-22T01:16:00Z, by: x, event: told}] # one\n",
        f"history: [{{id: a, at: 2026-11-22T01:16:00Z, by: x, event: told}}, {NOTE}] # one\n",
    ),
    "in brackets, a line each": (
        "history: [\n  {id: a, at: 2026-11-22T01:16:00Z, by: x, event: told}, # one\n]\n",
        f"history: [\n  {{id: a, at: 2026-11-22T01:16:00Z, by: x, event: told}},\n  {NOTE}, # one\n]\n",
    ),
    "a literal at the end": (
        "history:\n- id: a\n  at: 2026-11-22T01:16:00Z\n  by: x\n  event: noted\n  text: |\n    a\n    b\n\n# end\n",
        f"history:\n- id: a\n  at: 2026-11-22T01:16:00Z\n  by: x\n  event: noted\n  text: |\n    a\n    b\n- {NOTE}\n\n# end\n",
    ),
    "a literal without line end": (
        "history:\n- id: a\n  at: 2026-11-22T01:16:00Z\n  by: x\n  event: noted\n  text: |-\n    a\n    b",
        f"history:\n- id: a\n  at: 2026-11-22T01:16:00Z\n  by: x\n  event: noted\n  text: |-\n    a\n    b\n- {NOTE}\n",
    ),
    "blank lines kept": (
        "history:\n- id: a\n  at: 2026-11-22T01:16:00Z\n  by: x\n  event: noted\n  text: |+\n    a\n\n",
        f"history:\n- id: a\n  at: 2026-11-22T01:16:00Z\n  by: x\n  event: noted\n  text: |+\n    a\n\n- {NOTE}\n",
    ),
    "an end marker": ("history: []\n...\n", f"history:\n- {NOTE}\n...\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), HISTORIES.values(), ids=HISTORIES)
def test_an_event_is_added_to_any_kind_of_history(before, after):
    document = decode((NO_HISTORY + before).encode(), "T-1.yaml")
    indent = before.rpartition("\n")[2].partition("-")[0]
    expected = f"{before}\n{indent}- {NOTE}\n" if after is None else after
    assert rewrite(document, note(document.ticket)).raw.decode() == NO_HISTORY + expected


CONTACTS = {
    "a flow mapping": ("contact: {name: 'A',  mobile: '1'} # c\n", "contact: {name: B,  mobile: '1', phone: '2'} # c\n"),
    "an empty one": ("contact: {}\n", "contact: {name: B, phone: '2'}\n"),
    "an empty value": ("contact: # c\n", "contact: {name: B, phone: '2'} # c\n"),
    "JSON": ('contact: {"name":"A"}\n', "contact: {\"name\": B, phone: '2'}\n"),
    "many lines": ("contact: {\n  name: A, # c\n}\n", "contact: {\n  name: B, phone: '2', # c\n}\n"),
    "an indented mapping": ("contact:\n    mobile: '1'\n    name: A\n", "contact:\n    mobile: '1'\n    name: B\n    phone: '2'\n"),
}


@pytest.mark.parametrize(("before", "after"), CONTACTS.values(), ids=CONTACTS)
def test_a_contact_is_changed_in_its_own_style(before, after):
    document = decode((MINIMAL + before).encode(), "T-1.yaml")
    contact = {key: value for key, value in document.ticket.contact.items() if key == "mobile"} | {"name": "B", "phone": "2"}
    assert rewrite(document, replace(document.ticket, contact=contact)).raw.decode() == MINIMAL + after


VALUES = {
    "a block list becomes one line": ("tags: # c\n- a # d\n- b\nci: x\n", {"tags": ("a", "c")}, "tags: [a, c] # c\nci: x\n"),
    "an indented block list": ("tags:\n  - a\n", {"tags": ("b",)}, "tags: [b]\n"),
    "a value of two lines": ("ci: a\n  b # c\n", {"ci": "d"}, "ci: d # c\n"),
    "quotes over two lines": ("ci: 'a\n  b'\nteam: x\n", {"ci": "d"}, "ci: d\nteam: x\n"),
    "a comment of a literal": ("description: | # c\n  a\n# d\n", {"description": "b\nc\n"}, "description: | # c\n  b\n  c\n# d\n"),
    "a line becomes many": ("description: a # c\nci: x\n", {"description": "b\nc\n"}, "description: | # c\n  b\n  c\nci: x\n"),
    "a line becomes many at the end": ("description: a", {"description": "b\nc\n"}, "description: |\n  b\n  c\n"),
    "an empty value": ("ci:\nteam: x\n", {"ci": "d"}, "ci: d\nteam: x\n"),
    "an empty value, a comment": ("ci: # c\nteam: x\n", {"ci": "d"}, "ci: d # c\nteam: x\n"),
    "two keys at one place": ("ci: a\n", {"channel": "phone", "team": "x"}, "ci: a\nchannel: phone\nteam: x\n"),
    "a key goes, another comes": ("ci: a\n", {"ci": "", "team": "x"}, "team: x\n"),
    "the last line without end goes": ("ci: a\nteam: x", {"team": ""}, "ci: a\n"),
    "quoted keys": ("\"ci\": a\n'team' : x\n", {"ci": "b", "team": "z"}, "\"ci\": b\n'team' : z\n"),
    "a text on the next line": ("ci:\n  a\n", {"ci": "b"}, "ci:\n  b\n"),
    "blank lines at the end": ("description: a\n\nci: x\n", {"description": "b\n\n"}, 'description: "b\\n\\n"\n\nci: x\n'),
    "an explicit key": ("? ci\n: a\n", {"ci": "b"}, "? ci\n: b\n"),
}


@pytest.mark.parametrize(("before", "change", "after"), VALUES.values(), ids=VALUES)
def test_a_value_is_changed_in_its_place(before, change, after):
    head = MINIMAL.replace("history: []\n", "")
    document = decode((f"history: []\n{head}{before}").encode(), "T-1.yaml")
    assert rewrite(document, replace(document.ticket, **change)).raw.decode() == f"history: []\n{head}{after}"


def test_a_file_that_is_indented_stays_so():
    text = "".join(f"   {line}\n" for line in MINIMAL.splitlines())
    document = decode(text.encode(), "T-1.yaml")
    after = rewrite(document, replace(note(document.ticket), description="a\nb\n")).raw.decode()
    assert "\n   description: |\n     a\n     b\n   opened:" in after
    assert after.endswith(f"   history:\n   - {NOTE}\n")


def test_a_canonical_file_stays_canonical():
    document = decode(CANONICAL.encode(), "T-42.yaml")
    assert rewrite(document, note(document.ticket)).canonical


def test_a_change_that_can_not_be_read_back_is_refused():
    document = decode(MINIMAL.replace("id:", "# by hand\nid:").encode(), "T-1.yaml")
    with pytest.raises(ItsmError, match=r"T-1\.yaml"):
        rewrite(document, replace(document.ticket, status="lost"))
    with pytest.raises(ItsmError, match="without losing something"):
        rewrite(document, replace(document.ticket, opened=OPENED + timedelta(microseconds=1), extra={"x_when": OPENED}))


# --- any ticket, in any handwriting, changed in any way ---------------------------------------


@st.composite
def handwritten(draw):
    """A canonical ticket as a person might have left it: comments, blank lines, other order, styles and line ends."""
    ticket = draw(tickets)
    chunks = [f"{key}:{value}\n" for key, value in emit.fields(ticket).items()]
    contact = emit.contact(ticket.contact)
    if contact and draw(st.booleans()):
        block = "contact:\n" + "".join(f"  {key}: {value}\n" for key, value in contact.items())
        chunks = [block if chunk.startswith("contact:") else chunk for chunk in chunks]
    lines = [f"{draw(st.sampled_from(('', '  ')))}"]
    history = "".join(f"{lines[0]}- {emit.event(one)}{draw(st.sampled_from(('', '  # c')))}\n" for one in ticket.history)
    chunks.append(f"history:\n{history}" if history else draw(st.sampled_from(("history: []\n", "history: # none\n"))))
    chunks = draw(st.permutations(chunks))
    text = ""
    for before, chunk in pairwise(("", *chunks)):
        keeps = before.partition("\n")[0].endswith("+")  # after `|+` a blank line would be more of the text
        text += draw(st.sampled_from(("", "# note\n") if keeps else ("", "# note\n", "\n"))) + chunk
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return (text.rstrip("\r\n") if draw(st.booleans()) and "|" not in chunks[-1] else text), ticket


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(
    handwritten(),
    tickets,
    st.sets(st.sampled_from(("title", "status", "tags", "contact", "level", "description", "extra", "score"))),
    events(),
)
def test_any_change_of_any_handwriting_is_read_back_and_keeps_the_comments(written, other, names, fresh):
    text, ticket = written
    document = decode(text.encode(), "T-42.yaml")
    assert encode(document.ticket) == encode(ticket) or "extra" in names or list(document.ticket.extra) != list(ticket.extra)
    change = replace(document.ticket, **{name: getattr(other, name) for name in names})
    if fresh.id not in {one.id for one in change.history}:
        change = replace(change, history=(*change.history, fresh))
    after = rewrite(document, change).raw.decode()
    assert after.count("# note") >= text.count("# note")
    assert after.count("  # c") >= text.count("  # c") - sum("# c" in str(value) for value in (ticket, other))


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts)
def test_a_note_adds_one_line_and_touches_no_other(text):
    document = decode(BY_HAND.encode(), "T-42.yaml")
    ticket = replace(document.ticket, history=(*document.ticket.history, event(3, text=text)))
    after = rewrite(document, ticket).raw.decode().splitlines(keepends=True)
    before = BY_HAND.splitlines(keepends=True)
    assert [line for line in after if line not in before] == [f"  - {emit.event(event(3, text=text))}\n"]
    assert len(after) == len(before) + 1
