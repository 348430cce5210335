"""Patterns that are compiled when they are first asked, and the short cuts that spare most of them the asking."""

from __future__ import annotations

import re
import sys

import pytest

from itsm.model import plain
from itsm.patterns import pattern
from itsm.store import emit

EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))


def test_it_does_what_the_compiled_one_does():
    late, compiled = pattern("([a-z])([0-9])?", re.IGNORECASE), re.compile("([a-z])([0-9])?", re.IGNORECASE)
    assert late.sub("-", "a1B!") == compiled.sub("-", "a1B!") == "--!"
    assert late.findall("a1 B") == compiled.findall("a1 B")
    assert late.fullmatch("a11") is None
    assert (late.pattern, late.groups) == (compiled.pattern, compiled.groups)


def test_a_mistake_in_it_shows_when_it_is_asked():
    late = pattern("(")
    with pytest.raises(re.error):
        late.search("")


@pytest.mark.parametrize("found", [plain._HARMFUL, emit._ESCAPED, emit._NOT_LITERAL], ids=["harmful", "escaped", "no literal's"])
def test_what_must_be_hidden_is_never_printable_so_a_printable_text_needs_no_search(found):
    hidden = found.findall(EVERY_CHARACTER)
    assert len(hidden) > 100
    assert not any(map(str.isprintable, hidden))


def test_a_plain_text_begins_with_a_letter_of_any_script_a_digit_or_three_signs():
    begins = set(emit._PLAIN.findall(EVERY_CHARACTER))
    assert {one for one in begins if one.isascii()} == set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/(")
    assert begins == {one for one in EVERY_CHARACTER if one in begins or one > "\xa0"}
    assert "\xa0" not in begins
