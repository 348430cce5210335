"""What a sweep did, as values: for `--json`, for cron's mail, for the exit code."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from itsm.errors import Problem
from itsm.model.event import stamp
from itsm.model.ticket import Ticket
from itsm.sla.case import Action
from itsm.sla.clocks import Clock
from itsm.values import dataclass, field

PRINT = "print"  # the channel of what isn't mailed


@dataclass
class Outcome:
    """One action for one recipient (or one move), and what became of it: `delivery` as page 4 has it."""

    action: Action
    ticket: Ticket | None
    delivery: str
    channel: str = ""
    why: str = ""
    held: bool = False


def outcome(action: Action, ticket: Ticket | None, channel: str) -> Outcome:
    """A notice or call on its way: to the printer, or queued for a channel."""
    return Outcome(action, ticket, "printed" if channel == PRINT else "queued", channel)


@dataclass
class Report:
    """One run. `dry` says why nothing was done, `busy` that another sweep is at work, `new_rules` how much each passed over,
    `breaches` the broken promises that it put on record, `redirected` the channels that have sent something, and whereto instead.

    `problems` are bad records (exit 5), `failures` deliveries to be tried again (exit 7), `unaddressed` who was printed for want of
    an address (no fault of the run's), `warnings` what may go wrong here one day.
    """

    at: datetime
    mail: bool = False
    dry: str = ""
    busy: str | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    superseded: list[Outcome] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    failures: list[Problem] = field(default_factory=list)
    unaddressed: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    new_rules: dict[str, int] = field(default_factory=dict)
    breaches: list[tuple[Ticket, Clock]] = field(default_factory=list)
    redirected: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The shape of `sweep --json`: recipients of one action who fared alike are one entry, but those of an earlier sweep."""
        grouped: dict[tuple[str, str, str], dict[str, Any]] = {}
        for one in (*self.outcomes, *self.superseded):
            entry = grouped.setdefault((one.action.key, one.delivery, one.action.reason), _entry(one))
            entry["to"].extend(who.address for who in one.action.to)
            if one.why:
                entry["why"] = one.why
        problems = [*self.problems, *self.failures, *self.unaddressed]
        return {
            "at": stamp(self.at),
            "actions": list(grouped.values()),
            "problems": [one.as_json() for one in problems],
            "dry": self.dry,
            "passed_over": {name: count for name, count in self.new_rules.items() if count},
            "breaches": [_breach(ticket, one) for ticket, one in self.breaches],
        }


def _entry(one: Outcome) -> dict[str, Any]:
    return {**action_json(one.action), "to": [], "delivery": one.delivery}


def _breach(ticket: Ticket, one: Clock) -> dict[str, Any]:
    due = stamp(one.due) if one.due else None
    return {"ticket": ticket.id, "target": one.promise, "sla": one.target, "due": due, "by_seconds": -one.remaining}


def action_json(action: Action) -> dict[str, Any]:
    """An action as `sweep --json` and `due --json` give it."""
    return {
        "ticket": action.ticket,
        "rule": action.rule,
        "step": action.step,
        "kind": action.kind,
        "to": [one.address for one in action.to],
        "due_at": stamp(action.due_at),
        "reason": action.reason,
        "key": action.key,
        "text": action.text,
    }
