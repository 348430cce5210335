"""A ticket's life: the table of moves of page 4, row by row, and what each move leaves in the file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from itsm.model.ticket import STATUSES
from tests.desk_runner import T0, DeskRunner, stamp

LIVE = ("new", "assigned", "in-progress", "pending", "resolved")
OPEN = LIVE[:-1]
ENDED = ("closed", "cancelled")

# How each status is reached; the ticket of that status is the one with this number.
LIVES = {
    "new": [],
    "assigned": ["assign {} servicedesk"],
    "in-progress": ["assign {} servicedesk", "start {} --by han"],
    "pending": ["assign {} servicedesk", "start {} --by han", "pend {} --for customer"],
    "resolved": ["assign {} servicedesk", "resolve {} --how done"],
    "closed": ["assign {} servicedesk", "resolve {} --how done", "close {}"],
    "cancelled": ["cancel {} --why twice"],
}
NUMBER = {status: str(number) for number, status in enumerate(LIVES, 1)}

# Page 4, "The moves": command → from which it is possible, and what the ticket is then (None: what it was).
MOVES: dict[str, tuple[str, tuple[str, ...], str | None]] = {
    "assign": ("assign {} network", OPEN, "assigned"),
    "escalate": ("escalate {} network", OPEN, "assigned"),
    "start": ("start {}", ("assigned",), "in-progress"),
    "pend": ("pend {} --for vendor", ("new", "assigned", "in-progress"), "pending"),
    "resume": ("resume {}", ("pending",), "in-progress"),
    "resolve": ("resolve {} --how done", LIVE, "resolved"),
    "reopen": ("reopen {} --why again", ("resolved", "closed"), "assigned"),
    "close with --how": ("close {} --how done", LIVE, "closed"),
    "close": ("close {}", ("resolved",), "closed"),
    "cancel": ("cancel {} --why twice", LIVE, "cancelled"),
    "note": ("note {} hello", STATUSES, None),
    "set": ("set {} ci=mail-01", STATUSES, None),
    "link": ("link {} --caused-by 8", STATUSES, None),
    "contacted": ("contacted {}", STATUSES, None),
}


def run(desk: DeskRunner, line: str, which: str = "1", **how: Any) -> Any:
    """A line of words without quotes, for the ticket with this number."""
    return desk.do(*line.format(which).split(), "--json", **how)


def did(desk: DeskRunner, line: str, which: str = "1", **how: Any) -> dict[str, Any]:
    done = run(desk, line, which, **how)
    assert done.exit == 0, done
    data: dict[str, Any] = done.data
    return data


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """One ticket of each status, and an eighth to link to."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("lives"))
    for status, lines in LIVES.items():
        desk.ok("open", f"A ticket that is {status}")
        for line in lines:
            did(desk, line, NUMBER[status])
        assert desk.ticket(NUMBER[status])["status"] == status
    desk.ok("open", "The cause")
    return desk


@pytest.fixture
def desk(lives: DeskRunner, tmp_path: Path) -> DeskRunner:
    return lives.copied(tmp_path)


@pytest.fixture
def fresh(tmp_path: Path) -> DeskRunner:
    """A desk with one new ticket."""
    desk = DeskRunner.made(tmp_path)
    desk.ok("open", "Mail server does not answer")
    return desk


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_possible_from_the_statuses_of_the_table_and_refused_from_the_others(desk: DeskRunner, move: str, status: str) -> None:
    line, start, becomes = MOVES[move]
    which = NUMBER[status]
    before = desk.files()
    done = run(desk, line, which)
    if status in start:
        assert done.exit == 0, done
        pending_stays = status == "pending" and move in ("assign", "escalate")
        assert done.data["status"] == ("pending" if pending_stays else becomes or status)
        assert len(done.data["history"]) == len(LIVES[status]) + 2
        assert desk.ok("check").out.endswith("all is well\n")
        return
    assert (done.exit, done.error["code"]) == (4, "refused")
    assert f"T-{which} is {status}" in done.error["message"]  # the refusal names the status
    assert desk.files() == before
    if move != "close":
        possible = done.error["hint"].removeprefix("possible now: ").split(", ")
        allowed = {name.split()[0] for name, (_, from_, _) in MOVES.items() if status in from_}
        assert allowed <= set(possible)  # and the moves that are possible
        assert not set(possible) - allowed - {"answer", "edit"}


