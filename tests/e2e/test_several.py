"""Several tickets in one command: named by commas, ranges and `-`; each on its own, and the exit code of the first that was refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner, Done
from tests.terminal import at_a_terminal


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """T-1 to T-5, new but for T-3, which is closed."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("several"))
    for n in range(1, 6):
        desk.ok("open", f"Printer {n}", "--urgency", "low" if n == 5 else "high")
    desk.ok("close", "3", "--how", "Plugged in")
    return desk


@pytest.fixture
def desk(template: DeskRunner, tmp_path: Path) -> DeskRunner:
    return template.copied(tmp_path)


def piped(desk: DeskRunner, text: str, *args: str) -> Done:
    """A command with something to read."""
    done = subprocess.run(
        [ITSM, *args], cwd=desk.root, env=desk.environment(), input=text.encode(), capture_output=True, timeout=60, check=False
    )
    return Done(args, done.returncode, done.stdout.decode(), done.stderr.decode())


def teams(desk: DeskRunner) -> list[str]:
    """With which team the tickets are, in the order of their numbers."""
    rows = desk.ok("list", "status:all", "--sort", "id", "--json").data
    return [row.get("team", "") for row in rows]


NAMED = [
    ("assign 1,2 network", "network network - - -"),
    ("assign T-1,t-2,1 network", "network network - - -"),
    ("assign 4..9 network", "- - - network network"),
    ("assign T-4..T-5,1 network", "network - - network network"),
    ("assign 4-5,1 network", "network - - network network"),
    ("escalate 1,5 servicedesk", "servicedesk - - - servicedesk"),
]


@pytest.mark.parametrize(("line", "wanted"), NAMED, ids=[line for line, _ in NAMED])
def test_tickets_are_named_by_commas_and_ranges(desk, line, wanted):
    desk.ok(*line.split())
    assert teams(desk) == [team.replace("-", "") for team in wanted.split()]


EACH = [
    ("start 1 2", "assign 1,2 network"), ("contacted 1 2", ""), ("pend 1 2 --for vendor", ""), ("resume 1 2", "pend 1,2 --for vendor"),
    ("note 1,2 Rebooted", ""), ("resolve 1 2 --how Rebooted", ""), ("reopen 1 2 --why Still", "resolve 1,2 --how Rebooted"),
    ("close 1 2 --how Rebooted", ""), ("cancel 1 2 --why Twice", ""), ("set 1,2 priority=P1 ci=p-1", ""), ("link 1 2 --caused-by 4", ""),
    ("assign 1,2 network", ""), ("escalate 1,2 network", ""), ("answer 1,2 confirmed", "resolve 1,2 --how Rebooted"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "before"), EACH, ids=[line for line, _ in EACH])
def test_every_changing_command_takes_several_and_gives_them_all(desk, line, before):
    if before:
        desk.ok(*before.split())
    count = len(desk.ticket("2")["history"])
    done = desk.ok(*line.split(), "--json")
    assert done.json["kind"] == "tickets"
    assert [ticket["id"] for ticket in done.data] == ["T-1", "T-2"]
    assert len(desk.ticket("2")["history"]) > count


def test_one_ticket_named_alone_is_answered_as_ever(desk):
    assert desk.ok("note", "1", "x", "--json").json["kind"] == "ticket"
    assert desk.do("start", "3").err.startswith("itsm: T-3 ")


def test_a_refusal_stops_none_of_the_others_and_its_code_is_the_exit_code(desk):
    done = desk.do("assign", "1,3,99,4", "network")
    assert done.out.splitlines() == ["T-1 is with network, level 2", "T-4 is with network, level 2"]
    assert "itsm: T-3 is closed" in done.err
    assert "there is no ticket T-99" in done.err
    assert done.err.splitlines()[-1] == "2 done, 2 refused"
    assert done.exit == 4
    assert desk.do("assign", "99,3,2", "network").exit == 3


def test_with_json_each_refusal_is_an_envelope_that_names_its_ticket(desk):
    done = desk.do("assign", "1,3,99", "network", "--json")
    assert [ticket["id"] for ticket in done.data] == ["T-1"]
    errors = [json.loads(line)["error"] for line in done.err.splitlines()]
    assert [(error["ticket"], error["code"]) for error in errors] == [("T-3", "refused"), ("T-99", "not-found")]


def test_what_is_wrong_with_the_command_is_told_once(desk):
    done = desk.do("assign", "1,2,4", "nobodys")
    assert (done.exit, done.err.count("no such team")) == (2, 1)
    assert done.out == ""


def test_a_list_can_be_piped_into_a_command(desk):
    ids = desk.ok("list", "team:none", "priority:P2,P3", "--format", "ids").out
    assert ids == "T-1\nT-2\nT-4\n"
    done = piped(desk, ids, "assign", "-", "network")
    assert (done.exit, len(done.out.splitlines())) == (0, 3)
    assert done.err == "3 done, 0 refused\n"
    table = desk.ok("list", "team:network").out  # the first word of each line is the ticket
    assert piped(desk, table, "start", "-", "--by", "han").exit == 0
    assert [desk.ticket(one)["assignee"] for one in ("1", "2", "4")] == ["han"] * 3


def test_an_empty_list_is_nothing_to_do(desk):
    done = piped(desk, "\n", "assign", "-", "network")
    assert (done.exit, done.out, done.err) == (0, "", "no ticket was named: nothing to do\n")
    assert piped(desk, "", "assign", "-", "network", "--json").data == []


def test_standard_input_is_read_for_one_thing_only(desk):
    done = piped(desk, "1\n", "note", "-", "-")
    assert (done.exit, done.out) == (2, "")
    assert piped(desk, "1\n2\n", "note", "-", "The same for both").exit == 0
    assert piped(desk, "Only the third floor\n", "note", "1", "-").exit == 0
    assert [event["text"] for event in desk.ticket("1")["history"][1:]] == ["The same for both", "Only the third floor"]


@pytest.mark.parametrize(("words", "said"), [("8..9", "there is no ticket from T-8 to T-9"), ("a..b", "is no range of tickets")])
def test_a_range_without_tickets_is_told(desk, words, said):
    done = desk.do("assign", words, "network")
    assert done.exit == 3
    assert said in done.err


# --- asked first ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "typed", "code", "asked", "done"),
    [
        ("cancel 1 2 4 --why Twice", "y\n", 0, True, True), ("cancel 1 2 4 --why Twice", "n\n", 1, True, False),
        ("cancel 1 2 4 --why Twice", "\n", 1, True, False), ("cancel 1 2 4 --why Twice --yes", "", 0, False, True),
        ("cancel 1 2 --why Twice", "", 0, False, True),
    ],
    ids=["yes", "no", "nothing is no", "--yes", "two are few"],
)  # fmt: skip
def test_a_person_is_asked_before_three_or_more_are_changed(desk, line, typed, code, asked, done):
    with at_a_terminal(desk, *line.split()) as person:
        person.types(typed)
        assert person.left() == code, person.seen
        assert ("3 tickets: T-1, T-2, T-4. Go on?" in person.seen) is asked
    assert (desk.ticket("1")["status"] == "cancelled") is done
