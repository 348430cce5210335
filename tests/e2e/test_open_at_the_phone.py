"""Opening a ticket while the customer is on the phone (M8, M9): at a real terminal, from a script, and twenty at once."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from itsm import clock
from tests.desk_runner import ITSM, T0, DeskRunner, stamp
from tests.terminal import at_a_terminal

QUESTIONS = (
    "customer's name", "mobile", "fixed line", "e-mail", "organisation", "what is reported", "category", "configuration item",
    "impact", "urgency", "team",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    return DeskRunner.made(tmp_path)


def life(ticket: dict[str, Any]) -> list[str]:
    return [event["event"] for event in ticket["history"]]


# --- at a terminal ----------------------------------------------------------------------------


def test_the_number_comes_first_then_one_question_after_the_other_and_enter_skips(desk: DeskRunner) -> None:
    answers = {
        "customer's name": "王芳",
        "mobile": "+8613800000000",
        "what is reported": "Since nine: no mail",
        "urgency": "high",
        "team": "network",
    }
    with at_a_terminal(desk, "open", "Mail server does not answer") as person:
        before = person.waits_for("tell the customer")
        assert before.startswith("T-1: ")  # M9, and there is a ticket by now, whatever happens to the terminal
        assert desk.ticket()["title"] == "Mail server does not answer"
        for question in QUESTIONS:
            person.answers(question, answers.get(question, ""))
        assert person.left() == 0
        asked = [line.split(":")[0].split(" (")[0] for line in person.seen.splitlines()[1:] if ": " in line]
        assert asked[: len(QUESTIONS)] == list(QUESTIONS)
    ticket = desk.ticket()
    assert ticket["contact"] == {"name": "王芳", "mobile": "+8613800000000"}
    assert ticket["description"].rstrip("\n") == "Since nine: no mail"
    assert (ticket["urgency"], ticket["priority"], ticket["team"], ticket["status"]) == ("high", "P2", "network", "assigned")
    assert "category" not in ticket
    assert life(ticket) == ["opened", "assigned"]
    assert desk.ok("check").out.endswith("all is well\n")


def test_without_a_title_it_is_asked_for_and_what_is_known_is_not(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "--name", "Wang", "--impact", "high", "--team", "network") as person:
        person.answers("title", "FTP is slow")
        person.waits_for("T-1")
        for question in QUESTIONS:
            if question not in ("customer's name", "impact", "team"):
                person.answers(question)
        assert person.left() == 0
        assert "customer's name" not in person.seen
    assert (desk.ticket()["title"], desk.ticket()["contact"]) == ("FTP is slow", {"name": "Wang"})


def test_ctrl_c_ends_the_questions_and_keeps_what_was_typed(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "Mail server does not answer") as person:
        person.answers("customer's name", "王芳")
        person.answers("mobile", "+8613800000000")
        person.waits_for("fixed line: ")
        person.types("021-55")
        assert person.interrupts() == 0
        assert "Traceback" not in person.seen
    assert desk.ticket()["contact"] == {"name": "王芳", "mobile": "+8613800000000"}
    assert life(desk.ticket()) == ["opened"]


def test_ctrl_d_does_the_same(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "Mail server does not answer") as person:
        person.answers("customer's name", "王芳")
        person.waits_for("mobile: ")
        person.types("\x04")
        assert person.left() == 0
    assert desk.ticket()["contact"] == {"name": "王芳"}


def test_ctrl_c_before_there_is_a_title_opens_nothing(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open") as person:
        person.waits_for("title: ")
        assert person.interrupts() == 130
        assert "Traceback" not in person.seen
    assert desk.ok("list", "--json").data == []


def test_a_terminal_that_is_closed_leaves_the_ticket_that_the_customer_was_told(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "Mail server does not answer") as person:
        person.answers("customer's name", "王芳")
        person.waits_for("mobile: ")
    assert desk.ticket()["title"] == "Mail server does not answer"
    assert desk.ok("check").out.endswith("all is well\n")


# --- a customer whom earlier tickets know --------------------------------------------------------

WANG = ("--name", "王芳", "--mobile", "+86 138 0000 0001", "--email", "wang.fang@example.com")
KNOWN_BY = {
    "the number, however it is written": {"customer's name": "", "mobile": "+8613800000001"},
    "the name": {"customer's name": " 王芳 "},
    "the address, in capitals": {"customer's name": "", "mobile": "", "fixed line": "", "e-mail": "WANG.FANG@example.com"},
}


@pytest.mark.parametrize("told", KNOWN_BY.values(), ids=KNOWN_BY)
def test_a_known_customer_is_recognized_by(told: dict[str, str], desk: DeskRunner) -> None:
    desk.ok("open", "Mail server does not answer", *WANG)
    with at_a_terminal(desk, "open", "FTP is slow") as person:
        person.waits_for("T-2: tell the customer")  # the number first, as always
        for question, answer in told.items():
            person.answers(question, answer)
        person.waits_for("known customer 王芳, +86 138 0000 0001, wang.fang@example.com: take the contact? [Y/n]: ")
        person.types("\n")
        person.waits_for("open already: T-1 Mail server does not answer (new)")
        person.waits_for(": ")
        person.interrupts()
        assert person.seen.count("known customer") == 1
    contact = desk.ticket("T-2")["contact"]
    digits = contact["mobile"].replace(" ", "")  # what was just said is kept as it was said
    assert (contact["name"], digits, contact["email"].lower()) == ("王芳", "+8613800000001", "wang.fang@example.com")


def test_who_is_another_customer_of_that_name_keeps_what_was_said_and_is_not_asked_again(desk: DeskRunner) -> None:
    desk.ok("open", "Mail server does not answer", *WANG)
    with at_a_terminal(desk, "open", "FTP is slow", "--name", "王芳") as person:
        person.waits_for("take the contact? [Y/n]: ")
        person.types("n\n")
        person.answers("mobile", "+8613800000001")
        person.answers("fixed line")
        person.interrupts()
        assert person.seen.count("known customer") == 1
    assert desk.ticket("T-2")["contact"] == {"name": "王芳", "mobile": "+8613800000001"}


def test_two_customers_of_one_name_are_to_choose_from(desk: DeskRunner) -> None:
    desk.ok("open", "Mail", *WANG)
    desk.ok("open", "FTP", "--name", "王芳", "--mobile", "+8613911111111")
    with at_a_terminal(desk, "open", "Printer", "--name", "王芳") as person:
        person.waits_for("2 王芳, +8613911111111")
        person.waits_for("which one [1]: ")
        person.types("1\n")
        person.waits_for("known customer 王芳, +86 138 0000 0001")
        person.waits_for("[Y/n]: ")
        person.types("\n")
        person.waits_for("fixed line")
        person.interrupts()
    assert desk.ticket("T-3")["contact"]["mobile"] == "+86 138 0000 0001"


def test_a_script_is_never_asked_whether_it_knows_somebody(desk: DeskRunner) -> None:
    desk.ok("open", "Mail server does not answer", *WANG)
    assert "known customer" not in desk.ok("open", "FTP is slow", "--name", "王芳").err
    assert desk.ticket("T-2")["contact"] == {"name": "王芳"}


# --- given at once ------------------------------------------------------------------------------


@pytest.fixture
def staffed(desk: DeskRunner) -> DeskRunner:
    desk.policy("people: {}", "people: {li.lei: {name: 李雷, mail: li.lei@example.com}}")
    desk.policy("network: {level: 2,", "network: {level: 2, members: [li.lei],")
    return desk


@pytest.mark.parametrize(
    "options",
    [("--to", "li.lei"), ("--to", "李雷"), ("--team", "network", "--to", "li.lei"), ("--team", "li.lei"), ("--to", "me", "--by", "li.lei")],
    ids=" ".join,
)
def test_a_ticket_can_be_somebodys_from_the_start(staffed: DeskRunner, options: tuple[str, ...]) -> None:
    ticket = staffed.ok("open", "Mail", *options, "--json").data
    assert (ticket["team"], ticket["level"], ticket["assignee"], ticket["status"]) == ("network", 2, "li.lei", "assigned")


def test_a_person_whom_no_team_knows_wants_a_team(staffed: DeskRunner) -> None:
    done = staffed.do("open", "Mail", "--to", "han")
    assert (done.exit, done.err) == (2, "itsm: han is nobody of sla.yaml's people\n      --team TEAM --to han\n")
    assert staffed.ok("open", "Mail", "--team", "systems", "--to", "han", "--json").data["assignee"] == "han"


def test_a_priority_that_is_said_at_once_is_set_by_hand_and_stays(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "Mail", "--priority", "P1") as person:
        for question in QUESTIONS:
            person.answers(question, "low" if question == "impact" else "")
        assert person.left() == 0
    assert (desk.ticket()["priority"], desk.ticket()["impact"]) == ("P1", "low")
    assert desk.ok("set", "1", "urgency=low", "--json").data["priority"] == "P1"
    assert desk.ok("check").out.endswith("all is well\n")


def test_a_priority_that_the_desk_does_not_have_opens_nothing(desk: DeskRunner) -> None:
    done = desk.do("open", "Mail", "--priority", "P9")
    assert (done.exit, done.err.splitlines()[0]) == (2, "itsm: no such priority: P9")
    assert desk.ok("list", "--json").data == []


# --- mistakes and scripts ------------------------------------------------------------------------


def test_an_answer_that_can_not_be_is_told_of_and_the_rest_goes_on(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "Mail") as person:
        for question in QUESTIONS:
            person.answers(question, {"impact": "huge", "urgency": "low"}.get(question, ""))
            if question == "impact":
                person.waits_for("no such impact: huge")
                person.answers("impact", "")
        assert person.left() == 0
    assert (desk.ticket()["impact"], desk.ticket()["urgency"]) == ("medium", "low")


def test_a_team_that_there_is_not_costs_nobody_what_was_typed(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "Mail") as person:
        for question in QUESTIONS:
            person.answers(question, {"customer's name": "王芳", "team": "netwrok"}.get(question, ""))
        person.answers("team", "")
        person.left()
        assert "netwrok" in person.seen
        assert "network" in person.seen.split("netwrok")[-1]  # did you mean
    assert desk.ticket()["contact"] == {"name": "王芳"}


def test_opened_is_when_the_command_started_and_not_when_the_last_question_was_answered(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", real_time=True) as person:
        person.waits_for("title: ")
        started = clock.now()
        time.sleep(2.1)
        person.types("Mail\n")
        person.waits_for("customer's name: ")
        assert person.interrupts() == 0
    ticket = desk.ticket()
    assert ticket["opened"] <= stamp(started)
    assert ticket["history"][0]["at"] == ticket["opened"]


# --- the caller in earlier tickets ------------------------------------------------------------


@pytest.fixture
def known(desk: DeskRunner) -> DeskRunner:
    """Wang Fang has a closed ticket and an open one, Wang Li an open one, Zhao none."""
    fang = ["--name", "Wang Fang", "--mobile", "+86 138 0000 0000", "--email", "fang@example.com", "--org", "华东分公司"]
    desk.ok("open", "An old one", *fang)
    desk.ok("close", "1", "--how", "done")
    desk.ok("open", "Mail server does not answer", *fang, at="1m")
    desk.ok("open", "FTP is slow", "--name", "Wang Li", "--mobile", "+8613911111111", at="2m")
    desk.now = T0 + timedelta(hours=1)
    return desk


@pytest.mark.parametrize("caller", ["138", "13800000000", "+86138", "wang fang", "FANG@example", "华东"])
def test_the_caller_is_found_by_a_part_of_number_name_address_or_organisation(known: DeskRunner, caller: str) -> None:
    done = known.run("open", "Now the calendar", "--caller", caller, "--ci", "cal-01")
    assert (done.exit, done.out) == (0, "T-4: Now the calendar\n")
    assert known.ticket("4")["contact"] == {
        "name": "Wang Fang", "mobile": "+86 138 0000 0000", "email": "fang@example.com", "organization": "华东分公司",
    }  # fmt: skip
    assert "T-2 Mail server does not answer" in done.err  # what they have open
    assert "T-1" not in done.err  # and not what is over
    assert "itsm note T-2" in done.err


def test_what_is_said_on_the_line_wins_over_what_is_known(known: DeskRunner) -> None:
    known.ok("open", "Now the calendar", "--caller", "138", "--mobile", "+8615000000000")
    contact = known.ticket("4")["contact"]
    assert (contact["mobile"], contact["name"]) == ("+8615000000000", "Wang Fang")


def test_a_caller_who_may_be_several_opens_nothing_without_a_terminal(known: DeskRunner) -> None:
    before = known.files()
    done = known.run("open", "Now the calendar", "--caller", "wang", "--json")
    assert (done.exit, done.out, done.error["code"]) == (2, "", "usage")
    assert "Wang Fang" in done.error["message"]
    assert "Wang Li" in done.error["message"]
    assert known.files() == before


@pytest.mark.parametrize(("caller", "contact"), {
    "150 1234": {"mobile": "150 1234"},
    "Zhao": {"name": "Zhao"},
    "zhao@example.com": {"email": "zhao@example.com"},
}.items(), ids=str)  # fmt: skip
def test_a_caller_whom_nobody_knows_is_a_new_customer(known: DeskRunner, caller: str, contact: dict[str, str]) -> None:
    done = known.ok("open", "A price", "--caller", caller)
    assert "new customer" in done.err
    assert known.ticket("4")["contact"] == contact


def test_at_a_terminal_the_right_one_is_chosen(known: DeskRunner) -> None:
    with at_a_terminal(known, "open", "Now the calendar", "--caller", "wang") as person:
        listed = person.waits_for("which one")
        number = next(line.split()[0] for line in listed.splitlines() if "Wang Fang" in line)
        person.types(f"{number}\n")
        person.waits_for("add a note to T-2 instead?")
        person.types("n\n")
        person.waits_for("T-4: tell the customer")
        assert person.interrupts() == 0
    assert known.ticket("4")["contact"]["name"] == "Wang Fang"


def test_the_customer_calls_about_the_same_thing_and_a_note_is_added_instead(known: DeskRunner) -> None:
    with at_a_terminal(known, "open", "It is still down", "--caller", "138") as person:
        person.waits_for("add a note to T-2 instead?")
        person.types("y\n")
        assert person.left() == 0
    note = known.ticket("2")["history"][-1]
    assert (note["event"], note["text"], note["direction"]) == ("noted", "It is still down", "from-customer")
    assert known.do("show", "4").exit == 3


# --- M4: an inquiry, answered on the phone ----------------------------------------------------


def test_an_inquiry_that_is_answered_is_opened_and_closed_in_one_command(desk: DeskRunner) -> None:
    done = desk.ran("open", "What does a mailbox cost?", "--type", "inquiry", "--answered", "5 a month", "--name", "Zhao", "--json")
    assert (done.data["status"], done.data["closed"], done.data["type"]) == ("closed", stamp(T0), "inquiry")
    assert life(done.data) == ["opened", "closed"]
    assert done.data["history"][1]["how"] == "5 a month"
    assert desk.ok("list", "--json").data == []
    assert desk.ok("sweep", "--json").data["actions"] == []  # nobody is told of what is over
    assert desk.ok("check").out.endswith("all is well\n")


def test_an_inquiry_that_is_answered_asks_nothing_even_at_a_terminal(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "What does a mailbox cost?", "--type", "inquiry", "--answered", "5 a month") as person:
        assert person.left() == 0
        assert "customer's name" not in person.seen
    assert desk.ticket()["status"] == "closed"


# --- many at once -----------------------------------------------------------------------------


def started(desk: DeskRunner, *command: str) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=desk.root, env=desk.environment(), **pipes)


def test_twenty_open_at_once_and_each_gets_a_number_of_its_own(desk: DeskRunner) -> None:
    at_once = [started(desk, ITSM, "open", f"Ticket {n}") for n in range(20)]
    said = []
    for process in at_once:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
        said.append(out.decode().strip())
    numbers = {line.split(":")[0]: line.split(": ")[1] for line in said}
    assert set(numbers) == {f"T-{n}" for n in range(1, 21)}  # no gap
    assert set(numbers.values()) == {f"Ticket {n}" for n in range(20)}  # none lost
    assert {row["id"]: row["title"] for row in desk.ok("list", "--json").data} == numbers  # and each is told its own
    assert desk.ok("check").out == "20 tickets: all is well\n"


# Ten commands of fifty processes: each a process of its own that says so 500 times would only measure how fast Python starts.
_TEN_NOTES = """
import sys
from itsm.cli.main import run
codes = [run(["note", "1", f"{sys.argv[1]}.{n}", "--quiet"]) for n in range(10)]
sys.exit(any(codes))
"""


def test_fifty_processes_write_ten_notes_each_to_one_ticket_and_all_are_there(desk: DeskRunner) -> None:
    desk.ok("open", "The server room is on fire")
    at_once = [started(desk, sys.executable, "-c", _TEN_NOTES, str(n)) for n in range(50)]
    for process in at_once:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, b"")
    history = desk.ticket()["history"]
    notes = [event["text"] for event in history if event["event"] == "noted"]
    assert len(notes) == 500
    assert set(notes) == {f"{process}.{n}" for process in range(50) for n in range(10)}
    for process in range(50):
        assert [note for note in notes if note.startswith(f"{process}.")] == [f"{process}.{n}" for n in range(10)]  # in each one's order
    assert len({event["id"] for event in history}) == 501
    assert desk.ok("check").out.endswith("all is well\n")


def test_who_looks_while_others_write_sees_whole_tickets(desk: DeskRunner) -> None:
    desk.ok("open", "Busy")
    writers = [started(desk, sys.executable, "-c", _TEN_NOTES, str(n)) for n in range(4)]
    counts = []
    while any(writer.poll() is None for writer in writers):
        assert desk.do("list").exit == 0
        counts.append(len(desk.ticket()["history"]))
        time.sleep(0.01)
    assert [(writer.communicate(), writer.returncode) for writer in writers] == [((b"", b""), 0)] * 4
    assert counts == sorted(counts)
    assert len(desk.ticket()["history"]) == 41
