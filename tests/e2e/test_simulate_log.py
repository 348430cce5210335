"""The real log over March 2016, simulated under several policies: the breaches are those that the CSV itself has under each.

What is expected is worked out here, row by row, from page 3, sentences 6–10: the clock runs from `opened_at`, stands still while an
incident waits or counts as solved, begins anew when a closed one is reopened, and is broken once, at the instant at which the time
for the priority of that moment is used up, be it because time has passed or because the priority has changed.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from itsm.store.codec import decode
from tests.desk_runner import DeskRunner
from tests.real_log import LOG, WANTS_LOG, incidents, moment

BEGIN, END = datetime(2016, 3, 1, tzinfo=UTC), datetime(2016, 3, 31, 23, 59, 59, tzinfo=UTC)
PRESENT = {"P1": 4, "P2": 8, "P3": 24, "P4": 72}  # hours around the clock
NEW = {"P1": 1, "P2": 12, "P3": 48, "P4": 72}
MSP = {"P1": 4, "P2": "8h", "P3": "2d", "P4": "5d"}  # as text: between 8:00 and 18:00, Monday to Friday
WAITING = ("Awaiting User Info", "Awaiting Evidence", "Awaiting Vendor", "Awaiting Problem")
DONE = ("Resolved", "Closed")

pytestmark = WANTS_LOG


def policy(limits):
    targets = "".join(f"- {{name: {name}, match: {{priority: {name}}}, resolve: {limit}h}}\n" for name, limit in limits.items())
    return f"schema: 1\ndesk: {{timezone: UTC}}\nteams:\n  callcentre: {{level: 0, mail: cc@example.com}}\ntargets:\n{targets}"


def histories():
    """Of each incident: (instant, state, priority) from its opening on, where that changes; no change lies before the one it follows."""
    found = {}
    for number, own in incidents(END).items():
        found[number] = changes = [(moment(own[0]["opened_at"]), "New", f"P{own[0]['priority'][0]}")]
        for row in own:
            at = changes[-1][0]
            now = (row["state"], f"P{row['priority'][0]}")
            if now != changes[-1][1:]:
                changes.append((max(at, moment(row["sys_updated_at"])), *now))
    return found


def hours(begin, end):
    """The business hours between two instants, one (from, to) a day."""
    day = begin.replace(hour=0, minute=0, second=0)
    while day < end:
        opens, closes = max(begin, day + timedelta(hours=8)), min(end, day + timedelta(hours=18))
        if day.weekday() < 5 and opens < closes:
            yield opens, closes
        day += timedelta(days=1)


def later(at, limit):
    """`at` and so many hours around the clock, business hours (`8h`) or working days at the same time of the day (`2d`)."""
    if isinstance(limit, int):
        return at + timedelta(hours=limit)
    left = int(limit[:-1])
    opening = next(hours(at, at + timedelta(days=4)))[0]
    if limit[-1] == "h":
        return spent(opening, timedelta(hours=left))
    while left:
        opening += timedelta(days=1)
        left -= opening.weekday() < 5
    return opening


def spent(at, left):
    for opens, closes in hours(at, at + timedelta(days=60)):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError


def due(start, pauses, limit):
    """When it is due: what was worked, or would have been, while it stood still is given back; None while that isn't known."""
    moment = later(start, limit)
    for begin, end in pauses:
        if begin >= moment:
            break
        if end is None:
            return None
        if isinstance(limit, int):
            moment += end - begin
        elif back := sum((closes - opens for opens, closes in hours(begin, end)), timedelta()):
            moment = spent(moment, back)
    return moment


def broken(history, limits, patience=timedelta(days=999)):
    """When the promise was broken, and the priority then: as often as it was made. What stays solved for so long is closed by a rule."""
    start, pauses, kept, before, since = history[0][0], [], True, "New", END
    for n, (at, state, priority) in enumerate(history):
        end = history[n + 1][0] if n + 1 < len(history) else END + timedelta(seconds=1)
        if pauses and pauses[-1][1] is None:
            pauses[-1] = (pauses[-1][0], at)
        if state not in DONE and (before == "Closed" or (before == "Resolved" and at > since + patience)):
            start, pauses, kept = at, [], True
        since = since if before == state else at
        before = state
        if state in WAITING or state in DONE:
            pauses.append((at, None))
        if end == at or state in DONE:
            continue  # what lasts no time, or is solved, can't be late
        when = due(start, pauses, limits[priority])
        if kept and when is not None and when < end:
            kept = False
            yield max(at, when), priority


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    desk = DeskRunner.made(tmp_path_factory.mktemp("log") / "desk", now=datetime(2026, 11, 22, 9, tzinfo=UTC))
    desk.ok("import", str(LOG), "--map", "servicenow-incident-log", "--until", "2016-03-31T23:59:59Z", "--json")
    return desk


def simulated(desk, new):
    (desk.root / "sla.yaml").write_text(policy(PRESENT))
    window = ("--since", "2016-03-01T00:00:00Z", "--until", "2016-03-31T23:59:59Z")
    return desk.ok("sla", "simulate", "--policy", str(new), *window, "--json").data


def expected(limits, **more):
    """Of each incident: when in March its promise was broken, and at what priority."""
    return {number: [one for one in broken(history, limits, **more) if one[0] >= BEGIN] for number, history in histories().items()}


def by_priority(found):
    return dict(Counter(priority for one in found.values() for _, priority in one))


def test_breaches_and_the_tickets_that_differ_are_those_of_the_csv(desk):
    new = desk.root.parent / "new.yaml"
    new.write_text(policy(NEW))
    data = simulated(desk, new)

    sides = expected(PRESENT), expected(NEW)
    assert data["tickets"] == len(sides[0])
    assert sum(by_priority(sides[0]).values()) > 2000
    assert all((row["promise"], row["target"]) == ("resolve", row["priority"]) for row in data["breaches"])
    for side, name in zip(sides, ("present", "new"), strict=True):
        assert {row["priority"]: row[name] for row in data["breaches"] if row[name]} == by_priority(side)
    reference = {path.stem: decode(path.read_bytes(), path.name).ticket.reference for path in (desk.root / "tickets").glob("*.yaml")}
    present, other = ({number: [at for at, _ in one] for number, one in side.items()} for side in sides)
    assert {reference[one["ticket"]] for one in data["differ"]} == {number for number in present if present[number] != other[number]}
    for one in data["differ"]:
        number = reference[one["ticket"]]
        assert (one["breaches"]["present"], one["breaches"]["new"]) == (len(present[number]), len(other[number])), number


def test_the_shipped_policy_for_providers_breaks_as_many_promises_as_the_csv_says(desk):
    data = simulated(desk, "msp")
    found = {row["priority"]: row["new"] for row in data["breaches"] if row["promise"] == "resolve" and row["new"]}
    assert found == by_priority(expected(MSP, patience=timedelta(days=3)))  # its rule auto-close
