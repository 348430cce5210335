"""Rows of a CSV become tickets with their histories: small files, and what is to be read in them."""

from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

import pytest

from itsm.errors import Invalid
from itsm.intake.csv import read_log
from itsm.intake.mapping import read_map
from itsm.model.event import stamp
from itsm.model.replay import differences

EVENTS = {
    "schema": 1,
    "rows": "event",
    "nulls": ["?", ""],
    "dates": {"format": "%d/%m/%Y %H:%M"},
    "columns": {
        "number": "nr", "order": "n", "moment": "when", "opened": "opened", "status": "state", "title": "{cat} ({nr})", "category": "cat",
        "impact": "impact", "team": "team", "assignee": "who", "by": "by", "name": "caller", "how": "code",
    },
    "final": "how",
    "values": {
        "status": {"New": "new", "Active": "in-progress", "Asked": {"pending": "customer"}, "Ordered": {"pending": "vendor"}},
        "impact": {"1": "high", "2": "medium"},
    },
    "levels": {"desk": 1},
    "default_level": 2,
}  # fmt: skip
HEADER = "nr,n,when,opened,state,cat,impact,team,who,by,caller,code"
TICKETS = {
    "schema": 1,
    "columns": {
        "number": "nr", "title": "title", "opened": "opened", "resolved": "resolved", "closed": "closed", "moment": "moment",
        "status": "status", "team": "team", "resolution": "resolution", "by": "by", "description": "text", "ci": "ci", "type": "type",
    },
    "values": {"status": {"On Hold": {"pending": "vendor"}}},
    "defaults": {"type": "request"},
}  # fmt: skip

PLAIN = {"schema": 1, "columns": {"number": "nr", "title": "title", "opened": "opened", "description": "text"}}


def read(text, data=EVENTS):
    source, found = read_map(data)
    assert not found
    return read_log(text.splitlines(keepends=True), source)


def states(*rows):
    """A log of one ticket, opened at 09:00 on the 1st: each row is (minute past nine, state, team, person), then other columns by name."""
    names = HEADER.split(",")
    lines = []
    for n, (minute, state, team, who, *more) in enumerate(rows):
        when = datetime(2016, 3, 1, 9, 0) + timedelta(minutes=minute)
        plain = {"nr": "I-1", "n": n, "when": f"{when:%d/%m/%Y %H:%M}", "opened": "1/3/2016 09:00", "state": state, "cat": "mail",
                 "impact": "?", "team": team, "who": who, "by": "mei", "caller": "Wang", "code": "c9"}  # fmt: skip
        said = plain | (more[0] if more else {})
        lines.append(",".join(str(said[name]) for name in names))
    return "\n".join([HEADER, *lines])


def ticket(text, data=EVENTS, until=None, number="I-1"):
    told = read(text, data).ticket(number, "T-1", until)
    assert differences(told[0]) == []
    return told


def events(text, data=EVENTS, until=None, number="I-1"):
    """The history as lines: the minute past nine, the kind, and what it says."""
    history = ticket(text, data, until, number)[0].history
    return [f"{(e.at - datetime(2016, 3, 1, 9, tzinfo=UTC)) // timedelta(minutes=1)} {e.kind} {_said(e.data)}".rstrip() for e in history]


def _said(data):
    if "set" in data:
        return " ".join(f"{key}={data['was'][key]}→{value}" for key, value in data["set"].items())
    return " ".join(f"{key}={value}" for key, value in data.items() if key != "reference")


