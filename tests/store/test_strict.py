"""What may be in a file: each break named with its line, the reason and the remedy."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.store.strict import MAX_BYTES, Mapping, Scalar, Sequence, Unreadable, line_of, load, to_data
from tests.store.cases import CANONICAL, EXAMPLES, texts

BOMB = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True))

HOSTILE = {
    "empty": ("", 0, "the file is empty", "git"),
    "only a comment": ("# a\n", 0, "the file is empty", ""),
    "conflict": ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n", 2, "a git conflict marker: <<<<<<< HEAD",
    "settle the conflict"),
    "half a conflict": ("a: 1\nb: 2\n=======\n", 3, "a git conflict marker: =======", "settle"),
    "conflict, CRLF": ("a: 1\r\n>>>>>>> b\r\n", 2, "a git conflict marker: >>>>>>> b", ""),
    "conflict of three": ("a: 1\n||||||| b\n", 2, "a git conflict marker", ""),
    "tab indent": ("a:\n\tb: 1\n", 2, "a tab is used for indentation", "spaces"),
    "tab after spaces": ("a:\n  \tb: 1\n", 2, "a tab is used for indentation", "spaces"),
    "byte order mark": ("\ufeffa: 1\n", 1, "begins with a byte order mark", "without BOM"),
    "a mark within": ("a: x\ufeff\n", 1, "the character U+FEFF can't be in a file", "delete it"),
    "not UTF-8": (b"a: 1\nb: caf\xe9\n", 2, "not UTF-8: byte 0xE9", "save it as UTF-8"),
    "UTF-16": ("a: 1\n".encode("utf-16"), 1, "not UTF-8: byte 0xFF", ""),
    "overlong": (b"a: \xc0\xaf\n", 1, "not UTF-8", ""),
    "a surrogate in UTF-8": (b"a: \xed\xa0\x80\n", 1, "not UTF-8", ""),
    "a NUL": ("a: 1\nb: \x00\n", 2, "the character U+0000 can't be in a file", ""),
    "an escape": ("a: \x1b[31m\n", 1, "the character U+001B", "\\u001B"),
    "DEL": ("a: \x7f\n", 1, "the character U+007F", ""),
    "NEL": ("a: x\x85y\n", 1, "the character U+0085", ""),
    "CSI": ("a: \x9b31m\n", 1, "the character U+009B", ""),
    "a line separator": ("a: x\u2028b: y\n", 1, "the character U+2028", ""),
    "a paragraph separator": ("a: x\u2029\n", 1, "the character U+2029", ""),
    "a noncharacter": ("a: \uffff\n", 1, "the character U+FFFF", ""),
    "a lone CR": ("a: 1\rb: 2\n", 1, "a carriage return without a line feed", "Unix line ends"),
    "too large": ("a: " + "x" * MAX_BYTES, 0, "larger than 1,048,576 bytes", "attachment"),
    "deep brackets": ("a: " + "[" * 5000, 1, "more than 20 levels deep", "flat"),
    "deep braces": ("a: " + "{a: " * 5000, 1, "more than 20 levels deep", ""),
    "deep dashes": ("- " * 100_000 + "a", 1, "more than 20 levels deep", ""),
    "deep questions": ("? " * 100_000 + "a", 1, "a key that is a list or a mapping", ""),
    "deep lines": ("".join(" " * n + "a:\n" for n in range(30)), 21, "more than 20 levels deep", ""),
    "an alias bomb": (BOMB, 1, "an anchor (&a)", "delete it"),
    "an anchor": ("a: 1\nb: &x 1\n", 2, "an anchor (&x)", "wants quotes"),
    "an anchor on a mapping": ("a: &x\n  b: 1\n", 1, "an anchor (&x)", ""),
    "an anchor on a key": ("&x a: 1\n", 1, "an anchor (&x)", ""),
    "an alias": ("a: 1\nb: *x\n", 2, "an alias (*x)", "wants quotes"),
    "an alias as a key": ("*x : 1\n", 1, "an alias (*x)", ""),
    "a tag of Python": ("a: !!python/object/apply:os.system [id]\n", 1, "a tag (", "wants quotes"),
    "a tag of YAML": ("a: !!str 1\n", 1, "a tag (", ""),
    "a tag of one's own": ("a: !x y\n", 1, "a tag (!x)", ""),
    "a plain tag": ("a: ! y\n", 1, "a tag (!)", ""),
    "a verbatim tag": ("a: !<tag:x> y\n", 1, "a tag (", ""),
    "a merge key": ("a: {<<: {b: 1}}\n", 1, "a merge key (<<)", "the keys themselves"),
    "a directive": ("%YAML 1.1\n---\na: 1\n", 1, "a YAML directive", "delete this line"),
    "a directive for tags": ("%TAG ! tag:x,2000:\n---\na: 1\n", 1, "a YAML directive", ""),
    "two documents": ("a: 1\n---\nb: 1\n", 2, "a second document begins", "one document a file"),
    "a document after its end": ("a: 1\n...\nb: 1\n", 3, "a second document begins", ""),
    "a key twice": ("a: 1\nb: 1\na: 2\n", 3, "the key a is there twice, first in line 1", "one of the two"),
    "a key twice, quoted": ("a: 1\n'a': 2\n", 2, "the key a is there twice", ""),
    "a key twice in a contact": ("c: {n: 1, m: 1, n: 2}\n", 1, "the key n is there twice", ""),
    "a key twice in an event": ("h:\n- {a: 1}\n- {a: 1, b: 2, a: 3}\n", 3, "the key a is there twice", ""),
    "a number for a key": ("a: {1: x}\n", 1, "the key 1 is no text", "quotes"),
    "a truth for a key": ("true: x\n", 1, "the key true is no text", "quotes"),
    "nothing for a key": (": x\n", 1, "the key here is no text", ""),
    "a list for a key": ("? [a]\n: b\n", 1, "a key that is a list or a mapping", ""),
    "a colon in a text": ("a: 1\nb: c: d\n", 2, "a colon and a space within a plain text", "quotes"),
    "an open quote": ("a: 1\nb: 'c\nd: e\n", 2, "a quote is not closed", "close"),
    "an open bracket": ("a: 1\nb: [c\n", 2, "is not closed", "close"),
    "an open brace": ("a: 1\nb: {c: d\n", 2, "is not closed", "close"),
    "two brackets": ("a: [b]]\n", 1, "", ""),
    "an at sign": ("a: @b\n", 1, "a plain text can't begin like this", "quotes"),
    "a percent sign": ("a: %b\n", 1, "a plain text can't begin like this", "quotes"),
    "a strange escape": ('a: "\\q"\n', 1, "an unknown escape", "single quotes"),
    "an escape beyond Unicode": ('a: "\\U99999999"\n', 1, "not YAML", ""),
    "half a character": ('a: "\\ud83d"\n', 1, "half of a character", "the character itself"),
    "half a key": ('"\\ud83d": 1\n', 1, "half of a character", ""),
    "no colon": ("a: 1\nb\nc: 2\n", 2, "no `key: value`", "colon"),
    "ragged lists": ("a:\n  - b\n - c\n", 3, "the indentation doesn't fit", "neighbours"),
    "a number without end": ("a: " + "9" * 5000 + "\n", 1, "a number of 5,000 digits", "quotes"),
    "a key without end": ("a" * 2000 + ": 1\n", 1, "", ""),
}  # fmt: skip


def refused(content):
    with pytest.raises(Unreadable) as caught:
        load(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"), "x.yaml")
    return caught.value.problems


@pytest.mark.parametrize(("content", "line", "message", "remedy"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_refused_with_line_and_remedy(content, line, message, remedy):
    problem = refused(content)[0]
    assert (problem.file, problem.line) == ("x.yaml", line)
    assert message in problem.message
    assert remedy in problem.remedy
    assert problem.remedy


def test_all_breaks_are_named_that_reading_can_go_on_after():
    problems = refused("a: &x 1\nb: *x\nc: !y z\na: 2\n")
    assert [problem.line for problem in problems] == [1, 2, 3, 4]


def test_a_file_full_of_breaks_ends_after_fifty():
    assert len(refused("a: 1\n" * 5000)) == 50


def test_a_column_counts_characters_from_one():
    assert refused("王芳: *x\n")[0].column == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("+1", 1), ("0042", 42), ("0x1F", 31), ("0o17", 15), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5),
        ("-.inf", -float("inf")),
        ("true", True), ("FALSE", False), ("~", None), ("null", None), ("", None), ("no", "no"), ("on", "on"), ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("0b1", "0b1"), ("2026-11-22", "2026-11-22"), ("2026-11-22T01:16:00Z", "2026-11-22T01:16:00Z"), ("'1'", "1"), ('"~"', "~"),
        ("''", ""),
        ("=", "="), ("a\n  b", "a b"), ("|\n  1\n", "1\n"), ("٣", "٣"), ("[a, 1, {b: ~}]", ["a", 1, {"b": None}]),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_yaml_1_2_says(text, value):
    data = to_data(load(f"a: {text}\n".encode(), "x"))
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


TREE = b"""\
# c
id: T-42   # d
contact: {name: 'A', "b": x}
text: |
  one

  two

