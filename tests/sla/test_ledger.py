"""The journal folded into what decisions ask of it: page 3, sentences 12, 16 and 19."""

from __future__ import annotations

from typing import Any

import pytest

from itsm.model.event import stamp
from itsm.sla.ledger import ANYHOW, EVERYONE, Ledger, ledger
from tests.sla.builders import when

KEY = "T-1/rule/20m/notify/2026-11-23T09:00:00Z"


def fact(kind: str, at: str = "0m", **more: Any) -> dict[str, Any]:
    return {"fact": kind, "at": stamp(when(at)), "key": KEY, **more}


HEAD = {"to": "head:network", "channel": "mail"}


@pytest.mark.parametrize(
    ("kind", "who", "counts"),
    [
        ("sent", HEAD, True),
        ("printed", {**HEAD, "channel": "print"}, False),
        ("dead", HEAD, True),
        ("intended", HEAD, True),
        ("failed", HEAD, True),
        ("held", {**HEAD, "channel": EVERYONE}, True),
        ("dropped", {**HEAD, "channel": EVERYONE}, True),
        ("superseded", {}, True),
        ("done", {}, True),
        ("sent", {**HEAD, "to": "head:systems"}, False),
        ("of-a-later-version", HEAD, False),
    ],
)
def test_each_kind_of_fact_counts_as_said_to_that_recipient_by_that_channel_or_not(kind: str, who: dict[str, str], counts: bool) -> None:
    assert (ledger([fact(kind, **who)]).said_at(KEY, "head:network", "mail") is not None) == counts


def test_another_key_was_not_said() -> None:
    assert ledger([fact("sent", **HEAD)]).said_at(KEY.replace("20m", "30m"), "head:network", "mail") is None


def test_it_tells_when_it_was_last_said() -> None:
    assert ledger([fact("sent", "1h", **HEAD), fact("sent", "3h", **HEAD)]).said_at(KEY, "head:network", "mail") == when("3h")


def test_what_was_said_once_and_is_on_its_way_again_was_last_taken_in_hand() -> None:
    assert ledger([fact("sent", "1h", **HEAD), fact("intended", "3h", **HEAD)]).said_at(KEY, "head:network", "mail") == when("3h")


def test_who_only_looks_counts_every_channel() -> None:
    book = ledger([fact("sent", "1h", **HEAD)])
    assert book.said_at(KEY, "head:network", ANYHOW) == when("1h")
    assert book.said_at(KEY, "head:systems", ANYHOW) is None


def test_what_was_intended_and_is_in_no_outbox_was_never_said() -> None:
    """Sentence 19: killed anywhere, never lost."""
    book = ledger([fact("intended", **HEAD)])
    book.forget_lost({(KEY, "head:network")})
    assert book.said_at(KEY, "head:network", "mail")
    book.forget_lost(set())
    assert book.said_at(KEY, "head:network", "mail") is None


@pytest.mark.parametrize("kinds", [["intended", "sent"], ["intended", "failed", "sent"], ["intended", "failed", "failed", "sent"]])
def test_what_was_sent_at_last_needs_no_outbox(kinds: list[str]) -> None:
    book = ledger([fact(kind, **HEAD) for kind in kinds])
    book.forget_lost(set())
    assert book.said_at(KEY, "head:network", "mail")


HELD = {"to": "customer", "channel": EVERYONE}


@pytest.mark.parametrize(
    ("kinds", "dropped"),
    [
        ("intended failed dropped", True),
        ("intended failed", False),
        ("failed dropped retried", False),
        ("failed dropped intended", False),
        ("failed dropped intended sent", False),
    ],
    ids=["it isn't to be sent", "nobody has dropped it", "somebody wants it after all", "its step has come again", "and was sent"],
)
def test_what_was_dropped_is_so_until_something_else_is_said_of_it(kinds: str, dropped: bool) -> None:
    book = ledger(fact(kind, f"{hour}h", **HEAD) for hour, kind in enumerate(kinds.split()))
    assert ((KEY, "head:network", "mail") in book.dropped) == dropped
    assert (KEY, "head:network", "sms") not in book.dropped