@pytest.mark.parametrize("status", ["new", "assigned", "in-progress", "pending"])
def test_to_close_a_live_ticket_without_a_resolution_wants_a_word_on_how(desk: DeskRunner, status: str) -> None:
    done = run(desk, "close {}", NUMBER[status])
    assert done.exit == 4
    assert "--how" in done.error["message"]
    assert did(desk, "close {} --how answered", NUMBER[status])["history"][-1]["how"] == "answered"


# --- what the moves leave behind --------------------------------------------------------------


def test_resume_gives_back_what_it_was_before_it_waited(desk: DeskRunner) -> None:
    for status in ("new", "assigned", "in-progress"):
        which = NUMBER[status]
        waits = did(desk, "pend {} --for vendor", which)
        assert (waits["status"], waits["pending_for"]) == ("pending", "vendor")
        goes_on = did(desk, "resume {}", which)
        assert goes_on["status"] == status
        assert "pending_for" not in goes_on


def test_a_pending_ticket_that_changes_hands_stays_pending_and_goes_on_as_assigned(desk: DeskRunner) -> None:
    which = NUMBER["pending"]
    handed = did(desk, "assign {} network --to li.lei", which)
    assert (handed["status"], handed["pending_for"], handed["team"], handed["assignee"]) == ("pending", "customer", "network", "li.lei")
    assert did(desk, "resume {}", which)["status"] == "assigned"  # li.lei hasn't begun


def test_pend_until_is_ended_by_the_sweep_and_the_assignee_is_told(fresh: DeskRunner) -> None:
    fresh.policy("people: {}", "people: {li.lei: {name: 李雷, mail: li.lei@example.com}}")
    did(fresh, "assign {} network --to li.lei")
    did(fresh, "start {}", at="1m")
    waits = fresh.ok("pend", "1", "--for", "vendor", "--until", "in 2h", "--json", at="5m").data
    assert waits["until"] == stamp(T0 + timedelta(hours=2, minutes=5))
    fresh.ok("sweep", at="5m")

    def goes_on(at: str) -> list[tuple[str, list[str], str]]:
        actions = fresh.ok("sweep", "--json", at=at).data["actions"]
        return [(action["kind"], action["to"], action["delivery"]) for action in actions if action["rule"] == "pend-until"]

    assert goes_on("2h4m59s") == []
    assert goes_on("2h5m") == [
        ("resume", [], "done"),
        ("notify", ["li.lei@example.com"], "printed"),
    ]
    shown = fresh.ticket(at="2h5m")
    assert shown["status"] == "in-progress"  # what it was
    assert "until" not in shown
    assert fresh.ok("sweep", "--json", at="2h5m").data["actions"] == []
    assert goes_on("2h6m") == []


def test_pend_until_waits_again_under_a_new_key(fresh: DeskRunner) -> None:
    for hour in (1, 3):
        fresh.ok("pend", "1", "--for", "vendor", "--until", "in 1h", at=f"{hour}h")
        done = fresh.ok("sweep", "--json", at=f"{hour + 1}h").data["actions"]
        assert [action["kind"] for action in done if action["rule"] == "pend-until" and action["kind"] == "resume"] == ["resume"]
        assert fresh.ticket(at=f"{hour + 1}h")["status"] == "new"


def test_to_start_makes_it_yours_unless_it_is_somebodys(fresh: DeskRunner) -> None:
    did(fresh, "assign {} network")
    assert did(fresh, "start {} --by han")["assignee"] == "han"
    fresh.ok("open", "Another")
    did(fresh, "assign {} network --to li.lei", "2")
    assert did(fresh, "start {} --by han", "2")["assignee"] == "li.lei"


