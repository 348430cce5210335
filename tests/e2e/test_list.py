"""`itsm list`, `search` and `similar` as people and scripts have them: words of the command line, views, formats, a pager, the archive."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner
from tests.terminal import at_a_terminal

VIEWS = """
views:
  mine: {filter: 'assignee:me', sort: -id, columns: [id, title]}
  hot: 'priority:P1,P2 -team:network'
  first: {limit: 1}
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """Five tickets: T-1 with network, han's; T-2 resolved; T-3 archived; T-4 and T-5 of nobody; the clock stands at noon."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("list"))
    with (desk.root / "sla.yaml").open("a", encoding="utf-8") as policy:
        policy.write(VIEWS)
    desk.ok("open", "Mail server does not answer", "--name", "王芳", "--org", "华东分公司", "--impact", "high", "--team", "network")
    desk.ok("assign", "1", "network", "--to", "han")
    desk.ok("open", "Printer jams", "--category", "printing")
    desk.ok("note", "2", "The pickup roller squeaks\nin tray 2")
    desk.ok("resolve", "2", "--how", "Replaced the pickup roller")
    desk.ok("open", "打印机卡纸", "--category", "printing")
    desk.ok("close", "3", "--how", "换了搓纸轮")
    (desk.root / "tickets" / "archive" / "2026").mkdir(parents=True)
    desk.file("T-3").rename(desk.root / "tickets" / "archive" / "2026" / "T-3.yaml")
    desk.ok("open", "Printer prints blank pages", "--urgency", "high", at="2h")
    desk.ok("open", '=HYPERLINK(x), "really"', at="2h30m")
    desk.now = desk.moment("3h")
    return desk


@pytest.fixture
def desk(template: DeskRunner, tmp_path: Path) -> DeskRunner:
    return template.copied(tmp_path)


def ids(desk: DeskRunner, *words: str) -> str:
    """The numbers of the tickets that a list shows, in its order."""
    return "".join(one.removeprefix("T-") for one in desk.ok("list", "--format", "ids", *words).out.split())


ASKED = [
    (["-team:network"], "425"), (["!team:network"], "425"), (["-overdue"], "425"), (["--", "-mail"], "425"),
    (["!mail"], "425"), (["-text:mail", "-n", "1"], "4"),
    (["-priority:P1"], "1425"), (["opened:..1h"], "45"), (["opened:1h.."], "142"), (["overdue"], "1"), (["breached", "-overdue"], ""),
    (["status:all"], "1425"), (["status:all", "--archived"], "14235"), (["id:3", "status:all", "--archived"], "3"),
    (["--sort", "-opened", "--limit", "2"], "54"), (["--sort", "title"], "5124"), (["org:~华东"], "1"), (["printer", "!blank"], "2"),
    (["printer", "-status:resolved"], "4"),
    (["mine"], "1"), (["hot"], "4"), (["hot", "printing"], ""), (["first"], "1"), (["first", "-n", "3"], "142"), (["text:mine"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("words", "numbers"), ASKED, ids=[" ".join(words) for words, _ in ASKED])
def test_words_and_options_say_which_tickets_and_in_what_order(desk, words, numbers):
    desk.by = "han"
    assert ids(desk, *words) == numbers


def test_a_view_says_how_it_is_shown_and_options_have_the_last_word(desk):
    assert desk.ok("list", "mine", "--by", "han").out == "T-1\tMail server does not answer\n"
    assert desk.ok("list", "mine", "--by", "han", "--columns", "id,team").out == "T-1\tnetwork\n"
    assert desk.ok("list", "--views").out == "mine   assignee:me\nhot    priority:P1,P2 -team:network\nfirst\n"
    assert desk.ok("list", "--views", "--json").data[0] == {
        "name": "mine", "filter": "assignee:me", "sort": ["-id"], "columns": ["id", "title"], "limit": 0,
    }  # fmt: skip


DOUBTS = [
    (["team:netwrok"], "no ticket outside the archive has team:netwrok; did you mean network?"),
    (["-team:netwrok"], "no ticket outside the archive has team:netwrok; did you mean network?"),
    (["assignee:hna"], "no ticket outside the archive has assignee:hna; did you mean han?"),
    (["priority:P1,P9"], "no ticket outside the archive has priority:P9; known: P1, P2, P3, P4, P5"),
    (["category:printng"], "no ticket outside the archive has category:printng; did you mean printing?"),
    (["overdu"], "no ticket has the word overdu; did you mean overdue?"),
]


@pytest.mark.parametrize(("words", "said"), DOUBTS, ids=[" ".join(words) for words, _ in DOUBTS])
def test_a_misspelt_name_does_not_find_nothing_silently(desk, words, said):
    done = desk.ok("list", *words)
    assert done.err == f"itsm: {said}\n"
    assert desk.ok("list", *words, "--quiet").err == ""


def test_a_slip_costs_no_look_into_the_archive_unless_that_was_asked_for(desk):
    """The archive of 100,000 tickets took two seconds to be told of a misspelt team."""
    only_there = ["category:scanning", "status:all"]
    text = (desk.root / "tickets/archive/2026/T-3.yaml").read_text(encoding="utf-8")
    (desk.root / "tickets/archive/2026/T-3.yaml").write_text(text.replace("category: printing", "category: scanning"), encoding="utf-8")
    done = desk.ok("list", *only_there)
    assert done.err == "itsm: no ticket outside the archive has category:scanning; known: printing\n"
    assert desk.ok("list", *only_there, "--archived").err == ""
    assert desk.ok("list", "category:scaning", "--archived").err == "itsm: no ticket has category:scaning; did you mean scanning?\n"


@pytest.mark.parametrize("words", [["team:systems"], ["team:none"], ["assignee:me"], ["category:none"], ["category:PRINTING"]])
def test_what_is_merely_empty_is_no_mistake(desk, words):
    assert desk.ok("list", *words).err == ""


WRONG = [
    (["--columns", "id,tilte"], "did you mean title?"), (["--sort", "prioritie"], "did you mean priority?"), (["--format", "xml"], "json"),
    (["--json", "--format", "csv"], "one of them"), (["opened:"], "quote them"), (["due:soon"], "for example 7d"), (["-blank"], "'!word'"),
    (["--limit", "0"], "--help"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "said"), WRONG, ids=[" ".join(args) for args, _ in WRONG])
def test_what_can_not_be_understood_is_told_with_what_to_write(desk, args, said):
    done = desk.do("list", *args)
    assert (done.exit, done.out) == (2, "")
    assert said in done.err


POLICIES = [
    ("views: {x: 'staus:open'}", "no such filter: staus: (did you mean status?"),
    ("views: {x: {filter: 'status:opn'}}", "no such status: opn (did you mean open?"),
    ("views: {x: {filter: 'due:<2x'}}", "'2x' is neither a time nor a duration"),
    ("views: {x: {sort: colour}}", "no such column: colour"),
    ("views: {x: {columns: [id, colour]}}", "no such column: colour"),
    ("views: {x: {filtr: a}}", "unknown key filtr (did you mean filter?"),
    ("views: {'a:b': x}", "'a:b' can't be told from a filter"),
    ("views: {x: 3}", "x wants a mapping"),
]


@pytest.mark.parametrize(("views", "said"), POLICIES, ids=[views for views, _ in POLICIES])
def test_a_wrong_view_is_told_with_its_line_and_column(desk, views, said):
    desk.policy(VIEWS, f"\n{views}\n")
    done = desk.do("sla", "check")
    (line,) = (number for number, text in enumerate((desk.root / "sla.yaml").read_text().split("\n"), 1) if text == views)
    assert done.exit == 5
    assert f"sla.yaml:{line}:" in done.out
    assert said in done.out


def test_a_view_of_a_team_that_there_is_not_is_doubted(desk):
    desk.policy(VIEWS, "\nviews: {x: 'team:netwrok assignee:me'}\n")
    done = desk.ok("sla", "check")
    assert "warning: view x: no such team: netwrok (did you mean network?)" in done.out
    assert desk.do("sla", "check", "--strict").exit == 5


# --- for programs -----------------------------------------------------------------------------


def test_every_format_has_the_same_tickets(desk):
    rows = desk.ok("list", "--json").data
    assert [json.loads(line) for line in desk.ok("list", "--format", "jsonl").out.splitlines()] == rows
    assert desk.ok("list", "--format", "json").data == rows
    table = list(csv.DictReader(io.StringIO(desk.ran("list", "--format", "csv").out, newline="")))
    assert [one["id"] for one in table] == [one["id"] for one in rows]
    assert table[-1]["title"] == '\'=HYPERLINK(x), "really"'
    assert [line.split("\t")[0] for line in desk.ok("list", "--format", "tsv").out.splitlines()] == ["id", *(one["id"] for one in rows)]


def test_a_csv_has_the_line_ends_of_its_standard(desk):
    text = desk.ran("list", "--format", "csv", "--columns", "id").out
    assert text == "id\r\nT-1\r\nT-4\r\nT-2\r\nT-5\r\n"


# --- for people -------------------------------------------------------------------------------


def seen(desk: DeskRunner, *args: str, **env: str) -> str:
    with at_a_terminal(desk, *args, env={"TERM": "xterm", "COLUMNS": "70", "LINES": "24", **env}) as person:
        assert person.left() == 0
        return person.seen.replace("\r\n", "\n")


def test_a_long_list_goes_through_the_pager_and_a_short_one_does_not(desk):
    counting = str(desk.root / "pager")
    Path(counting).write_text("#!/bin/sh\necho paged\ncat\n", encoding="utf-8")
    Path(counting).chmod(0o755)
    assert "paged" not in seen(desk, "list", PAGER=counting)
    assert seen(desk, "list", PAGER=counting, LINES="4").startswith("paged\n")
    assert "paged" not in seen(desk, "list", "--no-pager", PAGER=counting, LINES="4")
    assert "paged" not in desk.ran("list", env={"PAGER": counting, "LINES": "2"}).out
    for none in ("", "cat", "/nowhere/less", "'"):
        assert "Mail server" in seen(desk, "list", PAGER=none, LINES="4")


def test_no_colour_is_obeyed_and_lines_fit(desk):
    desk.ok("set", "4", f"title={'打印机 ' * 40}")
    coloured = seen(desk, "list")
    assert "\x1b[31m" in coloured
    bare = seen(desk, "list", NO_COLOR="1")
    assert "\x1b" not in bare
    assert [line for line in bare.splitlines() if line.endswith("…")]


# --- search and similar -----------------------------------------------------------------------

SEARCHED = [
    ("printer", "T-4 T-2"), ("pickup roller", "T-2"), ("搓纸", "T-3"), ("王芳", "T-1"), ("printing status:closed", "T-3"),
    ("squeaks tray", "T-2"), ("mail !server", ""), ("printer opened:1d", "T-4 T-2"), ("nothing-like-it", ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), SEARCHED, ids=[line for line, _ in SEARCHED])
def test_search_looks_at_everything_that_was_ever_written(desk, line, wanted):
    found = desk.ok("search", *line.split(), "--json").data
    assert [one["id"] for one in found] == wanted.split()


def test_a_hit_has_its_place(desk):
    (one,) = desk.ok("search", "roller", "--json").data
    assert [(hit["field"], [hit["text"][a:b] for a, b in hit["spans"]]) for hit in one["hits"]] == [
        ("note", ["roller"]),
        ("resolution", ["roller"]),
    ]
    assert desk.ok("search", "搓纸", "--json").data[0]["archived"] is True
    assert desk.ran("search", "squeaks").out == "T-2\tresolved\tnote\t2026-11-23T09:00:00Z\tmei\tThe pickup roller squeaks\\nin tray 2\n"
    person = seen(desk, "search", "squeaks")
    assert "The pickup roller \x1b[1;33msqueaks\x1b[0m" in person


@pytest.mark.parametrize("words", [[], ["team:network"], ["!mail"], [" "]])
def test_search_wants_a_word(desk, words):
    done = desk.do("search", *words)
    assert (done.exit, done.out) == (2, "")


def test_a_broken_file_hides_nothing_but_itself(desk):
    desk.file("T-2").write_bytes(b"title: [printer\n")
    done = desk.do("search", "printer")
    assert done.exit == 5
    assert done.out.startswith("T-4\t")
    assert "tickets/T-2.yaml:" in done.err


def test_similar_finds_how_it_was_solved_before_in_the_archive_too(desk):
    assert desk.ok("similar", "4").out.split("\t")[::3] == ["T-2", "Replaced the pickup roller\n"]
    desk.ok("open", "打印机又卡纸了", "--category", "printing")
    (one,) = desk.ok("similar", "6", "--json", "--limit", "1").data
    assert (one["id"], one["resolution"], one["same"]) == ("T-3", "换了搓纸轮", ["category"])
    assert set(one["shared"]) >= {"卡纸", "打印"}
    assert desk.do("similar", "99").exit == 3
