"""What a policy would have come to (page 3, sentence 23): a table of histories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from itsm.desk.acting import act
from itsm.model.event import Event
from itsm.model.lifecycle import MOVES, SWEEPER
from itsm.model.replay import apply
from itsm.model.ticket import Ticket
from itsm.sla.counts import Fact, Window
from itsm.sla.policy import Policy
from itsm.sla.simulate import relive, simulate
from tests.desk_runner import T0
from tests.sla.builders import OPEN, Pure, policy, when

BY_PRIORITY = "[{name: fast, match: {priority: P1}, resolve: 1h}, {name: slow, match: {priority: [P3, '']}, resolve: 4h}]"
ALL = "[{name: all, match: {}, contact: 20m, resolve: 2h}]"
MATRIX = {"high": {"high": "P1"}, "low": {"high": "P3"}}
LATE = "{name: late, match: {status: [new, assigned, in-progress, pending]}, from: opened, after: 20m, notify: head}"
CLOSE = "{name: bye, match: {status: resolved}, from: [resolved, told, replied], after: 3d, close: No word}"
DAILY = "{name: daily, match: {status: resolved}, from: resolved, every: 1d, notify: callcentre}"
SURVEY = "{name: survey, match: {status: closed, scored: false}, from: closed, after: 1d, call: 'Content?', answers: {'5': {score: 5}}}"
PHONE = (
    f"{{name: phone, match: {{status: {OPEN}}}, from: opened, after: 1h, call: 'Done?', "
    "answers: {'yes': {mark: told}, no-answer: {again: 30m, times: 2, then: {notify: head}}}}"
)

Story = Callable[[Pure], Pure]


def said(facts: list[Fact]) -> list[str]:
    """`20m notify late`, `2h breach resolve all P2`: the instant counted from the opening, then what came of it."""
    return [" ".join(filter(None, (span(fact.at - T0), fact.kind, fact.name, fact.target, fact.priority))) for fact in facts]


def span(after: timedelta) -> str:
    days, rest = divmod(int(after.total_seconds()), 86_400)
    parts = [(days, "d"), (rest // 3600, "h"), (rest // 60 % 60, "m"), (rest % 60, "s")]
    return "".join(f"{n}{unit}" for n, unit in parts if n) or "0m"


def lived(one: Ticket, rules: Policy, since: str = "", until: str = "10d") -> list[Fact]:
    return relive(one, rules, Window(when(since) if since else None, when(until)), act)


def by_the_sweep(one: Pure, do: str, at: str, rule: str, **data: str) -> Pure:
    """What a sweep of the time did to the ticket, under the policy of the time."""
    one.tickets["T-1"] = apply(one.tickets["T-1"], Event(f"sweep-{at}", when(at), SWEEPER, MOVES[do].event, {"rule": rule, **data}))
    return one


def repriced(one: Pure, at: str, by: str = "mei") -> Pure:
    """Impact was low until now: what is P1 was P3."""
    low = {"set": {"impact": "high"}, "was": {"impact": "low"}, **({"rule": "up"} if by == SWEEPER else {})}
    for n, (kind, data) in enumerate([("set", low), ("prioritized", {"priority": "P1"})]):
        one.tickets["T-1"] = apply(one.tickets["T-1"], Event(f"repriced-{n}", when(at), by, kind, data))
    return one


def nobody_answers(one: Pure, *times: str) -> Pure:
    for at in times:
        one.answer("phone", "no-answer", at)
    return one


TABLE: dict[str, tuple[Policy, Story, list[str]]] = {
    "a notice when it is due, and a promise broken at the instant": (
        policy(LATE, targets=BY_PRIORITY),
        lambda one: one.open(priority="P3"),
        ["20m notify late", "4h breach resolve slow P3"],
    ),
    "resolved in the very second in which it is due is in time": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P3").do("resolve", "4h"),
        [],
    ),
    "resolved a second later isn't": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P3").do("resolve", "4h1s"),
        ["4h breach resolve slow P3"],
    ),
    "what no longer matches when its time has come isn't said": (
        policy(LATE),
        lambda one: one.open().do("resolve", "19m59s").do("reopen", "3d", why="no"),
        ["3d notify late"],
    ),
    "while it waits there is no breach; the wait is given back": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P3").do("pend", "3h").do("resume", "1d3h"),
        ["1d4h breach resolve slow P3"],
    ),
    "a higher priority breaks the promise when it is given, under its own name": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P3").do("set", "2h", priority="P1"),
        ["2h breach resolve fast P1"],
    ),
    "priced anew after the breach it is the same breach": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P1").do("set", "2h", priority="P3"),
        ["1h breach resolve fast P1"],
    ),
    "priced anew once it is resolved nothing passes any more": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P3").do("resolve", "2h").do("set", "3h", priority="P1"),
        [],
    ),
    "reopened after closing the promise begins anew": (
        policy(targets=BY_PRIORITY),
        lambda one: one.open(priority="P1").do("resolve", "2h").do("close", "3h").do("reopen", "1d", why="no"),
        ["1h breach resolve fast P1", "1d1h breach resolve fast P1"],
    ),
    "contact is promised at each hand-over": (
        policy(targets=ALL),
        lambda one: one.open().assign("servicedesk", "5m").do("contacted", "10m").assign("network", "30m").do("resolve", "1h"),
        ["50m breach contact all"],
    ),
    "a virtual close: nothing live is due any more, and their own closing later is none": (
        policy(CLOSE, DAILY, SURVEY),
        lambda one: one.open().do("resolve", "1h").do("close", "5d1h"),
        ["1d1h notify daily", "2d1h notify daily", "3d1h close bye", "4d1h call survey"],
    ),
    "people who change the status of what is virtually closed have it back": (
        policy(CLOSE, DAILY),
        lambda one: one.open().do("resolve", "0m").do("reopen", "4d", why="no").do("resolve", "5d"),
        ["1d notify daily", "2d notify daily", "3d close bye", "6d notify daily", "7d notify daily", "8d close bye"],
    ),
    "what the sweep did is decided anew: a longer patience brings more reminders": (
        policy(CLOSE.replace("3d", "5d"), DAILY),
        lambda one: by_the_sweep(one.open().do("resolve", "0m"), "close", "3d", "bye", how="No word"),
        ["1d notify daily", "2d notify daily", "3d notify daily", "4d notify daily", "5d close bye"],
    ),
    "before the first word on its priority it had the one that the matrix gives": (
        replace(policy(targets=BY_PRIORITY), matrix=MATRIX),
        lambda one: repriced(one.open(priority="P1", impact="high", urgency="high"), "2h"),
        ["2h breach resolve fast P1"],
    ),
    "a priority that followed from what a rule has set is decided anew, too": (
        replace(policy(targets=BY_PRIORITY), matrix=MATRIX),
        lambda one: repriced(one.open(priority="P1", impact="high", urgency="high"), "2h", SWEEPER),
        ["4h breach resolve slow P3"],
    ),
    "a call that nobody answers comes back, and at last somebody else is told": (
        policy(PHONE),
        lambda one: nobody_answers(one.open(), "1h5m", "1h40m", "3h"),
        ["1h call phone", "1h35m call phone", "2h10m call phone", "3h notify phone"],
    ),
    "an answer settles the call": (
        policy(PHONE.replace("1h", "2h")),
        lambda one: one.open().do("contacted", "1h"),
        ["2h call phone"],
    ),
    "an escalation is a move, and what follows from it is due": (
        policy(
            "{name: up, match: {level: '<2'}, from: assigned, after: 1h, escalate: network, notify: head}",
            "{name: call, match: {level: '>=2', status: [assigned, in-progress]}, from: escalated, after: 20m, call: 'Was anybody there?'}",
        ),
        lambda one: one.open().assign("servicedesk", "0m").do("start", "2h"),
        ["1h escalate up", "1h notify up", "1h20m call call"],
    ),
    "a move that can't be made is told as refused": (
        policy("{name: up, from: opened, after: 1h, escalate: network}"),
        lambda one: one.open().do("resolve", "30m"),
        ["1h refused up"],
    ),
    "customers are told within their hours": (
        policy("{name: hello, from: resolved, after: 0m, notify: [customer, callcentre]}",
               desk="{timezone: UTC, customer_hours: '08:00-21:00'}"),
        lambda one: one.open().do("resolve", "13h"),
        ["13h notify hello"],
    ),
    "a rule may ask how old the ticket is": (
        policy("{name: old, match: {age: '>2d', status: [new]}, from: opened, after: 0m, notify: head}"),
        lambda one: one.open(),
        ["2d1s notify old"],
    ),
    "several at once: the state between two events of one second was never there": (
        policy("{name: new, match: {status: new}, from: opened, after: 0m, notify: head}"),
        lambda one: one.open().assign("network", "0m"),
        [],
    ),
    "a pause with an end ends by itself": (
        policy("{name: on, from: resumed, after: 1h, notify: head}"),
        lambda one: one.open().assign("network", "0m", "han").do("pend", "1h", until=when("5h")),
        ["5h resume pend-until", "5h notify pend-until", "6h notify on"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_what_comes_of_a_history(row: str) -> None:
    rules, story, expected = TABLE[row]
    assert said(lived(story(Pure(rules)).tickets["T-1"], rules)) == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("", "1d", ["20m notify late", "4h breach resolve slow P3"]),
        ("20m", "4h", ["20m notify late", "4h breach resolve slow P3"]),
        ("20m1s", "3h59m59s", []),
        ("1h", "1d", ["4h breach resolve slow P3"]),
    ],
    ids=["all of it", "both ends count", "just within", "what lies before is said and not counted"],
)
def test_the_window(since: str, until: str, expected: list[str]) -> None:
    rules = policy(LATE, targets=BY_PRIORITY)
    assert said(lived(Pure(rules).open(priority="P3").tickets["T-1"], rules, since, until)) == expected


def test_nothing_is_known_of_what_comes_after_the_window() -> None:
    rules = policy(LATE, targets=BY_PRIORITY)
    one = Pure(rules).open(priority="P3").do("resolve", "5h").do("reopen", "1d", why="no")
    assert said(lived(one.tickets["T-1"], rules, until="6h")) == ["20m notify late", "4h breach resolve slow P3"]
    assert simulate(one.tickets.values(), rules, Window(None, when("-1m")), act).tickets == 0


def test_counts_are_by_target_priority_rule_and_hour_of_the_desks_day() -> None:
    rules = policy(LATE, targets=BY_PRIORITY, desk="{timezone: Asia/Shanghai}")
    desk = Pure(rules).open(priority="P3").open("30m", id="T-2", priority="P1")
    counts = simulate(desk.tickets.values(), rules, Window(None, when("1d")), act)
    assert counts.tickets == 2
    assert counts.breaches == {("resolve", "slow", "P3"): 1, ("resolve", "fast", "P1"): 1}
    assert counts.actions == {("notify", "late", 17): 2}