def test_assign_to_a_person_finds_the_team(fresh: DeskRunner) -> None:
    fresh.policy("  network: {level: 2, mail", "  network: {level: 2, members: [li.lei], mail")
    fresh.policy("people: {}", "people: {li.lei: {name: 李雷, mail: li.lei@example.com}}")
    assert {key: did(fresh, "assign {} li.lei")[key] for key in ("team", "level", "assignee")} == {
        "team": "network",
        "level": 2,
        "assignee": "li.lei",
    }


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ([], "assign {} servicedesk"),
        (["assign {} network --to li.lei"], "assign {} network --to li.lei"),
        (["assign {} network --to li.lei", "pend {} --for vendor"], "assign {} network --to li.lei"),
        (["assign {} network --to han"], "assign {} network --to me --by han"),
    ],
    ids=["to the same team", "and person", "while it waits", "by another name"],
)
def test_to_assign_it_to_whom_it_is_with_already_is_no_hand_over(fresh: DeskRunner, before: list[str], line: str) -> None:
    """A script that is run again tells nobody twice: no event, no notice, exit 0."""
    for one in ["assign {} servicedesk", *before]:
        did(fresh, one)
    fresh.ok("sweep")
    files = fresh.files()
    done = fresh.ok(*line.format("1").split(), at="1m")
    assert done.out.startswith(f"T-1 is with {line.split()[2]} already, level ")
    assert run(fresh, line, at="1m").data["team"] == line.split()[2]
    assert fresh.files() == files
    assert [one for one in fresh.ok("sweep", "--json", at="2m").data["actions"] if one["rule"] == "assigned-notice"] == []


@pytest.mark.parametrize("line", ["assign {} servicedesk", "assign {} servicedesk --to li.lei", "assign {} network --to han"])
def test_another_person_no_person_or_another_team_is_one(fresh: DeskRunner, line: str) -> None:
    did(fresh, "assign {} servicedesk --to han")
    assert len(did(fresh, line)["history"]) == 3


def test_to_assign_what_somebody_works_on_puts_it_back_to_assigned(fresh: DeskRunner) -> None:
    did(fresh, "assign {} servicedesk --to han")
    did(fresh, "start {}")
    assert did(fresh, "assign {} servicedesk --to han")["status"] == "assigned"  # page 4's table


def test_escalate_goes_up_to_the_only_team_there_or_asks_which(fresh: DeskRunner) -> None:
    assert did(fresh, "escalate {}")["team"] == "servicedesk"  # the only one of level 1
    done = run(fresh, "escalate {}")
    assert done.exit == 2
    assert "network" in done.error["message"]
    assert "systems" in done.error["message"]
    assert did(fresh, "escalate {} systems")["level"] == 2
    assert run(fresh, "escalate {}").exit == 4  # nothing stands above
    assert run(fresh, "escalate {} network").exit == 4  # the same level is no escalation
    assert did(fresh, "assign {} network")["level"] == 2


def test_in_other_hands_the_customer_is_owed_a_word_again(fresh: DeskRunner) -> None:
    did(fresh, "assign {} servicedesk")
    assert did(fresh, "contacted {}")["contacted"] == stamp(T0)
    assert "contacted" not in did(fresh, "escalate {} network")  # page 2: reset when it changes hands


def test_reopen_goes_to_its_team_or_is_new(fresh: DeskRunner) -> None:
    did(fresh, "resolve {} --how done")
    opened_again = did(fresh, "reopen {} --why no")
    assert opened_again["status"] == "new"
    assert "resolved" not in opened_again
    did(fresh, "assign {} network")
    did(fresh, "resolve {} --how done")
    closed = did(fresh, "close {} --score 2 --comment slow")
    assert (closed["score"], closed["history"][-1]["comment"]) == (2, "slow")
    opened_again = did(fresh, "reopen {} --why no")
    assert (opened_again["status"], opened_again["team"], opened_again["history"][-1]["why"]) == ("assigned", "network", "no")
    assert not {"resolved", "closed"} & set(opened_again)


