"""A breach stays on record: page 3, sentence 8 (chatwoot#10178). The sweep writes it into the ticket's history, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from itsm.store.strict import MAX_BYTES
from tests.desk_runner import DeskRunner
from tests.sla.builders import TEAMS

TARGETS = """
targets:
- {name: urgent, match: {priority: P1}, contact: 20m, resolve: 1h}
- {name: normal, match: {}, contact: 1h, update: 1h, resolve: 4h}
"""
MATRIX = "priority: {matrix: {high: {high: P1, medium: P2}, medium: {high: P2, medium: P3}}}"
UNTOUCHED = "{name: untouched, match: {status: [new, assigned]}, from: updated, after: 2h, notify: head}"

MAP = "schema: 1\nrows: ticket\ndates: {format: '%Y-%m-%d %H:%M', zone: UTC}\ncolumns: {number: number, opened: opened, title: title}\n"


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """One urgent ticket, opened at nine: to be resolved within an hour."""
    desk = DeskRunner(tmp_path / "desk")
    (desk.root / "tickets").mkdir(parents=True)
    rules = f"rules:\n- {UNTOUCHED}\n"
    (desk.root / "sla.yaml").write_text(f"schema: 1\ndesk: {{timezone: UTC}}\n{TEAMS}\n{MATRIX}\n{TARGETS}\n{rules}", encoding="utf-8")
    desk.ok("open", "Mail is down", "--impact", "high", "--urgency", "high")
    desk.ok("sweep", at="1m")
    return desk


def breaches(desk: DeskRunner, which: str = "1") -> list[dict[str, Any]]:
    """What is on record, without the event's ID."""
    found = [event for event in desk.ticket(which)["history"] if event["event"] == "breached"]
    return [{name: value for name, value in event.items() if name not in ("id", "event")} for event in found]


def promise(desk: DeskRunner, at: str, name: str = "resolve") -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in desk.ticket(at=at)["sla"] if one["target"] == name)
    return found


ONCE = [{"at": "2026-11-23T10:05:00Z", "by": "itsm", "target": "resolve", "due": "2026-11-23T10:00:00Z", "by_seconds": 300}]


def test_the_sweep_puts_a_breach_on_record_once_with_what_was_due_and_by_how_much(desk: DeskRunner) -> None:
    desk.ok("sweep", at="59m")
    assert breaches(desk) == []
    done = desk.ok("sweep", "--json", at="65m")
    assert done.data["breaches"] == [
        {"ticket": "T-1", "target": "resolve", "sla": "urgent", "due": "2026-11-23T10:00:00Z", "by_seconds": 300}
    ]
    assert breaches(desk) == ONCE
    before = desk.files()
    for at in ("65m", "66m", "90m"):
        assert desk.ok("sweep", "--json", at=at).data["breaches"] == []
    assert desk.files() == before
    assert desk.ok("check", at="90m").exit == 0


@pytest.mark.parametrize(
    "commands",
    [
        [("set", "1", "impact=medium", "urgency=medium")],
        [("resolve", "1", "--how", "done"), ("reopen", "1", "--why", "no")],
        [("resolve", "1", "--how", "done"), ("close", "1")],
        [("set", "1", "type=request", "priority=P3"), ("pend", "1", "--for", "customer")],
        [("pend", "1", "--for", "vendor"), ("set", "1", "priority=P3"), ("resume", "1")],
    ],
    ids=["priced anew", "resolved and reopened", "closed", "priced anew and waiting", "priced anew while it waits"],
)
def test_nothing_that_happens_to_the_ticket_afterwards_takes_it_back(desk: DeskRunner, commands: list[tuple[str, ...]]) -> None:
    desk.ok("sweep", at="65m")
    for command in commands:
        desk.ok(*command, at="70m")
    now = promise(desk, "75m")
    assert (now["state"], now["breach"]) == ("breached", {name: ONCE[0][name] for name in ("at", "due", "by_seconds")})
    desk.ok("sweep", at="9h")
    assert breaches(desk) == ONCE, "and at its new price it isn't broken a second time"


def test_another_sla_yaml_takes_nothing_back(desk: DeskRunner) -> None:
    desk.ok("sweep", at="65m")
    desk.policy("resolve: 1h", "resolve: 8h")
    now = promise(desk, "65m")
    assert (now["state"], now["due"], now["breach"]["due"]) == ("breached", "2026-11-23T17:00:00Z", "2026-11-23T10:00:00Z")
    page = desk.ok("show", "1", at="65m").out
    assert "resolve    breached, due 2026-11-23T17:00:00Z, in 6h 55m (broken when it was due 2026-11-23T10:00:00Z)\n" in page


def test_the_page_and_the_log_tell_of_it(desk: DeskRunner) -> None:
    desk.ok("sweep", at="65m")
    line = "2026-11-23T10:05:00Z  itsm        breached resolve due 2026-11-23T10:00:00Z 5m late\n"
    assert line in desk.ok("log", "1", at="65m").out
    assert line in desk.ok("show", "1", at="65m").out


