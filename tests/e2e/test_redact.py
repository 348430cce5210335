"""`redact`: a person's data is gone from every file of the desk, and everything else is as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.terminal import at_a_terminal

TRACES = ("王芳", "13800000001", "138 0000 0001", "wang.fang@example.com", "Wang.Fang@Example.com")


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    """T-1 and T-2 are Wang Fang's, T-2 archived; T-3 is another's and names her; T-4 has nothing to do with her."""
    desk = DeskRunner.made(tmp_path)
    wang = ["--name", "王芳", "--mobile", "+8613800000001", "--email", "wang.fang@example.com", "--org", "华东分公司"]
    desk.ok("open", "王芳 can't log in", *wang, "--description", "王芳 says so.\nSince nine.", "--team", "network")
    desk.ok("note", "1", "Her other number is 021-5555", "--from-customer")
    desk.ok("set", "1", "phone=021-55556666")
    desk.ok("open", "Old", "--name", "王芳", "--phone", "13800000001")
    desk.ok("close", "2", "--how", "Told Wang.Fang@Example.com", "--score", "4", "--comment", "thanks")
    (desk.root / "tickets" / "archive" / "2026").mkdir(parents=True)
    desk.file("T-2").rename(desk.root / "tickets" / "archive" / "2026" / "T-2.yaml")
    desk.ok("open", "Printer", "--name", "Zhao", "--mobile", "13900000000", "--description", "Ask 王芳, 138 0000 0001")
    desk.ok("open", "王芳华 is another", "--name", "Li")
    desk.ok("sweep")
    desk.ok("shift-note", "王芳 calls back at ten")
    desk.now = desk.moment("30m")
    return desk


def everything(desk: DeskRunner) -> str:
    return "\n".join(content.decode() for content in desk.files().values())


def test_a_person_is_gone_from_every_file_and_the_desk_is_in_order(desk: DeskRunner) -> None:
    done = desk.ok("redact", "--contact", "+86 138 0000 0001", "--yes", "--json").data
    assert (done["tickets"], done["mentioned"]) == (["T-1", "T-2"], ["T-3", "T-4"])
    assert set(done["lines"]) == {"notices/2026-11.jsonl", "shifts/2026-11.jsonl"}
    assert [trace for trace in TRACES if trace in everything(desk)] == []
    assert desk.ok("check").out.endswith("all is well\n")
    ticket = desk.ticket("1")
    assert ticket["title"] == "[redacted] can't log in"
    assert ticket["contact"] == {"name": "[redacted]", "organization": "华东分公司"}
    assert ticket["description"] == "[redacted]"
    assert [event["text"] for event in ticket["history"] if event["event"] == "noted"] == ["[redacted]"]
    assert desk.ticket("3")["description"] == "Ask [redacted], [redacted]"


def test_ids_times_moves_and_scores_stay_and_the_history_says_who_and_when_not_what(desk: DeskRunner) -> None:
    before = {which: desk.ticket(which) for which in ("1", "2")}
    desk.ok("redact", "--contact", "王芳", "--yes", "--by", "han")
    for which, old in before.items():
        new = desk.ticket(which)
        assert {key: new.get(key) for key in ("id", "status", "team", "opened", "closed", "score")} == {
            key: old.get(key) for key in ("id", "status", "team", "opened", "closed", "score")
        }
        *events, last = new["history"]
        assert [(event["id"], event["at"], event["event"]) for event in events] == [
            (event["id"], event["at"], event["event"]) for event in old["history"]
        ]
        assert (last["event"], last["by"], last["at"]) == ("redacted", "han", "2026-11-23T09:30:00Z")
        assert set(last) == {"id", "at", "by", "event"}


def test_nothing_is_said_a_second_time_because_of_it(desk: DeskRunner) -> None:
    def due() -> list[str]:
        return [action["key"] for action in desk.ok("sweep", "--dry-run", "--json").data["actions"]]

    said, coming = [fact["key"] for fact in desk.ok("notices", "--json").data], due()
    desk.ok("redact", "--contact", "王芳", "--yes")
    assert [fact["key"] for fact in desk.ok("notices", "--json").data] == said
    assert due() == coming


def test_twice_is_once(desk: DeskRunner) -> None:
    desk.ok("redact", "1", "--yes")
    before = desk.files()
    desk.ok("redact", "1", "--yes")
    assert desk.files() == before


def test_of_one_ticket_only_that_ticket_s_data_goes(desk: DeskRunner) -> None:
    others = {which: desk.file(which).read_bytes() for which in ("T-3", "T-4")}
    desk.ok("redact", "1", "--yes")
    assert "王芳" not in desk.file("T-1").read_text(encoding="utf-8")
    assert {which: desk.file(which).read_bytes() for which in others} == others
    assert desk.ticket("2")["contact"]["name"] == "王芳"


def test_only_the_fields_that_are_named(desk: DeskRunner) -> None:
    desk.ok("redact", "1", "--field", "phone", "--field", "title", "--yes")
    ticket = desk.ticket("1")
    assert ticket["title"] == "[redacted]"
    assert "phone" not in ticket["contact"]
    assert [event["text"] for event in ticket["history"] if event["event"] == "noted"] == ["Her other number is 021-5555"]
    assert ticket["contact"]["name"] == "王芳"
    assert desk.do("redact", "1", "--field", "adress", "--yes").exit == 2


def test_a_name_is_looked_for_as_a_whole_word(desk: DeskRunner) -> None:
    desk.ok("open", "The client of LI is slow", "--name", "Bob")
    desk.ok("redact", "--contact", "li", "--yes")
    assert desk.ticket("5")["title"] == "The client of [redacted] is slow"
    assert desk.ticket("4")["contact"] == {"name": "[redacted]"}


def test_a_comment_that_names_the_person_goes_too(desk: DeskRunner) -> None:
    desk.file().write_bytes("# 王芳 sits on floor 3\n".encode() + desk.file().read_bytes())
    desk.ok("redact", "1", "--yes")
    assert "王芳" not in desk.file().read_text(encoding="utf-8")


def test_a_message_on_its_way_is_dropped(desk: DeskRunner) -> None:
    desk.policy("smtp: 'localhost:25'", "smtp: '127.0.0.1:1'")
    assert desk.do("sweep", "--mail").exit == 7
    done = desk.ok("redact", "--contact", "王芳", "--yes", "--json").data
    assert done["messages"] > 0
    assert about(desk.root / ".itsm" / "outbox", "T-1/", "T-2/") == []
    assert desk.ok("check").out.endswith("all is well\n")


def test_a_message_that_was_given_up_goes_too(desk: DeskRunner) -> None:
    desk.policy("smtp: 'localhost:25'", "smtp: '127.0.0.1:1'")
    desk.do("sweep", "--mail")
    desk.do("sweep", "--mail", at="7d")
    dead = desk.root / ".itsm" / "outbox" / "dead"
    assert about(dead, "T-1/", "T-2/") != []
    desk.ok("redact", "--contact", "王芳", "--yes", at="7d")
    assert about(dead, "T-1/", "T-2/") == []


def about(folder: Path, *keys: str) -> list[str]:
    """The messages in this folder of the outbox that are about these tickets."""
    return [path.name for path in folder.glob("*.json") if any(key.startswith(keys) for key, _ in json.loads(path.read_text())["keys"])]


def test_a_dry_run_says_the_same_and_changes_nothing_and_nobody_is_erased_unasked(desk: DeskRunner) -> None:
    before = desk.files()
    dry = desk.ok("redact", "--contact", "王芳", "--dry-run", "--json").data
    assert desk.do("redact", "--contact", "王芳").exit == 2
    with at_a_terminal(desk, "redact", "--contact", "王芳") as person:
        assert "2 tickets of theirs: T-1, T-2" in person.waits_for("Erase it?")
        person.types("n\n")
        assert person.left() == 1
    assert desk.files() == before
    assert {**dry, "dry": False} == desk.ok("redact", "--contact", "王芳", "--yes", "--json").data


def test_who_is_nobody_s_customer_is_not_found_and_a_file_that_can_t_be_read_is_named(desk: DeskRunner) -> None:
    assert desk.do("redact", "--contact", "王", "--yes").exit == 3  # a part of a name is nobody
    assert desk.do("redact", "9", "--yes").exit == 3
    assert desk.do("redact", "--yes").exit == 2
    desk.file("T-4").write_text("id: [", encoding="utf-8")
    done = desk.do("redact", "--contact", "王芳", "--yes")
    assert done.exit == 5
    assert "tickets/T-4.yaml" in done.err