def test_an_archived_ticket_that_is_reopened_comes_back_among_the_live_ones(desk: DeskRunner) -> None:
    which = NUMBER["closed"]
    archive = desk.root / "tickets" / "archive" / "2026"
    archive.mkdir(parents=True)
    desk.file(f"T-{which}").rename(archive / f"T-{which}.yaml")
    did(desk, "note {} hello", which)  # what ends no rest
    assert not desk.file(f"T-{which}").exists()
    assert desk.ticket(which)["history"][-1]["text"] == "hello"

    assert did(desk, "reopen {} --why again", which)["status"] == "assigned"
    assert desk.file(f"T-{which}").is_file()
    assert not list(archive.iterdir())
    assert f"T-{which}" in [row["id"] for row in desk.ok("list", "--json").data]
    assert f"T-{which}" in [action["ticket"] for action in desk.ok("sweep", "--json", at="4h").data["actions"]]  # and is watched again
    assert desk.ok("check").out.endswith("all is well\n")


# --- set, link, log ---------------------------------------------------------------------------

MATRIX = {
    ("high", "high"): "P1", ("high", "medium"): "P2", ("high", "low"): "P3",
    ("medium", "high"): "P2", ("medium", "medium"): "P3", ("medium", "low"): "P4",
    ("low", "high"): "P3", ("low", "medium"): "P4", ("low", "low"): "P5",
}  # fmt: skip


@pytest.mark.parametrize(("impact", "urgency"), MATRIX, ids=[f"{impact} x {urgency}" for impact, urgency in MATRIX])
def test_impact_and_urgency_make_the_priority(fresh: DeskRunner, impact: str, urgency: str) -> None:
    priority = MATRIX[impact, urgency]
    assert did(fresh, f"open Mail --impact {impact} --urgency {urgency}")["priority"] == priority
    assert did(fresh, f"set {{}} impact={impact} urgency={urgency}")["priority"] == priority
    assert fresh.ok("check").exit == 0


def test_a_priority_set_by_hand_stands_until_it_is_given_back(fresh: DeskRunner) -> None:
    assert did(fresh, "set {} priority=P1")["priority"] == "P1"
    assert did(fresh, "set {} impact=low urgency=low")["priority"] == "P1"
    assert did(fresh, "set {} priority=")["priority"] == "P5"  # the matrix has it again
    assert did(fresh, "set {} urgency=high")["priority"] == "P3"
    assert fresh.ok("check").exit == 0


def test_set_changes_what_it_says_and_the_history_has_what_it_was(fresh: DeskRunner) -> None:
    changed = did(fresh, "set {} category=mail tags=vip,east type=request")
    assert (changed["category"], changed["tags"], changed["type"]) == ("mail", ["vip", "east"], "request")
    again = did(fresh, "set {} tags=+night,-vip category=")
    assert again["tags"] == ["east", "night"]
    assert "category" not in again
    assert again["history"][-1]["was"] == {"category": "mail", "tags": ["vip", "east"]}
    named = fresh.ok("set", "1", "title=邮件服务器没有响应", "mobile=+8613800000000", "org=华东分公司", "--json").data
    assert (named["title"], named["contact"]) == ("邮件服务器没有响应", {"mobile": "+8613800000000", "organization": "华东分公司"})
    assert "contact" in fresh.ticket("1")["history"][-1]["set"]
    assert len(fresh.ticket("1")["history"]) == len(did(fresh, "set {} type=request")["history"])  # what is so already is no event
    assert fresh.ok("check").exit == 0


def test_links_name_tickets_that_are_there(fresh: DeskRunner) -> None:
    fresh.ok("open", "The cause")
    fresh.ok("open", "The same")
    linked = did(fresh, "link {} --caused-by 2 --duplicate-of t-3")
    assert (linked["caused_by"], linked["duplicate_of"]) == ("T-2", "T-3")
    assert "caused by T-2" in fresh.ok("show", "1").out
    assert run(fresh, "link {} --parent 9").exit == 3


