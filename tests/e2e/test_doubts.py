"""What is taken although it can hardly be meant: said on stderr, and never a reason to refuse what a person does at the phone (M8)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner, Done
from tests.terminal import at_a_terminal

PEOPLE = "people:\n  li.lei: {name: 李雷, mail: li.lei@example.com, logins: [lilei]}\n  mei: {mail: mei@example.com}\n"


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """A desk that says who its people are, with one ticket."""
    desk = DeskRunner.made(tmp_path)
    desk.policy("people: {}\n", PEOPLE)
    desk.ok("open", "Mail server does not answer")
    return desk


def unknown(name: str, then: str = "if they are new, add them there") -> str:
    return f"warning: {name} is nobody of sla.yaml's people: no notice reaches them; {then}\n"


MEANT = {
    "li.le": "did you mean li.lei?",
    "lilei": "did you mean li.lei?",  # a login, which isn't how sla.yaml calls them
    "Li.Lei": "did you mean li.lei?",
    "zhao.min": "if they are new, add them there",
}


@pytest.mark.parametrize("name", MEANT)
@pytest.mark.parametrize("line", ["assign 1 servicedesk --to", "escalate 1 network --to", "open FTP --team network --to"])
def test_a_person_whom_sla_yaml_does_not_know_is_taken_and_told_of(desk: DeskRunner, line: str, name: str) -> None:
    done = desk.ok(*line.split(), name)
    assert done.err == unknown(name, MEANT[name])
    assert desk.ticket("2" if line.startswith("open") else "1")["assignee"] == name


@pytest.mark.parametrize("to", ["li.lei", " 李雷 ", "me"], ids=["by ID", "by name, with spaces", "who acts knows their own name"])
def test_a_person_whom_it_knows_is_not(desk: DeskRunner, to: str) -> None:
    assert desk.ok("assign", "1", "servicedesk", "--to", to, "--by", "mei" if to != "me" else "new.one").err == ""


def test_a_desk_that_names_no_people_knows_nobody(tmp_path: Path) -> None:
    desk = DeskRunner.made(tmp_path)
    assert desk.ok("open", "FTP", "--team", "network", "--to", "li.lei").err == ""


def test_of_several_tickets_it_is_said_once_and_quiet_says_nothing(desk: DeskRunner) -> None:
    desk.ok("open", "FTP is slow")
    assert desk.ok("assign", "1,2", "servicedesk", "--to", "nobdy").err == f"2 done, 0 refused\n{unknown('nobdy')}"
    assert desk.ok("assign", "1,2", "network", "--to", "nobdy", "--quiet").err == ""


def test_scripts_get_their_object_and_the_word_beside_it(desk: DeskRunner) -> None:
    done = desk.ok("assign", "1", "servicedesk", "--to", "nobdy", "--json")
    assert (done.data["assignee"], done.err) == ("nobdy", unknown("nobdy"))


def test_a_watcher_is_a_person_a_team_or_an_address(desk: DeskRunner) -> None:
    assert desk.ok("set", "1", "watchers=li.lei,network,boss@example.com,+8613800000000").err == ""
    assert desk.ok("set", "1", "watchers=li.lie").err == unknown("li.lie", "did you mean li.lei?")


# --- the customer's addresses -----------------------------------------------------------------

NONSENSE = {
    ("email", "wang"): "it has no @",
    ("email", "wang fang@example.com"): "white space or control characters in it",
    ("email", "-oQ@example.com"): "it begins with a dash, and a program could take it for an option",
    ("email", "wang@exa mple"): "white space or control characters in it",
    ("email", "wang@@example.com"): "what stands before the @ isn't plain letters, digits and signs",
    ("email", "wang@example..com"): "what stands after the @ is no domain",
    ("mobile", "none"): "it has no digit",
    ("phone", "?"): "it has no digit",
}


def _from(desk: DeskRunner, name: str, value: str) -> Done:
    path = desk.root.parent / "form"
    path.write_text(f"title: FTP\n{name}: '{value}'\n")
    return desk.ok("open", "--from", str(path))


EVERY_WAY = {
    "open": lambda desk, name, value: desk.ok("open", "FTP", f"--{name}", value),
    "open --from": _from,
    "set": lambda desk, name, value: desk.ok("set", "1", f"{name}={value}"),
}


@pytest.mark.parametrize(("name", "value"), NONSENSE)
@pytest.mark.parametrize("way", EVERY_WAY)
def test_an_address_that_nothing_reaches_is_taken_with_a_word_on_how_to_mend_it(desk: DeskRunner, way: str, name: str, value: str) -> None:
    done, which = EVERY_WAY[way](desk, name, value), "T-1" if way == "set" else "T-2"
    assert done.err == f"warning: {which}: {name} {value!r}: {NONSENSE[name, value]}; to mend it: itsm set {which} {name}=…\n"
    assert desk.ticket(which)["contact"] == {name: value}
    assert desk.ok("set", which, f"{name}=138@example.com").err == ""  # as it was told, it is mended


def test_a_control_character_is_shown_and_not_obeyed(desk: DeskRunner) -> None:
    done = desk.do("open", "FTP", "--email", "wang\x1b[2J@example.com")
    assert "\x1b" not in done.out + done.err
    assert "white space or control characters in it" in done.err


@pytest.mark.parametrize("given", ["--email wang.fang@example.com", "--email o.fang@例え.jp", "--mobile +86-138", "--phone 020/123-4"])
def test_one_that_can_be_is_taken_without_a_word(desk: DeskRunner, given: str) -> None:
    assert desk.ok("open", "FTP", *given.split()).err == ""


def test_what_was_set_before_is_not_told_again(desk: DeskRunner) -> None:
    desk.ok("set", "1", "email=wang")
    assert desk.ok("set", "1", "mobile=138").err == ""


def test_at_a_terminal_it_comes_when_the_questions_are_over(desk: DeskRunner) -> None:
    with at_a_terminal(desk, "open", "FTP is slow", "--to", "me", "--team", "network") as person:
        person.answers("customer's name", "王芳")
        person.answers("mobile", "none")
        person.answers("fixed line", "\x03")
        assert person.left() == 0
        assert "warning: T-2: mobile 'none': it has no digit" in person.seen
    assert desk.ticket("2")["contact"] == {"name": "王芳", "mobile": "none"}


def test_the_editor_s_fields_too(desk: DeskRunner) -> None:
    desk.ok("set", "1", "email=wang@example.com")
    done = desk.ok("edit", "1", env={"EDITOR": "sed -i /^contact/s/@//", "PATH": os.environ["PATH"]})
    assert "email 'wangexample.com': it has no @" in done.err
