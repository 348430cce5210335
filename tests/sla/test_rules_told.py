"""Whom a rule tells, at what hour, and what belongs to the past: page 2, *Recipients*; page 3, sentences 12, 16 and 18; M11, M21."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from itsm.model.event import stamp
from itsm.sla.policy import Person
from tests.sla.builders import Pure, only, policy, when

OPENED = "{name: rule, from: opened, after: 0m, notify: %s}"


def desk(*rules: str, **given: Any) -> Pure:
    return Pure(policy(*rules, **given))


def told(one: Pure, at: str = "1h") -> list[str]:
    return [line.rpartition(" ")[2] for line in one.sweep(at)]


# --- recipients and fall-backs ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("notify", "team", "expected"),
    [
        ("customer", "network", [("customer", "王芳", "wang.fang@example.com")]),
        ("callcentre", "network", [("callcentre", "callcentre", "cc@example.com")]),
        ("team", "network", [("team:network", "network", "l2@example.com")]),
        ("contact", "network", [("contact:network", "Pat", "pat@example.com")]),
        ("contact", "systems", [("team:systems", "systems", "sys@example.com")]),
        ("assignee", "network", [("assignee:li.lei", "李雷", "li.lei@example.com")]),
        ("head", "network", [("head:network", "Head Two", "head2@example.com")]),
        ("head", "systems", [("head:servicedesk", "Head One", "head1@example.com")]),
        ("watchers", "network", [("watcher:han", "Han", "han@example.com"), ("boss@example.com", "", "boss@example.com")]),
        ("audit@example.com", "network", [("audit@example.com", "", "audit@example.com")]),
        ("han", "network", [("person:han", "Han", "han@example.com")]),
        ("systems", "network", [("team:systems", "systems", "sys@example.com")]),
        (
            "[head, assignee, head]",
            "network",
            [("head:network", "Head Two", "head2@example.com"), ("assignee:li.lei", "李雷", "li.lei@example.com")],
        ),
    ],
)
def test_each_word_of_notify_is_somebody_with_an_address(notify: str, team: str, expected: list[tuple[str, str, str]]) -> None:
    one = desk(OPENED % notify).open(watchers=("han", "boss@example.com")).assign(team, "1m", "li.lei")
    assert [(who.id, who.name, who.mail) for action in one.due("1h") for who in action.to] == expected


def test_without_a_head_in_team_and_level_1_the_call_centre_is_told() -> None:
    one = desk(OPENED % "head", teams="teams: {callcentre: {level: 0, mail: cc@example.com}, network: {level: 2}, first: {level: 1}}")
    assert told(one.open().assign("network", "1m")) == ["callcentre"]


def test_on_a_desk_without_teams_the_call_centre_is_still_somebody() -> None:
    one = desk(OPENED % "[head, callcentre, team, contact]", teams="")
    (action,) = one.open().due("1h")
    assert [(who.id, who.name) for who in action.to] == [("callcentre", "call centre")]


@pytest.mark.parametrize("notify", ["assignee", "team", "contact", "watchers"])
def test_a_role_that_nobody_has_yet_tells_nobody(notify: str) -> None:
    one = desk(OPENED % notify).open()
    assert told(one) == []


def test_a_role_filled_later_is_told_then() -> None:
    one = desk(OPENED % "assignee").open()
    assert told(one) == []
    one.assign("network", "2h", "li.lei")
    assert told(one, "2h") == ["assignee:li.lei"]


def test_the_same_address_is_told_once_in_one_notice() -> None:
    teams = "teams: {network: {level: 2, mail: one@example.com, head: {name: A, mail: one@example.com}, contact: {mail: one@example.com}}}"
    assert len(told(desk(OPENED % "[team, head, contact]", teams=teams).open().assign("network", "1m"))) == 1


def test_a_head_may_be_somebody_of_the_people() -> None:
    teams = "people: {boss: {name: 老板, mail: boss@example.com}}\nteams: {network: {level: 2, head: boss}}"
    (action,) = desk(OPENED % "head", teams=teams).open().assign("network", "1m").due("1h")
    assert [(who.id, who.name, who.mail) for who in action.to] == [("head:network", "老板", "boss@example.com")]


@pytest.mark.parametrize(
    ("contact", "name", "address"),
    [
        ({"name": "王芳", "email": "w@example.com", "mobile": "138"}, "王芳", "w@example.com"),
        ({"organization": "Ministry", "mobile": "138"}, "Ministry", "138"),
        ({"phone": "021-5"}, "021-5", "021-5"),
        ({}, "the customer", "the customer"),
    ],
)
def test_a_customer_is_whoever_is_known_of_them(contact: dict[str, str], name: str, address: str) -> None:
    (action,) = desk(OPENED % "customer").open(contact=contact).due("0m")
    assert [(who.name, who.address) for who in action.to] == [(name, address)]


# --- done is counted per recipient and channel (12) -------------------------------------------

PART = "{name: part, of: resolve, at: [75%], notify: [assignee, head]}"
TARGETS = "[{name: all, match: {}, resolve: 2h}]"


def test_a_new_assignee_is_told_what_the_old_one_was_and_nobody_else_again() -> None:
    one = desk(PART, targets=TARGETS).open().assign("network", "1m", "li.lei")
    assert told(one, "90m") == ["assignee:li.lei", "head:network"]
    one.assign("network", "95m", "han")
    assert told(one, "95m") == ["assignee:han"]
    one.assign("network", "99m", "li.lei")
    assert told(one, "99m") == []


def test_printing_does_not_count_as_mailing() -> None:
    one = desk(PART, targets=TARGETS).open().assign("network", "1m", "li.lei")
    assert len(told(one, "90m")) == 2
    one.channel_of = lambda _: "mail"
    assert told(one, "91m") == ["assignee:li.lei", "head:network"]
    assert told(one, "92m") == []


def test_a_corrected_address_does_not_repeat_the_past() -> None:
    one = desk(PART, targets=TARGETS).open().assign("network", "1m", "li.lei")
    assert told(one, "90m")
    people = {**one.policy.people, "li.lei": Person("li.lei", "李雷", "new@example.com")}
    one.policy = replace(one.policy, people=people)
    assert told(one, "91m") == []


def test_a_move_is_done_once_whoever_sweeps_and_by_whatever_channel() -> None:
    one = desk("{name: rule, from: opened, after: 1h, set: {category: late}}").open()
    assert len(one.sweep("1h")) == 1
    one.channel_of = lambda _: "mail"
    one.do("set", "2h", category="")
    assert one.sweep("2h") == []


def test_a_superseded_step_counts_for_every_channel() -> None:
    rule = PART.replace("[75%]", "[75%, 100%]")
    one = desk(rule, targets=TARGETS).open()
    one.sweep("3h")
    assert [fact["key"].split("/")[2] for fact in only(one.facts, "superseded")] == ["75%"]
    one.channel_of = lambda _: "mail"
    assert [line.split()[2] for line in one.sweep("3h")] == ["100%"]


# --- hours (18) --------------------------------------------------------------------------------

HOURS = "{timezone: Asia/Shanghai, customer_hours: '08:00-21:00'}"  # 00:00 to 13:00 UTC


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        pytest.param("0m", "0m", id="17:00 in Shanghai: at once"),
        pytest.param("3h59m59s", "3h59m59s", id="20:59:59: at once"),
        pytest.param("4h", "15h", id="21:00 is closing time: at 08:00"),
        pytest.param("10h", "15h", id="03:00: at 08:00"),
        pytest.param("15h", "15h", id="08:00: at once"),
    ],
)
def test_customers_messages_wait_for_the_customers_hours_in_the_desks_zone(opened: str, due: str) -> None:
    one = desk(OPENED % "customer", desk=HOURS).open(opened)
    action = one.due("9d")[0]
    assert action.due_at == when(due)
    if opened != due:
        assert one.states(opened, "rule") == ["waiting"]
        assert one.sweep(opened) == []
    assert told(one, due) == ["customer"]


def test_only_the_customer_waits_for_the_customers_hours() -> None:
    one = desk(OPENED % "[customer, callcentre]", desk=HOURS).open("5h")
    assert told(one, "5h") == ["callcentre"]
    assert told(one, "6h") == []
    assert told(one, "15h") == ["customer"]


def test_a_message_kept_over_night_is_not_sent_in_the_morning_if_its_match_holds_no_more() -> None:
    rule = "{name: rule, match: {status: new}, from: opened, after: 0m, notify: customer}"
    one = desk(rule, desk=HOURS).open("5h").do("resolve", "6h")
    assert one.sweep("15h") == []


def test_what_a_move_says_to_the_customer_at_night_is_said_in_the_morning() -> None:
    """Sentences 18 and 19: it waits, and it is not lost although the moved ticket doesn't match any more."""
    rule = "{name: bye, match: {status: resolved}, from: resolved, after: 3d, close: No word, notify: customer, say: '{id} is closed'}"
    one = desk(rule, desk=HOURS).open().do("resolve", "5h")
    assert one.sweep("3d5h") == ["T-1 bye 3d close"]
    assert one.sweep("3d14h59m") == []
    assert told(one, "3d15h") == ["customer"]
    assert one.sweep("3d16h") == []