def test_reopened_after_closing_it_is_a_new_promise_and_the_old_breach_stays_in_the_history(desk: DeskRunner) -> None:
    desk.ok("sweep", at="65m")
    desk.ok("close", "1", "--how", "done", at="2h")
    desk.ok("reopen", "1", "--why", "no", at="3h")
    assert promise(desk, "3h")["state"] == "running"
    desk.ok("sweep", at="4h")
    assert [one["due"] for one in breaches(desk)] == ["2026-11-23T10:00:00Z", "2026-11-23T13:00:00Z"]


def test_each_promise_has_a_breach_of_its_own_and_each_hand_over_arms_contact_anew(desk: DeskRunner) -> None:
    desk.ok("assign", "1", "servicedesk")
    desk.ok("sweep", at="20m")
    desk.ok("escalate", "1", "network", at="30m")
    desk.ok("sweep", at="50m")
    desk.ok("sweep", at="1h")
    assert [(one["target"], one["due"][11:16]) for one in breaches(desk)] == [
        ("contact", "09:20"),
        ("contact", "09:50"),
        ("resolve", "10:00"),
    ]


@pytest.mark.parametrize(("closes", "found"), [(True, 1800), (False, 1800)], ids=["closed", "resolved"])
def test_what_ended_late_between_two_sweeps_is_on_record_with_its_true_amount(desk: DeskRunner, closes: bool, found: int) -> None:
    desk.ok("sweep", at="50m")
    desk.ok("resolve", "1", "--how", "done", at="90m")
    if closes:
        desk.ok("close", "1", at="91m")
    desk.ok("sweep", at="9h")
    assert [one["by_seconds"] for one in breaches(desk)] == [found]


def test_what_was_closed_before_the_last_sweep_is_left_alone(desk: DeskRunner) -> None:
    """A desk that is years old isn't written anew by an upgrade, nor by a stricter sla.yaml."""
    desk.ok("close", "1", "--how", "done", at="50m")
    desk.ok("sweep", at="51m")
    desk.policy("resolve: 1h", "resolve: 10m")
    before = desk.files()
    desk.ok("sweep", at="9h")
    assert desk.files() == before


def test_a_dry_run_tells_and_writes_nothing(desk: DeskRunner) -> None:
    before = desk.files()
    for _ in range(2):
        assert len(desk.ok("sweep", "-n", "--json", at="65m").data["breaches"]) == 1
    assert desk.files() == before


def test_on_a_copy_that_is_not_the_sender_nothing_is_put_on_record(desk: DeskRunner) -> None:
    desk.policy("{timezone: UTC}", "{timezone: UTC, sender: 'elsewhere:/srv/desk'}")
    desk.ok("sweep", at="65m")
    assert breaches(desk) == []


def test_it_is_no_update_and_no_answer_to_the_customer(desk: DeskRunner) -> None:
    """Or what the machine notes would keep quiet the rule that asks who has touched the ticket."""
    desk.ok("set", "1", "priority=P3", at="2m")
    desk.ok("note", "1", "Hello?", "--from-customer", at="5m")
    desk.ok("sweep", at="65m")
    assert [one["target"] for one in breaches(desk)] == ["update"]
    late = promise(desk, "65m", "update")
    assert (late["state"], late["due"]) == ("breached", "2026-11-23T10:05:00Z")
    assert [action["rule"] for action in desk.ok("sweep", "--json", at="125m").data["actions"]] == ["untouched"]


def test_imported_tickets_are_on_record_from_their_import_on(tmp_path: Path, desk: DeskRunner) -> None:
    """What an import passes over (sentence 16) isn't written into thousands of files; what breaks later is."""
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "log.csv").write_text("number,opened,title\nA,2026-11-20 09:00,Old\nB,2026-11-23 09:00,Fresh\n")
    desk.ok("import", str(tmp_path / "log.csv"), "--map", str(tmp_path / "map.yaml"), at="2h")
    desk.ok("sweep", at="9h")
    assert [one["target"] for which in ("2", "3") for one in breaches(desk, which)] == ["resolve"]
    assert promise(desk, "9h")["state"] == "breached"


def test_a_ticket_that_cannot_be_written_is_named_and_what_there_is_to_say_of_it_is_said(desk: DeskRunner) -> None:
    """A file that is as large as one may be has no room for one more event."""
    whole = desk.file().read_bytes()
    desk.file().write_bytes(whole + b"#" * (MAX_BYTES - len(whole) - 1) + b"\n")
    done = desk.do("sweep", "--json", at="2h")
    assert (done.exit, [action["rule"] for action in done.data["actions"]], done.data["breaches"]) == (5, ["untouched"], [])
    assert "a broken promise can't be put on record" in done.data["problems"][0]["message"]
    desk.file().write_bytes(whole)
    assert len(desk.ok("sweep", "--json", at="2h").data["breaches"]) == 1