def test_the_log_tells_everything_in_its_order(fresh: DeskRunner) -> None:
    did(fresh, "assign {} network --to li.lei --by mei")
    fresh.ok("note", "1", "All of the third floor", "--from-customer", at="5m")
    fresh.ok("note", "1", "We are looking", "--to-customer", at="6m")
    did(fresh, "resolve {} --how rebooted --by li.lei", at="7m")
    data = fresh.ok("log", "1", "--json").data
    assert [(event["event"], event["by"], event["at"][11:16]) for event in data] == [
        ("opened", "mei", "09:00"), ("assigned", "mei", "09:00"), ("noted", "mei", "09:05"), ("noted", "mei", "09:06"),
        ("resolved", "li.lei", "09:07"),
    ]  # fmt: skip
    assert [event.get("direction") for event in data[2:4]] == ["from-customer", "to-customer"]
    assert len({event["id"] for event in data}) == 5
    lines = fresh.ok("log", "1").out.splitlines()
    assert "the customer: All of the third floor" in lines[2]
    assert "rebooted" in lines[4]


# --- entered later ----------------------------------------------------------------------------


def test_what_is_entered_later_says_so(fresh: DeskRunner) -> None:
    did(fresh, "assign {} network", at="1m")
    done = did(fresh, "contacted {} --at 20m", at="30m")
    assert done["contacted"] == stamp(T0 + timedelta(minutes=10))  # when it happened
    event = done["history"][-1]
    assert (event["at"], event["recorded"]) == (stamp(T0 + timedelta(minutes=10)), stamp(T0 + timedelta(minutes=30)))
    [line] = [line for line in fresh.ok("show", "1").out.splitlines() if "entered later" in line]
    assert "contacted" in line
    assert "recorded" not in did(fresh, "note {} hello", at="30m")["history"][-1]


def test_nothing_happens_to_a_ticket_before_it_was_opened(fresh: DeskRunner) -> None:
    before = fresh.files()
    done = run(fresh, "resolve {} --how done --at 1h", at="10m")
    assert done.exit == 4
    assert "opened" in done.error["message"]
    assert fresh.files() == before


def test_a_resolution_entered_later_has_the_three_days_count_from_when_it_happened(fresh: DeskRunner) -> None:
    did(fresh, "assign {} network")
    fresh.ok("sweep", at="1h")
    did(fresh, "resolve {} --how done --at 10h", at="12h")
    for at in ("12h", "1d2h", "2d2h", "3d1h59m59s"):
        fresh.ok("sweep", at=at)
        assert fresh.ticket(at=at)["status"] == "resolved"
    fresh.ok("sweep", at="3d2h")
    assert fresh.ticket(at="3d2h")["status"] == "closed"


# --- opening ----------------------------------------------------------------------------------


def test_open_takes_everything_that_the_form_has(fresh: DeskRunner) -> None:
    said = {
        "type": "request", "name": "王芳", "mobile": "+8613800000000", "phone": "021-5555", "email": "w@example.com", "org": "华东分公司",
        "description": "For a new colleague.\nFrom Monday on.", "category": "mail", "ci": "mail-01", "impact": "low", "urgency": "high",
        "channel": "walk-in", "team": "servicedesk",
    }  # fmt: skip
    made = fresh.ok("open", "新建邮箱", *(word for name, value in said.items() for word in (f"--{name}", value)), "--json").data
    assert made["id"] == "T-2"
    assert made["contact"] == {
        "name": "王芳", "mobile": "+8613800000000", "phone": "021-5555", "email": "w@example.com", "organization": "华东分公司",
    }  # fmt: skip
    for name in ("type", "category", "ci", "impact", "urgency", "channel", "team"):
        assert made[name] == said[name]
    assert (made["title"], made["priority"], made["status"]) == ("新建邮箱", "P3", "assigned")
    assert made["description"].rstrip("\n") == "For a new colleague.\nFrom Monday on."


def test_numbers_go_up_whatever_the_type_and_are_never_given_twice(fresh: DeskRunner) -> None:
    assert did(fresh, "open b --type inquiry")["id"] == "T-2"
    assert did(fresh, "set {} type=change", "2")["id"] == "T-2"  # a reclassified ticket keeps what the customer was told
    archive = fresh.root / "tickets" / "archive" / "2026"
    archive.mkdir(parents=True)
    (archive / "T-7.yaml").write_text(fresh.file("T-2").read_text().replace("T-2", "T-7"))
    assert did(fresh, "open c --type request")["id"] == "T-8"
    fresh.file("T-8").unlink()
    assert did(fresh, "open d")["id"] == "T-9"  # a deleted ticket's number isn't somebody else's
