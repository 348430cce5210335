"""Tickets, policies and sweeps as values, for the pure tests of the promises: no file, no clock.

desk = Pure(policy("{name: late, from: opened, after: 20m, notify: head}"))
desk.open().assign("network", "5m")
assert desk.sweep("20m") == ["T-1 late 20m notify head:network"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from yaml12 import parse_yaml

from itsm.desk.acting import act
from itsm.desk.calls import _answered
from itsm.model import lifecycle
from itsm.model.event import stamp
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.sla.case import Action, Case
from itsm.sla.ledger import EVERYONE, Ledger
from itsm.sla.policy import Policy
from itsm.sla.reading import read_policy
from itsm.sla.recipients import Recipient
from itsm.sla.rules import due, judge, standing_calls
from tests.desk_runner import T0, span

TEAMS = """
people:
  li.lei: {name: 李雷, mail: li.lei@example.com, mobile: '+8613900000000'}
  han: {name: Han, mail: han@example.com}
teams:
  callcentre: {level: 0, mail: cc@example.com}
  servicedesk: {level: 1, mail: l1@example.com, head: {name: Head One, mail: head1@example.com}}
  network: {level: 2, mail: l2@example.com, members: [li.lei, han], contact: {name: Pat, mail: pat@example.com},
            head: {name: Head Two, mail: head2@example.com}}
  systems: {level: 2, mail: sys@example.com}
calendars:
  office: {hours: {mon-fri: '09:00-12:00, 13:00-18:00'}}
"""
OPEN = "[new, assigned, in-progress, pending]"


def when(text: str | datetime) -> datetime:
    """`25m` after T0, a Monday at nine; `-5m` before it."""
    if isinstance(text, datetime):
        return text
    return T0 - span(text[1:]) if text.startswith("-") else T0 + span(text)


def policy(*rules: str, targets: str = "[]", desk: str = "{timezone: UTC}", teams: str = TEAMS) -> Policy:
    """The policy of these rules, each a flow mapping; a mistake in it is the test's."""
    text = f"schema: 1\ndesk: {desk}\n{teams}\ntargets: {targets}\nrules:\n" + "".join(f"- {rule}\n" for rule in rules)
    found, mistakes = read_policy(parse_yaml(text if rules else text + "  []\n"))
    assert found is not None, mistakes
    return found


