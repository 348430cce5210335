"""Import as a use case: maps and files as people give them, and tickets that are there once, whatever happens meanwhile."""

import errno
import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.desk import importing
from itsm.desk.desk import Desk
from itsm.desk.import_files import MAPS, read_map_file
from itsm.desk.importing import Order, import_
from itsm.desk.tickets import Form, open_
from itsm.errors import Busy, Invalid, ItsmError, Usage
from itsm.model.lifecycle import Signature
from itsm.store import atomic, locks, many
from itsm.store.codec import Document

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAP = """\
schema: 1
rows: event
columns: {number: nr, title: what, moment: when, status: state, team: team, description: text}
"""
CSV = """\
nr,what,when,state,team,text
I-2,Printer,2026-01-02T10:00Z,New,,
I-1,Mail,2026-01-01T10:00Z,New,net,
I-1,Mail,2026-01-03T10:00Z,Resolved,net,
"""
MINT = iter(range(10_000))
HAND = Signature("mei", NOW, lambda: f"{next(MINT):026}")


@pytest.fixture
def desk(tmp_path):
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "sla.yaml").write_text("schema: 1\n")
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "log.csv").write_text(CSV)
    return Desk(folder)


def ordered(desk, file="log.csv", **more):
    folder = desk.root.parent
    return Order(folder / file, str(folder / "map.yaml"), NOW, **more)


