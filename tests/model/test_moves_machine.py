"""Any sequence of moves, on values alone: the table decides as page 4 has it, replay equals the state, and a file carries it all."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from itsm.desk.fields import changed
from itsm.desk.tickets import escalated
from itsm.errors import Refused
from itsm.model import lifecycle
from itsm.model.event import Event
from itsm.model.ids import ulid
from itsm.model.lifecycle import Signature
from itsm.model.replay import as_it_was, differences, replay
from itsm.model.ticket import GRADES, PENDING_FOR, STATUSES, TYPES, Ticket
from itsm.model.timeline import timeline
from itsm.sla.case import Case
from itsm.sla.ledger import Ledger
from itsm.sla.policy import DeskSettings, Policy, Team
from itsm.sla.rules import judge
from itsm.store.codec import decode, encode

OPENED = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEVELS = {"callcentre": 0, "servicedesk": 1, "network": 2, "systems": 2}
MATRIX = {impact: {urgency: f"P{i + u + 1}" for u, urgency in enumerate(GRADES)} for i, impact in enumerate(GRADES)}
POLICY = Policy(DeskSettings(), teams={name: Team(name, level=level) for name, level in LEVELS.items()}, matrix=MATRIX)

# Page 4, "The moves", written down a second time: from where each is possible.
OPEN = {"new", "assigned", "in-progress", "pending"}
TABLE = {
    "assign": OPEN, "escalate": OPEN, "start": {"assigned"}, "pend": OPEN - {"pending"}, "resume": {"pending"},
    "resolve": OPEN | {"resolved"}, "reopen": {"resolved", "closed"}, "close": OPEN | {"resolved"}, "cancel": OPEN | {"resolved"},
    "note": set(STATUSES), "link": set(STATUSES), "contacted": set(STATUSES), "answer": set(STATUSES),
}  # fmt: skip

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
people = st.sampled_from(["mei", "han", "li.lei", "no", "12:30"])


class Moves(RuleBasedStateMachine):
    """One ticket; `self.was` is the status that a pause goes back to, as a person would remember it."""

    @initialize(title=texts, by=people)
    def opened(self, title: str, by: str) -> None:
        self.now, self.count, self.by, self.was = OPENED, 0, by, "new"
        blank = Ticket(
            id="T-1", title=title, opened=OPENED, impact="medium", urgency="medium", priority=POLICY.priority("medium", "medium")
        )
        self.ticket = lifecycle.opened(blank, self.hand())

    def hand(self) -> Signature:
        return Signature(self.by, self.now, self.mint)

    def mint(self) -> str:
        self.count += 1
        return ulid(int(OPENED.timestamp() * 1000), self.count)

    def move(self, command: str, **data: Any) -> bool:
        """Whether it was done; the table says whether it may be. What is refused changes nothing."""
        if self.ticket.status not in TABLE[command]:
            with pytest.raises(Refused, match=f"T-1 is {self.ticket.status}"):
                lifecycle.move(self.ticket, command, self.hand(), **data)
            return False
        before = self.ticket
        self.ticket = lifecycle.move(self.ticket, command, self.hand(), **data)
        assert self.ticket.history[:-1] == before.history  # append-only
        return True

    # --- moves

    @rule(minutes=st.integers(0, 3000))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(by=people)
    def somebody_else_acts(self, by: str) -> None:
        self.by = by

    @rule(team=st.sampled_from(sorted(LEVELS)), to=people | st.just(""))
    def assign(self, team: str, to: str) -> None:
        pending = self.ticket.status == "pending"
        other = bool(self.ticket.team) and self.ticket.team != team
        kept = self.ticket.contacted
        if self.move("assign", team=team, level=LEVELS[team], assignee=to):
            assert self.ticket.status == ("pending" if pending else "assigned")
            assert (self.ticket.team, self.ticket.level, self.ticket.assignee) == (team, LEVELS[team], to)
            assert self.ticket.contacted == (None if other else kept)  # reset when it changes hands
            self.was = "assigned"

    @rule(team=st.sampled_from(sorted(LEVELS)))
    def escalate(self, team: str) -> None:
        pending = self.ticket.status == "pending"
        may = self.ticket.status in OPEN and (self.ticket.level is None or LEVELS[team] > self.ticket.level)
        try:
            self.ticket = escalated(self.ticket, team, self.hand(), POLICY)
        except Refused:
            assert not may
            return
        assert may
        assert self.ticket.status == ("pending" if pending else "assigned")
        self.was = "assigned"

    @rule()
    def start(self) -> None:
        if self.move("start", assignee=self.ticket.assignee or self.by):
            assert self.ticket.status == "in-progress"
            assert self.ticket.assignee

    @rule(reason=st.sampled_from(PENDING_FOR), hours=st.none() | st.integers(1, 100))
    def pend(self, reason: str, hours: int | None) -> None:
        was = self.ticket.status
        if self.move("pend", **{"for": reason, "until": self.now + timedelta(hours=hours) if hours else None}):
            assert (self.ticket.status, self.ticket.pending_for) == ("pending", reason)
            assert (self.ticket.until is None) == (hours is None)
            self.was = was

    @rule()
    def resume(self) -> None:
        if self.move("resume"):
            assert self.ticket.status == self.was  # what it was before

    @rule(how=texts)
    def resolve(self, how: str) -> None:
        if self.move("resolve", resolution=how):
            assert (self.ticket.status, self.ticket.resolved) == ("resolved", self.now)

    @rule(why=texts)
    def reopen(self, why: str) -> None:
        if self.move("reopen", why=why):
            assert self.ticket.status == ("assigned" if self.ticket.team else "new")
            assert self.ticket.resolved is None
            assert self.ticket.closed is None

    @rule(how=texts | st.just(""), score=st.none() | st.integers(1, 5))
    def close(self, how: str, score: int | None) -> None:
        if self.ticket.status in OPEN and not how:
            with pytest.raises(Refused, match="--how"):
                lifecycle.move(self.ticket, "close", self.hand(), how=how, score=score)
            return
        if self.move("close", how=how, score=score):
            assert (self.ticket.status, self.ticket.closed) == ("closed", self.now)
            assert score is None or self.ticket.score == score

    @precondition(lambda self: len(self.ticket.history) > 4)  # or most tickets would die young
    @rule(why=texts)
    def cancel(self, why: str) -> None:
        if self.move("cancel", why=why):
            assert self.ticket.status == "cancelled"

    @rule(text=texts, direction=st.sampled_from(["", "from-customer", "to-customer"]))
    def note(self, text: str, direction: str) -> None:
        status = self.ticket.status
        self.move("note", text=text, direction=direction)
        assert self.ticket.status == status

    @rule()
    def contacted(self) -> None:
        self.move("contacted")
        assert self.ticket.contacted == self.now

    @rule(other=st.integers(2, 99), kind=st.sampled_from(["parent", "duplicate_of", "caused_by"]))
    def link(self, other: int, kind: str) -> None:
        self.move("link", **{kind: f"T-{other}"})
        assert getattr(self.ticket, kind) == f"T-{other}"

    @rule(rule_=texts, answer=st.sampled_from(["yes", "no", "no-answer", "confirmed", "4"]), score=st.none() | st.integers(1, 5))
    def answer(self, rule_: str, answer: str, score: int | None) -> None:
        self.move("answer", rule=rule_, answer=answer, score=score)

    @rule(impact=st.sampled_from(GRADES), urgency=st.sampled_from(GRADES))
    def regrade(self, impact: str, urgency: str) -> None:
        by_hand = lifecycle.priority_by_hand(self.ticket)
        before = self.ticket
        self.ticket = changed(self.ticket, {"impact": impact, "urgency": urgency}, self.hand(), POLICY)
        assert (self.ticket.impact, self.ticket.urgency) == (impact, urgency)
        assert self.ticket.priority == (before.priority if by_hand else MATRIX[impact][urgency])

    @rule(priority=st.sampled_from(["P1", "P5", ""]))
    def set_priority(self, priority: str) -> None:
        self.ticket = changed(self.ticket, {"priority": priority}, self.hand(), POLICY)
        assert self.ticket.priority == priority or (
            not priority and self.ticket.priority == MATRIX[self.ticket.impact][self.ticket.urgency]
        )

    @rule(name=st.sampled_from(["title", "category", "ci", "mobile", "name", "description"]), value=texts, type_=st.sampled_from(TYPES))
    def set_words(self, name: str, value: str, type_: str) -> None:
        self.ticket = changed(self.ticket, {name: value, "type": type_}, self.hand(), POLICY)
        assert (self.ticket.contact.get(name) if name in ("mobile", "name") else getattr(self.ticket, name)) == value
        assert self.ticket.type == type_

    @rule(tags=st.lists(st.sampled_from(["+a", "+b", "-a", "c,d", "", "no"]), max_size=3))
    def set_tags(self, tags: list[str]) -> None:
        self.ticket = changed(self.ticket, {"tags": ",".join(tags)}, self.hand(), POLICY)
        assert len(set(self.ticket.tags)) == len(self.ticket.tags)

    # --- what always holds

    @invariant()
    def replay_equals_the_state(self) -> None:
        assert differences(self.ticket) == []
        assert replay(self.ticket) == self.ticket
        assert as_it_was(self.ticket, "").status == self.ticket.status

    @invariant()
    def a_file_carries_it_all(self) -> None:
        text = encode(self.ticket)
        document = decode(text.encode(), "tickets/T-1.yaml")
        assert replace(document.ticket, history=()) == replace(self.ticket, history=())
        assert [_plain(event) for event in document.ticket.history] == [_plain(event) for event in self.ticket.history]
        assert encode(document.ticket) == text

    @invariant()
    def the_state_makes_sense(self) -> None:
        ticket = self.ticket
        assert ticket.status in STATUSES
        if ticket.status != "pending":
            assert (ticket.pending_for, ticket.until) == ("", None)
        if ticket.status in ("assigned", "in-progress"):
            assert ticket.team
        assert (ticket.resolved is None) or ticket.status in ("resolved", "closed", "cancelled")
        assert (ticket.closed is not None) == (ticket.status == "closed")
        assert len({event.id for event in ticket.history}) == len(ticket.history)

    @invariant()
    def the_spans_of_its_life_follow_one_another(self) -> None:
        line = timeline(self.ticket)
        for spans, inside in ((line.pauses, {"pending"}), (line.solved, {"resolved", "closed"})):
            assert all(end is None or start <= end for start, end in spans)
            assert all(end is not None for _, end in spans[:-1])
            assert (bool(spans) and spans[-1][1] is None) == (self.ticket.status in inside)
        judge(Case(self.ticket, POLICY, Ledger(), self.now))


def _plain(event: Event) -> tuple[Any, ...]:
    """An event to compare: a list that was set comes back from the file as a tuple."""

    def plain(value: Any) -> Any:
        return (
            {key: plain(one) for key, one in value.items()}
            if isinstance(value, dict)
            else list(value)
            if isinstance(value, tuple)
            else value
        )

    return event.id, event.at, event.by, event.kind, event.recorded, plain(dict(event.data))


TestMoves = Moves.TestCase
TestMoves.settings = settings(max_examples=int(os.environ.get("ITSM_EXAMPLES", "80")), stateful_step_count=25)
