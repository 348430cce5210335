"""What filters mean: each row of the tables asks a handful of tickets, on Wednesday, 11 November 2026, at noon in Shanghai."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.errors import Usage
from itsm.model.query import Query, Term, Value, parse
from itsm.model.row import Row
from itsm.sla.filters import Scene, literals, matcher
from tests.listed import listed

NOON = datetime(2026, 11, 11, 4, 0, tzinfo=UTC)
SCENE = Scene(NOON, ZoneInfo("Asia/Shanghai"), "mei", {"李雷": "li.lei"})


def row(ticket: str, opened: str, **fields: Any) -> Row:
    """A ticket; `due` is its promise to resolve, and `contact_state` how the promise to contact stands."""
    due, state, contact = fields.pop("due", ""), fields.pop("state", "running"), fields.pop("contact_state", "met")
    words, updated = fields.pop("text", ""), fields.pop("updated", opened)
    promised = due or state == "paused" or contact == "breached"
    sla = [{"target": "contact", "due": opened, "state": contact}, {"target": "resolve", "due": due or None, "state": state}]
    data = {"id": ticket, "type": "incident", "title": "Mail is down", "status": "assigned", **fields, "opened": opened}
    return listed(data, sla if promised else (), updated=updated, words=words)


HERE = [
    row("T-1", "2026-11-11T03:00:00Z", priority="P1", team="network", level=2, assignee="li.lei", due="2026-11-11T05:00:00Z",
        contact={"name": "王芳", "organization": "华东分公司"}, tags=["vip", "mail"]),
    row("T-2", "2026-11-10T16:30:00Z", priority="P2", team="Systems", level=2, assignee="mei", due="2026-11-11T03:00:00Z", state="breached",
        title="FTP is slow", text="Since nine, in the hall"),  # 00:30 today in Shanghai
    row("T-3", "2026-11-10T15:30:00Z", priority="P3", status="new", contact_state="breached"),  # 23:30 yesterday
    row("T-4", "2026-11-04T04:00:00Z", status="pending", pending_for="vendor", state="paused", until="2026-11-12T01:00:00Z", level=1),
    row("T-5", "2026-10-31T20:00:00Z", status="resolved", team="network", due="2026-10-31T22:00:00Z", state="breached", assignee="mei",
        resolved="2026-11-11T02:00:00Z", updated="2026-11-11T02:00:00Z"),  # 04:00 on 1 November
    row("T-6", "2026-01-02T00:00:00Z", status="closed", closed="2026-01-05T00:00:00Z", score=4, due="2026-01-02T02:00:00Z", state="met"),
    row("T-7", "2026-11-01T00:00:00Z", status="cancelled"),
]  # fmt: skip


def found(words: str, rows: list[Row] = HERE) -> str:
    """The numbers of the tickets that match, in one text."""
    matches = matcher(parse(words.split("  ")), SCENE)
    return "".join(one.id[2:] for one in rows if matches(one))


# Between two words of a query there are two spaces here.
ASKED = [
    ("", "12345"),
    ("status:all", "1234567"), ("status:open", "12345"), ("status:ended", "67"), ("status:closed,new", "36"), ("-status:resolved", "1234"),
    ("id:2", "2"), ("id:t-2,T-3", "23"), ("type:incident", "12345"), ("type:change", ""),
    ("team:network", "15"), ("team:systems", "2"), ("team:none", "34"), ("-team:none", "125"), ("team:network,none", "1345"),
    ("team:~net", "15"), ("team:net", ""), ("team:~none", ""),
    ("assignee:me", "25"), ("assignee:mei", "25"), ("assignee:李雷", "1"), ("assignee:LI.LEI", "1"), ("mine", "25"), ("-mine", "134"),
    ("unassigned", "34"), ("assignee:none", "34"), ("-unassigned", "125"),
    ("priority:p1,P2", "12"), ("-priority:P1,P2", "345"), ("priority:P1  -team:network", ""),
    ("level:2", "12"), ("level:>1", "12"), ("level:<=1", "4"), ("level:1..2", "124"), ("level:2..", "12"), ("level:none", "35"),
    ("score:4  status:all", "6"), ("score:none  status:all", "123457"),
    ("tag:vip", "1"), ("tag:mail,x", "1"), ("-tag:vip", "2345"), ("tag:none", "2345"),
    ("organization:华东分公司", "1"), ("organization:~华东", "1"), ("customer:王芳", "1"), ("customer:none", "2345"),
    ("pending_for:vendor", "4"), ("category:none", "12345"),
    ("mail", "1345"), ("FTP", "2"), ("hall", "2"), ("title:hall", ""), ("-mail", "2"), ("title:mail,ftp", "12345"), ("mail  down", "1345"),
    ("overdue", "2"), ("-overdue", "1345"), ("breached", "235"), ("breached  -overdue", "35"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "numbers"), ASKED, ids=[words or "nothing" for words, _ in ASKED])
def test_a_filter_finds_the_tickets_that_it_says(words, numbers):
    assert found(words) == numbers


TIMES = [
    # ages: T-1 is 1h old, T-2 11h30m, T-3 12h30m, T-4 7d, T-5 more than 10d
    ("opened:1h", "1"), ("opened:<=1h", "1"), ("opened:<1h", ""), ("opened:>1h", "2345"), ("opened:>=1h", "12345"), ("opened:59m", ""),
    ("opened:..12h", "12"), ("opened:12h..", "345"), ("opened:11h30m..7d", "234"), ("opened:7d..11h30m", "234"), ("-opened:7d", "5"),
    ("updated:2h", "15"), ("resolved:<3h", "5"), ("resolved:none", "1234"),
    # dates are days of the desk's clock
    ("opened:today", "12"), ("opened:yesterday", "3"), ("opened:2026-11-11", "12"), ("opened:2026-11-10", "3"),
    ("opened:<2026-11-11", "345"), ("opened:<=2026-11-10", "345"), ("opened:>2026-11-10", "12"), ("opened:>=2026-11-11", "12"),
    ("opened:2026-11", "12345"), ("opened:2026-10", ""), ("opened:2026  status:all", "1234567"), ("opened:<2026-11", ""),
    ("opened:2026-11-01..2026-11-04", "45"), ("opened:..2026-11-01", "5"), ("opened:2026-11-10..", "123"),
    ("opened:2026-11-01,today", "125"),
    ("opened:2026-11-11T00:30", "2"), ("opened:2026-11-10T16:30Z", "2"), ("opened:2026-11-11t00:30:00", "2"),
    ("opened:>2026-11-11T00:30", "1"), ("opened:>=2026-11-10T16:30:00Z", "12"), ("opened:2026-11-04T06:00+02:00", "4"),
    ("opened:now", ""), ("opened:<now", "12345"), ("opened:yesterday..1h", "123"),
    # what is left: T-1 has one hour, T-2 is late by one; a paused or resolved one has no deadline
    ("due:1h", "12"), ("due:<1h", "2"), ("due:>59m", "1"), ("due:..2h", "12"), ("due:1h..", "1"), ("due:30m..2h", "1"), ("due:<now", "2"),
    ("due:today", "12"), ("due:tomorrow", ""), ("due:none", "345"), ("-due:none", "12"), ("due:2h  -overdue", "1"),
    ("until:tomorrow", "4"), ("until:1d", "4"), ("until:<1h", ""), ("until:none", "1235"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "numbers"), TIMES, ids=[words for words, _ in TIMES])
def test_a_time_is_an_age_what_is_left_or_a_day_of_the_desk(words, numbers):
    assert found(words) == numbers


def test_a_day_is_as_long_as_the_clock_makes_it():
    """On 29 March 2026 Berlin has 23 hours; on 25 October 25."""
    berlin = Scene(NOON, ZoneInfo("Europe/Berlin"))
    for day, first, last in (("2026-03-29", "28T23", "29T21"), ("2026-10-25", "24T22", "25T22")):
        matches = matcher(parse([f"opened:{day}"]), berlin)
        month = day[:7]
        inside = [f"{month}-{first}:00:00Z", f"{month}-{last}:59:59Z"]
        outside = [f"{month}-{first[:3]}{int(first[3:]) - 1}:59:59Z", f"{month}-{last[:3]}{int(last[3:]) + 1}:00:00Z"]
        assert [matches(row("T-1", at)) for at in (*inside, *outside)] == [True, True, False, False]


REFUSED = [
    "opened:7x",
    "opened:soon",
    "due:2026-13-01",
    "due:2026-02-30",
    "opened:..",
    "opened:9999",
    "opened:1.5h",
    "level:x",
    "level:2..x",
    "opened:20y",
]


@pytest.mark.parametrize("word", REFUSED)
def test_what_is_no_time_or_number_is_refused_with_examples(word):
    with pytest.raises(Usage) as refused:
        matcher(parse([word]), SCENE)
    assert refused.value.hint


# --- the algebra of filters -------------------------------------------------------------------

WORDS = (
    "team:network",
    "team:none",
    "priority:P1",
    "tag:vip",
    "overdue",
    "breached",
    "mine",
    "mail",
    "opened:7d",
    "due:2h",
    "level:>1",
    "status:new",
)
ROWS = st.sampled_from(HERE)
SOME = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True)


def holds(one: Row, *words: str) -> bool:
    return matcher(parse([*words, "status:all"]), SCENE)(one)


@given(ROWS, st.sampled_from(WORDS))
def test_not_is_the_contrary(one, word):
    assert holds(one, f"-{word}") is not holds(one, word)


@given(ROWS, SOME)
def test_words_side_by_side_must_all_hold(one, words):
    assert holds(one, *words) is all(holds(one, word) for word in words)


@given(ROWS, SOME)
def test_the_order_of_words_does_not_matter_nor_does_saying_one_twice(one, words):
    assert holds(one, *reversed(words), words[0]) is holds(one, *words)


@given(ROWS, st.lists(st.sampled_from(["network", "Systems", "none", "x"]), min_size=1, max_size=3), st.booleans())
def test_a_comma_is_or_and_not_of_it_is_none_of_them(one, teams, negated):
    together = Query((Term("team", tuple(map(Value, teams)), negated), Term("status", (Value("all"),))))
    apart = any(holds(one, f"team:{team}") for team in teams)
    assert matcher(together, SCENE)(one) is (apart is not negated)


@given(ROWS, st.integers(0, 400), st.sampled_from(["opened", "due", "updated"]))
def test_below_and_from_there_up_divide_what_has_the_time_in_two(one, hours, name):
    below, above = holds(one, f"{name}:<{hours}h"), holds(one, f"{name}:>={hours}h")
    assert (below, above).count(True) == (0 if holds(one, f"{name}:none") else 1)


# Texts whose case isn't only that of ASCII, and what JSON or the query's own grammar escapes.
ODD = st.sampled_from([
    "network", "NETWORK", "Straße", "STRASSE", "ſtraße", "Kelvin", "\u212aelvin", "İstanbul", "i\u0307stanbul", "\ufb01ne", "FINE",
    "ΣΊΣΥΦΟΣ", "Σίσυφος", "ŉ", "ʼn", "É", "é", "王芳", 'a"b', 'A"B', "a\\b", "\\", '"', "a\tb", "x\x1fy", "a,b", "none", "None",
    "me", "mei", "MEI", '"team": "x"',
])  # fmt: skip
ANY = st.one_of(ODD, st.text(max_size=4))
NAMES = st.sampled_from(["team", "assignee", "category", "ci", "tag", "organization", "customer", "reference", "title", "text", "priority"])
VALUES = st.lists(st.builds(Value, ANY, st.sampled_from(["", "~"])), min_size=1, max_size=2).map(tuple)
TERMS = st.builds(Term, NAMES, VALUES, st.booleans()) | st.sampled_from(
    parse(["mine", "unassigned", "status:all", "level:2", "type:incident"]).terms
)


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("team", "assignee", "category", "ci", "reference", "title", "priority"), ANY)),
    st.lists(ANY, max_size=2), st.fixed_dictionaries({}, optional={"name": ANY, "organization": ANY}), st.lists(TERMS, max_size=3), ANY,
)  # fmt: skip
def test_what_matches_has_the_literals_of_the_query_in_its_fields(fields, tags, contact, terms, me):
    """By these a list throws out of hand what can't be meant: one that is asked for and thrown out would be a ticket that nobody sees."""
    query, scene = Query(tuple(terms)), Scene(NOON, SCENE.zone, me, {"李雷".casefold(): "Straße"})
    one = row("T-1", "2026-11-11T03:00:00Z", **{name: value for name, value in fields.items() if value}, tags=tags, contact=contact)
    folded = json.dumps(one.fields, ensure_ascii=False).casefold()
    if matcher(query, scene)(one):
        assert all(any(text in folded for text in some) for some in literals(query, scene))


@pytest.mark.parametrize(("words", "wanted"), [
    ("tag:North", [('"north"',)]), ("tag:a,b  team:x", [('"a"', '"b"'), ('"x"',)]), ("team:~Net", [("net",)]), ("title:UPS", [("ups",)]),
    ("assignee:me", [('"mei"',)]), ("assignee:李雷", [('"li.lei"',)]), ("mine", [('"mei"',)]), ("customer:STRASSE", [('"strasse"',)]),
    ("organization:'a\"b'", [(r'"a\"b"',)]), ("team:none", []), ("team:network,none", []), ("-tag:vip", []), ("mail", []), ("id:7", []),
    ("status:closed", []), ("overdue", []), ("opened:7d", []), ("level:2", []),
])  # fmt: skip
def test_the_literals_of_a_query_are_what_it_asks_of_the_fields_and_none_else(words, wanted):
    assert literals(parse(words.split("  ")), SCENE) == wanted
