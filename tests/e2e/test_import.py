"""`itsm import` from the shell: what it prints, what it writes, and its exit codes."""

import json

import pytest

from tests.desk_runner import DeskRunner

MAP = """\
schema: 1
rows: ticket
columns: {number: Nr, title: Short, opened: Opened, closed: Closed, status: State, team: Group, name: Caller}
values: {status: {Waiting: {pending: customer}}}
"""
LIST = """\
Nr,Short,Opened,Closed,State,Group,Caller
INC9,Printer on fire,2026-11-20T08:00:00Z,,new,servicedesk,Wang Fang
INC7,Mail is slow,2026-11-19T08:00:00Z,,Waiting,,Li Lei
INC8,disk [/var] full,2026-11-18T08:00:00Z,2026-11-18T09:00:00Z,closed,,王芳
"""


@pytest.fixture
def desk(tmp_path):
    made = DeskRunner.made(tmp_path / "desk")
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "list.csv").write_text(LIST)
    return made


def test_the_summary_for_people(desk):
    done = desk.ran("import", "../list.csv", "--map", "../map.yaml")
    assert done.out == (
        "         taken  3 tickets of 3 rows, T-1 to T-3\n"
        "        events  6: assigned 1, closed 1, opened 3, pending 1\n"
        "        status  3: assigned 1, closed 1, pending 1\n"
        "  already here  0\n"
        "       refused  0 rows\n"
        "       changed  0 rows\n"
    )
    assert done.err == "what was due before now is passed over: no sweep will say it (import --arm is for those who want it said)\n"


def test_tickets_are_found_by_the_number_of_the_source(desk):
    desk.ok("import", "../list.csv", "--map", "../map.yaml")
    shown = desk.ticket("INC8")
    assert (shown["id"], shown["title"], shown["status"], shown["contact"]) == ("T-1", "disk [/var] full", "closed", {"name": "王芳"})
    assert shown["closed"] == "2026-11-18T09:00:00Z"
    assert desk.ok("check").exit == 0


def test_the_summary_for_scripts(desk):
    data = desk.ok("import", "../list.csv", "--map", "../map.yaml", "--until", "2026-11-19T12:00Z", "--json").json
    assert data["kind"] == "import"
    assert data["data"] == {
        "file": "../list.csv", "map": "../map.yaml", "until": "2026-11-19T12:00:00Z", "dry_run": False, "armed": False,
        "rows": 3, "taken": 2, "first": "T-1", "last": "T-2", "already_here": 0, "later": 1, "lost": 0,
        "events": {"opened": 2, "closed": 1, "pending": 1}, "statuses": {"closed": 1, "pending": 1},
        "refused": [], "changed": [], "problems": [],
    }  # fmt: skip


def test_again_takes_nothing(desk):
    desk.ok("import", "../list.csv", "--map", "../map.yaml")
    before = desk.files()
    again = desk.ok("import", "../list.csv", "--map", "../map.yaml")
    assert "taken  0 tickets" in again.out
    assert "already here  3" in again.out
    assert desk.files() == before


def test_a_dry_run_writes_nothing(desk):
    before = desk.files()
    assert "would take  3 tickets" in desk.ok("import", "../list.csv", "--map", "../map.yaml", "--dry-run").out
    assert desk.files() == before


def test_refused_rows_are_named_and_the_rest_is_taken(desk):
    rows = "".join(f"X{n},Bad,soon,,,,\n" for n in range(25))
    (desk.root.parent / "list.csv").write_text(LIST + rows + "Y1,\x1b[31mOdd,2026-11-20T08:00:00Z,,Lost,,\n")
    done = desk.run("import", "../list.csv", "--map", "../map.yaml")
    assert done.exit == 5
    assert "taken  4 tickets of 29 rows" in done.out
    assert "refused  25 rows, 25 tickets not taken\n" in done.out
    assert "row  5 (X0): opened 'soon' is no date of the form 2026-11-22T01:16:00Z\n" in done.out
    assert "row  24 (X19): " in done.out
    assert "and 5 more: --json has them all\n" in done.out
    assert "row  30 (Y1): status 'Lost' isn't in the map: it stays as it was" in done.out
    assert "X24" not in done.out


@pytest.mark.parametrize(
    ("args", "exit_code", "code", "message"),
    [
        pytest.param(["../list.csv"], 2, "usage", "Missing option '--map'", id="no map"),
        pytest.param(["../none.csv", "--map", "../map.yaml"], 2, "usage", "there is no file ../none.csv", id="no file"),
        pytest.param(["../list.csv", "--map", "../none.yaml"], 2, "usage", "there is no map ../none.yaml", id="no such map"),
        pytest.param(["../list.csv", "--map", "../bad.yaml"], 5, "invalid", "../bad.yaml:3:11: unknown key numbr", id="a bad map"),
        pytest.param(["../list.csv", "--map", "tickets"], 5, "invalid", "the file has no column 'Number'", id="a map for another file"),
        pytest.param(["../list.csv", "--map", "../map.yaml", "--until", "soon"], 2, "usage", "'soon' is no time", id="until nobody knows"),
    ],
)
def test_errors_by_their_exit_code(desk, args, exit_code, code, message):
    (desk.root.parent / "bad.yaml").write_text(MAP.replace("number", "numbr"))
    done = desk.do("import", *args, "--json")
    assert (done.exit, done.error["code"], done.out) == (exit_code, code, "")
    assert message in done.error["message"]
    assert not list((desk.root / "tickets").glob("*.yaml"))


def test_the_first_sweep_after_an_import_is_silent_unless_it_was_armed(desk):
    """Sentence 16 (zammad#539)."""
    desk.ok("import", "../list.csv", "--map", "../map.yaml")
    assert desk.ok("sweep", "--json").data["actions"] == []
    armed = DeskRunner.made(desk.root.parent / "armed")
    armed.ok("import", "../list.csv", "--map", "../map.yaml", "--arm")
    assert {action["ticket"] for action in armed.ok("sweep", "--json").data["actions"]} >= {"T-2", "T-3"}


def test_the_shipped_map_for_a_list_reads_what_its_comment_shows(desk):
    header = "Number,Title,Type,Status,Priority,Opened,Resolved,Closed,Team,Assignee,Name,Phone,Email,Organization,Description,Resolution"
    row = 'R-1,New mailbox,Service Request,Done,P3,2026-11-20T08:00:00Z,2026-11-20T09:00:00Z,,,,Li,021 1,l@example.com,East,"a\nb",Made'
    (desk.root.parent / "list.csv").write_text(f"{header}\n{row}\n")
    desk.ok("import", "../list.csv", "--map", "tickets")
    ticket = desk.ticket("R-1")
    assert (ticket["type"], ticket["status"], ticket["priority"], ticket["resolved"]) == (
        "request",
        "resolved",
        "P3",
        "2026-11-20T09:00:00Z",
    )
    assert ticket["contact"] == {"name": "Li", "phone": "021 1", "email": "l@example.com", "organization": "East"}
    assert ticket["description"] == "a\nb"
    assert json.loads(desk.ok("log", "R-1", "--json").out)["data"][-1]["resolution"] == "Made"
