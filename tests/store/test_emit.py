"""The canonical way of writing: whatever the text, every reader of YAML reads it back."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from yaml12 import parse_yaml

from itsm.errors import ItsmError
from itsm.model.ticket import Ticket
from itsm.store import emit, strict
from itsm.store.codec import decode, encode
from tests.store.cases import CANONICAL, EXAMPLES, MINIMAL, OPENED, TRAPS, event, plain, texts


def ruamel(text, version):
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.version = version
    return yaml.load(text)


def readers(text):
    return [parse_yaml(text), ruamel(text, (1, 2)), ruamel(text, (1, 1)), strict.to_data(strict.load(text.encode(), "x"))]


def test_a_ticket_is_written_as_the_design_shows_it():
    assert encode(decode(CANONICAL.encode(), "T-42.yaml").ticket) == CANONICAL


def test_empty_values_have_no_key():
    assert encode(Ticket(id="T-1", title="Slow FTP", opened=OPENED)) == MINIMAL


@pytest.mark.parametrize("text", TRAPS, ids=lambda text: ascii(text)[:30])
def test_every_reader_takes_a_trap_for_the_text_that_it_is(text):
    written = (
        f"block: {emit.block_text(text)}\nflow: {{key: {emit.flow_text(text)}, {emit.flow_text(text)}: [{emit.flow_text(text)}, a]}}\n"
    )
    if len(text) > 100:
        written = f"block: {emit.block_text(text)}\nflow: {{key: {emit.flow_text(text)}, a: [{emit.flow_text(text)}, a]}}\n"
        expected = {"block": text, "flow": {"key": text, "a": [text, "a"]}}
    elif text == "key":
        return
    else:
        expected = {"block": text, "flow": {"key": text, text: [text, "a"]}}
    for found in readers(written):
        assert found == expected


@settings(max_examples=EXAMPLES, deadline=None)
@given(plain, plain)
@example([[]], {"": {}})
def test_every_reader_reads_plain_data_back(first, second):
    for found in readers(f"a: {emit.flow([first, {'k': second}])}\nb: 1\n"):
        assert found == {"a": [first, {"k": second}], "b": 1}


@settings(max_examples=EXAMPLES, deadline=None)
@given(texts, texts)
@example("a\n \n", "")
@example("\n \n a", "\t\n")
@example(" a\n\tb\n\n", "a\n\n\n")
def test_every_reader_reads_text_of_many_lines_back(first, second):
    ticket = Ticket(id="T-1", title="x", opened=OPENED, description=f"{first}\n{second}", extra={"x_y": f"{second}\n"})
    for found in readers(encode(ticket)):
        assert (found["description"], found["x_y"]) == (ticket.description, ticket.extra["x_y"])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Outlook\nhangs\n", "|\n  Outlook\n  hangs"),
        ("Outlook\nhangs", "|-\n  Outlook\n  hangs"),
        ("Outlook\nhangs\n\n", "|+\n  Outlook\n  hangs\n"),
        ("  code\ntext\n", "|2\n    code\n  text"),
        ("a\n\nb \n", "|\n  a\n\n  b "),
        ("one line", "one line"),
        ("a\r\nb\r\n", '"a\\r\\nb\\r\\n"'),
        ("a\n  ", '"a\\n  "'),
        ("a\u2028b\n", '"a\\u2028b\\n"'),
        ("\n\n", '"\\n\\n"'),
    ],
    ids=["lines", "no end of line", "blank line at the end", "indented", "trailing space", "one line", "CRLF",
    "space at the end", "LS", "blank"],
)  # fmt: skip
def test_a_description_is_a_literal_where_one_can_carry_it(text, written):
    ticket = Ticket(id="T-1", title="x", opened=OPENED, description=text)
    assert f"\ndescription: {written}\nopened:" in encode(ticket)


@pytest.mark.parametrize(
    ("text", "block", "flow"),
    [
        ("Mail server down", "Mail server down", "Mail server down"),
        ("a:b, c", "a:b, c", "'a:b, c'"),
        ("it's", "it's", "it's"),
        ("'it'", "'''it'''", "'''it'''"),
        ("no", "'no'", "'no'"),
        ("12:30", "'12:30'", "'12:30'"),
        ("0042", "'0042'", "'0042'"),
        ("8e287857", "'8e287857'", "'8e287857'"),
        ("01KARZ3NDEKTSV4RRFFQ69G5FA", "01KARZ3NDEKTSV4RRFFQ69G5FA", "01KARZ3NDEKTSV4RRFFQ69G5FA"),
        ("\x1b[31m", '"\\x1b[31m"', '"\\x1b[31m"'),
        ("\u202egnp", '"\\u202egnp"', '"\\u202egnp"'),
        ("\U000e0041", '"\\U000e0041"', '"\\U000e0041"'),
        ("王芳", "王芳", "王芳"),
    ],
)
def test_a_text_is_quoted_only_where_it_must_be(text, block, flow):
    assert (emit.block_text(text), emit.flow_text(text)) == (block, flow)


# What yaml.org/type says for YAML 1.1; PyYAML's own patterns are narrower.
_OTHER_TYPES = re.compile(
    r"~|null|Null|NULL||y|Y|yes|Yes|YES|n|N|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|<<|=|"
    r"[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+|0o[0-7]+|"
    r"[-+]?([0-9][0-9_]*)?\.[0-9.]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*([eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*|"
    r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|\d{4}-\d\d-\d\d|"
    r"\d{4}-\d\d?-\d\d?([Tt]|[ \t]+)\d\d?:\d\d:\d\d(\.\d*)?([ \t]*(Z|[-+]\d\d?(:\d\d)?))?"
)


@settings(max_examples=10 * EXAMPLES, deadline=None)
@given(texts)
@example("1:20")
@example("1e3")
@example("10.0.0.1")
def test_no_plain_text_is_of_another_type_in_yaml_1_1(text):
    for written in (emit.block_text(text), emit.flow_text(text)):
        assert written[0] in "'\"" or not _OTHER_TYPES.fullmatch(written)


def test_text_that_no_file_can_carry_is_refused():
    with pytest.raises(ItsmError, match="no UTF-8"):
        encode(Ticket(id="T-1", title="caf\udce9", opened=OPENED))


def test_an_event_says_when_it_was_entered_only_if_that_was_later():
    one = event(1, "noted", text="x: y", level=2)
    assert emit.event(one).endswith("at: 2026-11-22T01:17:00Z, by: mei, event: noted, text: 'x: y', level: 2}")
