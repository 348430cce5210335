"""A changed promise: as if it had held from the start, pauses kept; what was said stays said (sentence 9)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sla.builders import Pure, changed, policy, when

WAIT = {"for": "customer"}
RULE = "{name: part, of: resolve, at: [50%, 75%, 100%], notify: head}"
TARGETS = """[{name: vip, match: {priority: P1}, resolve: 2h}, {name: request, match: {type: request}, calendar: office, resolve: 8h},
  {name: rest, match: {}, resolve: 4h}]"""
SAID = "T-1 part {} notify head:servicedesk"


def desk() -> Pure:
    return Pure(policy(RULE, targets=TARGETS)).open(priority="P3")


def due(one: Pure, at: str) -> Any:
    return next(clock.due for clock in one.case(at).clocks)


@pytest.mark.parametrize(
    ("pauses", "change", "before", "after"),
    [
        pytest.param([], {"priority": "P1"}, "4h", "2h", id="a higher priority"),
        pytest.param([("30m", "40m")], {"priority": "P1"}, "4h10m", "2h10m", id="with a pause before the change"),
        pytest.param([("30m", "40m")], {"type": "request"}, "4h10m", "24h10m", id="another type, in another calendar"),
        pytest.param([("30m", "90m"), ("2h", "150m")], {"priority": "P1"}, "5h30m", "3h30m", id="two pauses"),
        pytest.param([], {"type": "request", "priority": "P1"}, "4h", "2h", id="both: the first target that matches"),
    ],
)
def test_a_change_moves_the_deadline_as_if_it_had_held_from_the_start(
    pauses: list[tuple[str, str]], change: dict[str, str], before: str, after: str
) -> None:
    """glpi#6902, glpi#15605: computed anew from the moment of the change, and without the pauses."""
    one = desk()
    for start, end in pauses:
        one.do("pend", start, **WAIT).do("resume", end)
    assert due(one, "151m") == when(before)
    assert due(one.do("set", "151m", **change), "151m") == when(after)


def test_a_change_while_it_waits_leaves_it_without_a_deadline_and_counts_what_was_used() -> None:
    """glpi#24481: a deadline in the middle of a pause."""
    one = desk().do("pend", "30m", **WAIT).do("set", "50m", priority="P1")
    [clock] = one.case("60m").clocks
    assert (clock.state, clock.due, clock.remaining) == ("paused", None, 90 * 60)
    assert due(one.do("resume", "2h"), "2h") == when("3h30m")


@pytest.mark.parametrize(
    ("resolve", "calendar", "moves_to"),
    [("6h", "", "6h"), ("1h", "", "1h"), ("8h", ", calendar: office", "9h")],
    ids=["longer", "shorter", "another calendar: lunch isn't counted"],
)
def test_a_changed_sla_yaml_is_a_change_like_others(resolve: str, calendar: str, moves_to: str) -> None:
    one = desk()
    assert due(one, "50m") == when("4h")
    one.policy = changed(one.policy, targets=policy(targets=f"[{{name: rest, match: {{}}, resolve: {resolve}{calendar}}}]").targets)
    assert due(one, "50m") == when(moves_to)


def test_a_longer_promise_says_again_what_now_lies_ahead_and_nothing_that_is_still_behind() -> None:
    one = desk().do("set", "1m", priority="P1")
    assert one.sweep("95m") == [SAID.format("75%")], "half of two hours is not said any more: a higher part stands for it"
    one.do("set", "100m", priority="P3")
    assert one.sweep("100m") == []
    assert one.sweep("119m") == []
    assert one.sweep("2h") == [SAID.format("50%")], "half of four hours lay ahead when 75 % of two were said"
    assert one.sweep("3h") == [SAID.format("75%")]
    assert one.sweep("4h") == [SAID.format("100%")]
    assert one.sweep("9h") == []


def test_a_shorter_promise_that_is_over_already_says_its_highest_part_once() -> None:
    one = desk()
    assert one.sweep("2h") == [SAID.format("50%")]
    one.do("set", "150m", priority="P1")
    assert one.sweep("150m") == [SAID.format("100%")]
    assert one.sweep("4h") == []


def test_reopening_goes_on_with_the_clock_and_the_time_it_was_resolved_does_not_count() -> None:
    """Sentence 10, with a change on top: the pause before, the solved time between, the new price from the start."""
    one = desk().do("pend", "10m", **WAIT).do("resume", "20m").do("resolve", "1h").do("reopen", "5h", why="no")
    assert due(one, "5h") == when("8h10m")
    assert due(one.do("set", "5h", priority="P1"), "5h") == when("6h10m")


def test_a_breach_does_not_go_away_when_the_ticket_is_closed_or_reopened() -> None:
    """Sentence 8 (chatwoot#10178), as far as the clock itself knows; what is on record is in tests/e2e/test_breaches.py."""
    one = desk().do("resolve", "5h")
    assert [clock.state for clock in one.case("6h").clocks] == ["breached"]
    assert [clock.state for clock in one.do("close", "7h").case("8h").clocks] == ["breached"]
    again = desk().do("resolve", "5h").do("reopen", "6h", why="no")
    assert [(clock.state, clock.due) for clock in again.case("6h").clocks] == [("breached", when("4h"))]