@pytest.mark.parametrize(
    ("rows", "history", "status"),
    [
        pytest.param([(5, "New", "?", "?")], [], "new", id="new and nobody's"),
        pytest.param([(5, "New", "net", "?")], ["5 assigned team=net level=2"], "assigned", id="new in a team's hands is assigned"),
        pytest.param([(5, "New", "?", "li")], ["5 assigned assignee=li"], "assigned", id="in a person's hands, too"),
        pytest.param([(5, "Active", "?", "?")], ["5 started"], "in-progress", id="active from the first row on"),
        pytest.param(
            [(5, "New", "desk", "?"), (9, "Active", "desk", "?")],
            ["5 assigned team=desk level=1", "9 started"],
            "in-progress",
            id="taken up without a hand-over",
        ),
        pytest.param(
            [(5, "Active", "desk", "li"), (9, "Active", "net", "?")],
            ["5 assigned team=desk level=1 assignee=li", "5 started", "9 assigned team=net level=2", "9 started"],
            "in-progress",
            id="handed over while at work, and at work there",
        ),
        pytest.param(
            [(5, "New", "desk", "?"), (9, "Asked", "net", "?"), (12, "Ordered", "net", "?"), (15, "Active", "net", "li")],
            [
                "5 assigned team=desk level=1",
                "9 assigned team=net level=2",
                "9 pending for=customer",
                "12 pending for=vendor",
                "15 assigned team=net level=2 assignee=li",
                "15 resumed to=in-progress",
            ],
            "in-progress",
            id="waits for one, then another, and goes on with somebody else",
        ),
        pytest.param(
            [(5, "Asked", "net", "?"), (9, "New", "net", "?")],
            ["5 assigned team=net level=2", "5 pending for=customer", "9 resumed to=assigned"],
            "assigned",
            id="back to new after waiting",
        ),
        pytest.param(
            [(5, "Active", "net", "?"), (9, "New", "net", "?")],
            ["5 assigned team=net level=2", "5 started", "9 set status=in-progress→assigned"],
            "assigned",
            id="back to new: no command does that, so it is a correction",
        ),
        pytest.param(
            [(5, "New", "net", "li"), (9, "New", "?", "?")],
            [
                "5 assigned team=net level=2 assignee=li",
                "9 set team=net→ assignee=li→ level=2→None status=assigned→new",
            ],
            "new",
            id="taken out of everybody's hands",
        ),
        pytest.param(
            [(5, "Active", "net", "li"), (9, "Active", "?", "li")],
            ["5 assigned team=net level=2 assignee=li", "5 started", "9 assigned assignee=li", "9 started"],
            "in-progress",
            id="the person keeps what the team loses",
        ),
        pytest.param(
            [(5, "Resolved", "net", "?"), (7, "Resolved", "desk", "li"), (9, "Closed", "desk", "li")],
            [
                "5 assigned team=net level=2",
                "5 resolved",
                "7 set team=net→desk level=2→1 assignee=→li",
                "9 closed how=c9",
            ],
            "closed",
            id="a hand-over of what is solved doesn't bring it back to work",
        ),
        pytest.param(
            [(5, "Resolved", "net", "?"), (7, "Active", "net", "?"), (9, "Closed", "net", "?"), (11, "Asked", "net", "?")],
            [
                "5 assigned team=net level=2",
                "5 resolved",
                "7 reopened to=in-progress",
                "9 closed",
                "11 reopened to=assigned",
                "11 pending for=customer",
            ],
            "pending",
            id="reopened twice",
        ),
        pytest.param(
            [(5, "Closed", "?", "?"), (7, "Resolved", "?", "?")],
            ["5 closed", "7 reopened to=new", "7 resolved"],
            "resolved",
            id="closed, and then only resolved",
        ),
        pytest.param([(5, "Cancelled", "?", "?")], ["5 cancelled why=c9"], "cancelled", id="a status of our own needs no translation"),
        pytest.param(
            [(5, "Active", "net", "?"), (7, "-100", "desk", "?"), (9, "Resolved", "desk", "?")],
            ["5 assigned team=net level=2", "5 started", "7 assigned team=desk level=1", "7 started", "9 resolved"],
            "resolved",
            id="an unknown state stays what it was, whoever has it",
        ),
        pytest.param(
            [(5, "New", "?", "?", {"impact": 2}), (7, "New", "?", "?", {"impact": 1, "cat": "web"}), (9, "New", "?", "?", {"impact": "?"})],
            [
                "7 set title=mail (I-1)→web (I-1) impact=medium→high category=mail→web",
                "9 set title=web (I-1)→mail (I-1) impact=high→ category=web→mail",
            ],
            "new",
            id="fields that change",
        ),
        pytest.param(
            [(5, "New", "?", "?"), (7, "New", "?", "?", {"caller": "Li"}), (9, "New", "?", "?", {"caller": "?"})],
            ["7 noted text=Contact: name: Li (was Wang)"],
            "new",
            id="a customer who turns into another",
        ),
    ],
)
def test_each_change_between_two_rows_is_an_event(rows, history, status):
    text = states(*rows)
    assert events(text) == ["0 opened", *history]
    assert ticket(text)[0].status == status