def test_any_notice_can_wait_for_an_opening() -> None:
    """zammad#4432: midnight mail."""
    one = desk("{name: rule, from: opened, after: 0m, notify: head, notify_in: office}").open("3h30m")  # 12:30, the lunch break
    assert one.sweep("3h30m") == []
    assert told(one, "4h") == ["head:servicedesk"]


def test_calls_fall_due_in_the_call_centres_calendar() -> None:
    """glpi#15569."""
    teams = "teams: {callcentre: {level: 0, calendar: office}}\ncalendars: {office: {hours: {mon-fri: '09:00-12:00, 13:00-18:00'}}}"
    one = desk("{name: ask, from: opened, after: 20m, call: Well?, answers: {'yes': {mark: told}}}", teams=teams).open("8h50m")
    assert one.sweep("9h10m") == []
    assert one.calls("23h59m") == []
    assert one.sweep("24h") == ["T-1 ask 20m call callcentre"]
    assert one.calls("24h") == ["ask 20m"]


# --- stale (16) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "at", "stale"),
    [
        ("", "24h", False), ("", "24h1s", True), (", max_late: 2h", "2h", False), (", max_late: 2h", "2h1s", True),
        (", max_late: 3d", "3d", False), (", max_late: 3d", "3d1s", True),
    ],
)  # fmt: skip
def test_a_customers_message_too_late_is_dropped_and_the_desk_is_told(late: str, at: str, stale: bool) -> None:
    one = desk(f"{{name: rule, from: opened, after: 0m, notify: customer, say: 'Your ticket is {{id}}'{late}}}").open()
    (action,) = one.actions(at)
    assert [who.id for who in action.to] == (["callcentre:stale"] if stale else ["customer"])
    assert [who.id for who in action.dropped] == (["customer"] if stale else [])
    if stale:
        assert action.text == "T-1: a message to the customer is stale and was dropped: Your ticket is T-1"
    assert one.sweep(at) == one.sweep("20d") == []