def test_the_event_is_one_that_a_file_may_have(desk: DeskRunner) -> None:
    desk.ok("sweep", at="65m")
    assert "event: breached, target: resolve, due: 2026-11-23T10:00:00Z, by_seconds: 300}" in desk.file().read_text(encoding="utf-8")
    assert desk.ok("check", "--json").data["problems"] == []


def test_sentence_11_a_teams_breach_is_on_record_under_its_name_and_is_not_the_customers(desk: DeskRunner) -> None:
    ola = TARGETS + "- {name: network-ola, match: {team: network}, from: assigned, resolve: 30m}\n"
    desk.policy(TARGETS.strip(), ola.strip())
    desk.ok("escalate", "1", "network", at="10m")
    desk.ok("sweep", at="45m")
    assert [(one["target"], one.get("sla"), one["due"][11:16]) for one in breaches(desk)] == [
        ("contact", None, "09:30"),
        ("resolve", "network-ola", "09:40"),
    ]
    assert [(one["sla"], one["state"]) for one in desk.ticket(at="46m")["sla"] if one["target"] == "resolve"] == [
        ("urgent", "running"),
        ("network-ola", "breached"),
    ]
    desk.ok("sweep", at="61m")
    assert [one.get("sla", "the customer's") for one in breaches(desk) if one["target"] == "resolve"] == ["network-ola", "the customer's"]


SEEN_BY_NO_SWEEP = [{"at": "2026-11-23T10:05:00Z", "by": "itsm", "target": "resolve", "due": "2026-11-23T10:00:00Z", "by_seconds": 300}]


def test_a_breach_that_no_sweep_has_seen_goes_on_record_before_the_ticket_is_repriced(desk: DeskRunner) -> None:
    desk.ok("set", "1", "impact=medium", at="65m")
    assert breaches(desk) == SEEN_BY_NO_SWEEP
    assert promise(desk, "66m")["state"] == "breached"
    desk.ok("sweep", at="67m")
    assert breaches(desk) == SEEN_BY_NO_SWEEP


def test_so_does_one_of_a_closed_ticket_that_begins_anew(desk: DeskRunner) -> None:
    desk.ok("close", "1", "--how", "Restarted it", at="65m")
    desk.ok("reopen", "1", "--why", "It is down again", at="70m")
    assert breaches(desk) == [{**SEEN_BY_NO_SWEEP[0], "at": "2026-11-23T10:10:00Z"}]


HANDED_ON = [("assign", "1", "systems"), ("escalate", "1", "network"), ("assign", "1", "network", "--to", "zhang.wei")]


@pytest.mark.parametrize("words", HANDED_ON, ids=" ".join)
def test_so_does_one_of_a_team_that_hands_the_ticket_on_and_the_next_one_has_its_own_time(desk: DeskRunner, words: tuple[str, ...]) -> None:
    """Sentence 6: contact runs from the hand-over, which was too late for the team before and is none of the next one's fault."""
    desk.ok("assign", "1", "servicedesk", at="5m")
    desk.ok(*words, at="26m")
    assert breaches(desk) == [
        {"at": "2026-11-23T09:26:00Z", "by": "itsm", "target": "contact", "due": "2026-11-23T09:25:00Z", "by_seconds": 60}
    ]
    fresh = promise(desk, "27m", "contact")
    assert (fresh["state"], fresh["due"], fresh["breach"]) == ("running", "2026-11-23T09:46:00Z", None)
    desk.ok("sweep", at="28m")
    desk.ok("sweep", at="47m")
    assert [one["due"][11:16] for one in breaches(desk)] == ["09:25", "09:46"]


def test_so_does_one_that_an_answer_would_end(desk: DeskRunner) -> None:
    """Sentence 6: the update clock is gone once the customer's word is answered."""
    desk.ok("set", "1", "priority=P3", at="2m")
    desk.ok("note", "1", "Hello?", "--from-customer", at="5m")
    desk.ok("note", "1", "Still at it", at="66m")
    assert breaches(desk) == []
    desk.ok("note", "1", "It is the switch", "--to-customer", at="67m")
    assert [(one["target"], one["by_seconds"]) for one in breaches(desk)] == [("update", 120)]


def test_so_does_one_of_a_ticket_that_is_cancelled(desk: DeskRunner) -> None:
    desk.ok("cancel", "1", "--why", "Called in twice", at="65m")
    assert breaches(desk) == SEEN_BY_NO_SWEEP


def test_what_was_not_late_when_it_was_handed_on_leaves_nothing_on_record(desk: DeskRunner) -> None:
    for minute, team in ((5, "servicedesk"), (24, "network"), (43, "systems"), (59, "network")):
        desk.ok("assign", "1", team, at=f"{minute}m")
    assert breaches(desk) == []


def test_a_change_that_takes_no_breach_away_leaves_the_record_to_the_sweep(desk: DeskRunner) -> None:
    desk.ok("set", "1", "title=Mail is down again", at="65m")
    assert breaches(desk) == []
    desk.ok("set", "1", "impact=medium", at="30m")
    assert breaches(desk) == []