@dataclass
class Pure:
    """One ticket (or several) before a policy, and what was said of it: a desk without a disk."""

    policy: Policy
    tickets: dict[str, Ticket] = field(default_factory=dict)
    facts: list[dict[str, Any]] = field(default_factory=list)
    channel_of: Callable[[Recipient], str] = lambda _: "print"
    numbers: Any = field(default_factory=lambda: count(1))

    def open(self, at: str | datetime = "0m", id: str = "T-1", **fields: Any) -> Pure:
        contact = fields.pop("contact", {"name": "王芳", "mobile": "13800000000", "email": "wang.fang@example.com"})
        blank = Ticket(id=id, title=fields.pop("title", "Mail is down"), opened=when(at), contact=contact, **fields)
        self.tickets[id] = lifecycle.opened(blank, self.hand(at))
        return self

    def assign(self, team: str, at: str | datetime, to: str = "", command: str = "assign", id: str = "T-1") -> Pure:
        level = self.policy.teams[team].level if team in self.policy.teams else 1
        return self.do(command, at, id=id, team=team, level=level, assignee=to)

    def do(self, command: str, at: str | datetime, id: str = "T-1", **data: Any) -> Pure:
        ticket, hand = self.tickets[id], self.hand(at)
        if command == "told":
            self.tickets[id] = lifecycle.mark(ticket, "told", hand, "by-hand")
        elif command == "set":
            was = {name: getattr(ticket, name) for name in data}
            self.tickets[id] = lifecycle.move(ticket, "set", hand, set=data, was=was)
        else:
            extra = {"how": "done"} if command == "close" else {}
            self.tickets[id] = lifecycle.move(ticket, command, hand, **extra, **data)
        return self

    def customer_writes(self, at: str | datetime, id: str = "T-1") -> Pure:
        return self.do("note", at, id=id, text="Hello?", direction="from-customer")

    def answer(self, rule: str, word: str, at: str, id: str = "T-1") -> Pure:
        calls = [call for call in standing_calls(self.case(at, id)) if call.rule == rule]
        assert calls, f"no call of {rule} stands at {at}: {self.calls(at, id)}"
        self.tickets[id] = _answered(self.tickets[id], calls[0], word, self.hand(at), self.policy, note="", score=None)
        return self

    # --- what the engine says

    def case(self, at: str | datetime, id: str = "T-1") -> Case:
        return Case(self.tickets[id], self.policy, self.book, when(at), self.channel_of)

    @property
    def book(self) -> Ledger:
        book = Ledger()
        for fact in self.facts:
            book.add(fact)
        return book

    def due(self, at: str | datetime, id: str = "T-1") -> list[Action]:
        return due(self.case(at, id))

    def calls(self, at: str | datetime, id: str = "T-1") -> list[str]:
        return [f"{call.rule} {call.step}" for call in standing_calls(self.case(at, id))]

    def states(self, at: str | datetime, rule: str, id: str = "T-1") -> list[str]:
        return [verdict.state for verdict in judge(self.case(at, id)) if verdict.rule == rule]

    def why(self, at: str | datetime, rule: str, id: str = "T-1") -> str:
        return next(verdict.why for verdict in judge(self.case(at, id)) if verdict.rule == rule)

    def sweep(self, at: str | datetime) -> list[str]:
        """As `desk.sweep` does it: moves first, the rest on the moved ticket, each kept under its key. What was said, in words."""
        return [words(action, one) for action in self.actions(at) for one in action.to or (None,)]

    def actions(self, at: str | datetime) -> list[Action]:
        said: list[Action] = []
        for id in list(self.tickets):
            while found := self.due(at, id):
                for action in found:
                    self._keep(action, when(at))
                    if action.do:
                        self.tickets[id] = act(self.tickets[id], action.do, action.rule, self.hand(at), self.policy)
                said.extend(found)
                assert len(said) < 5000, "it never ends"
                if not any(action.do for action in found):
                    break
        return said

    def _keep(self, action: Action, now: datetime) -> None:
        def fact(kind: str, **more: Any) -> dict[str, Any]:
            return {"fact": kind, "key": action.key, "at": stamp(now), **more}

        if action.do or action.command:
            self.facts.append(fact("done"))
        self.facts.extend(fact("printed", to=one.id, channel=self.channel_of(one)) for one in action.to)
        self.facts.extend({**fact("superseded"), "key": key} for key in action.lower if key not in self.book.said)
        self.facts.extend(fact("dropped", to=one.id, channel=EVERYONE) for one in action.dropped)

    def hand(self, at: str | datetime) -> Signature:
        return Signature("mei", when(at), lambda: f"01K{next(self.numbers):023d}")


def words(action: Action, one: Recipient | None = None) -> str:
    """`T-1 late 20m notify head:network`."""
    return " ".join(filter(None, (action.ticket, action.rule, action.step, action.kind, one.id if one else "")))


def changed(value: Policy, **sections: Any) -> Policy:
    """The policy with other sections."""
    return replace(value, **sections)


def only(facts: list[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [fact for fact in facts if fact["fact"] == kind]


def sla_yaml(*rules: str, desk: str = "{timezone: UTC}", channels: str = "{}", teams: str = TEAMS) -> bytes:
    """A whole sla.yaml of these rules, for desks on a disk."""
    head = f"schema: 1\ndesk: {desk}\n{teams.strip()}\nchannels: {channels}\nrules:{'' if rules else ' []'}\n"
    return (head + "".join(f"- {rule}\n" for rule in rules)).encode()