def do(desk, text=None, **more):
    if text is not None:
        (desk.root.parent / "log.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return import_(desk, ordered(desk, **more))


def references(desk):
    return {one.ticket.id: one.ticket.reference for one in desk.tickets.read_all() if isinstance(one, Document)}


def facts(desk):
    return [fact for fact in desk.journal.facts() if fact["fact"] == "passed"]


# --- tickets ----------------------------------------------------------------------------------


def test_tickets_get_the_next_ids_in_the_order_of_their_opening(desk):
    open_(desk, Form("Here before"), HAND)
    summary = do(desk)
    assert references(desk) == {"T-1": "", "T-2": "I-1", "T-3": "I-2"}
    assert (summary.taken, summary.first, summary.last, summary.rows) == (2, "T-2", "T-3", 3)
    assert summary.events == {"opened": 2, "assigned": 1, "resolved": 1}
    assert summary.statuses == {"resolved": 1, "new": 1}


def test_what_is_here_is_not_taken_again_and_what_is_new_is(desk):
    do(desk)
    before = {path.name: path.read_bytes() for path in desk.tickets.folder.iterdir()}
    summary = do(desk, CSV + "I-0,Older,2025-01-01T10:00Z,New,,\n")
    assert (summary.taken, summary.here, summary.first) == (1, 2, "T-3")
    assert {name: desk.tickets.folder.joinpath(name).read_bytes() for name in before} == before


def test_an_archived_ticket_is_here_as_well(desk):
    do(desk)
    year = desk.tickets.folder / "archive" / "2026"
    year.mkdir(parents=True)
    (desk.tickets.folder / "T-1.yaml").rename(year / "T-1.yaml")
    assert (do(desk).taken, do(desk).here) == (0, 2)


@pytest.mark.parametrize("broken", ["<<<<<<< HEAD\n", "reference: I-9\n", "\tx\n"])
def test_a_broken_file_still_tells_its_number(desk, broken):
    do(desk)
    path = desk.tickets.folder / "T-1.yaml"
    path.write_text(broken + path.read_text())
    summary = do(desk)
    assert (summary.taken, summary.here) == (0, 2)
    assert [problem.file for problem in summary.problems] == ["tickets/T-1.yaml"]


def test_two_clones_import_the_same_bytes(desk, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "sla.yaml").write_text("schema: 1\n")
    do(desk)
    import_(Desk(other), ordered(desk))
    for path in desk.tickets.folder.iterdir():
        assert (other / "tickets" / path.name).read_bytes() == path.read_bytes()


def test_until_builds_the_desk_as_it_stood(desk):
    summary = do(desk, until=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert (summary.taken, summary.later, summary.statuses) == (1, 1, {"assigned": 1})


def test_a_dry_run_writes_nothing(desk):
    summary = do(desk, dry_run=True)
    assert (summary.taken, summary.events.total()) == (2, 4)
    assert [path.name for path in desk.root.rglob("*") if path.suffix in (".yaml", ".jsonl")] == ["sla.yaml"]


def test_levels_come_from_sla_yaml_unless_the_map_says_otherwise(desk):
    (desk.root / "sla.yaml").write_text("schema: 1\nteams: {net: {level: 3}}\n")
    do(desk)
    assert desk.tickets.read("T-1").ticket.level == 3


def test_a_ticket_that_no_file_can_carry_is_refused_and_the_rest_is_taken(desk):
    summary = do(desk, CSV.replace("Resolved,net,", "Resolved,net," + "x" * 100_000), dry_run=False)
    assert summary.taken == 2
    huge = "nr,what,when,state,team,text\n" + "".join(f"I-3,{'x' * 70_000}{n},2026-01-0{n}T10:00Z,New,,\n" for n in range(1, 10))
    summary = do(desk, huge + "I-4,Small,2026-01-09T11:00Z,New,,\n")
    assert (summary.taken, summary.lost, [(note.row, note.reference) for note in summary.refused]) == (1, 1, [(2, "I-3")])
    assert references(desk) == {"T-1": "I-1", "T-2": "I-2", "T-3": "I-4"}


def test_a_full_disk_stops_it_and_the_rest_is_taken_next_time(desk, monkeypatch):
    monkeypatch.setattr(importing, "_BATCH", 1)
    write, left = many.create, [1]

    def full(folder, files):
        if not left:
            raise ItsmError("no room") from OSError(28, "No space left on device")
        left.pop()
        return write(folder, files)

    monkeypatch.setattr(many, "create", full)
    with pytest.raises(ItsmError, match="no room"):
        do(desk)
    monkeypatch.undo()
    assert (do(desk).taken, references(desk)) == (1, {"T-1": "I-1", "T-2": "I-2"})


def test_without_hard_links_it_works_as_well(desk, monkeypatch):
    def link(*_args, **_how):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(atomic.os, "link", link)
    do(desk)
    assert sorted(path.name for path in desk.tickets.folder.iterdir()) == ["T-1.yaml", "T-2.yaml"]
    assert references(desk) == {"T-1": "I-1", "T-2": "I-2"}


def test_an_error_of_the_disk_leaves_neither_tickets_nor_leftovers(desk, monkeypatch):
    def fsync(_fd):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(importing, "record_passed", lambda *_fact: None)
    monkeypatch.setattr(atomic.os, "fsync", fsync)
    with pytest.raises(ItsmError, match="can't be written to: Input/output error"):
        do(desk)
    assert list(desk.tickets.folder.iterdir()) == []


# --- the past ---------------------------------------------------------------------------------


def test_the_journal_knows_of_the_tickets_before_their_files_are_there(desk, monkeypatch):
    seen = []
    monkeypatch.setattr(importing, "record_passed", lambda desk, *fact: seen.append((fact, desk.tickets.ids())))
    do(desk)
    assert seen == [(("T-1", "T-2", NOW), [])]


def test_one_fact_a_run_of_ids_says_that_the_past_is_past(desk):
    do(desk)
    assert facts(desk) == [{"at": "2026-11-22T09:00:00Z", "fact": "passed", "tickets": ["T-1", "T-2"], "until": "2026-11-22T09:00:00Z"}]


def test_a_killed_import_has_told_of_no_more_than_the_batch_at_hand(desk, monkeypatch):
    monkeypatch.setattr(importing, "_BATCH", 2)
    write = many.create

    def killed(folder, files):
        if "T-3.yaml" in files:
            raise KeyboardInterrupt
        return write(folder, files)

    monkeypatch.setattr(many, "create", killed)
    rows = "".join(f"I-{n},Mail,2026-01-01T1{n}:00Z,New,,\n" for n in range(9))
    with pytest.raises(KeyboardInterrupt):
        do(desk, "nr,what,when,state,team,text\n" + rows)
    assert [fact["tickets"] for fact in facts(desk)] == [["T-1", "T-2"], ["T-3", "T-4"]]


def test_armed_nothing_is_passed_over(desk):
    do(desk, arm=True)
    assert facts(desk) == []


def test_nothing_taken_nothing_passed_over(desk):
    do(desk)
    do(desk)
    assert len(facts(desk)) == 1


def test_tickets_that_others_open_meanwhile_keep_their_ids(desk, monkeypatch):
    monkeypatch.setattr(importing, "_BATCH", 3)
    write = many.create

    def interrupted(folder, files):
        """Somebody takes the ID that comes second, while the batch is being written."""
        if len(files) > 1:
            (folder / sorted(files)[1]).write_text("somebody else's")
        return write(folder, files)

    monkeypatch.setattr(many, "create", interrupted)
    rows = "".join(f"I-{n},Mail,2026-01-01T1{n}:00Z,New,,\n" for n in range(6))
    summary = do(desk, "nr,what,when,state,team,text\n" + rows)
    assert summary.taken == 6
    assert references(desk) == {"T-1": "I-0", "T-3": "I-2", "T-4": "I-1", "T-5": "I-3", "T-7": "I-5", "T-8": "I-4"}
    runs = [tuple(int(one.removeprefix("T-")) for one in fact["tickets"]) for fact in facts(desk)]
    assert all(any(first <= int(one.removeprefix("T-")) <= last for first, last in runs) for one in references(desk))


def test_two_imports_at_once_are_one(desk):
    with locks.try_lock(desk.root / ".itsm" / "import", "itsm import"), pytest.raises(Busy, match="another import is at work"):
        do(desk)


# --- maps and files ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(MAPS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_map_is_found_by_its_name(path):
    assert read_map_file(path.stem)[2] == str(path)


def test_a_map_that_is_not_there_suggests_a_shipped_one():
    with pytest.raises(Usage, match="no map servicenow") as caught:
        read_map_file("servicenow-incident-lag")
    assert "did you mean servicenow-incident-log?" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(MAP.replace("team:", "taem:"), "map.yaml:3:65: unknown key taem (did you mean team?)", id="a mistake"),
        pytest.param(MAP + "zone: UTC\nfinal: hwo\n", "map.yaml:4:1: unknown key zone", id="another"),
        pytest.param(MAP + "values: &x {}\n", "map.yaml:4:9: an anchor", id="no YAML that we read"),
        pytest.param("[]", "a map is a mapping", id="a list"),
        pytest.param(MAP.replace("what", "Title"), "map.yaml:3:23: the file has no column 'Title'", id="a column that the file lacks"),
    ],
)
def test_a_mistake_of_the_map_is_told_with_its_line(desk, text, message):
    (desk.root.parent / "map.yaml").write_text(text)
    with pytest.raises(Invalid) as caught:
        do(desk)
    assert message in caught.value.message
    assert desk.tickets.ids() == []


