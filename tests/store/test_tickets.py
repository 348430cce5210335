"""The tickets of a desk: found by name, made once, changed only if nobody else did meanwhile."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from itsm.errors import Busy, Invalid, ItsmError, NotFound, Refused
from itsm.model.ticket import Ticket
from itsm.store import locks
from itsm.store.codec import Document
from itsm.store.tickets import Broken, Tickets
from tests.store.cases import CANONICAL, MINIMAL, OPENED, event


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "tickets" / "archive" / "2025").mkdir(parents=True)
    return Tickets(tmp_path)


def write(desk, name, text=None):
    path = desk.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text is not None else MINIMAL.replace("T-1", path.stem), encoding="utf-8")


def build(ticket_id):
    return Ticket(id=ticket_id, title="Slow FTP", opened=OPENED)


def note(ticket):
    return replace(ticket, history=(*ticket.history, event(len(ticket.history))))


# --- which there are


def test_tickets_are_listed_by_number(desk):
    for name in ("T-10.yaml", "T-9.yaml", "archive/2025/T-2.yaml", "archive/2024/T-3.yaml", "T-100.yaml"):
        write(desk, name)
    assert desk.ids() == ["T-9", "T-10", "T-100"]
    assert desk.archived() == ["T-2", "T-3"]


def test_a_desk_without_tickets_has_none(tmp_path):
    assert Tickets(tmp_path).ids() == Tickets(tmp_path).archived() == Tickets(tmp_path).strays() == []


def test_what_is_no_ticket_is_named(desk):
    for name in (
        "T-1.yaml",
        "t-2.yaml",
        "T-03.yaml",
        "T-4.yml",
        "README.md",
        "T-5.yaml~",
        "Ｔ-6.yaml",
        "archive/2025/x",
        "archive/old",
        ".T-7.yaml.swp",
    ):
        write(desk, name)
    named = [problem.file.removeprefix("tickets/") for problem in desk.strays()]
    assert named == ["README.md", "T-03.yaml", "T-4.yml", "T-5.yaml~", "t-2.yaml", "Ｔ-6.yaml", "archive/old", "archive/2025/x"]
    assert desk.ids() == ["T-1"]


def test_unfinished_writes_are_no_tickets(desk):
    write(desk, ".T-1.yaml.7.0123abcd.tmp")
    assert not desk.ids()
    assert not desk.strays()


def test_a_ticket_is_found_live_first_then_in_the_archive(desk):
    write(desk, "archive/2025/T-1.yaml")
    write(desk, "archive/2025/T-2.yaml")
    write(desk, "T-2.yaml")
    found = [desk.find(one) for one in ("T-1", "T-2", "T-3")]
    assert found == [desk.folder / "archive/2025/T-1.yaml", desk.folder / "T-2.yaml", None]


@pytest.mark.parametrize("name", ["../sla", "t-1", "T-1/../T-1", "", "T-1\n", "１"])
def test_what_is_no_id_is_no_file(desk, name):
    write(desk, "T-1.yaml")
    with pytest.raises(NotFound) as caught:
        desk.read(name)
    assert caught.value.exit_code == 3


def test_a_ticket_is_found_by_the_number_of_another_system(desk):
    write(desk, "T-1.yaml", MINIMAL + "description: about INC-7\n")
    write(desk, "T-2.yaml", MINIMAL.replace("T-1", "T-2") + "reference: INC-7\n")
    write(desk, "archive/2025/T-3.yaml", MINIMAL.replace("T-1", "T-3") + 'reference: "it\'s"\n')
    write(desk, "T-4.yaml", "broken: [INC-8")
    assert [desk.by_reference(one) for one in ("INC-7", "it's", "INC-8")] == ["T-2", "T-3", None]


# --- reading


def test_a_bad_file_is_told_of_with_its_line_and_what_to_do(desk):
    write(desk, "T-1.yaml", MINIMAL.replace("status: new", "status: nwe").replace("Slow FTP", "42"))
    with pytest.raises(Invalid, match=r"^tickets/T-1\.yaml:3: title is a text, but 42 is none \(and 1 more") as caught:
        desk.read("T-1")
    assert (caught.value.exit_code, caught.value.hint) == (5, "put it in quotes")


def test_one_bad_file_never_stops_the_rest(desk):
    write(desk, "T-1.yaml")
    write(desk, "T-2.yaml", MINIMAL)
    (desk.folder / "T-3.yaml").symlink_to(desk.folder / "T-1.yaml")
    os.mkfifo(desk.folder / "T-4.yaml")
    (desk.folder / "T-5.yaml").mkdir()
    write(desk, "T-6.yaml", "")
    (desk.folder / "T-7.yaml").write_bytes(b"x" * 1_100_000)
    (desk.folder / "T-8.yaml").write_bytes(b"\xff")
    write(desk, "T-9.yaml")
    found = list(desk.read_all())
    assert [one.ticket.id for one in found if isinstance(one, Document)] == ["T-1", "T-9"]
    assert [str(one.problems[0]).partition(" (")[0] for one in found if isinstance(one, Broken)] == [
        "tickets/T-2.yaml:1:1: the id is T-1, but the file is T-2.yaml",
        "tickets/T-3.yaml: not a regular file",
        "tickets/T-4.yaml: not a regular file",
        "tickets/T-5.yaml: not a regular file",
        "tickets/T-6.yaml: the file is empty",
        "tickets/T-7.yaml: larger than 1,048,576 bytes",
        "tickets/T-8.yaml:1: not UTF-8: byte 0xFF",
    ]


def test_archived_tickets_are_read_on_demand(desk):
    write(desk, "archive/2025/T-1.yaml")
    assert [one.name for one in desk.read_all(archived=True) if isinstance(one, Document)] == ["tickets/archive/2025/T-1.yaml"]
    assert not list(desk.read_all())


# --- making


def test_a_new_ticket_gets_the_next_number(desk):
    write(desk, "T-7.yaml")
    assert [desk.create(build).id for _ in range(2)] == ["T-8", "T-9"]
    assert Tickets(desk.root).create(build).id == "T-10"


def test_numbers_of_archived_and_deleted_tickets_are_not_given_again(desk):
    write(desk, "archive/2025/T-7.yaml")
    assert desk.create(build).id == "T-8"
    (desk.folder / "T-8.yaml").unlink()
    assert Tickets(desk.root).create(build).id == "T-9"


def test_one_sequence_whatever_the_prefix(desk):
    write(desk, "T-7.yaml")
    assert Tickets(desk.root, "HD").create(build).id == "HD-8"


@pytest.mark.parametrize(("names", "highest"), [
    ([], 0),
    (["T-7.yaml", "T-10.yaml", "T-9.yaml"], 10),
    (["T-7.yaml", "INC-12.yaml", "A0-11.yaml"], 12),
    (["T-7.yaml", "T-08.yaml", "t-9.yaml", "T-0.yaml", "TT.yaml", "T-10.yml", "T-11.yaml~", "xT-12.yaml", ".T-13.yaml"], 7),
    (["T-7.yaml", "T-1234567890.yaml"], 7),
    (["T-7.yaml", "x\nT-8.yaml", "T-9.yaml\n", "T-10.yaml\nx", "T-٣.yaml", "T-11.yaml T-12.yaml"], 7),
])  # fmt: skip
def test_the_highest_number_is_that_of_a_file_with_a_tickets_whole_name(tmp_path, names, highest):
    (tmp_path / "tickets").mkdir()
    for name in names:
        (tmp_path / "tickets" / name).touch()
    assert Tickets(tmp_path).numbers_in() == highest


def test_a_number_that_another_process_took_meanwhile_is_passed_over(desk):
    desk.create(build)
    write(desk, "T-2.yaml")

    def slow(ticket_id):
        if ticket_id == "T-3":
            write(desk, "T-3.yaml")
        return build(ticket_id)

    assert desk.create(slow).id == "T-4"


@pytest.mark.parametrize("mark", ["", "x", "-5", "9" * 200, "1\n"], ids=ascii)
def test_a_broken_mark_keeps_nobody_from_opening_a_ticket(desk, mark):
    write(desk, "T-7.yaml")
    (locks.own_folder(desk.root) / "last-number").write_text(mark)
    assert desk.create(build).id == "T-8"


def test_a_folder_of_our_own_that_can_not_be_had_keeps_nobody_from_opening_a_ticket(desk):
    (desk.root / locks.OWN).write_text("a file")
    assert desk.create(build).id == "T-1"


def test_a_lock_that_another_holds_keeps_nobody_from_opening_a_ticket(desk):
    with desk.locked("sweep"):
        assert desk.create(build).id == "T-1"


def test_a_ticket_that_no_file_can_carry_is_not_made(desk):
    with pytest.raises(ItsmError, match="no UTF-8"):
        desk.create(lambda one: replace(build(one), title="caf\udce9"))
    with pytest.raises(ItsmError, match="larger than"):
        desk.create(lambda one: replace(build(one), description="x" * 1_100_000))
    assert not desk.ids()


def test_tickets_that_can_not_be_made_are_said_so(tmp_path):
    (tmp_path / "tickets").write_text("a file")
    with pytest.raises(ItsmError, match="tickets: can't be made"):
        Tickets(tmp_path).create(build)


# --- changing


def test_a_change_goes_to_the_file(desk):
    desk.create(build)
    document = desk.change("T-1", note)
    assert len(document.ticket.history) == 1
    assert desk.read("T-1") == document


def test_a_change_that_changes_nothing_writes_nothing(desk):
    write(desk, "T-1.yaml", "# mine\n" + MINIMAL)
    before = (desk.folder / "T-1.yaml").stat()
    desk.change("T-1", lambda ticket: ticket)
    assert (desk.folder / "T-1.yaml").stat() == before


def test_an_archived_ticket_is_changed_where_it_is(desk):
    write(desk, "archive/2025/T-1.yaml")
    desk.change("T-1", note)
    assert "event: noted" in (desk.folder / "archive/2025/T-1.yaml").read_text()
    assert not desk.ids()


@pytest.mark.parametrize("meddle", [lambda path: path.write_text(CANONICAL), lambda path: path.unlink()], ids=["edited", "deleted"])
def test_a_file_that_changed_underneath_is_not_overwritten(desk, meddle):
    write(desk, "T-1.yaml")
    document = desk.read("T-1")
    meddle(desk.folder / "T-1.yaml")
    before = [path.read_bytes() for path in desk.folder.glob("T-*")]
    with pytest.raises(Refused, match="changed underneath") as caught:
        desk.save(document, note(document.ticket))
    assert caught.value.exit_code == 4
    assert [path.read_bytes() for path in desk.folder.glob("T-*")] == before


def test_a_refusal_of_the_edit_leaves_all_as_it_was(desk):
    write(desk, "T-1.yaml")

    def refuse(_):
        raise Refused("no")

    with pytest.raises(Refused):
        desk.change("T-1", refuse)
    with desk.locked("note", 0):  # and lets go of the lock
        assert desk.read("T-1").raw == MINIMAL.encode()


def test_changes_wait_for_the_desk_lock_only_so_long(desk):
    with desk.locked("sweep"), pytest.raises(Busy, match="sweep"), desk.locked("note", 0.05):
        pass


def test_a_folder_that_can_not_be_listed_is_named(desk, monkeypatch):
    def denied(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(ItsmError, match="tickets: can't be listed: Permission denied"):
        desk.ids()


def test_what_is_saved_by_hand_while_a_command_writes_is_not_lost(desk, monkeypatch):
    write(desk, "T-1.yaml", CANONICAL.replace("T-42", "T-1"))
    document, sync = desk.read("T-1"), os.fsync

    def saved_meanwhile(fd):
        sync(fd)
        (desk.folder / "T-1.yaml").write_text("by hand")

    monkeypatch.setattr(os, "fsync", saved_meanwhile)
    with pytest.raises(Refused, match="changed underneath"):
        desk.save(document, note(document.ticket))
    assert [(one.name, one.read_text()) for one in desk.folder.glob("**/*") if one.is_file()] == [("T-1.yaml", "by hand")]


def test_many_are_saved_and_one_that_changed_underneath_is_named(desk):
    for name in ("T-1.yaml", "T-2.yaml", "T-3.yaml", "archive/2025/T-4.yaml"):
        write(desk, name)
    documents = [desk.read(one) for one in ("T-1", "T-2", "T-3", "T-4")]
    write(desk, "T-2.yaml", CANONICAL.replace("T-42", "T-2"))
    (desk.folder / "T-3.yaml").rename(desk.folder / "archive/2025/T-3.yaml")
    failed = desk.save_many([(one, note(one.ticket)) for one in documents])
    assert {one: type(error) for one, error in failed.items()} == {"T-2": Refused, "T-3": Refused}
    told = {path.stem for path in desk.folder.glob("**/*.yaml") if "event: noted" in path.read_text()}
    assert told == {"T-1", "T-4"}
