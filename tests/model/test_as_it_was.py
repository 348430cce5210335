"""A ticket as it was before an event: what follow-ups are judged on (page 2, *Answers*) and where a simulation begins (page 3, 23)."""

from __future__ import annotations

from typing import Any

import pytest

from itsm.desk.fields import changed
from itsm.model.event import Event
from itsm.model.replay import apply, as_it_was
from itsm.model.ticket import Ticket
from itsm.sla.counts import Window
from itsm.sla.simulate import relive
from tests.sla.builders import Pure, policy, when

MATRIX = policy().__class__(matrix={"high": {"high": "P1"}, "medium": {"high": "P2"}, "low": {"high": "P3"}})

DESK = Pure(MATRIX)  # its hand gives every event an ID of its own


def told(ticket: Ticket, kind: str, **data: Any) -> Ticket:
    return apply(ticket, Event(f"e{len(ticket.history)}", when(f"{len(ticket.history)}m"), "mei", kind, data))


def opened(**fields: Any) -> Ticket:
    return told(Ticket(id="T-1", title="Mail is down", opened=when("0m"), urgency="high", **fields), "opened")


def priced(ticket: Ticket, impact: str) -> Ticket:
    """As `itsm set` does it: the impact, and the priority that follows."""
    return changed(ticket, {"impact": impact}, DESK.hand(f"{len(ticket.history)}m"), MATRIX)


def test_each_priority_that_the_matrix_gave_is_known_again() -> None:
    ticket = priced(priced(opened(impact="low", priority="P9"), "medium"), "high")
    ids = [event.id for event in ticket.history]
    assert [event.kind for event in ticket.history] == ["opened", "set", "prioritized", "set", "prioritized"]
    assert [as_it_was(ticket, id).priority for id in ids] == ["P9", "P9", "P9", "P2", "P2"]
    assert ticket.priority == "P1"


def test_a_ticket_that_had_none_has_none_again() -> None:
    ticket = priced(opened(), "high")
    assert dict(ticket.history[-1].data) == {"priority": "P1", "was": {"priority": ""}}
    assert as_it_was(ticket, ticket.history[0].id).priority == ""


def test_an_old_file_that_does_not_say_what_the_priority_was_still_reads() -> None:
    ticket = told(
        told(opened(impact="low", priority="P1"), "set", set={"impact": "high"}, was={"impact": "low"}), "prioritized", priority="P1"
    )
    assert as_it_was(ticket, ticket.history[1].id).impact == "low"


@pytest.mark.parametrize(("place", "parent"), [(1, ""), (2, "T-7"), (3, "T-8")])
def test_a_link_is_there_from_its_event_on(place: int, parent: str) -> None:
    ticket = told(told(opened(), "linked", parent="T-7"), "linked", parent="T-8")
    ticket = told(ticket, "noted", text="x")
    assert as_it_was(ticket, ticket.history[place].id).parent == parent


def test_a_simulation_begins_with_the_recorded_priority_whatever_the_matrix_says_today() -> None:
    """The matrix would say P3 of what it was; the history says that it was P9, for which four hours were promised."""
    rules = policy(targets="[{name: old, match: {priority: P9}, resolve: 1h}, {name: all, match: {}, resolve: 4h}]")
    one = Pure(rules).open(impact="low", urgency="high", priority="P9")
    late = {"set": {"impact": "high"}, "was": {"impact": "low"}}
    for n, (kind, data) in enumerate([("set", late), ("prioritized", {"priority": "P1", "was": {"priority": "P9"}})]):
        one.tickets["T-1"] = apply(one.tickets["T-1"], Event(f"later-{n}", when("2h"), "mei", kind, data))
    facts = relive(one.tickets["T-1"], rules, Window(None, when("1d")), lambda ticket, *_: ticket)
    assert [(fact.target, fact.priority) for fact in facts] == [("old", "P9")]