def test_all_mistakes_of_a_map_are_told_in_the_order_of_their_lines(desk):
    (desk.root.parent / "map.yaml").write_text(MAP + "zone: UTC\nfinal: hwo\n")
    with pytest.raises(Invalid) as caught:
        do(desk)
    assert [line.split(":")[1] for line in caught.value.message.splitlines()] == ["4", "5"]


def zipped(desk, **members):
    with zipfile.ZipFile(desk.root.parent / "log.zip", "w") as pack:
        for name, text in members.items():
            pack.writestr(name, text)
    return desk


def test_a_csv_may_be_in_a_zip(desk):
    assert do(zipped(desk, **{"folder/log.CSV": CSV, "README": "x", "__MACOSX/log.csv": "x"}), file="log.zip").taken == 2


@pytest.mark.parametrize(
    ("members", "message"), [({}, "holds 0 .csv files"), ({"a.csv": CSV, "b.csv": CSV}, "holds 2 .csv files: a.csv, b.csv")]
)
def test_a_zip_has_one_csv(desk, members, message):
    with pytest.raises(Usage, match=message):
        do(zipped(desk, **members), file="log.zip")


def test_a_damaged_zip_is_told(desk):
    zipped(desk, **{"log.csv": CSV})
    path = desk.root.parent / "log.zip"
    raw = bytearray(path.read_bytes())
    raw[50] ^= 255
    path.write_bytes(raw)
    with pytest.raises(Invalid, match="the zip can't be read"):
        do(desk, file="log.zip")


@pytest.mark.parametrize(
    ("encoding", "raw"),
    [
        ("utf-8", b"\xef\xbb\xbf" + CSV.encode()),
        ("cp1252", CSV.replace("Mail", "Wärme").encode("cp1252")),
        ("gb18030", CSV.replace("Mail", "邮件").encode("gb18030")),
        ("utf-16", CSV.replace("Mail", "邮件").encode("utf-16")),
    ],
)
def test_encodings(desk, encoding, raw):
    (desk.root.parent / "map.yaml").write_text(f"{MAP}encoding: {encoding}\n")
    assert (do(desk, raw).taken, desk.tickets.read("T-1").ticket.title) == (2, raw.decode(encoding).splitlines()[2].split(",")[1])


