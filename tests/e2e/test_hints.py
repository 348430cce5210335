"""What usually comes next: said to a person at a terminal after each command, and to nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from itsm.cli.main import COMMANDS, GROUPS, built
from tests.desk_runner import DeskRunner
from tests.terminal import at_a_terminal

# How T-1 stands, the command that changes it, and what comes next.
STEPS = [
    ([], "set 1 ci=x", "next: itsm assign 1 TEAM"),
    ([], "assign 1 servicedesk", "next: itsm start 1"),
    ([], "assign 1 network", "next: itsm contacted 1, once somebody has been in touch with the customer"),
    (["assign 1 network"], "contacted 1", "next: itsm start 1"),
    (["assign 1 servicedesk"], "start 1", "next: itsm resolve 1 --how '…'"),
    ([], "pend 1 --for vendor", "next: itsm resume 1"),
    ([], "resolve 1 --how x", "next: itsm close 1 --score 1..5, or itsm reopen 1 --why '…'"),
    ([], "close 1 --how x", ""),
    ([], "cancel 1 --why x", ""),
]


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = DeskRunner.made(tmp_path)
    desk.ok("open", "FTP is slow")
    return desk


def seen(desk: DeskRunner, line: str, **env: str) -> list[str]:
    with at_a_terminal(desk, *line.split(), env=env) as person:
        assert person.left() == 0
    return [one for one in person.seen.replace("\r", "").splitlines() if one.startswith("next:")]


@pytest.mark.parametrize(("before", "line", "hint"), STEPS, ids=[line for _, line, _ in STEPS])
def test_a_person_is_told_what_comes_next(desk: DeskRunner, before: list[str], line: str, hint: str) -> None:
    for earlier in before:
        desk.ok(*earlier.split())
    assert seen(desk, line) == ([hint] if hint else [])


def test_who_wants_none_gets_none(desk: DeskRunner) -> None:
    assert seen(desk, "note 1 x", ITSM_HINTS="0") == []
    assert seen(desk, "note 1 x --quiet") == []
    assert seen(desk, "note 1 x --json") == []
    assert seen(desk, "note 1 x --no-input") == []
    assert "next:" not in desk.ran("note", "1", "x").err


MISSPELT = {
    "shwo 1": "did you mean show?",
    "asign 1 network": "did you mean assign?",
    "frobnicate": "itsm --help lists them all",
    "assign 1 netwrk": "did you mean network?",
    "open x --team system": "did you mean systems?",
    "set 1 priorty=P1": "did you mean priority?",
    "list --columns id,titel": "did you mean title?",
    "list staus:open": "did you mean status",
    "sla arm surveys": "did you mean survey?",
    "help dtes": "did you mean dates?",
    "open x --urgncy high": "did you mean --urgency?",
    "open x --descr y": "did you mean --description?",  # the beginning of a name is no misspelling of another
    "calls --jsno": "did you mean --json?",
    "--jsno list": "did you mean --json?",
    "sla chek": "Did you mean 'check'",
}


@pytest.mark.parametrize("line", MISSPELT)
def test_who_mistypes_a_word_is_told_the_one_that_was_meant(desk: DeskRunner, line: str) -> None:
    done = desk.do(*line.split())
    assert done.exit == 2
    assert MISSPELT[line] in done.err


UNFINISHED = {
    "resolve 1": "for example: itsm resolve 42 --how 'Restarted the IMAP service'",
    "notify test mail": "for example: itsm notify test mail --to me@example.com",
    "sla": "one of show, check, schema, explain, arm, simulate: itsm sla --help",
    "calendar due 24x7 now -2h": "-2… is negative: durations and numbers count forward, as in 1h30m",
    "calendar": "one of list, show, due, between: itsm calendar --help",
    "open Mail is down": "more words than itsm open takes: is down\n      quote what belongs together, for example: itsm open 'Mail server",
    "note 1 The third floor": "more words than itsm note takes: third floor\n      quote what belongs together",
    "assign network 1": "network is a team\n      the ticket comes first: itsm assign 1 network\n",
    "escalate network 1": "network is a team\n      the ticket comes first: itsm escalate 1 network\n",
    "escalate network": "network is a team\n      the ticket comes first: itsm escalate T-42 network\n",
    "resolve 1 --how": "Option '--how' requires an argument\n      itsm resolve --help\n",
    "sla explain 1 --at": "Option '--at' requires an argument\n      itsm sla --help\n",
    "notices dorp": "notices dorp: what is to be done?\n      did you mean drop?",
    "show 1 2": "more words than itsm show takes: 2\n      for example: itsm show 42",
    'list organization:"Smith': "the quote isn't closed\n      the shell takes quotes for itself, so put the whole word into others: 'org",
    "set 1 team=network": "team isn't set by hand\n      itsm assign 1 network\n",
    "set 1 assignee=li.lei": "assignee isn't set by hand\n      itsm assign 1 TEAM --to li.lei\n",
    "set 1 status=closed": "status isn't set by hand\n      itsm close --help\n",
    "set 1 status=done": "status isn't set by hand\n      itsm resolve --help\n",
}


@pytest.mark.parametrize("line", UNFINISHED)
def test_who_leaves_something_out_or_has_it_backwards_is_shown_how_it_is_done(desk: DeskRunner, line: str) -> None:
    done = desk.do(*line.split())
    assert done.exit == 2
    assert UNFINISHED[line] in done.err


@pytest.mark.parametrize("line", ["similar printer", "show printer", "resolve 1 --how Restarted printer"])
def test_who_names_no_ticket_but_a_word_hears_of_search_and_of_quotes(desk: DeskRunner, line: str) -> None:
    done = desk.do(*line.split())
    assert done.exit == 3
    assert "a text of several words wants quotes; to look for words: itsm search 'printer'" in done.err


@pytest.mark.parametrize(
    "line", ["--desk . list", "--desk=. --json list", "--json show 1", "-q --desk . calls", "--json sla show", "--by mei note 1 x"]
)
def test_what_all_commands_take_may_stand_before_the_command(desk: DeskRunner, line: str) -> None:
    words = line.split()
    place = next(n for n, word in enumerate(words) if not word.startswith("-") and words[n - 1] not in ("--desk", "--by"))
    assert desk.ok(*words).out == desk.ok(*words[place:], *words[:place]).out


def test_the_commands_that_have_commands_are_known_without_building_them() -> None:
    assert {name for name in COMMANDS if getattr(built(name), "commands", None)} == set(GROUPS)
