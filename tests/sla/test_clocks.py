"""The promises' clocks: page 3, sentences 3 and 6 to 11; M15 to M17, M22."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.sla.clocks import Clock
from tests.sla.builders import Pure, policy, when

WAIT = {"for": "customer"}


def desk(target: str, calendar: str = "") -> Pure:
    """A desk with one target for everything."""
    return Pure(policy(targets=f"[{{name: all, match: {{}}, {target}{f', calendar: {calendar}' if calendar else ''}}}]"))


def clock(one: Pure, at: str | datetime, promise: str = "resolve") -> Clock | None:
    return next((found for found in one.case(at).clocks if found.promise == promise), None)


def shown(one: Pure, at: str, promise: str = "resolve") -> tuple[str, datetime | None, int]:
    found = clock(one, at, promise)
    assert found is not None
    return found.state, found.due, found.remaining // 60


# --- resolve (6, 7, 10) ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moves", "at", "state", "due", "left"),
    [
        pytest.param([], "0m", "running", "2h", 120, id="just opened"),
        pytest.param([], "119m", "running", "2h", 1, id="a minute before"),
        pytest.param([], "2h", "breached", "2h", 0, id="used up"),
        pytest.param([], "3h", "breached", "2h", -60, id="an hour late"),
        pytest.param([("resolve", "1h", {})], "9h", "met", "2h", 60, id="resolved in time"),
        pytest.param([("resolve", "2h", {})], "9h", "met", "2h", 0, id="resolved on the dot"),
        pytest.param([("resolve", "3h", {})], "9h", "breached", "2h", -60, id="resolved late stays late"),
        pytest.param([("close", "1h", {})], "9h", "met", "2h", 60, id="closed without a resolution"),
        pytest.param([("pend", "1h", WAIT)], "9h", "paused", None, 60, id="pending: no deadline, no breach (glpi#24481)"),
        pytest.param([("pend", "1h", WAIT), ("resume", "4h", {})], "4h", "running", "5h", 60, id="resumed: the pause is given back"),
        pytest.param([("pend", "1h", WAIT), ("resolve", "4h", {})], "9h", "met", "5h", 60, id="resolved while pending"),
        pytest.param([("pend", "3h", WAIT)], "9h", "breached", "2h", -60, id="a pause after the breach changes nothing"),
        pytest.param(
            [("pend", "10m", WAIT), ("resume", "20m", {}), ("pend", "30m", WAIT), ("resume", "1h", {})], "1h", "running", "160m", 100,
            id="two pauses",
        ),
        pytest.param(
            [("resolve", "1h", {}), ("reopen", "5h", {"why": "no"})], "5h", "running", "6h", 60,
            id="reopened: the time it was resolved does not count (10)",
        ),
        pytest.param(
            [("resolve", "1h", {}), ("close", "2h", {}), ("reopen", "5h", {"why": "no"})], "5h", "running", "7h", 120,
            id="reopened after closing: it starts anew",
        ),
        pytest.param(
            [("pend", "30m", WAIT), ("resolve", "1h", {}), ("reopen", "5h", {"why": "no"})], "5h", "running", "6h30m", 90,
            id="a pause, then resolved, then reopened",
        ),
        pytest.param(
            [("resolve", "1h", {}), ("reopen", "5h", {"why": "no"}), ("resolve", "5h30m", {})], "9h", "met", "6h", 30, id="resolved again"
        ),
    ],
)  # fmt: skip
def test_resolve_runs_from_opened_to_resolved_and_stands_still_while_pending(
    moves: list[tuple[str, str, dict[str, Any]]], at: str, state: str, due: str | None, left: int
) -> None:
    one = desk("resolve: 2h").open()
    for command, moment, data in moves:
        one.do(command, moment, **data)
    assert shown(one, at) == (state, when(due) if due else None, left)


def test_a_cancelled_ticket_is_promised_nothing() -> None:
    assert clock(desk("resolve: 2h").open().do("cancel", "1h", why="twice"), "9h") is None


# --- contact (6) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moves", "at", "found"),
    [
        pytest.param([], "9h", None, id="not handed over: nothing is promised"),
        pytest.param([("assign", "servicedesk", "5m")], "10m", ("running", "25m", 15), id="from assigned"),
        pytest.param([("assign", "servicedesk", "5m"), ("escalate", "network", "30m")], "40m", ("running", "50m", 10), id="from escalated"),
        pytest.param([("assign", "network", "0m"), ("assign", "systems", "10m")], "19m", ("running", "20m", 1), id="from L2 to L2 goes on"),
        pytest.param([("assign", "network", "0m"), ("contacted", "", "15m")], "9h", ("met", "20m", 5), id="contacted in time"),
        pytest.param([("assign", "network", "0m"), ("contacted", "", "25m")], "9h", ("breached", "20m", -5), id="contacted late"),
        pytest.param([("assign", "network", "0m"), ("resolve", "", "10m")], "9h", ("met", "20m", 10), id="resolved without a contact"),
    ],
)
def test_contact_runs_from_hand_over_to_contacted(moves: list[tuple[str, str, str]], at: str, found: tuple[str, str, int] | None) -> None:
    one = desk("contact: 20m").open()
    for command, team, moment in moves:
        if team:
            one.assign(team, moment, command=command)
        else:
            one.do(command, moment)
    if found is None:
        assert clock(one, at, "contact") is None
    else:
        assert shown(one, at, "contact") == (found[0], when(found[1]), found[2])


# --- update (6; zammad#3140) -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "due"),
    [
        pytest.param([], None, id="no word, no clock"),
        pytest.param([("from", "10m")], "70m", id="from the customer's word"),
        pytest.param([("from", "10m"), ("from", "50m")], "70m", id="further words don't restart it"),
        pytest.param([("from", "10m"), ("to", "20m")], None, id="answered: gone"),
        pytest.param([("from", "10m"), ("to", "20m"), ("from", "30m")], "90m", id="the next word starts it anew"),
        pytest.param([("from", "10m"), ("note", "20m")], "70m", id="a note among ourselves is no answer"),
        pytest.param([("from", "10m"), ("contacted", "20m")], None, id="an engineer in touch is an answer"),
    ],
)
def test_update_runs_from_the_oldest_unanswered_word_to_the_desks_answer(words: list[tuple[str, str]], due: str | None) -> None:
    one = desk("update: 1h").open()
    for kind, at in words:
        if kind == "contacted":
            one.do("contacted", at)
        else:
            one.do("note", at, text="…", direction={"from": "from-customer", "to": "to-customer"}.get(kind, ""))
    found = clock(one, "65m", "update")
    assert (found.due if found else None) == (when(due) if due else None)


# --- calendars and pauses (3, 7) ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "pauses", "due"),
    [
        pytest.param("0m", [], "9h", id="8 working hours of Monday: due at 18:00, not next morning"),
        pytest.param("-15h", [], "9h", id="opened on Sunday"),
        pytest.param("4h", [], "27h", id="from 13:00: 5 h of Monday, 3 h of Tuesday"),
        pytest.param("0m", [("1h", "2h")], "25h", id="an hour's pause: Tuesday 10:00"),
        pytest.param("0m", [("3h10m", "3h50m")], "9h", id="a pause in the lunch break gives nothing back: still 18:00"),
        pytest.param("0m", [("3h10m", "4h10m")], "24h10m", id="of a pause only the working time is given back (glpi#10594)"),
        pytest.param("0m", [("8h", "24h")], "25h", id="over night"),
        pytest.param("0m", [("8h", "7d")], "7d1h", id="over the week end"),
        pytest.param("0m", [("9h", "20h")], "9h", id="a pause from the second on which it was due"),
        pytest.param("0m", [("1h", "1h30m"), ("5h", "5h30m")], "25h", id="two of half an hour"),
    ],
)  # fmt: skip
def test_only_working_time_of_a_pause_is_given_back(opened: str, pauses: list[tuple[str, str]], due: str) -> None:
    """Sentence 7 (glpi#10594, frappe/helpdesk#2449: the whole pause was given back, nights and weekends too)."""
    one = desk("resolve: 8h", "office").open(opened)
    for start, end in pauses:
        one.do("pend", start, **WAIT).do("resume", end)
    found = clock(one, "20d")
    assert found is not None
    assert found.due == when(due)


def worked(start: datetime, end: datetime, pauses: list[tuple[datetime, datetime]]) -> int:
    """Minutes of office hours outside the pauses, counted one by one."""
    count, at = 0, start
    while at < end:
        minute = at.hour * 60 + at.minute
        inside = at.weekday() < 5 and (540 <= minute < 720 or 780 <= minute < 1080)
        count += inside and not any(a <= at < b for a, b in pauses)
        at += timedelta(minutes=1)
    return count


def oracle(start: datetime, minutes: int, pauses: list[tuple[datetime, datetime]]) -> datetime:
    """The first instant at which so many minutes have been worked outside the pauses."""
    at = start
    while minutes:
        minutes -= worked(at, at + timedelta(minutes=1), pauses)
        at += timedelta(minutes=1)
    return at


MINUTES = st.lists(st.integers(0, 3 * 1440), min_size=0, max_size=6, unique=True).map(sorted)


@settings(max_examples=40)
@given(opened=st.integers(-1440, 1440), limit=st.integers(1, 300), marks=MINUTES, percent=st.sampled_from([50, 75, 100, 120]))
def test_a_deadline_is_where_counting_minutes_one_by_one_comes_to(opened: int, limit: int, marks: list[int], percent: int) -> None:
    start = when("0m") + timedelta(minutes=opened)
    one = desk(f"resolve: {limit * 20}m", "office").open(start)
    pauses = []
    for begin, end in zip(marks[::2], marks[1::2], strict=False):
        a, b = start + timedelta(minutes=begin), start + timedelta(minutes=end)
        one.do("pend", a, **WAIT).do("resume", b)
        pauses.append((a, b))
    found = clock(one, when("40d"))
    assert found is not None
    assert found.reached(percent) == oracle(start, limit * 20 * percent // 100, pauses)


@settings(max_examples=40)
@given(marks=MINUTES.filter(lambda marks: len(marks) % 2 == 1), limit=st.integers(1, 6000))
def test_what_is_left_while_it_stands_still_is_the_limit_less_what_was_worked(marks: list[int], limit: int) -> None:
    """Sentence 7: `show` gives the time left."""
    start = when("0m")
    one = desk(f"resolve: {limit}m", "office").open(start)
    instants = [start + timedelta(minutes=mark) for mark in marks]
    pauses = list(zip(instants[::2], instants[1::2], strict=False))
    for n, at in enumerate(instants):
        one.do("resume" if n % 2 else "pend", at, **({} if n % 2 else WAIT))
    used = worked(start, instants[-1], pauses)
    found = clock(one, when("40d"))
    assert found is not None
    if used < limit:
        assert (found.state, found.due, found.remaining) == ("paused", None, (limit - used) * 60)
    elif used > limit:
        assert found.state == "breached"
        assert found.due == oracle(start, limit, pauses)


@pytest.mark.parametrize(
    ("opened", "due"),
    [("4d", "7d"), ("4d1h", "7d1h"), ("5d", "8d"), ("3d20h", "7d")],
    ids=["Friday at nine: Monday at nine", "Friday at ten: Monday at ten", "Saturday: as on Monday at nine", "before nine: as at nine"],
)
def test_a_day_in_a_calendar_is_a_working_day_at_the_same_wall_clock_time(opened: str, due: str) -> None:
    """Page 2, *Durations*; the same as `itsm calendar due` says."""
    found = clock(desk("resolve: 1d", "office").open(opened), "4d")
    assert found is not None
    assert found.due == found.reached(100) == when(due)


# --- which target (9, 11, M22) -----------------------------------------------------------------

TARGETS = """[{name: vip, match: {priority: P1}, resolve: 1h}, {name: l1, match: {team: servicedesk}, resolve: 8h},
  {name: rest, match: {type: incident}, resolve: 4h}]"""


@pytest.mark.parametrize(
    ("priority", "team", "kind", "target", "due"),
    [
        ("P1", "network", "incident", "vip", "1h"),
        ("P3", "servicedesk", "incident", "l1", "8h"),
        ("P3", "network", "incident", "rest", "4h"),
        ("P1", "servicedesk", "request", "vip", "1h"),
        ("P3", "network", "request", None, None),
    ],
)
def test_the_first_target_that_matches_is_the_tickets_sla(priority: str, team: str, kind: str, target: str | None, due: str | None) -> None:
    one = Pure(policy(targets=TARGETS)).open(priority=priority, type=kind).assign(team, "1m")
    found = clock(one, "2m")
    assert (found.target if found else None) == target
    assert (found.due if found else None) == (when(due) if due else None)


def test_a_change_of_priority_moves_the_deadline_as_if_the_new_target_had_held_from_the_start() -> None:
    """Sentence 9 (glpi#6902, #15605): pauses kept."""
    one = Pure(policy(targets=TARGETS)).open(priority="P3").do("pend", "30m", **WAIT).do("resume", "40m")
    assert shown(one, "50m")[:2] == ("running", when("4h10m"))
    one.do("set", "50m", priority="P1")
    assert shown(one, "50m")[:2] == ("running", when("1h10m"))


def test_midnight_of_another_zone_is_the_calendars_business() -> None:
    teams = "calendars: {office: {hours: {mon-fri: '09:00-18:00'}, timezone: Asia/Shanghai}}"
    one = Pure(policy(targets="[{name: all, match: {}, resolve: 2h, calendar: office}]", teams=teams)).open("30m")  # 17:30 there
    assert shown(one, "30m")[1] == datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


# --- what a team owes another (11) --------------------------------------------------------------

OLA = """[{name: sla, match: {type: incident}, resolve: 8h, update: 1h},
  {name: network-ola, match: {team: network}, from: assigned, contact: 30m, resolve: 2h, update: 20m},
  {name: any-ola, match: {level: '>=2'}, from: [assigned, contacted], resolve: 4h}]"""


def owed(one: Pure, at: str, sla: str) -> dict[str, datetime | None]:
    return {found.promise: found.due for found in one.case(at).clocks if found.target == sla}


def test_sentence_11_a_teams_target_runs_from_its_hand_over_beside_what_the_customer_was_promised() -> None:
    one = Pure(policy(targets=OLA)).open()
    assert owed(one, "50m", "network-ola") == {}
    one.assign("servicedesk", "10m").assign("network", "1h", command="escalate")
    assert owed(one, "70m", "sla") == {"resolve": when("8h")}
    assert owed(one, "70m", "network-ola") == {"contact": when("90m"), "resolve": when("3h")}
    assert owed(one, "70m", "any-ola") == {}, "of the teams' targets, too, the first that matches"
    assert owed(one.customer_writes("75m"), "80m", "network-ola")["update"] == when("95m")


def test_sentence_11_pauses_are_given_back_and_another_team_owes_its_own() -> None:
    one = Pure(policy(targets=OLA)).open().assign("network", "1h", command="escalate")
    one.do("pend", "90m", **WAIT).do("resume", "120m")
    assert owed(one, "2h", "network-ola")["resolve"] == when("3h30m")
    one.assign("systems", "3h")
    assert owed(one, "3h", "network-ola") == {}
    assert owed(one, "3h", "any-ola") == {"resolve": when("7h")}
    assert owed(one.do("contacted", "4h"), "4h", "any-ola") == {"resolve": when("8h")}, "from the latest of several moments"


@pytest.mark.parametrize(
    ("target", "at", "said"),
    [
        ("", "7h59m", []),
        ("", "8h", ["T-1 late 100% notify head:network"]),
        (", target: network-ola", "2h59m", []),
        (", target: network-ola", "3h", ["T-1 late 100% notify head:network"]),
    ],
    ids=["the ticket's SLA: not yet", "and then", "the team's: not yet", "and then, hours earlier"],
)
def test_sentence_11_a_rule_goes_by_the_tickets_sla_or_by_the_target_that_it_names(target: str, at: str, said: list[str]) -> None:
    rule = f"{{name: late, of: resolve{target}, at: [100%], notify: head}}"
    assert Pure(policy(rule, targets=OLA)).open().assign("network", "1h", command="escalate").sweep(at) == said


def test_sentence_11_where_only_the_team_has_a_target_a_rule_goes_by_that() -> None:
    only = "[{name: ola, match: {team: network}, from: assigned, resolve: 2h}]"
    one = Pure(policy("{name: late, of: resolve, at: [100%], notify: head}", targets=only)).open().assign("network", "1h")
    assert one.sweep("2h59m") == []
    assert one.sweep("3h") == ["T-1 late 100% notify head:network"]