def test_lateness_is_counted_from_when_it_might_have_been_said() -> None:
    one = desk(OPENED % "customer", desk=HOURS).open("5h")  # may be said at 15h
    assert [who.id for action in one.due("39h") for who in action.to] == ["customer"]
    assert [who.id for action in one.due("39h1s") for who in action.to] == ["callcentre:stale"]


def test_staff_are_told_however_late_it_is() -> None:
    assert told(desk(OPENED % "[customer, head]").open(), "30d") == ["head:servicedesk", "callcentre:stale"]


def test_what_a_customer_was_mailed_is_not_called_dropped_when_somebody_prints_later() -> None:
    one = desk(OPENED % "customer").open()
    one.channel_of = lambda _: "mail"
    assert told(one, "0m") == ["customer"]
    one.channel_of = lambda _: "print"
    assert "callcentre:stale" not in told(one, "25h")


# --- the past (16) -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "said"), [("0m", []), ("40m", []), ("41m", ["head:servicedesk"])], ids=["before", "in the same second", "after"]
)
def test_a_rule_newer_than_a_sweep_says_nothing_of_moments_before_that_sweep(opened: str, said: list[str]) -> None:
    one = desk("{name: new, from: opened, after: 20m, notify: head}")
    one.facts.append({"fact": "rules", "at": stamp(when("2h")), "since": {"new": stamp(when("60m"))}})
    one.open(opened)
    assert told(one, "2h") == said
    if not said:
        assert one.states("2h", "new") == ["passed"]


