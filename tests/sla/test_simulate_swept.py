"""The policy under which a history came about gives what punctual sweeps have said: a desk swept every ten minutes is the oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml12 import parse_yaml

import itsm
from itsm.desk.acting import act
from itsm.errors import ItsmError
from itsm.model.lifecycle import SWEEPER, Signature
from itsm.model.ticket import Ticket
from itsm.sla.counts import BREACH, Fact, Window
from itsm.sla.policy import Policy
from itsm.sla.reading import read_policy
from itsm.sla.rules import standing_calls
from itsm.sla.simulate import relive
from tests.desk_runner import T0
from tests.sla.builders import OPEN, Pure, policy, when

ARTICLE = Path(itsm.__file__).parent / "policies" / "article.yaml"
PHONE = (
    f"{{name: phone, match: {{status: {OPEN}}}, from: opened, after: 1h, call: 'Done?', "
    "answers: {'yes': {mark: told}, no-answer: {again: 30m, times: 2, then: {notify: head}}}}"
)
SURVEY = "{name: survey, match: {status: closed, scored: false}, from: closed, after: 1d, call: 'Content?', answers: {'5': {score: 5}}}"
GRID = 10  # minutes
DAYS = 6
WORDS = ["assign", "escalate", "start", "pend", "until", "resume", "resolve", "reopen", "close", "note", "contacted", "P1", "P3", "answer"]
STEPS = st.lists(st.tuples(st.integers(1, 150), st.sampled_from([*WORDS, "resolve", "answer", "answer"]), st.integers(0, 7)), max_size=9)
MOVING = policy(
    "{name: up, match: {status: [assigned, in-progress], level: '<2'}, from: assigned, after: 50m, escalate: network, notify: head}",
    "{name: urgent, match: {status: [assigned, in-progress], age: '>=1d'}, from: opened, after: 20m, set: {priority: P1}}",
    "{name: part, of: resolve, at: [50%, 100%], notify: [assignee, head]}",
    f"{{name: update, match: {{status: {OPEN}}}, of: update, at: [100%], notify: team}}",
    PHONE,
    "{name: bye, match: {status: resolved}, from: [resolved, told, replied], after: 1d, close: No word, notify: customer}",
    "{name: again, match: {status: resolved}, from: resolved, every: 6h, calendar: office, notify: [customer, callcentre]}",
    SURVEY,
    targets="[{name: fast, match: {priority: P1}, resolve: 1h, contact: 20m}, {name: slow, calendar: office, resolve: 4h, update: 8h}]",
    desk="{timezone: UTC, customer_hours: '08:00-21:00'}",
)  # fmt: skip


def article() -> Policy:
    found, mistakes = read_policy(parse_yaml(ARTICLE.read_text(encoding="utf-8")))
    assert found is not None, mistakes
    return found


def lived(one: Ticket, rules: Policy, since: str = "", until: str = "") -> list[Fact]:
    return relive(one, rules, Window(when(since) if since else None, when(until)), act)


class Swept(Pure):
    """A desk that is swept every ten minutes: what its sweeps say, and the history that they and its people make."""

    def live(self, steps: list[tuple[int, str, int]]) -> list[tuple[timedelta, str, str]]:
        due: dict[int, list[tuple[str, int]]] = {}
        minute = 0
        for pause, command, choice in steps:
            minute += pause * GRID
            due.setdefault(minute, []).append((command, choice))
        seen: set[str] = set()
        told = []
        for now in range(0, DAYS * 1440 + GRID, GRID):
            for command, choice in due.get(now, []):
                self.act(command, choice, f"{now}m")
            for action in self.actions(f"{now}m"):
                if action.key not in seen:
                    seen.add(action.key)
                    told.append((timedelta(minutes=now), action.kind, action.rule))
        return told

    def act(self, command: str, choice: int, at: str) -> None:
        ticket = self.tickets["T-1"]
        try:
            if command == "answer":
                calls = standing_calls(self.case(at))
                if calls:
                    call = calls[choice % len(calls)]
                    self.answer(call.rule, call.answers[choice % len(call.answers)], at)
            elif command in ("P1", "P3"):
                self.do("set", at, priority=command)
            elif command in ("assign", "escalate"):
                self.assign("network" if choice % 2 or command == "escalate" else "servicedesk", at, "li.lei", command=command)
            elif command == "until":
                self.do("pend", at, **{"for": "vendor"}, until=when(at) + timedelta(minutes=GRID * 7 * (choice + 1)))
            elif command == "note":
                self.do("note", at, text="Hello?", direction=("from-customer", "to-customer")[choice % 2])
            elif command != "close" or ticket.status == "resolved":
                self.do(command, at, **{"pend": {"for": "customer"}, "reopen": {"why": "no"}}.get(command, {}))
        except ItsmError:
            pass  # not possible in this state: then nobody did it

    def hand(self, at: str | object) -> Signature:
        return replace(super().hand(at), by=self.by)  # type: ignore[arg-type]

    by = "mei"

    def actions(self, at: str | object) -> list:  # type: ignore[type-arg]
        self.by = SWEEPER
        try:
            return super().actions(at)  # type: ignore[arg-type]
        finally:
            self.by = "mei"


@pytest.mark.parametrize("rules", [article(), MOVING], ids=["article", "moving"])
@settings(max_examples=25)
@given(steps=STEPS)
def test_the_policy_under_which_it_came_about_gives_what_punctual_sweeps_have_said(
    rules: Policy, steps: list[tuple[int, str, int]]
) -> None:
    one = Swept(rules).open(priority="P3")
    swept = one.live(steps)
    facts = [fact for fact in lived(one.tickets["T-1"], rules, until=f"{DAYS}d") if fact.kind != BREACH]
    assert [(fact.at - T0, fact.kind, fact.name) for fact in facts] == swept


@settings(max_examples=25)
@given(steps=STEPS, until=st.integers(0, DAYS * 1440))
def test_a_shorter_window_gives_the_beginning_of_the_same(steps: list[tuple[int, str, int]], until: int) -> None:
    one = Swept(policy()).open(priority="P3")
    one.live(steps)
    ticket, moment = one.tickets["T-1"], when(f"{until}m")
    whole = lived(ticket, MOVING, until=f"{DAYS}d")
    assert lived(ticket, MOVING, until=f"{until}m") == [fact for fact in whole if fact.at <= moment]
    assert lived(ticket, MOVING, since=f"{until}m", until=f"{DAYS}d") == [fact for fact in whole if fact.at >= moment]
