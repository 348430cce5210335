"""The real log (24,918 incidents in 141,712 rows), imported by the installed command and held against the CSV itself.

What is expected is computed here from the definition in docs/import.md and the log's README, row by row, without a line of the program.
"""

import fcntl
import json
import os
import shutil
import subprocess
from collections import Counter
from contextlib import contextmanager
from datetime import datetime

import pytest

from itsm.model.replay import differences
from itsm.store.codec import decode
from tests.desk_runner import ITSM, DeskRunner
from tests.real_log import LOG, WANTS_LOG, incidents, moment

INSTANTS = ("2016-03-15T09:00Z", "2016-04-20T12:00Z")

pytestmark = WANTS_LOG

SOLVED = ("Resolved", "Closed")
WAITING = {"Awaiting User Info": "customer", "Awaiting Evidence": "customer", "Awaiting Vendor": "vendor", "Awaiting Problem": "change"}


# --- what the CSV says ------------------------------------------------------------------------


@pytest.fixture(scope="module", name="incidents")
def all_incidents():
    """The whole log, as its README has it."""
    found = incidents()
    assert (len(found), sum(map(len, found.values()))) == (24_918, 141_712)
    return found


def states_at(incidents, instant):
    """How many tickets of each status there are to be: an incident exists from its first row, and is what its last one by then says."""
    count = Counter()
    for rows in incidents.values():
        there = [row for row in rows if moment(row["sys_updated_at"]) <= instant]
        if there:
            count[status(there[-1])] += 1
    return count


def status(row):
    """Our word for a row's state. New is `assigned` as soon as a group or a person has it, pending says for whom."""
    if row["state"] == "New":
        return "new" if row["assignment_group"] == row["assigned_to"] == "?" else "assigned"
    return {"Active": "in-progress", "Resolved": "resolved", "Closed": "closed"}.get(row["state"]) or f"pending {WAITING[row['state']]}"


def kinds(incidents):
    """How many events of each kind there are to be."""
    count = Counter(opened=len(incidents))
    for rows in incidents.values():
        nobody = rows[0] | {"state": "New", "assignment_group": "?", "assigned_to": "?"}
        caller = rows[0]["caller_id"]
        for before, row in zip([nobody, *rows], rows, strict=False):
            count.update(events_between(before, row))
            if row["caller_id"] not in (caller, "?"):
                count["noted"] += 1
                caller = row["caller_id"]
    return count


def events_between(before, row):
    """The kinds of event that turn one row into the next."""
    was, now = before["state"], row["state"]
    hands, old_hands = [(one["assignment_group"], one["assigned_to"]) for one in (row, before)]
    given = hands not in (old_hands, ("?", "?"))
    stays_solved = was in SOLVED and now in SOLVED and (was, now) != ("Closed", "Resolved")
    fields = ("category", "subcategory", "u_symptom", "location", "impact", "urgency", "priority", "cmdb_ci", "contact_type")
    taken_away = hands == ("?", "?") != old_hands
    back_to_new = now == "New" and was == "Active" and not given
    if any(before[name] != row[name] for name in fields) or taken_away or back_to_new:
        yield "set"
    if was in SOLVED and not stays_solved:
        yield "reopened"
    if given:
        yield "set" if stays_solved else "assigned"
    if now in SOLVED and was != now:
        yield now.lower()
    if now in WAITING and WAITING.get(was) != WAITING[now]:
        yield "pending"
    if was in WAITING and now in ("New", "Active"):
        yield "resumed"
    if now == "Active" and (was == "New" or (given and was not in WAITING)):
        yield "started"


# --- desks, each made once, whoever of the workers comes first ---------------------------------


@contextmanager
def alone(path):
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def imported(folder, *options):
    """A desk with the log on it, and what the import said."""
    folder.mkdir(exist_ok=True)
    with alone(folder / "lock"):
        said = folder / "said.json"
        if not said.exists():
            shutil.rmtree(folder / "desk", ignore_errors=True)
            desk = DeskRunner.made(folder / "desk")
            done = command(desk, "import", str(LOG), "--map", "servicenow-incident-log", "--json", *options)
            assert done.returncode == 0, done.stderr
            said.write_bytes(done.stdout)
        return DeskRunner(folder / "desk"), json.loads(said.read_bytes())["data"]


