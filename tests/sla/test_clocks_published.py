"""Sentence 6 held against what Zammad's own tests expect of the same ticket (spec/models/ticket/escalation_examples.rb).

Monday to Friday 8 to 18 in Berlin; first response within 60 minutes, update within 120, solution within 180; written on Thursday,
2013-03-21 at 09:30 UTC. Their first response counts from the mail; so does ours, where the ticket is handed over with it.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.sla.builders import Pure, policy

TARGETS = "[{name: sla, match: {}, calendar: office, contact: 60m, update: 120m, resolve: 180m}]"
TEAMS = """
teams: {servicedesk: {level: 1, mail: l1@example.com}}
calendars: {office: {hours: {mon-fri: '08:00-18:00'}, timezone: Europe/Berlin}}
"""


def at(clock: str) -> datetime:
    return datetime.fromisoformat(f"2013-03-21T{clock}:00Z")


@pytest.mark.parametrize(
    ("moves", "now", "promise", "state", "due", "minutes"),
    [
        ([], "09:40", "contact", "running", "10:30", 50),
        ([], "09:40", "update", "running", "11:30", 110),
        ([], "09:40", "resolve", "running", "12:30", 170),
        ([("contacted", "10:00")], "10:10", "contact", "met", "10:30", 30),
        ([("contacted", "14:00")], "14:10", "contact", "breached", "10:30", -210),
        ([("answer", "11:00")], "11:10", "update", None, None, None),
        ([("answer", "12:00"), ("word", "12:05")], "12:06", "update", "running", "14:05", 119),
        ([("answer", "12:00"), ("word", "12:05"), ("answer", "12:10")], "12:11", "update", None, None, None),
        ([("resolve", "11:30")], "11:40", "resolve", "met", "12:30", 60),
        ([("resolve", "13:00")], "13:10", "resolve", "breached", "12:30", -30),
    ],
    ids=[
        "first response within the hour", "an update within two", "a solution within three", "responded after 30 minutes: 30 to spare",
        "responded after 270: 210 late", "an answer ends the wait for one", "the customer's next word begins it anew",
        "and the next answer ends it", "closed with 60 minutes to spare", "closed 30 minutes late",
    ],
)  # fmt: skip
def test_a_promise_stands_as_zammad_has_it(
    moves: list[tuple[str, str]], now: str, promise: str, state: str | None, due: str | None, minutes: int | None
) -> None:
    one = Pure(policy(targets=TARGETS, teams=TEAMS)).open(at("09:30")).assign("servicedesk", at("09:30")).customer_writes(at("09:30"))
    for what, moment in moves:
        if what == "word":
            one.customer_writes(at(moment))
        elif what == "answer":
            one.do("note", at(moment), text="We are on it", direction="to-customer")
        else:
            one.do(what, at(moment))
    found = next((clock for clock in one.case(at(now)).clocks if clock.promise == promise), None)
    assert (found.state if found else None) == state
    if found and due and minutes is not None:
        assert (found.due, found.remaining) == (at(due), minutes * 60)
