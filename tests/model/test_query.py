"""How filters are written: what a person types becomes a query, and a query can be written so that it is read as the same."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from itsm.errors import Usage
from itsm.model.query import FILTERS, FLAGS, OPERATORS, Query, Term, Value, negated_flag, parse, parse_line


def term(name: str, *values: str, negated: bool = False) -> Term:
    return Term(name, tuple(Value(value) for value in values), negated)


READ = {
    "team:network": term("team", "network"),
    "priority:P1,P2": term("priority", "P1", "P2"),
    "priority:,P1,,P2,": term("priority", "P1", "P2"),
    "Status:OPEN": term("status", "open"),
    "org:华东分公司": term("organization", "华东分公司"),
    "-team:network": term("team", "network", negated=True),
    "!team:network": term("team", "network", negated=True),
    "overdue": Term("overdue"),
    "-overdue": Term("overdue", negated=True),
    "!mail": term("text", "mail", negated=True),
    "mail server": term("text", "mail server"),
    '"overdue"': term("text", "overdue"),
    '"team:network"': term("text", "team:network"),
    "12:30": term("text", "12:30"),
    "-": term("text", "-"),
    "text:http://example.com/a": term("text", "http://example.com/a"),
    'organization:"Smith, Sons",Miller': term("organization", "Smith, Sons", "Miller"),
    "organization:'Smith, Sons'": term("organization", "Smith, Sons"),
    r'title:"a \"quoted\" \\ word"': term("title", r'a "quoted" \ word'),
    "title:don't": term("title", "don't"),
    "due:<2h": Term("due", (Value("2h", "<"),)),
    "opened:>=2026-11-01": Term("opened", (Value("2026-11-01", ">="),)),
    "organization:~华东": Term("organization", (Value("华东", "~"),)),
    "title:<b>": term("title", "<b>"),
}


@pytest.mark.parametrize(("word", "wanted"), READ.items(), ids=READ)
def test_a_word_of_the_command_line_is_one_condition(word, wanted):
    assert parse([word]) == Query((wanted,))


def test_the_line_of_a_view_is_split_at_spaces_that_are_not_quoted():
    line = """ status:open   organization:"Smith, Sons",'Li & Co'  -"two words" don't\tmail """
    assert parse_line(line).terms == (
        term("status", "open"), term("organization", "Smith, Sons", "Li & Co"), term("text", "two words", negated=True),
        term("text", "don't"), term("text", "mail"),
    )  # fmt: skip
    assert parse_line("") == parse_line("  ") == Query()


REFUSED = {
    "priority=P2": ("a filter has a colon", "'priority:P2'"),
    "opened>2h": ("a filter has a colon", "'opened:>2h'"),
    "-team=network": ("a filter has a colon", "'team:network'"),
    "colour:red": ("no such filter: colour:", "text:colour:red"),
    "temas:network": ("no such filter: temas:", "did you mean team?"),
    "overdue:yes": ("overdue takes no value", "-overdue"),
    "http://x": ("no such filter: http:", "text:http://x"),
    "status:opn": ("no such status: opn", "did you mean open?"),
    "impact:huge": ("no such impact: huge", "known: high, low, medium"),
    "team:": ("team: what?", "team:none"),
    "opened:": ("opened: what?", "quote them"),  # what is left of opened:>7d when the shell has taken the rest
    "level:,": ("level: what?", "quote them"),
    'team:"a"b': ("what comes after the quote?", "a comma"),
}


@pytest.mark.parametrize(("word", "said"), REFUSED.items(), ids=REFUSED)
def test_what_does_not_exist_is_refused_with_what_to_write_instead(word, said):
    with pytest.raises(Usage) as refused:
        parse([word])
    assert said[0] in refused.value.message
    assert said[1] in refused.value.hint


@pytest.mark.parametrize(
    ("word", "is_one"),
    [("-team:network", True), ("-mine", True), ("-x:y", True), ("--sort", False), ("-n", False), ("-mail", False), ("team:x", False)],
)
def test_a_negated_filter_is_told_from_an_option(word, is_one):
    assert negated_flag(word) is is_one


@pytest.mark.parametrize(
    ("words", "live"), [("", True), ("mail", True), ("-status:new", True), ("status:closed", False), ("mail status:all", False)]
)
def test_only_a_status_that_is_asked_for_looks_at_more_than_live_tickets(words, live):
    assert parse(words.split()).live_only is live


# --- written and read back --------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    name = draw(st.sampled_from(sorted(FILTERS)))
    one = FILTERS[name]
    if name in FLAGS:
        return Term(name, (), draw(st.booleans()))
    texts = st.sampled_from((*one.choices, "none")) if one.choices else TEXTS
    ops = st.sampled_from(("", *OPERATORS.get(one.kind, ())))
    values = draw(st.lists(st.builds(Value, texts, ops), min_size=1, max_size=3))
    return Term(name, tuple(values), draw(st.booleans()))


@given(st.lists(terms(), max_size=4).map(lambda found: Query(tuple(found))))
def test_a_query_that_is_written_is_read_back_as_the_same(query):
    assert parse_line(str(query)) == query


@given(terms())
@example(Term("resolved", (Value("=0", "<"),)))
def test_so_is_one_word_of_a_command_line(one):
    assert parse([str(Query((one,)))]) == Query((one,))


@given(st.text())
def test_whatever_is_typed_is_a_query_or_a_refusal(word):
    query = Query()
    with suppress(Usage):
        query = parse([word])
    assert parse_line(str(query)) == query