# e
list:
- a
- b: 1
  c:
empty:
last: [1,
  2]
"""


def test_a_node_knows_where_it_stands():
    tree = load(TREE, "x")
    assert isinstance(tree, Mapping)
    text = TREE.decode()
    spans = {key.text: text[value.start : value.end] for key, value in tree.pairs}
    assert spans == {
        "id": "T-42",
        "contact": "{name: 'A', \"b\": x}",
        "text": "|\n  one\n\n  two\n",
        "list": "- a\n- b: 1\n  c:",
        "empty": "",
        "last": "[1,\n  2]",
    }
    empty = tree.get("empty")
    assert empty
    assert text[: empty[1].start].endswith("empty:")


@pytest.mark.parametrize(
    ("path", "place"),
    [((), (2, 1)), (("contact",), (3, 1)), (("contact", "b"), (3, 22)), (("list", 1, "b"), (12, 3)), (("list", 1, "z"), (12, 3)),
    (("list", 7), (10, 1)),
     (("nowhere", "x"), (2, 1)), (("id", "x"), (2, 1)), (("last", 1), (16, 3))],
)  # fmt: skip
def test_a_path_leads_to_its_line_or_its_nearest_parent(path, place):
    assert line_of(load(TREE, "x"), path) == place


def spans(node):
    yield node
    children = (
        node.items if isinstance(node, Sequence) else [part for pair in node.pairs for part in pair] if isinstance(node, Mapping) else []
    )
    for child in children:
        yield from spans(child)


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(
    st.lists(
        st.one_of(texts, st.sampled_from((": ", "- ", "\n", "\n  ", "{", "}", "[", "]", ", ", "a", "'", '"', "|\n", "# ", "? "))),
        max_size=12,
    )
)
def test_any_text_is_read_or_refused_and_nothing_else_happens(parts):
    raw = "".join(parts).encode()
    try:
        tree = load(raw, "x")
    except Unreadable:
        return
    to_data(tree)
    for node in spans(tree):
        assert 0 <= node.start <= node.end <= len(raw.decode())
        assert isinstance(node, Scalar) or node.line >= 1


@settings(max_examples=2 * EXAMPLES, deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(CANONICAL)))
def test_any_bytes_anywhere_do_no_harm(junk, at):
    raw = CANONICAL.encode()
    with suppress(Unreadable):
        load(raw[:at] + junk + raw[at:], "x")
