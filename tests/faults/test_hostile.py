"""Hostile files, IDs and words, each with what must be said of it: no traceback, no time-out, and every other ticket goes on working."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk_runner import DeskRunner
from tests.faults.scenes import ALL
from tests.store.cases import CANONICAL
from tests.store.test_strict import HOSTILE


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = DeskRunner.made(tmp_path_factory.mktemp("hostile") / "desk")
    for title in ("Mail is down", "FTP is slow"):
        desk.ok("open", title)
    desk.ok("sweep")
    return desk


@pytest.fixture
def kept(desk):
    """The desk, put back after the test."""
    before = desk.files()
    (desk.root / ".itsm" / "last-number").unlink(missing_ok=True)
    yield desk
    for path in (*desk.root.glob("*.yaml"), *desk.root.glob("tickets/*")):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        path.unlink(missing_ok=True)
    for name, content in before.items():
        (desk.root / name).write_bytes(content)


def well(done, *codes):
    """It ended as it should, in words."""
    assert done.exit in codes, done
    assert "Traceback" not in done.err
    assert "a defect" not in done.err


def raw(content):
    return content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(("content", "line", "message", "remedy"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_ticket_is_named_and_the_others_go_on(kept, content, line, message, remedy):
    kept.file("T-3").write_bytes(raw(content))
    done = kept.do("check", "--json")
    well(done, 5)
    named = [one for one in done.data["problems"] if one["file"] == "tickets/T-3.yaml"]
    assert named
    assert message in named[0]["message"]
    assert named[0]["line"] == line
    listed = kept.do("list", "--json")
    well(listed, 5)
    assert [row["id"] for row in listed.data] == ["T-1", "T-2"]
    well(kept.do("show", "3"), 5)


@pytest.mark.parametrize(("content", "line", "message", "remedy"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_policy_is_named_and_tickets_can_still_be_noted(kept, content, line, message, remedy):
    (kept.root / "sla.yaml").write_bytes(raw(content))
    done = kept.do("sla", "check", "--json")
    well(done, 5)
    assert message in done.out + done.err
    well(kept.do("sweep"), 5)
    well(kept.do("note", "1", "still here"), 0)
    well(kept.do("list", "--json"), 0)


PLACES = ("tickets/T-3.yaml", "sla.yaml")
KINDS = {
    "a FIFO": os.mkfifo,
    "a folder": os.mkdir,
    "a link to a file": lambda path: path.symlink_to("/etc/passwd"),
    "a link to nowhere": lambda path: path.symlink_to("/nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "10 MB": lambda path: path.write_bytes(b"x" * 10_000_000),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_regular_file_is_told_and_never_waited_for(kept, place, kind):
    path = kept.root / place
    path.unlink(missing_ok=True)
    KINDS[kind](path)
    done = kept.do("check", "--desk", str(kept.root))
    well(done, 5)
    told = done.out + done.err
    assert "larger than" in told if kind == "10 MB" else "not a regular file" in told, done
    well(kept.do("list", "--desk", str(kept.root)), 0, 5)


NO_POLICY = KINDS | {
    "a tab": lambda path: path.write_text("schema: 1\n\tdesk: {}\n"),
    "a wrong key": lambda path: path.write_text("schema: 1\ndsk: {}\n"),
    "no UTF-8": lambda path: path.write_bytes(b"schema: 1\n# \xff\n"),
}


@pytest.mark.parametrize("kind", NO_POLICY)
def test_check_goes_on_with_everything_else_where_there_is_no_policy(tmp_path, kind):
    desk = DeskRunner.made(tmp_path / "desk")
    for title in ("Mail is down", "FTP is slow"):
        desk.ok("open", title)
    desk.ok("sweep", at="1h")
    [month] = (desk.root / "notices").glob("*.jsonl")
    month.write_text(month.read_text() + "nothing\n")
    desk.file().write_text(desk.file().read_text().replace("title:", "titel:"))
    for name, text in (("tickets/notes.txt", "x"), (".itsm/outbox/x.json", "{}"), ("templates/mail.txt", "{nobody}")):
        (desk.root / name).parent.mkdir(exist_ok=True)
        (desk.root / name).write_text(text)
    (desk.root / "tickets" / "archive" / "2026").mkdir(parents=True)
    (desk.root / "tickets" / "archive" / "2026" / "T-2.yaml").write_bytes(desk.file("T-2").read_bytes() + b"# older\n")
    (desk.root / "sla.yaml").unlink()
    NO_POLICY[kind](desk.root / "sla.yaml")
    for args in (("check",), ("check", "--fix")):
        done = desk.do(*args, "--json", at="1h")
        well(done, 5)
        named = {one["file"].removeprefix(f"{desk.root}/") for one in done.data["problems"]}
        assert named == {
            "sla.yaml", f"notices/{month.name}", "tickets/T-1.yaml", "tickets/notes.txt", "tickets/T-2.yaml", ".itsm/outbox/x.json",
            "templates/mail.txt",
        }  # fmt: skip
        assert done.data["tickets"] == 3


IDS = (
    "../T-1", "T-1/../T-1", "/etc/passwd", "T-1.yaml", "T-１", "Ｔ-1", "T-1\nT-2", "T-١", "T-+1", "T--1", "T-1e3", "T-0x1", "T-01", "-1",
    "--", "T-", "*", "T-*", "T-1;id", "$(id)", "%00", "T-99999999999999999999", "\u202eT-1", "T\u200b-1", "archive/2026", ".", "..",
)  # fmt: skip


@pytest.mark.parametrize("which", IDS, ids=ascii)
@pytest.mark.parametrize("command", ["show", "note"])
def test_an_id_that_is_none_is_found_nowhere_and_changes_nothing(kept, command, which):
    before = kept.files()
    well(kept.do(command, "--", which, *(["x"] if command == "note" else [])), 2, 3)
    assert kept.files() == before


WORDS = ("a\x00b", "a\x1b[31mb", "a\nT-99 FORGED", "a\rb", "\u202eb", "=cmd|' /C calc'!A0", "--help", "a\x85b", "a\u2028b", "\ud800")
FIELDS = ("--name", "--email", "--org", "--category", "--ci", "--mobile")


@pytest.mark.parametrize("word", WORDS, ids=ascii)
@pytest.mark.parametrize("field", FIELDS)
def test_any_word_in_any_field_is_refused_or_kept_and_nothing_of_it_is_obeyed(kept, field, word):
    done = kept.do("open", "Mail", f"{field}={word}", "--json")
    well(done, 0, 1, 2)
    shown = kept.do("list")
    well(shown, 0)
    assert not any(line.startswith("T-99") for line in shown.out.splitlines())
    assert "\x1b" not in shown.out
    assert "\u202e" not in shown.out
    well(kept.do("check"), 0)


@settings(max_examples=400 if ALL else 40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=60), at=st.integers(0, 3000), where=st.sampled_from(PLACES))
def test_any_bytes_in_any_file_are_read_or_refused(kept, bounded, junk, at, where):
    bounded()
    good = CANONICAL.replace("T-42", "T-3").encode() if where != "sla.yaml" else (kept.root / "sla.yaml").read_bytes()
    at %= len(good)
    (kept.root / where).write_bytes(good[:at] + junk + good[at:])
    try:
        for args in (("check",), ("list",), ("sweep", "--dry-run")):
            well(kept.do(*args, "--desk", str(kept.root)), 0, 5)
    finally:
        if where == "sla.yaml":
            (kept.root / where).write_bytes(good)


PARTS = (
    "{id}",
    "{title}",
    "{facts}",
    "{",
    "}",
    "{{",
    "{contact.name}",
    "{nobody}",
    "{id!r:>9999999}",
    "Subject: ",
    "\n",
    "{text} days",
    "%s",
    "\\",
    "\x1b",
)


@settings(max_examples=400 if ALL else 40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(st.sampled_from(PARTS) | st.text(max_size=8) | st.binary(max_size=4), max_size=30))
def test_any_template_is_filled_or_named_and_stops_nothing(kept, bounded, text):
    bounded()
    path = kept.root / "templates" / "notice.txt"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in text))
    try:
        well(kept.do("check"), 0, 5)
        well(kept.do("sweep", "--mail", "--dry-run", at="9h"), 0, 5)
    finally:
        path.unlink()


def test_a_hard_link_elsewhere_keeps_what_it_was_and_two_names_of_one_ticket_are_told(kept):
    """A backup by hard links must not change with the desk."""
    elsewhere = kept.root.parent / "backup.yaml"
    elsewhere.hardlink_to(kept.file())
    before = elsewhere.read_bytes()
    kept.ok("note", "1", "Phoned")
    assert elsewhere.read_bytes() == before != kept.file().read_bytes()
    elsewhere.unlink()
    kept.file("T-3").hardlink_to(kept.file())
    done = kept.do("check")
    well(done, 5)
    assert "tickets/T-3.yaml:1:" in done.out