def test_bytes_of_another_encoding_refuse_their_row(desk):
    summary = do(desk, CSV.replace("Printer", "Wärme").encode("cp1252"))
    assert [(note.row, note.message) for note in summary.refused] == [(2, "it isn't utf-8: b'W\\xe4rme'")]
    assert summary.taken == 1


def test_another_encoding_altogether_is_told(desk):
    (desk.root.parent / "map.yaml").write_text(f"{MAP}encoding: utf-16\n")
    with pytest.raises(Invalid, match="not utf-16"):
        do(desk, CSV.encode("utf-16")[:-1])


@pytest.mark.parametrize(
    ("file", "message"),
    [("none.csv", "there is no file"), ("desk", "can't be read: not a regular file"), ("/dev/zero", "not a regular file")],
)
def test_a_file_that_cannot_be_had_is_wrong_usage(desk, file, message):
    with pytest.raises(Usage, match=message):
        do(desk, file=file)


def test_hostile_text_comes_through_unharmed(desk):
    title = 'disk [/var] full \x1b[31m{"a": 1}: #no, "yes" \u202e é 王芳'
    escaped = title.replace('"', '""')
    do(desk, f'nr,what,when,state,team,text\nI-1,"{escaped}",2026-01-01T10:00Z,New,,"one\n\n  two"\n')
    ticket = desk.tickets.read("T-1").ticket
    assert (ticket.title, ticket.description) == (title, "one\n\n  two")


@pytest.mark.parametrize("what", ["the file", "the map"])
def test_a_pipe_is_refused_and_never_waited_for(desk, what):
    folder = desk.root.parent
    os.mkfifo(folder / "pipe")
    order = (
        Order(folder / "pipe", str(folder / "map.yaml"), NOW)
        if what == "the file"
        else Order(folder / "log.csv", str(folder / "pipe"), NOW)
    )
    with pytest.raises(Usage, match="pipe: can't be read: not a regular file"):
        import_(desk, order)


def test_a_link_to_a_file_or_to_a_map_is_as_good_as_the_file(desk):
    folder = desk.root.parent
    (folder / "log").symlink_to("log.csv")
    (folder / "map").symlink_to("map.yaml")
    assert import_(desk, Order(folder / "log", str(folder / "map"), NOW)).taken == 2


@pytest.mark.parametrize(
    "long", ["x" * 3_000_000, '"' + "x,\n" * 10 + "y" * 3_000_000 + '"'], ids=["plain", "in quotes, over several lines"]
)
def test_a_line_without_end_refuses_its_row_and_is_never_held_whole(desk, long):
    """Where it is the record's first, even the ticket's number is out of reach."""
    zipped(desk, **{"log.csv": CSV.replace("New,net,", f"New,net,{long}") + "I-3,Last,2026-01-04T10:00Z,New,,\n"})
    summary = do(desk, file="log.zip")
    message = "one of its lines is longer than 1,048,576 characters"
    unknown = "; which ticket it tells of isn't known" if long[0] == "x" else ""
    assert [(note.row, note.reference, note.message) for note in summary.refused] == [(3, "" if unknown else "I-1", message + unknown)]
    assert sorted(references(desk).values()) == [*(["I-1"] if unknown else []), "I-2", "I-3"]


def test_bytes_of_utf_16_hint_at_the_encoding(desk):
    with pytest.raises(Invalid, match="not utf-8: it is full of NUL characters") as caught:
        do(desk, CSV.encode("utf-16-le"))
    assert "`encoding:`" in caught.value.hint


@pytest.mark.parametrize("kind", ["folder", "pipe", "broken"])
def test_what_is_named_like_a_ticket_and_cannot_be_read_is_a_problem_and_no_more(desk, kind):
    do(desk)
    path = desk.tickets.folder / "T-5.yaml"
    {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "broken": lambda: path.write_text("reference: I-9\n?")}[kind]()
    summary = do(desk, CSV + "I-9,Last,2026-01-04T10:00Z,New,,\n")
    assert ([problem.file for problem in summary.problems], summary.taken) == (["tickets/T-5.yaml"], 0 if kind == "broken" else 1)


def test_progress_is_told(desk):
    told = []
    import_(desk, ordered(desk), lambda *word: told.append(word))
    size = Path(desk.root.parent / "log.csv").stat().st_size
    assert told[0] == ("reading", size, size)
    assert told[-1] == ("writing", 0, 2)
    assert json.dumps(told)