@pytest.mark.parametrize(
    ("after", "said", "held", "released"),
    [
        pytest.param([], True, True, False, id="held: not said again, waiting for a person"),
        pytest.param(["released"], False, False, True, id="released: due again"),
        pytest.param(["dropped"], True, False, False, id="dropped: never"),
        pytest.param(["released", "held"], True, True, True, id="held again"),
    ],
)
def test_what_is_held_is_a_persons_to_decide(after: list[str], said: bool, held: bool, released: bool) -> None:
    book = ledger([fact(kind, **HELD) for kind in ("held", *after)])
    book.forget_lost(set())
    assert (book.said_at(KEY, "customer", "mail") is not None) == said
    assert ((KEY, "customer") in book.held) == held
    assert ((KEY, "customer") in book.released) == released


@pytest.mark.parametrize(
    ("ticket", "moment", "over"),
    [("T-5", "0m", True), ("T-5", "1h", True), ("T-5", "1h1s", False), ("T-4", "0m", False), ("T-10", "0m", True), ("T-11", "0m", False)],
)
def test_a_range_of_imported_tickets_is_passed_over_up_to_that_instant(ticket: str, moment: str, over: bool) -> None:
    book = ledger([{"fact": "passed", "at": stamp(when("1h")), "tickets": ["T-5", "T-10"], "until": stamp(when("1h"))}])
    assert bool(book.passed_over(ticket, "rule", when(moment))) == over
    assert book.passed_over(ticket, "rule", when(moment), imported=False) == ""


def test_the_batches_of_an_import_are_one_range() -> None:
    runs = [("T-1", "T-4", "1h"), ("T-5", "T-8", "1h"), ("T-10", "T-12", "1h"), ("T-13", "T-13", "2h")]
    book = ledger([{"fact": "passed", "at": stamp(when(at)), "tickets": [a, b], "until": stamp(when(at))} for a, b, at in runs])
    assert book.passed == [(1, 8, when("1h")), (10, 12, when("1h")), (13, 13, when("2h"))]


@pytest.mark.parametrize(
    ("since", "moment", "over"), [("1h", "1h", True), ("1h", "1h1s", False), (None, "-9d", False)], ids=["before", "after", "armed"]
)
def test_a_rule_passes_over_what_lies_before_it_was_known(since: str | None, moment: str, over: bool) -> None:
    book = Ledger()
    assert not book.swept
    book.add({"fact": "rules", "at": stamp(when("2h")), "since": {"rule": stamp(when(since)) if since else None}})
    assert book.swept
    assert bool(book.passed_over("T-1", "rule", when(moment))) == over
    assert book.passed_over("T-1", "another", when(moment)) == ""


def test_keys_never_expire() -> None:
    """Sentence 12 (alertmanager#3473: what was said was forgotten, and said again)."""
    assert ledger([fact("sent", "-3000d", **HEAD)]).said_at(KEY, "head:network", "mail") == when("-3000d")


@pytest.mark.parametrize(
    ("after", "said", "open_"),
    [
        (["sent"], "8d", False),
        (["retried", "intended", "sent"], "8d", False),
        (["dropped"], "8d", False),
        (["retried"], None, True),
    ],
    ids=["sent", "tried again and sent", "dropped", "to be tried again"],
)
def test_what_was_settled_in_an_earlier_month_by_a_clock_that_was_right_again_stays_settled(
    after: list[str], said: str | None, open_: bool
) -> None:
    """Months are read in their order: what the clock of December wrote comes after what was written later, in November."""
    november = [fact(kind, "1h", **HEAD) | ({} if kind == "intended" else {"decided": stamp(when("8d"))}) for kind in after]
    december = [fact(kind, "8d", **HEAD) for kind in ("intended", "failed", "dead")]
    book = ledger([*november, *december])
    assert book.dead == {}
    assert bool(book.underway.get(KEY)) == open_
    assert book.said.get(KEY, {}).get(("head:network", "mail")) == (when(said) if said else None)


def test_what_was_decided_by_a_clock_that_was_ahead_is_said_no_earlier_than_it_was_decided() -> None:
    """Else its moment, which lies between the two, would come once more (sentences 12 and 21)."""
    book = ledger(
        [fact("intended", "3d", **HEAD), fact("failed", "3d", **HEAD), fact("intended", "11m", **HEAD), fact("sent", "11m", **HEAD)]
    )
    assert book.said_at(KEY, "head:network", "mail") == when("3d")
