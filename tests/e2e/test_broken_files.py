"""Files broken on purpose: each is named with its line, the reason and the remedy; everything else goes on (page 2, sentence 20)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.desk_runner import T0, DeskRunner, span, stamp
from tests.terminal import seen

GOOD = """\
id: T-2
type: incident
title: FTP is slow
status: new
opened: 2026-11-23T09:00:00Z
history:
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FA, at: 2026-11-23T09:00:00Z, by: mei, event: opened}
"""
ALIAS_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)

# What is in the file, the line that `check` names (0: none), and a word of the reason.
FAULTS: dict[str, tuple[bytes, int, str]] = {
    "conflict markers": (
        GOOD.replace("status: new\n", "<<<<<<< HEAD\nstatus: new\n=======\nstatus: assigned\n>>>>>>> theirs\n").encode(),
        4,
        "conflict",
    ),
    "a tab as indent": (GOOD.replace("history:\n- {", "contact:\n\tname: Wang\nhistory:\n- {").encode(), 7, "tab"),
    "a key twice": (GOOD.replace("status: new\n", "status: new\nstatus: closed\n").encode(), 5, "status"),
    "an alias bomb": (ALIAS_BOMB.encode() + GOOD.encode(), 1, "a"),
    "an alias": (GOOD.replace("title: FTP is slow", "title: &t FTP\nx_copy: *t").encode(), 3, ""),
    "a wrong type": (GOOD.replace("title: FTP is slow", "title: [FTP, is, slow]").encode(), 3, "title"),
    "a number for a title": (GOOD.replace("FTP is slow", "42").encode(), 3, "title"),
    "a status that is none": (GOOD.replace("status: new", "status: nwe").encode(), 4, "nwe"),
    "a status that history denies": (GOOD.replace("status: new", "status: closed").encode(), 4, "history"),
    "no instant": (GOOD.replace("opened: 2026-11-23T09:00:00Z", "opened: yesterday").encode(), 5, "yesterday"),
    "an unknown key": (GOOD.replace("status: new", "state: new").encode(), 4, "state"),
    "an unknown event": (GOOD.replace("event: opened", "event: opend").encode(), 7, "opend"),
    "an event twice": ((GOOD + GOOD.splitlines()[-1] + "\n").encode(), 8, "twice"),
    "another's id": (GOOD.replace("T-2", "T-22").encode(), 1, "T-22"),
    "a list": (b"- a\n- b\n", 1, "no ticket"),
    "half a flow mapping": (GOOD.replace("event: opened}", "event: opened").encode(), 0, ""),
    "empty": (b"", 0, ""),
    "only blanks": (b"\n  \n\n", 0, ""),
    "not UTF-8": (GOOD.replace("FTP", "F\xdc").encode("latin-1"), 3, "UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), 0, "UTF-8"),
    "a NUL": (GOOD.replace("FTP", "F\0P").encode(), 3, ""),
    "too big": ((GOOD + "x_more: |\n" + "  x\n" * 300_000).encode(), 0, "1,048,576 bytes"),
    "too deep": ((GOOD + "x_deep: " + "[" * 30 + "]" * 30 + "\n").encode(), 8, "deep"),
    "a tag": (GOOD.replace("FTP is slow", "!!python/object/apply:os.system [id]").encode(), 3, "tag"),
    "a merge key": (GOOD.replace("status: new", "x_a: {<<: {b: 1}}\nstatus: new").encode(), 4, "merge"),
    "two documents": ((GOOD + "---\n" + GOOD).encode(), 8, ""),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    desk = DeskRunner.made(tmp_path_factory.mktemp("broken"))
    for title in ("Mail server does not answer", "FTP is slow", "One of three UPSs is broken"):
        desk.ok("open", title)
    return desk


@pytest.fixture
def desk(template: DeskRunner, tmp_path: Path) -> DeskRunner:
    return template.copied(tmp_path)


@pytest.mark.parametrize(("content", "line", "word"), FAULTS.values(), ids=FAULTS)
def test_check_names_the_file_the_line_the_reason_and_the_remedy(desk: DeskRunner, content: bytes, line: int, word: str) -> None:
    desk.file("T-2").write_bytes(content)
    done = desk.do("check", "--json")
    assert done.exit == 5
    named = [problem for problem in done.data["problems"] if problem["file"] == "tickets/T-2.yaml"]
    assert len(named) == len(done.data["problems"])  # nothing is wrong with the others
    assert named[0]["line"] == line or not line, named
    assert any(word in problem["message"] for problem in named), named
    assert named[0]["remedy"], named
    text = desk.do("check")
    assert text.exit == 5
    assert text.out.startswith(f"tickets/T-2.yaml:{line}" if line else "tickets/T-2.yaml")
    assert desk.file("T-2").read_bytes() == content


UNREADABLE = {name: row for name, row in FAULTS.items() if name != "a status that history denies"}


@pytest.mark.parametrize(("content", "line", "word"), UNREADABLE.values(), ids=UNREADABLE)
def test_sweep_and_list_go_on_with_the_rest_and_leave_with_5(desk: DeskRunner, content: bytes, line: int, word: str) -> None:
    desk.file("T-2").write_bytes(content)
    listed = desk.do("list", "--json")
    assert (listed.exit, [row["id"] for row in listed.data]) == (5, ["T-1", "T-3"])
    assert "tickets/T-2.yaml" in desk.do("list").err

    swept = desk.do("sweep", "--json")
    assert swept.exit == 5
    assert {action["ticket"] for action in swept.data["actions"]} == {"T-1", "T-3"}
    assert {problem["file"] for problem in swept.data["problems"]} == {"tickets/T-2.yaml"}
    again = desk.do("sweep", "--json")
    assert (again.exit, again.data["actions"]) == (5, [])  # the rest was done
    assert desk.do("show", "2").exit == 5
    assert desk.do("show", "1").exit == 0
    assert desk.ok("open", "A fourth", "--json").data["id"] == "T-4"
    assert desk.file("T-2").read_bytes() == content


def test_two_files_with_one_id_are_named_both(desk: DeskRunner) -> None:
    shutil.copy(desk.file("T-2"), desk.file("T-5"))
    done = desk.do("check", "--json")
    assert done.exit == 5
    [problem] = done.data["problems"]
    assert (problem["file"], problem["line"]) == ("tickets/T-5.yaml", 1)
    assert "T-2" in problem["message"]
    archive = desk.root / "tickets" / "archive" / "2026"
    archive.mkdir(parents=True)
    desk.file("T-5").unlink()
    shutil.copy(desk.file("T-2"), archive)
    done = desk.do("check", "--json")
    assert done.exit == 5
    assert "two files with one id" in " ".join(problem["remedy"] for problem in done.data["problems"])
    assert desk.do("sweep").exit in (0, 5)


@pytest.mark.parametrize(
    "name", ["T-2.yml", "T-02.yaml", "t-2.yaml", "T-2 (copy).yaml", "T-2.yaml.orig", "notes.txt", "T-٢.yaml", "T-2\n.yaml"]
)
def test_a_file_that_is_no_ticket_is_named_and_never_taken_for_one(desk: DeskRunner, name: str) -> None:
    (desk.root / "tickets" / name).write_text(GOOD)
    done = desk.do("check")
    assert done.exit == 5
    assert len(done.out.splitlines()) == 2  # one line a problem, whatever is in a name
    assert [row["id"] for row in desk.do("list", "--json").data] == ["T-1", "T-2", "T-3"]


def test_all_of_them_at_once_stop_nobody(desk: DeskRunner) -> None:
    for number, (content, _, _) in enumerate(UNREADABLE.values(), 110):
        desk.file(f"T-{number}").write_bytes(content.replace(b"T-2\n", f"T-{number}\n".encode()))
    assert len(desk.do("list", "--json").data) == 3
    swept = desk.do("sweep", "--json")
    assert {action["ticket"] for action in swept.data["actions"]} == {"T-1", "T-2", "T-3"}
    named = {problem["file"] for problem in desk.do("check", "--json").data["problems"]}
    assert named == {f"tickets/T-{number}.yaml" for number in range(110, 110 + len(UNREADABLE))}


def test_what_is_not_a_file_is_named_too(desk: DeskRunner) -> None:
    desk.file("T-8").mkdir()
    desk.file("T-9").symlink_to("/etc/passwd")
    desk.file("T-10").symlink_to(desk.root / "nowhere")
    done = desk.do("check", "--json")
    assert {problem["file"] for problem in done.data["problems"]} == {f"tickets/T-{number}.yaml" for number in (8, 9, 10)}
    assert "root:" not in desk.do("check").out
    assert len(desk.do("list", "--json").data) == 3


def test_a_state_that_history_denies_is_mended_on_request(desk: DeskRunner) -> None:
    desk.file("T-2").write_bytes(FAULTS["a status that history denies"][0])
    done = desk.do("check", "--fix", "--json")
    assert done.exit == 0, done
    assert done.data["fixed"]
    assert desk.file("T-2").read_text() == GOOD


def test_torn_lines_of_the_journal_cost_nobody_a_notice(desk: DeskRunner) -> None:
    desk.ok("sweep")
    [journal] = (desk.root / "notices").iterdir()
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-20])  # the machine died while the last line was written
    assert desk.do("check").exit == 5
    swept = desk.do("sweep", "--json")
    assert swept.exit in (0, 5)
    assert len(swept.data["actions"]) <= 1  # at most what the torn line told of
    assert desk.do("sweep", "--json").data["actions"] == []


# --- opened while sla.yaml was broken -----------------------------------------------------------


def opened_without_a_policy(desk: DeskRunner, *options: str) -> str:
    """A ticket at T0 on a desk whose sla.yaml is broken just then. What the command said."""
    policy = desk.root / "sla.yaml"
    whole = policy.read_bytes()
    policy.write_bytes(b"schema: 1\nteams: [\n")
    done = desk.do("open", "Mail server does not answer", *options)
    assert done.exit == 0
    assert "sla.yaml:" in done.err
    policy.write_bytes(whole)
    return done.err


@pytest.fixture
def promising(tmp_path: Path) -> DeskRunner:
    """A desk that promises to resolve a P2 in two hours, and nothing for others."""
    desk = DeskRunner.made(tmp_path)
    desk.policy("match: {type: incident}", "match: {priority: P2}")
    return desk


@pytest.mark.parametrize(
    ("words", "then"),
    [
        (["--team", "network"], "itsm assign T-1 network\n"),
        (["--team", "network", "--to", "li.lei"], "itsm assign T-1 network --to li.lei\n"),
    ],
    ids=["a team", "a person in it"],
)
def test_whoever_meant_a_team_hears_that_nobody_has_it_and_what_to_do(promising: DeskRunner, words: list[str], then: str) -> None:
    said = opened_without_a_policy(promising, *words)
    assert said.endswith(f"T-1 is with nobody: only sla.yaml says who is in which team. Then: {then}")
    promising.ok(*then.split()[1:])
    assert promising.ticket()["team"] == "network"


@pytest.mark.parametrize("content", ["", "# nothing but a word\n"], ids=["empty", "a comment"])
def test_of_an_empty_policy_the_advice_leaves_a_desk(promising: DeskRunner, content: str) -> None:
    (promising.root / "sla.yaml").write_text(content)
    done = promising.ok("open", "Mail is down")
    assert done.err == "sla.yaml: the file is empty (restore it from git, or begin it with schema: 1)\n"
    (promising.root / "sla.yaml").write_text("schema: 1\n")
    assert promising.ok("list").err == ""


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("    'yes': {mark", "    yes: {mark", "61:5: warning: yes"),
        ("name: Service desk", "name: Off", "7:9: warning: Off"),
        ("notify: [assignee, contact]\n", "notify: [assignee, contact]\n  x_old: [on]\n", "52:11: warning: on"),
    ],
    ids=["an answer", "a name", "a key of one's own"],
)
def test_a_text_that_others_read_as_true_or_false_is_warned_of(promising: DeskRunner, old: str, new: str, place: str) -> None:
    promising.policy(old, new)
    done = promising.ok("sla", "check")
    word = place.rpartition(" ")[2]
    assert done.out == f"sla.yaml:{place} is a text here, and true or false for many other programs (put it in quotes: '{word}')\n"
    assert promising.do("sla", "check", "--strict").exit == 5
    assert promising.ok("list").err == ""  # nothing is wrong with it


def test_while_the_policy_is_broken_a_person_hears_once_that_times_are_in_utc(promising: DeskRunner) -> None:
    promising.policy("timezone: UTC ", "timezone: Asia/Shanghai ")
    promising.ok("open", "Mail is down")
    assert "opened     2026-11-23 17:00" in seen(promising, "show", "1", env={"TERM": "xterm"})
    promising.policy("teams:\n", "teams\n")
    told = seen(promising, "show", "1", env={"TERM": "xterm", "COLUMNS": "120"})
    assert "opened     2026-11-23 09:00" in told
    assert told.count("until sla.yaml is mended, its time zone can't be read: times are in UTC\n") == 1
    piped = promising.ok("show", "1")
    assert "opened     2026-11-23T09:00:00Z" in piped.out  # which says so itself
    assert "times are in UTC" not in piped.err


def test_the_next_sweep_gives_it_its_priority_and_promises_count_from_the_start(promising: DeskRunner) -> None:
    opened_without_a_policy(promising, "--urgency", "high")
    assert "priority" not in promising.ticket()
    promising.ok("sweep", "--dry-run", at="3h")
    assert "priority" not in promising.ticket()
    swept = promising.ok("sweep", "--json", at="3h").data
    ticket = promising.ticket(at="3h")
    assert ticket["priority"] == "P2"
    assert [(one["by"], one["event"]) for one in ticket["history"][1:]] == [("itsm", "prioritized"), ("itsm", "breached")]
    assert [(one["target"], one["due"]) for one in ticket["sla"]] == [("resolve", stamp(T0 + span("2h")))]  # page 3, sentence 9
    assert [one["ticket"] for one in swept["breaches"]] == ["T-1"]
    assert promising.ok("check").out.endswith("all is well\n")
    files = promising.files()
    promising.ok("sweep", at="3h")
    assert promising.files() == files


def test_a_priority_that_was_taken_or_set_by_hand_stays_as_it_is(promising: DeskRunner) -> None:
    opened_without_a_policy(promising)
    promising.ok("set", "1", "priority=P1")
    promising.ok("sweep", at="1m")
    assert promising.ticket()["priority"] == "P1"


def test_an_ended_one_is_left_alone(promising: DeskRunner) -> None:
    opened_without_a_policy(promising, "--answered", "It does again")
    promising.ok("sweep", at="1m")
    assert "priority" not in promising.ticket()