def test_a_ticket_is_made_of_its_first_row():
    made, notes = ticket(states((5, "New", "?", "?", {"impact": 1})))
    assert (made.id, made.reference, made.title, made.category, made.impact) == ("T-1", "I-1", "mail (I-1)", "mail", "high")
    assert (made.contact, stamp(made.opened), made.history[0].by) == ({"name": "Wang"}, "2016-03-01T09:00:00Z", "mei")
    assert made.history[0].data == {"reference": "I-1"}
    assert notes == []


def test_what_was_known_only_at_the_end_is_told_at_the_end():
    rows = [(5, "Active", "?", "?"), (7, "Closed", "?", "?"), (9, "Active", "?", "?"), (11, "Closed", "?", "?"), (13, "Closed", "?", "?")]
    assert events(states(*rows)) == ["0 opened", "5 started", "7 closed", "9 reopened to=in-progress", "11 closed how=c9"]


def test_a_desk_as_it_stood_is_the_beginning_of_the_whole_history():
    text = states((5, "New", "net", "?"), (7, "Active", "net", "?"), (9, "Closed", "net", "?"), (11, "Active", "net", "?"))
    whole = ticket(text)[0].history
    for minute, length in ((5, 2), (6, 2), (7, 3), (9, 4), (60, 5)):
        assert (
            ticket(text, until=datetime(2016, 3, 1, 9, minute % 60, tzinfo=UTC) + timedelta(hours=minute // 60))[0].history
            == whole[:length]
        )


def test_before_its_first_row_there_is_no_ticket():
    log = read(states((5, "New", "?", "?")))
    assert [log.is_there("I-1", datetime(2016, 3, 1, 9, minute, tzinfo=UTC)) for minute in (4, 5)] == [False, True]


def test_rows_are_taken_by_their_order_then_their_moment_wherever_they_stand():
    rows = states((5, "New", "?", "?"), (7, "Active", "?", "?"), (9, "Resolved", "?", "?"), (9, "Closed", "?", "?", {"n": 2}))
    header, *lines = rows.splitlines()
    other = lines[0].replace("I-1", "I-2")
    assert events("\n".join([header, lines[2], lines[1], other, lines[3], lines[0]])) == events(rows)
    assert events(rows) == ["0 opened", "7 started", "9 resolved", "9 closed how=c9"]


def test_time_that_runs_backwards_loses_nothing_and_is_told():
    made, notes = ticket(
        states((-5, "New", "net", "?"), (9, "Active", "net", "?"), (7, "Resolved", "net", "?"), (6, "Resolved", "net", "?"))
    )
    assert [f"{event.at:%M} {event.kind}" for event in made.history] == ["00 opened", "00 assigned", "09 started", "09 resolved"]
    assert [(note.row, note.message) for note in notes] == [
        (2, "its moment 2016-03-01T08:55:00Z lies before what it follows: taken as 2016-03-01T09:00:00Z"),
        (4, "its moment 2016-03-01T09:07:00Z lies before what it follows: taken as 2016-03-01T09:09:00Z"),
    ]


def test_words_that_the_map_does_not_know_are_told_with_their_row():
    _, notes = ticket(states((5, "-100", "?", "?"), (7, "New", "?", "?", {"impact": 7}), (9, "New", "?", "?", {"opened": "?"})))
    assert [(note.row, note.reference, note.message) for note in notes] == [
        (2, "I-1", "status '-100' isn't in the map: it stays as it was"),
        (3, "I-1", "impact '7' isn't in the map: it stays as it was"),
        (4, "I-1", "it doesn't say when it was opened: its first row's moment is taken"),
    ]


def test_event_ids_are_a_function_of_the_source():
    text = states((5, "New", "net", "?"), (7, "Closed", "net", "?"))
    history = ticket(text)[0].history
    assert history == read(text).ticket("I-1", "T-99", None)[0].history
    assert history[0].id == "01ACRPFKM0S0JK3JKEZ67YKCTE"
    assert len({event.id for event in history}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"when": "31/12/9999 23:59"}, "moment '31/12/9999 23:59' lies outside 1970 to 2200", id="a year out of reach"),
        pytest.param({"when": "soon"}, "moment 'soon' is no date of the form %d/%m/%Y %H:%M", id="a moment that can't be read"),
        pytest.param({"when": "?"}, "it has no date for moment", id="no moment"),
        pytest.param({"opened": "31/2/2016 09:00"}, "opened '31/2/2016 09:00' is no date", id="an opening that never was"),
        pytest.param({"n": "x"}, "order 'x' is no whole number", id="an order that is none"),
        pytest.param({"cat": "a,b"}, "it has 13 columns, the header 12", id="a column too many"),
        pytest.param({"cat": "\udce4"}, "it isn't utf-8: b'\\xe4'", id="another encoding"),
        pytest.param({"nr": "?"}, "it has no number", id="no number"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_with_its_whole_ticket(change, message):
    good = states((5, "New", "?", "?", {"nr": "I-2"}))
    log = read("\n".join([good, *states((5, "New", "?", "?", {"nr": "I-1"}), (7, "New", "?", "?", change)).splitlines()[1:]]))
    (note,) = log.refused
    assert note.row == 4
    assert note.message.startswith(message)
    assert set(log.groups) == ({"I-1", "I-2"} if "nr" in change else {"I-2"})


def test_a_file_that_lacks_a_column_is_not_read():
    log = read("nr,n,when\nI-1,1,x")
    assert {mistake.path[1] for mistake in log.mistakes} == {
        "opened", "status", "title", "category", "impact", "team", "assignee", "by", "name", "how",
    }  # fmt: skip
    assert log.rows_read == 0


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_says_so(text):
    with pytest.raises(Invalid, match="the file is empty"):
        read(text)


def test_ids_go_by_opening_then_by_number():
    rows = [
        (5, "New", "?", "?", {"nr": nr, "opened": f"{day}/3/2016 09:00"}) for nr, day in (("I-3", 2), ("I-2", 2), ("I-1", 3), ("I-4", 1))
    ]
    assert read(states(*rows)).in_order() == ["I-4", "I-2", "I-3", "I-1"]


# --- one row a ticket -------------------------------------------------------------------------

SINGLE = "nr,title,opened,resolved,closed,moment,status,team,resolution,by,text,ci,type"


def single(**said):
    plain = {"nr": "I-1", "title": "Printer", "opened": "2016-03-01T09:00:00Z"}
    minutes = {key: f"2016-03-01T09:{said[key]:02d}:00Z" for key in ("resolved", "closed", "moment") if key in said}
    row = plain | said | minutes
    return "\n".join([SINGLE, ",".join('"' + str(row.get(name, "")) + '"' for name in SINGLE.split(","))])


@pytest.mark.parametrize(
    ("said", "history", "notes"),
    [
        pytest.param({}, [], [], id="no status, no instants: new"),
        pytest.param({"team": "net"}, ["0 assigned team=net"], [], id="a team has it"),
        pytest.param(
            {"resolved": 5, "closed": 9, "resolution": "New fuse"}, ["5 resolved resolution=New fuse", "9 closed"], [], id="instants"
        ),
        pytest.param({"status": "closed", "resolved": 5, "closed": 9}, ["5 resolved", "9 closed"], [], id="status and instants"),
        pytest.param({"status": "Closed", "moment": 7}, ["7 closed"], [], id="closed when it last changed"),
        pytest.param(
            {"status": "closed"}, ["0 closed"], ["it doesn't say since when it is closed: taken as opened"], id="closed, nobody knows when"
        ),
        pytest.param(
            {"status": "resolved", "resolved": 5, "closed": 9},
            ["5 resolved"],
            ["it is resolved: its instant of being closed is left out"],
            id="the status counts, not what else is said",
        ),
        pytest.param(
            {"status": "in-progress", "resolved": 5, "moment": 7},
            ["7 started"],
            ["it is in-progress: its instant of being resolved is left out"],
            id="at work again",
        ),
        pytest.param({"status": "On Hold"}, ["0 pending for=vendor"], [], id="waiting since nobody knows when"),
        pytest.param(
            {"status": "Odd", "resolved": 5}, [], ["status 'Odd' isn't in the map: it stays as it was"], id="a status that nobody knows"
        ),
        pytest.param(
            {"resolved": 5, "closed": 3},
            ["5 resolved", "5 closed"],
            ["its moment 2016-03-01T09:03:00Z lies before what it follows: taken as 2016-03-01T09:05:00Z"],
            id="closed before it was resolved",
        ),
    ],
)
def test_one_row_becomes_the_states_that_its_instants_tell(said, history, notes):
    text = single(**said)
    assert events(text, TICKETS) == ["0 opened", *history]
    assert [note.message for note in ticket(text, TICKETS)[1]] == notes


def test_one_row_gives_its_fields_and_defaults():
    made, _ = ticket(single(text="one\ntwo", ci=" mail\n01 "), TICKETS)
    assert (made.type, made.description, made.ci, made.history[0].by) == ("request", "one\ntwo", "mail 01", "import")


def test_until_takes_back_what_had_not_happened_yet():
    text = single(resolved=5, closed=9, team="net")
    assert events(text, TICKETS, until=datetime(2016, 3, 1, 9, 6, tzinfo=UTC)) == ["0 opened", "0 assigned team=net", "5 resolved"]


def test_the_first_row_of_a_number_counts_where_a_row_is_a_ticket():
    log = read(single() + "\n" + single(title="Other").splitlines()[1], TICKETS)
    assert [(note.row, note.message) for note in log.refused] == [(3, "it stands in row 2 already, and that one counts")]
    assert log.ticket("I-1", "T-1", None)[0].title == "Printer"


def test_a_row_number_counts_records_not_lines():
    log = read(single(text="one\ntwo") + "\n" + single(nr="I-2", opened="soon").splitlines()[1], TICKETS)
    assert [note.row for note in log.refused] == [3]


def test_a_long_cell_is_taken_and_one_without_measure_refuses_its_ticket_only():
    rows = [
        f'{number},{number},{"2016-03-01T09:00Z"},"{text}"'
        for number, text in (("I-1", "x" * 200_000), ("I-2", "y,\n" * 500_000), ("I-3", "z\0"), ("I-4", ""))
    ]
    log = read("nr,title,opened,text\n" + "\n".join(rows), PLAIN)
    assert [(note.row, note.reference, note.message) for note in log.refused] == [
        (3, "I-2", "one of its cells is longer than 1,048,576 characters"),
        (4, "I-3", "it holds a NUL character: is the `encoding:` of the map right?"),
    ]
    assert (log.in_order(), log.lost) == (["I-1", "I-4"], {"I-2", "I-3"})


def test_a_quote_that_is_never_closed_ends_the_reading_before_the_memory_is_full():
    with pytest.raises(Invalid, match="row 2 can't be read as CSV: it is longer than 16,777,216 characters: a quote that isn't closed"):
        read_log(chain(["nr,title,opened,text\n", '"'], repeat("x" * 100_000 + "\n")), read_map(PLAIN)[0])
