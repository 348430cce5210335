"""Words found in all that was written in a ticket, with the place of each; in Chinese too, where no spaces divide them."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itsm.model.event import Event
from itsm.model.query import Term, Value, parse
from itsm.model.searching import Hit, Place, folded, hits, likely, pieces, places, snippet, weight
from itsm.model.ticket import Ticket
from itsm.store.emit import encode

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TICKET = Ticket(
    id="T-1", title="Mail server does not answer", opened=T0, description="Outlook says so\nsince nine. 华东分公司也不行", ci="mail-01",
    contact={"name": "王芳", "mobile": "+8613800000000"}, tags=("vip",),
    history=(
        Event("1", T0, "mei", "opened"),
        Event("2", T0, "mei", "noted", {"text": "Only the 3rd floor (east)"}),
        Event("3", T0, "han", "resolved", {"resolution": "Restarted the IMAP service"}),
        Event("4", T0, "mei", "closed", {"comment": "Thanks!", "score": 5}),
    ),
)  # fmt: skip

FOUND = [
    ("mail", "title ci"), ("MAIL", "title ci"), ("outlook", "description"), ("imap", "resolution"), ("3rd floor", "note"),
    ("thanks", "comment"),
    ("分公司", "description"), ("王芳", "contact"), ("13800", "contact"), ("vip", "tags"), ("(east)", "note"), ("so since", "description"),
    ("mail  imap", "title ci resolution"), ("text:imap,floor", "note resolution"), ("mail  -exchange", "title ci"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "fields"), FOUND, ids=[words for words, _ in FOUND])
def test_words_are_found_wherever_they_were_written(words, fields):
    found = hits(TICKET, parse(words.split("  ")).terms)
    assert [hit.place.field for hit in found] == fields.split()


@pytest.mark.parametrize("words", ["exchange", "mail  exchange", "mail  -imap", "east)("])
def test_all_words_must_be_there_and_none_that_must_not(words):
    assert hits(TICKET, parse(words.split("  ")).terms) is None


def test_a_hit_says_who_wrote_it_and_when_and_where_the_word_stands():
    (hit,) = hits(TICKET, parse(["service", "restarted"]).terms)
    assert (hit.place.by, hit.place.at) == ("han", T0)
    assert [hit.place.text[a:b] for a, b in hit.spans] == ["Restarted", "service"]


def test_a_title_weighs_more_than_a_note():
    assert weight(hits(TICKET, parse(["server"]).terms)) > weight(hits(TICKET, parse(["floor"]).terms))


def test_a_snippet_is_the_line_of_the_first_hit_cut_on_both_sides():
    text = f"first line\n{'a' * 50} needle {'b' * 50} needle\nlast line"
    cut = snippet(hits(Ticket("T-1", text, T0), parse(["needle"]).terms)[0], 20)
    assert cut.place.text == "…aaaaaaaaa needle bbb…"
    assert [cut.place.text[a:b] for a, b in cut.spans] == ["needle"]
    whole = snippet(Hit(Place("note", "a needle"), ((2, 8),)), 20)
    assert (whole.place.text, whole.spans) == ("a needle", ((2, 8),))


@given(st.text(min_size=1, max_size=60), st.text(max_size=60), st.integers(0, 30))
def test_a_snippet_always_shows_the_word(word, around, room):
    ticket = Ticket("T-1", f"{around}{word}{around}", T0)
    for hit in hits(ticket, (Term("text", (Value(word),)),)) or ():
        cut = snippet(hit, room)
        assert cut.place.text[slice(*cut.spans[0])] == hit.place.text[slice(*hit.spans[0])]


TEXTS = st.text(st.sampled_from("aAé華东 '\"\\\n:-#ſK9"), min_size=1, max_size=12)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=2))
def test_no_file_that_has_the_words_is_passed_over_at_a_look_at_its_bytes(title, note, words):
    ticket = Ticket("T-1", f"Mail {title}", T0, history=(Event("1", T0, "mei", "opened"), Event("2", T0, "mei", "noted", {"text": note})))
    terms = [Term("text", (Value(word),)) for word in (title[1:], note[:-1], *words) if word.strip()]
    if hits(ticket, terms) is not None:
        assert likely(terms)(encode(ticket).encode())


def test_a_file_without_the_words_is_unlikely_but_for_letters_written_as_numbers():
    look = likely(parse(["exchange", "-mail"]).terms)
    assert not look(encode(TICKET).encode())
    assert look(rb'title: "\u0065xchange"')


def test_every_text_of_a_ticket_is_a_place():
    assert [place.field for place in places(TICKET)] == [
        "title", "description", "ci", "tags", "contact", "note", "resolution", "comment",
    ]  # fmt: skip


def test_letters_that_are_the_same_to_a_search_are_folded_to_one():
    """Every letter with a capital, against every other: ß and ẞ, İ and i, ſ and s, the sigmas, the Kelvin sign."""
    signs = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    cased = [sign for sign in signs if {sign.lower(), sign.upper(), sign.casefold()} != {sign}]
    together = "".join(cased)
    same = {sign: re.compile(re.escape(sign), re.IGNORECASE).findall(together) for sign in cased}
    assert len(same["s"]) == 3
    assert {sign: others for sign, others in same.items() if len({folded(one) for one in others}) != 1} == {}
    assert all(len(folded(sign)) == 1 for sign in cased), "or pieces would have other threes than their places"


def test_what_is_asked_of_the_index_are_the_pieces_between_spaces_folded():
    terms = parse(["Mail  Server", "text:ΟΔΟΣ,ß", "!exchange"]).terms
    assert pieces(terms) == [[["mail", "server"]], [["οδοσ"], ["ß"]]]


@pytest.mark.parametrize("word", ["a\0b", "\udcff"])
def test_what_no_file_can_say_is_not_asked_of_the_index(word):
    assert pieces((Term("text", (Value(word),)),)) is None