def test_an_armed_rule_says_what_it_had_passed_over() -> None:
    one = desk("{name: new, from: opened, after: 20m, notify: head}").open()
    one.facts.append({"fact": "rules", "at": stamp(when("2h")), "since": {"new": stamp(when("1h"))}})
    assert told(one, "2h") == []
    one.facts.append({"fact": "rules", "at": stamp(when("3h")), "since": {"new": None}})
    assert told(one, "3h") == ["head:servicedesk"]


@pytest.mark.parametrize(
    ("ticket", "reference", "opened", "said"),
    [
        ("T-2", "I-1", "-1h", False), ("T-2", "I-1", "0m", False), ("T-2", "I-1", "1m", True), ("T-1", "I-1", "-1h", True),
        ("T-9", "I-1", "-1h", True), ("T-2", "", "-1h", True),
    ],
)  # fmt: skip
def test_what_was_due_when_a_ticket_was_imported_is_passed_over(ticket: str, reference: str, opened: str, said: bool) -> None:
    """A killed import says so of IDs that it never used: one that was opened by hand under such an ID has no reference."""
    one = desk(OPENED % "head").open(opened, id=ticket, reference=reference)
    one.facts.append({"fact": "passed", "at": stamp(when("1h")), "tickets": ["T-2", "T-8"], "until": stamp(when("0m"))})
    assert bool(told(one, "2h")) == said


@pytest.mark.parametrize("fact", ["passed", "rules"], ids=["imported at night", "a new rule at night"])
def test_a_message_of_the_past_that_waits_for_the_morning_is_of_the_past_all_the_same(fact: str) -> None:
    """The issue: the first sweep after an import says nothing to customers."""
    one = desk(OPENED % "customer", desk=HOURS).open("5h", reference="I-1")
    until = stamp(when("14h"))
    more: dict[str, Any] = {"tickets": ["T-1", "T-1"], "until": until} if fact == "passed" else {"since": {"rule": until}}
    one.facts.append({"fact": fact, "at": until, **more})
    assert one.sweep("15h") == []


def test_a_moment_of_the_past_moves_no_ticket() -> None:
    one = (
        desk("{name: bye, match: {status: resolved}, from: resolved, after: 3d, close: No word}")
        .open("-9d", reference="I-1")
        .do("resolve", "-8d")
    )
    one.facts.append({"fact": "passed", "at": stamp(when("0m")), "tickets": ["T-1", "T-1"], "until": stamp(when("0m"))})
    assert one.sweep("1h") == []
    assert one.tickets["T-1"].status == "resolved"


def test_what_a_rules_move_has_said_is_not_said_again_to_those_who_get_the_ticket_later() -> None:
    """Sentence 12: the key is that of the move, and so are the hands that the ticket was in."""
    up = "{name: up, match: {level: 1}, from: opened, after: 30m, escalate: network, notify: head, say: '{id} is with {team}'}"
    one = desk(up).open().assign("servicedesk", "1m")
    assert one.sweep("30m") == ["T-1 up 30m escalate", "T-1 up escalated notify head:network"]
    one.assign("systems", "1h")
    assert one.sweep("1h") == one.sweep("9h") == []


def test_who_is_told_of_a_rules_move_late_is_who_had_the_ticket_then() -> None:
    up = "{name: up, match: {level: 1}, from: opened, after: 30m, escalate: network, notify: team, notify_in: office, say: '{id}: {team}'}"
    one = desk(up).open("8h40m").assign("servicedesk", "8h41m")
    assert one.sweep("9h10m") == ["T-1 up 30m escalate"]
    one.assign("systems", "10h")
    [action] = one.actions("24h")
    assert ([to.id for to in action.to], action.text) == (["team:network"], "T-1: network")
