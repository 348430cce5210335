"""What people see of a ticket: its page, its history."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from itsm.cli.fit import column, padded, width, wrapped
from itsm.cli.output import coloured, is_terminal, one_line, visible
from itsm.cli.run import Run
from itsm.model.event import Event, instant
from itsm.model.ticket import Ticket
from itsm.report.table import BOLD, STATE_COLOUR, left
from itsm.sla.duration import format_seconds

_FACT, _TOLD = 11, 30  # where what is said begins: behind a fact's name, behind an event's time and hand
_BAR = 10  # characters of a promise's bar
_LINKS = ("parent", "duplicate_of", "caused_by")


def ticket_page(ticket: Ticket, data: dict[str, Any], run: Run) -> str:
    """Everything of one ticket, most wanted first."""
    head = coloured(f"{ticket.id}  {one_line(ticket.title)}", BOLD)
    facts = [*_facts(ticket, run), *_promises(data["sla"], run), *_calls(data["calls"], run)]
    parts = [wrapped(head, width(), len(ticket.id) + 2), column(facts, _FACT)]
    if ticket.description:
        parts += ["", visible(ticket.description.rstrip("\n"))]
    return "\n".join([*parts, "", *history_lines(ticket, run)])


def history_lines(ticket: Ticket, run: Run) -> list[str]:
    """One line an event: when, who, what."""
    lines, columns = [], width()
    for event in ticket.history:
        first, *rest = visible(told(event, run)).split("\n")
        lines.append(f"{run.local(event.at):16}  {padded(one_line(event.by), 10)}  {first}{_late(event, run)}")
        lines.extend(f"{'':16}  {'':10}  {line}" for line in rest)
    return [wrapped(line, columns, _TOLD) for line in lines]


def _facts(ticket: Ticket, run: Run) -> Iterator[str]:
    contact = ", ".join(ticket.contact.values())
    links = [f"{name.replace('_', ' ')} {other}" for name in _LINKS if (other := getattr(ticket, name))]
    facts = {
        "status": ticket.status + _waiting(ticket, run),
        "type": ticket.type,
        "priority": f"{ticket.priority} (impact {ticket.impact}, urgency {ticket.urgency})" if ticket.priority else "",
        "customer": contact,
        "with": ", ".join(filter(None, (ticket.team, f"level {ticket.level}" if ticket.level is not None else "", ticket.assignee))),
        "about": ", ".join(filter(None, (ticket.category, ticket.ci, *ticket.tags))),
        "reference": ticket.reference,
        "links": ", ".join(links),
        "score": str(ticket.score or ""),
        "opened": run.local(ticket.opened) + (f" by {ticket.channel}" if ticket.channel else ""),
        "contacted": run.local(ticket.contacted) if ticket.contacted else "",
        "resolved": run.local(ticket.resolved) if ticket.resolved else "",
        "closed": run.local(ticket.closed) if ticket.closed else "",
    }
    return (f"{name:10} {one_line(text)}" for name, text in facts.items() if text)


def _waiting(ticket: Ticket, run: Run) -> str:
    what = f" for the {ticket.pending_for}" if ticket.pending_for else ""
    return what + (f" until {run.local(ticket.until)}" if ticket.until else "")


def _promises(promises: Sequence[dict[str, Any]], run: Run) -> Iterator[str]:
    for one in promises:
        due = f"due {run.local(instant(one['due']))}" if one["due"] else "no deadline while it waits"
        rest = f", {left(one)}" if one["due"] and one["state"] in ("running", "breached") else ""
        state = one["state"] if one["due"] or one["state"] == "breached" else f"{left(one)} left"
        was = one["breach"]["due"] if one["breach"] and one["breach"]["due"] != one["due"] else None
        before = f" (broken when it was due {run.local(instant(was))})" if was else ""
        team = "" if one is next(first for first in promises if first["target"] == one["target"]) else f" ({one['sla']})"
        words = f"{one['target']:10} {_bar(one)}{state}, {due}{rest}{before}{team}"
        yield coloured(words, STATE_COLOUR[one["state"]])


def _bar(promise: dict[str, Any]) -> str:
    """How much of the time is used up, for a person to see at a glance."""
    if not is_terminal(sys.stdout):
        return ""
    used = promise["limit_seconds"] - promise["remaining_seconds"]
    full = min(_BAR, max(0, round(_BAR * used / (promise["limit_seconds"] or 1))))
    return f"[{'#' * full}{'.' * (_BAR - full)}] "


def _calls(calls: Sequence[dict[str, Any]], run: Run) -> Iterator[str]:
    for one in calls:
        since = run.local(instant(one["since"]))
        yield one_line(f"call       {one['ask']} (since {since}: itsm answer {one['ticket']} {'|'.join(one['answers'])})")


def _late(event: Event, run: Run) -> str:
    return f"  (entered later, {run.local(event.recorded)})" if event.recorded else ""


def told(event: Event, run: Run) -> str:
    """An event in words: what happened, then its particulars."""
    data = dict(event.data)
    if event.kind == "noted":
        side = {"from-customer": "the customer: ", "to-customer": "to the customer: "}.get(data.get("direction", ""), "")
        return f"{side}{data.get('text', '')}"
    if event.kind == "set":
        was = data.get("was", {})
        return "set " + ", ".join(part for name, value in data.get("set", {}).items() for part in _change(name, was.get(name), value))
    if before := data.pop("was", {}).get("priority"):
        data["priority"] = f"{before} → {data['priority']}"
    head = f"{data.pop('rule', 'a call')} answered:" if event.kind == "answered" else event.kind
    return " ".join([head, *filter(None, (_particular(name, value, run) for name, value in data.items()))])


def _change(name: str, was: Any, value: Any) -> Iterator[str]:
    """`priority P3 → P1`; of a contact only what is different."""
    if isinstance(value, dict):
        before = was if isinstance(was, dict) else {}
        for key in dict.fromkeys((*before, *value)):
            if before.get(key) != value.get(key):
                yield from _change(key, before.get(key), value.get(key))
        return
    old, new = (", ".join(one) if isinstance(one, (list, tuple)) else str(one or "") for one in (was, value))
    yield f"{name} {old} → {new or 'nothing'}" if old else f"{name} {new or 'nothing'}"


def _particular(name: str, value: Any, run: Run) -> str:
    if isinstance(value, datetime):
        return f"{'due' if name == 'due' else 'until'} {run.local(value)}"
    if name == "by_seconds":
        return f"{format_seconds(value)} late" if value else ""
    if name in ("level", "rule"):
        return f"(L{value})" if name == "level" else f"({value})"
    if name in ("how", "resolution", "why", "comment", "note"):
        return f"– {value}"
    words = {"assignee": "to ", "for": "for the ", "to": "to ", "score": "score ", "attempt": "try "}
    return f"{words.get(name, name.replace('_', ' ') + ' ' if name in _LINKS else '')}{value}"