def command(desk, *args):
    return subprocess.run([ITSM, *args], cwd=desk.root, env=desk.environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory, worker_id):
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "real-log"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def whole(shared_folder):
    return imported(shared_folder / "whole")


def on(desk):
    """Every ticket of a desk, strictly read."""
    return [decode(path.read_bytes(), path.name).ticket for path in (desk.root / "tickets").iterdir()]


# --- the whole log ----------------------------------------------------------------------------


def test_all_incidents_are_here_with_their_whole_histories(whole, incidents):
    desk, said = whole
    tickets = {ticket.reference: ticket for ticket in on(desk)}
    assert tickets.keys() == incidents.keys()
    assert [ticket.reference for ticket in tickets.values() if differences(ticket)] == []

    last = {number: rows[-1] for number, rows in incidents.items()}
    priorities = {"1": "P1", "2": "P2", "3": "P3", "4": "P4"}
    assert Counter(one.priority for one in tickets.values()) == Counter(priorities[row["priority"][0]] for row in last.values())
    assert Counter(one.team for one in tickets.values()) == Counter(row["assignment_group"].replace("?", "") for row in last.values())
    months = Counter(moment(row["opened_at"]).strftime("%Y-%m") for row in last.values())
    assert Counter(f"{one.opened:%Y-%m}" for one in tickets.values()) == months

    events = Counter(event.kind for one in tickets.values() for event in one.history)
    assert events == kinds(incidents) == Counter(said["events"])
    order = sorted(tickets.values(), key=lambda one: int(one.id.removeprefix("T-")))
    assert [one.reference for one in order] == sorted(tickets, key=lambda number: (tickets[number].opened, number))
    assert len({event.id for one in order for event in one.history}) == events.total()
    assert {number: one.closed for number, one in tickets.items()} == {number: last_closing(rows) for number, rows in incidents.items()}


def last_closing(rows):
    """When the row came that shows the incident closed for good."""
    return next(
        moment(row["sys_updated_at"])
        for before, row in reversed(list(zip([{"state": "New"}, *rows], rows, strict=False)))
        if row["state"] == "Closed" != before["state"]
    )


def test_what_was_changed_on_the_way_in_is_told_with_its_row(whole):
    _, said = whole
    assert said["refused"] == []
    unknown = [note["row"] for note in said["changed"] if note["message"] == "status '-100' isn't in the map: it stays as it was"]
    assert unknown == [115643, 115644, 124509, 124510, 124511]
    clamped = [note["reference"] for note in said["changed"] if "lies before what it follows" in note["message"]]
    assert clamped == ["INC0000130", "INC0000131", "INC0000134", "INC0000135", "INC0000164"]
    assert len(said["changed"]) == 10


def test_check_finds_nothing_to_complain_of(whole):
    done = command(whole[0], "check")
    assert (done.returncode, done.stdout) == (0, b"24918 tickets: all is well\n"), done.stderr


def test_again_takes_nothing(whole):
    desk, _ = whole
    folder = desk.root / "tickets"
    before = {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(folder)}
    done = command(desk, "import", str(LOG), "--map", "servicenow-incident-log", "--json")
    said = json.loads(done.stdout)["data"]
    assert (done.returncode, said["taken"], said["already_here"]) == (0, 0, 24_918)
    assert {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(folder)} == before


# --- as it stood ------------------------------------------------------------------------------


@pytest.mark.parametrize("until", INSTANTS)
def test_the_desk_as_it_stood(shared_folder, incidents, until):
    desk, said = imported(shared_folder / until[:10], "--until", until)
    instant = datetime.fromisoformat(until)
    tickets = on(desk)
    assert Counter(f"{one.status} {one.pending_for}".strip() for one in tickets) == states_at(incidents, instant)
    assert len(tickets) == said["taken"] == 24_918 - said["later"]
    assert max(event.at for one in tickets for event in one.history) <= instant
    told_how = {one.reference for one in tickets if any("how" in event.data for event in one.history)}
    assert told_how == {number for number, rows in incidents.items() if last_closing(rows) <= instant and rows[-1]["closed_code"] != "?"}


def test_the_first_sweep_after_an_import_is_silent(shared_folder):
    desk, _ = imported(shared_folder / INSTANTS[0][:10], "--until", INSTANTS[0])
    done = command(desk, "sweep", "--json")
    assert (done.returncode, json.loads(done.stdout)["data"]["actions"]) == (0, []), done.stderr
