"""The article's day, by ITSM_NOW, through the installed command, under the policy that `itsm init` writes.

T0 is 09:00 on a Monday. Rows M… are those of the workflow page, numbers in brackets the sentences of the page on time and the sweep.
What is done and swept on that day is done by the installed command; what only leads up to it, or looks at what came of it, is the same
command run in this process, for the sake of the time that it takes.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.desk_runner import T0, DeskRunner, span, stamp

HEAD = "head.network@example.com"
CALLCENTRE = "callcentre@example.com"
MOBILE = "+8613800000000"


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """The desk at T0: one incident by phone, with the first line."""
    desk = DeskRunner.made(tmp_path)
    opened(desk)
    return desk


def opened(desk: DeskRunner, which: str = "1") -> None:
    """Taken on the phone and given to the first line at T0."""
    said = desk.ok("open", "Mail server does not answer", "--channel", "phone", "--name", "王芳", "--mobile", MOBILE)
    assert said.out.startswith(f"T-{which}:")  # M9: the ID comes first
    desk.ok("assign", which, "servicedesk")


def sweep(desk: DeskRunner, at: str | datetime) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = desk.ran("sweep", "--json", at=at).data["actions"]
    return actions


def of(actions: list[dict[str, Any]], *rules: str) -> list[dict[str, Any]]:
    return [action for action in actions if action["rule"] in rules]


def swept(desk: DeskRunner, start: str, end: str, every: str = "12h") -> list[tuple[datetime, dict[str, Any]]]:
    """Cron between two instants, more seldom than it would be: each action with when it was taken."""
    moment, found = T0 + span(start), []
    while moment <= T0 + span(end):
        found += [(moment, action) for action in desk.ok("sweep", "--json", at=moment).data["actions"]]
        moment += span(every)
    return found


def calls(desk: DeskRunner, at: str | datetime, rule: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = desk.ok("calls", "--json", at=at).data
    return [call for call in found if not rule or call["rule"] == rule]


def ticket(desk: DeskRunner, which: str = "1", at: str | datetime | None = None) -> dict[str, Any]:
    data: dict[str, Any] = desk.ok("show", which, "--json", at=at).data
    return data


def events(desk: DeskRunner, kind: str, which: str = "1") -> list[dict[str, Any]]:
    return [event for event in ticket(desk, which, "9d")["history"] if event["event"] == kind]


# --- M15: has an engineer been in touch? -------------------------------------------------------


def test_the_call_about_the_engineer_is_owed_twenty_minutes_after_escalation_and_not_a_second_before(desk: DeskRunner) -> None:
    desk.ran("escalate", "1", "network", at="5m")
    assert not of(sweep(desk, "24m59s"), "engineer-contact")
    assert not calls(desk, "24m59s")

    [call] = sweep(desk, "25m")
    assert (call["rule"], call["kind"], call["ticket"]) == ("engineer-contact", "call", "T-1")
    assert call["to"] == [CALLCENTRE]
    assert call["due_at"] == stamp(T0 + span("25m"))
    assert call["delivery"] == "printed"

    assert sweep(desk, "25m") == []  # [17] the second does nothing
    assert sweep(desk, "26m") == []
    [owed] = calls(desk, "26m")  # it stands until it is answered
    assert (owed["rule"], owed["name"], owed["mobile"], owed["since"]) == ("engineer-contact", "王芳", MOBILE, stamp(T0 + span("25m")))


def test_no_engineer_has_been_in_touch_and_the_head_of_that_team_is_told_once(desk: DeskRunner) -> None:
    desk.ok("escalate", "1", "network", at="5m")
    desk.ok("sweep", at="25m")
    desk.ran("answer", "1", "no", at="27m")
    assert calls(desk, "27m") == []

    [told] = sweep(desk, "28m")
    assert (told["rule"], told["step"], told["kind"], told["to"]) == ("engineer-contact", "answer:no", "notify", [HEAD])
    assert "T-1" in told["text"]
    assert sweep(desk, "28m") == []
    assert not of(sweep(desk, "3h"), "engineer-contact")
    assert "contacted" not in ticket(desk)


def test_an_engineer_has_been_in_touch_and_nobody_is_told(desk: DeskRunner) -> None:
    opened(desk, "2")
    for which in ("1", "2"):
        desk.ok("escalate", which, "network", at="5m")
    desk.ok("sweep", at="25m")
    desk.ran("answer", "1", "no", at="27m")
    answered = desk.ran("answer", "2", "yes", "--json", at="27m").data
    assert answered["contacted"] == stamp(T0 + span("27m"))
    assert [event["event"] for event in answered["history"][-2:]] == ["answered", "contacted"]  # page 2: a mark is an event of its own

    assert [action["ticket"] for action in sweep(desk, "28m")] == ["T-1"]  # the other ticket's answer is not this one's
    assert not of(sweep(desk, "3h"), "engineer-contact")
    assert calls(desk, "3h") == []


def test_nobody_answers_and_the_call_comes_back_three_times_then_the_head_is_told(desk: DeskRunner) -> None:
    desk.ok("escalate", "1", "network", at="5m")
    desk.ok("sweep", at="25m")
    said = T0 + span("26m")
    for _ in range(3):
        desk.ran("answer", "1", "no-answer", at=said)
        again = said + timedelta(minutes=30)
        assert calls(desk, again - timedelta(seconds=1), "engineer-contact") == []
        [call] = of(sweep(desk, again), "engineer-contact")
        assert (call["kind"], call["due_at"]) == ("call", stamp(again))
        assert desk.ok("sweep", "--json", at=again).data["actions"] == []
        assert len(calls(desk, again, "engineer-contact")) == 1
        said = again + timedelta(minutes=1)

    desk.ran("answer", "1", "no-answer", at=said)
    [told] = of(sweep(desk, said), "engineer-contact")
    assert (told["kind"], told["to"]) == ("notify", [HEAD])
    later = said + timedelta(minutes=31)
    assert of(desk.ok("sweep", "--json", at=later).data["actions"], "engineer-contact") == []
    assert calls(desk, later, "engineer-contact") == []


# --- M16: four hours ---------------------------------------------------------------------------


def test_four_hours_unresolved_the_head_is_told_once_and_the_customer_is_to_be_phoned(desk: DeskRunner) -> None:
    desk.ran("escalate", "1", "network", at="5m")
    before = sweep(desk, "3h59m59s")
    assert not of(before, "unresolved-4h", "callback-4h")

    due = sweep(desk, "4h")
    [told] = of(due, "unresolved-4h")
    assert (told["kind"], told["to"]) == ("notify", [HEAD])
    [call] = of(due, "callback-4h")
    assert (call["kind"], call["to"]) == ("call", [CALLCENTRE])
    assert [one["due_at"] for one in (told, call)] == [stamp(T0 + span("4h"))] * 2
    assert len(calls(desk, "4h", "callback-4h")) == 1

    assert sweep(desk, "4h") == []
    assert not of(sweep(desk, "7h"), "unresolved-4h", "callback-4h")


@pytest.mark.parametrize("answer", ["confirmed", "unconfirmed"])
def test_whatever_the_customer_says_of_an_unresolved_ticket_the_head_is_told(desk: DeskRunner, answer: str) -> None:
    desk.ok("escalate", "1", "network", at="5m")
    desk.ok("sweep", at="4h")
    assert desk.ran("answer", "1", answer, "--rule", "callback-4h", "--json", at="4h5m").data["status"] == "assigned"
    [told] = sweep(desk, "4h6m")  # "in any other case the department head is told"
    assert (told["rule"], told["step"], told["to"]) == ("callback-4h", f"answer:{answer}", [HEAD])
    assert sweep(desk, "4h6m") == []


def test_resolved_within_four_hours_and_confirmed_on_the_callback_is_closed(desk: DeskRunner) -> None:
    desk.ran("resolve", "1", "--how", "Restarted", at="3h")
    [owed] = calls(desk, "4h")  # one topic, one call: the newest stands
    assert owed["rule"] == "callback-4h"
    assert desk.ran("answer", "1", "confirmed", "--json", at="4h1m").data["status"] == "closed"
    assert not of(sweep(desk, "5h"), "unresolved-4h", "callback-4h")


# --- M18–M20: resolved, and then ---------------------------------------------------------------


@pytest.fixture
def resolved(desk: DeskRunner) -> DeskRunner:
    """Resolved by the second line five hours after it began."""
    desk.ok("escalate", "1", "network", at="5m")
    desk.ok("answer", "1", "yes", at="25m")
    desk.ok("sweep", at="4h")
    desk.ok("resolve", "1", "--how", "Restarted the IMAP service", "--by", "li.lei", at="5h")
    return desk


def test_the_call_centre_hears_of_the_resolution_at_the_next_sweep_and_has_a_call_to_make(resolved: DeskRunner) -> None:
    told, call = sorted(sweep(resolved, "5h1m"), key=lambda action: action["rule"] != "resolved-notice")
    assert (told["rule"], told["kind"], told["to"], told["text"]) == ("resolved-notice", "notify", [CALLCENTRE], "T-1 is resolved")
    assert (call["rule"], call["kind"]) == ("confirm-resolution", "call")
    assert [owed["rule"] for owed in calls(resolved, "5h1m")] == ["confirm-resolution"]  # M16's call was on the same topic
    assert sweep(resolved, "5h1m") == []


def test_every_day_that_it_stays_resolved_the_call_centre_is_reminded_and_never_answered_it_closes_after_three(
    resolved: DeskRunner,
) -> None:
    resolved.ok("sweep", at="5h")
    first = swept(resolved, "5h1m", "28h59m", "7h59m")
    assert of([action for _, action in first], "still-resolved") == []

    told = {
        at: next(action["text"] for action in of(sweep(resolved, at), "still-resolved") if action["kind"] == "notify")
        for at in ("1d5h", "2d5h")
    }
    assert told == {
        "1d5h": "T-1 was resolved 1 day ago and is not closed yet",
        "2d5h": "T-1 was resolved 2 days ago and is not closed yet",
    }
    assert [owed["rule"] for owed in calls(resolved, "2d5h")] == ["still-resolved"]  # M20: phones once more
    assert sweep(resolved, "2d5h") == []

    assert not of(sweep(resolved, "3d4h59m59s"), "auto-close")
    assert ticket(resolved, at="3d4h59m59s")["status"] == "resolved"
    [closing, *rest] = sweep(resolved, "3d5h")
    assert (closing["rule"], closing["kind"], closing["delivery"]) == ("auto-close", "close", "done")
    assert rest == []  # [13] the rest is decided on the moved ticket: no fourth reminder of a closed one
    closed = ticket(resolved, at="3d5h")
    assert (closed["status"], closed["closed"], closed["calls"]) == ("closed", stamp(T0 + span("3d5h")), [])
    assert closed["history"][-1]["rule"] == "auto-close"
    assert sweep(resolved, "3d5h") == []


def test_unconfirmed_starts_the_three_days_anew(resolved: DeskRunner) -> None:
    resolved.ok("sweep", at="5h")
    desk_says = resolved.ran("answer", "1", "unconfirmed", "--json", at="15h").data  # ten hours after resolving
    assert [event["event"] for event in desk_says["history"][-2:]] == ["answered", "told"]  # M19

    before = swept(resolved, "1d", "3d14h", "7h")
    assert of([action for _, action in before], "auto-close") == []
    assert of(sweep(resolved, "3d14h59m59s"), "auto-close") == []
    assert ticket(resolved, at="3d14h59m59s")["status"] == "resolved"
    [closing] = of(sweep(resolved, "3d15h"), "auto-close")
    assert closing["due_at"] == stamp(T0 + span("3d15h"))
    assert ticket(resolved, at="3d15h")["status"] == "closed"


def test_a_word_of_the_customer_starts_the_three_days_anew(resolved: DeskRunner) -> None:
    resolved.ok("sweep", at="5h")
    resolved.ran("note", "1", "I'll look on Wednesday", "--from-customer", at="1d")
    before = swept(resolved, "1d1h", "3d23h", "10h")
    assert of([action for _, action in before], "auto-close") == []
    assert len(of(sweep(resolved, "4d"), "auto-close")) == 1


def test_confirmed_closes_at_once_and_the_other_calls_end(resolved: DeskRunner) -> None:
    resolved.ok("sweep", at="5h")
    sweep(resolved, "1d5h")
    closed = resolved.ran("answer", "1", "confirmed", "--json", at="1d6h").data
    assert (closed["status"], closed["closed"], closed["calls"]) == ("closed", stamp(T0 + span("1d6h")), [])
    assert calls(resolved, "1d6h") == []
    assert [action["rule"] for _, action in swept(resolved, "1d7h", "2d5h", "11h")] == []  # the survey comes a day after closing


def test_not_solved_opens_it_again_nothing_closes_and_the_rules_start_anew(resolved: DeskRunner) -> None:
    first = {action["rule"]: action["key"] for action in (*sweep(resolved, "5h"), *sweep(resolved, "1d5h"))}
    again = resolved.ran("answer", "1", "not-solved", "--json", at="1d6h").data
    assert (again["status"], again["team"]) == ("assigned", "network")
    assert "resolved" not in again
    assert calls(resolved, "1d6h") == []

    later = swept(resolved, "1d6h", "1d9h59m", "1h")
    assert of([action for _, action in later], "unresolved-4h", "callback-4h", "auto-close", "still-resolved") == []
    due = sweep(resolved, "1d10h")  # four hours after it was opened again
    keys = {action["rule"]: action["key"] for action in of(due, "unresolved-4h", "callback-4h")}
    assert set(keys) == {"unresolved-4h", "callback-4h"}
    assert all(key.endswith(stamp(T0 + span("1d6h"))) for key in keys.values())  # [12] the instant that armed it

    assert [action for _, action in swept(resolved, "2d", "6d", "1d") if action["kind"] == "close"] == []
    assert ticket(resolved, at="6d")["status"] == "assigned"

    resolved.ran("resolve", "1", "--how", "A new disk", at="6d1h")
    second = {action["rule"]: action["key"] for action in sweep(resolved, "6d1h")}
    for rule in ("resolved-notice", "confirm-resolution"):
        assert second[rule] != first[rule]
        assert second[rule].endswith(stamp(T0 + span("6d1h")))
    assert [at for at, action in swept(resolved, "7d1h", "9d1h", "1d") if action["kind"] == "close"] == [T0 + span("9d1h")]


def test_nobody_answers_the_phone_about_a_resolved_ticket_and_it_closes_all_the_same(resolved: DeskRunner) -> None:
    resolved.ok("sweep", at="5h")
    resolved.ran("answer", "1", "no-answer", at="5h10m")
    assert calls(resolved, "5h39m") == []
    assert [owed["since"] for owed in calls(resolved, "5h40m")] == [stamp(T0 + span("5h40m"))]
    actions = swept(resolved, "17h", "3d5h", "6h")  # no-answer is no word: three days after resolving
    assert [stamp(at) for at, action in actions if action["kind"] == "close"] == [stamp(T0 + span("3d5h"))]


# --- M14: the survey ---------------------------------------------------------------------------


def test_a_day_after_closing_the_customer_is_asked_how_content_they_are(resolved: DeskRunner) -> None:
    resolved.ran("answer", "1", "confirmed", at="6h")
    sweep(resolved, "6h")
    assert sweep(resolved, "1d5h59m59s") == []
    [call] = sweep(resolved, "1d6h")
    assert (call["rule"], call["kind"]) == ("survey", "call")
    scored = resolved.ran("answer", "1", "4", "--note", "quick, but twice", "--json", at="1d7h").data
    assert (scored["score"], scored["status"], scored["calls"]) == (4, "closed", [])
    assert (events(resolved, "answered")[-1]["score"], events(resolved, "answered")[-1]["note"]) == (4, "quick, but twice")
    assert sweep(resolved, "1d7h") == []
    assert resolved.ran("check", at="2d").out.endswith("all is well\n")


def test_a_customer_whose_score_is_known_is_not_asked_again(resolved: DeskRunner) -> None:
    resolved.ran("answer", "1", "confirmed", "--score", "5", at="6h")
    assert ticket(resolved, at="6h")["score"] == 5
    assert of([action for _, action in swept(resolved, "7h", "2d7h", "6h")], "survey") == []


# --- M21: notices, at an hour at which people want them ----------------------------------------


def test_a_sweep_that_comes_late_at_night_lets_customers_sleep(desk: DeskRunner) -> None:
    told = {action["rule"]: action["to"] for action in sweep(desk, "14h")}  # 23:00, and nobody has swept since nine in the morning
    assert "opened-notice" not in told  # [18] customers' messages wait for customer_hours, 08:00-21:00
    assert told["assigned-notice"] == ["servicedesk@example.com"]  # the desk doesn't
    assert sweep(desk, "14h") == []
    assert of(desk.ok("sweep", "--json", at="22h59m59s").data["actions"], "opened-notice") == []
    [notice] = of(sweep(desk, "23h"), "opened-notice")  # 08:00
    assert notice["to"] == [MOBILE]
    for at in ("23h", "1d", "1d14h", "1d23h"):
        assert of(desk.ok("sweep", "--json", at=at).data["actions"], "opened-notice") == []


def test_what_waits_for_the_hours_of_a_calendar_waits_there_too_when_the_sweep_is_late(desk: DeskRunner) -> None:
    desk.policy("  notify: head\n  say: '{id} is not resolved", "  notify: head\n  notify_in: office\n  say: '{id} is not resolved")
    assert of(sweep(desk, "10h"), "unresolved-4h") == []  # due at 13:00, and at 19:00 the office is closed
    assert len(of(sweep(desk, "1d"), "unresolved-4h")) == 1  # 09:00 (zammad#4432: midnight mail)
    assert of(sweep(desk, "1d"), "unresolved-4h") == []


# --- M8–M11 and M17: before any of that --------------------------------------------------------


def test_the_customer_is_told_the_number_the_team_its_work_and_the_head_of_the_target(desk: DeskRunner) -> None:
    first = sweep(desk, "0m")
    assert [(action["rule"], action["to"]) for action in first] == [
        ("opened-notice", [MOBILE]),
        ("assigned-notice", ["servicedesk@example.com"]),
    ]
    assert first[0]["text"] == "Your ticket is T-1: Mail server does not answer"  # M9

    found = swept(desk, "1h", "2h", "30m")  # M17: two hours is the target
    assert [(stamp(at), action["step"], action["to"]) for at, action in found] == [
        (stamp(T0 + span("1h30m")), "75%", ["head.servicedesk@example.com"]),
        (stamp(T0 + span("2h")), "100%", ["head.servicedesk@example.com"]),
    ]
