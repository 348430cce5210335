"""A quote, a bracket or a colon that was left out is named where it belongs, and not where the parser gave up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import process_time

import pytest

from itsm.desk.founding import POLICIES
from itsm.errors import Problem
from itsm.store.settings import parse_settings
from itsm.store.strict import Unreadable, load
from itsm.store.unclosed import quote

NOW = datetime(2026, 11, 23, tzinfo=UTC)
QUOTE = "a quote is not closed (close the quote that begins here)"
OR_TEXT = "or indent it as part of the text above"
TEAMS = "schema: 1\nteams:\n"


def first(text: str) -> str:
    """What is said of a sla.yaml, or of its first mistake."""
    return next((str(one) for one in parse_settings(text.encode(), NOW).problems), "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("desk:\n  name: 'Service desk\n  prefix: T\n", f"2:9: {QUOTE}"),
        ('desk:\n  name: "Service desk\n  prefix: T\n', f"2:9: {QUOTE}"),
        ("desk:\n  name: 'Service desk\n\n# It's the prefix\n  prefix: T\n", f"2:9: {QUOTE}"),
        ("desk:\n  name: 'Service desk\n  customer_hours: '08:00-21:00'\n", f"2:9: {QUOTE}"),
        ("desk:\n  name: 'Service desk\"\n  customer_hours: '08:00-21:00'\n", f"2:9: {QUOTE}"),
        ("- {a: 'x,\n   b: 'y'}\n", f"1:7: {QUOTE}"),
        ("a: ['x, y]\nb: ['z']\n", f"1:5: {QUOTE}"),
        ("a: |\n  it's 'here\nb: 'x\nc: 'y'\n", f"3:4: {QUOTE}"),
        ("a: 'two lines\n  of one text'\nb: 'x\nc: 'y'\n", f"3:4: {QUOTE}"),
        ("a: 'it's here'\n", "1:7: the quote ends here, and the text goes on (write '' for an apostrophe within single quotes)"),
        ('a: {b: "say "no", please"}\n', '1:13: the quote ends here, and the text goes on (write \\" for a quote within double quotes)'),
        ("a: 1\ntimezone UTC\nb: 2\n", f"2:1: no `key: value` (write `timezone: UTC`, with a colon and a space; {OR_TEXT})"),
        ("a:\n  timezone:UTC   # here\n  b: 2\n", f"2:3: no `key: value` (write `timezone: UTC`, with a colon and a space; {OR_TEXT})"),
        ("- name late\n  after: 1h\n", f"1:3: no `key: value` (write `name: late`, with a colon and a space; {OR_TEXT})"),
        ("a: 1\n\nteams\n\n  # the first line\n  desk: {level: 1}\n", f"3:1: no `key: value` (write `teams:`, with a colon; {OR_TEXT})"),
        ("a: 1\nthis is no key at all\nb: 2\n", f"2:1: no `key: value` (write a key, a colon and a space; {OR_TEXT})"),
        ("a:\n  office {hours: {mon-fri: x}}\n", "2:3: no colon behind office (write office: {…)"),
        ("- {name: x, status [new]}\n", "1:13: no colon behind status (write status: […)"),
        ("a: {b: 1\nc: 2\n", "1:4: a bracket is not closed, or a comma is missing (close it, or quote the text)"),
        ("a: {b: 1\nc:\n  d: {}\n", "1:4: a bracket is not closed, or a comma is missing (close it, or quote the text)"),
        ("a: {b: 1,\n    c: 2 d: 3}\n", "2:11: a bracket is not closed, or a comma is missing (close it, or quote the text)"),
    ],
)  # fmt: skip
def test_what_was_left_out_is_named_where_it_belongs(text: str, says: str) -> None:
    with pytest.raises(Unreadable) as raised:
        load(text.encode(), "sla.yaml")
    assert [str(one) for one in raised.value.problems] == [f"sla.yaml:{says}"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            f"{TEAMS}  a: {{level 2, mail: x@example.com}}\n",
            "sla.yaml:3:7: unknown key level 2 (write `level: 2`, with a colon and a space)",
        ),
        (f"{TEAMS}  a: {{level:2}}\n", "sla.yaml:3:7: unknown key level:2 (write `level: 2`, with a colon and a space)"),
        (f"{TEAMS}  a: {{levle 2}}\n", "sla.yaml:3:7: unknown key levle 2 (did you mean level?)"),
    ],
    ids=["no colon", "no space", "misspelt, too"],
)
def test_a_key_that_has_swallowed_its_value_is_taken_apart(text: str, says: str) -> None:
    assert first(text) == says


def _shipped(sign: str) -> Iterator[tuple[str, int, str]]:
    """Every shipped policy with one sign of the code left out: its lines, the number of that line, and the text."""
    for path in sorted(POLICIES.glob("*.yaml")):
        lines = path.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines, 1):
            for found in re.finditer(sign, "" if line.lstrip().startswith("#") else line.partition(" #")[0]):
                place = found.end() - 1
                yield line, number, "\n".join([*lines[: number - 1], line[:place] + line[place + 1 :], *lines[number:]])


def _closing_quotes() -> Iterator[tuple[str, int, str]]:
    return _shipped(r"(?<=[\[{,:\s])'[^']*'")


def _brackets() -> Iterator[tuple[str, int, str]]:
    return ((line, number, text) for line, number, text in _shipped(r"[\]}]") if "'" not in line and "call:" not in line)


@pytest.mark.slow
@pytest.mark.parametrize("left_out", [_closing_quotes, _brackets])
def test_whichever_is_left_out_of_a_shipped_policy_its_line_is_named(left_out: Callable[[], Iterator[tuple[str, int, str]]]) -> None:
    tried = list(left_out())
    assert len(tried) > 50
    assert [(number, line, first(text)) for line, number, text in tried if not first(text).startswith(f"sla.yaml:{number}:")] == []


@pytest.mark.parametrize("text", ["title: 'two lines\n  of one text'\n", "title: it's\nci: 'x'\n", "description: |\n  say 'no\nci: 'x'\n"])
def test_what_is_yaml_is_not_complained_of(text: str) -> None:
    load(text.encode(), "T-1.yaml")


@pytest.mark.parametrize("piece", ["'", "a: 'x\n", "a: 'x\n b'\n", '"\\', ", '", "- ", "a: |\n ", "{a b"])
def test_to_look_for_it_takes_no_time_however_odd_the_file_is(piece: str) -> None:
    text = piece * (300_000 // len(piece)) + "\n]"
    began = process_time()
    with pytest.raises(Unreadable):
        load(text.encode(), "T-1.yaml")
    assert process_time() - began < 20


@pytest.mark.parametrize("piece", [", '", "a: 'x', "])
def test_a_line_of_quotes_takes_as_long_as_it_is_and_not_its_square(piece: str) -> None:
    """Which line and column each of them is at, only that one is asked which is amiss."""
    whole, part = (min(_seconds(piece * (size // len(piece))) for _ in range(3)) for size in (960_000, 120_000))
    assert whole < part * 8 * 2.5


def _seconds(text: str) -> float:
    began = process_time()
    quote(text, Problem("T-1.yaml", 1, ""))
    return process_time() - began
