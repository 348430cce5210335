"""The real log as it stood on 2016-03-15, armed and swept under a policy made for it: its breaches are those that the CSV itself has.

What is expected is worked out here, row by row, from page 3, sentences 6, 7 and 10: the clock runs from `opened_at`, stands still
while an incident waits or counts as solved, and begins anew when a closed one is reopened.
"""

from datetime import UTC, datetime, timedelta

from itsm.store.codec import decode
from tests.desk_runner import DeskRunner
from tests.real_log import LOG, WANTS_LOG, incidents, moment

INSTANT = datetime(2016, 3, 15, 9, tzinfo=UTC)
AT = "2016-03-15T09:00:00Z"
HOURS = {"1 - Critical": 4, "2 - High": 8, "3 - Moderate": 24, "4 - Low": 72}
STILL = ("Awaiting User Info", "Awaiting Evidence", "Awaiting Vendor", "Awaiting Problem", "Resolved", "Closed")
POLICY = """\
schema: 1
desk: {timezone: UTC}
teams:
  callcentre: {level: 0, mail: cc@example.com}
targets:
- {name: P1, match: {priority: P1}, resolve: 4h}
- {name: P2, match: {priority: P2}, resolve: 8h}
- {name: P3, match: {priority: P3}, resolve: 24h}
- {name: P4, match: {priority: P4}, resolve: 72h}
rules:
- {name: half, of: resolve, at: [50%, 100%], notify: head}
"""

pytestmark = WANTS_LOG


def standstills(rows, opened):
    """The spans in which nobody owes anything, from the row that begins each to the one that ends it; the last may have no end."""
    spans = []
    for row in rows:
        at = max(moment(row["sys_updated_at"]), opened)
        still, within = row["state"] in STILL, bool(spans) and spans[-1][1] is None
        if still and not within:
            spans.append([at, None])
        elif within and not still:
            spans[-1][1] = max(at, spans[-1][0])  # some incidents' rows run backwards: the log is real
    return spans


def used_up(rows, share):
    """When this share of the time for the last known priority was used up; None if it wasn't by the instant."""
    left = timedelta(hours=HOURS[rows[-1]["priority"]]) * share
    opened = moment(rows[0]["opened_at"])
    again = [n for n in range(1, len(rows)) if rows[n - 1]["state"] == "Closed" != rows[n]["state"]]
    start = max(moment(rows[again[-1]]["sys_updated_at"]), opened) if again else opened
    for begin, end in [*sorted(standstills(rows[again[-1] :] if again else rows, opened), key=lambda span: span[0]), [INSTANT, None]]:
        if begin - start >= left:
            return start + left
        if end is None:
            return None
        left -= max(begin - start, timedelta())
        start = max(start, end)
    return None


def test_breaches_of_the_armed_log_are_those_of_the_csv_and_the_same_sweep_again_is_silent(tmp_path):
    desk = DeskRunner.made(tmp_path / "desk", now=datetime(2026, 11, 22, 9, tzinfo=UTC))
    (desk.root / "sla.yaml").write_text(POLICY)
    taken = desk.ok("import", str(LOG), "--map", "servicenow-incident-log", "--until", AT, "--arm", "--json").data["taken"]
    rows = incidents(INSTANT)
    assert taken == len(rows)

    swept = desk.ok("sweep", "--at", AT, "--json").data
    reference = {path.stem: decode(path.read_bytes(), path.name).ticket.reference for path in (desk.root / "tickets").glob("*.yaml")}
    said = {(reference[one["ticket"]], one["step"]) for one in swept["actions"] if one["delivery"] == "printed" and one["ticket"]}
    breached = {number for number, step in said if step == "100%"}
    assert breached == {number for number, one in rows.items() if used_up(one, 1)}
    assert len(breached) > 1000
    halves = {number for number, step in said if step == "50%"}
    assert halves == {number for number, one in rows.items() if used_up(one, 0.5)} - breached
    due = {reference[one["ticket"]]: one["due_at"] for one in swept["actions"] if one["step"] == "100%" and one["ticket"]}
    assert due == {number: used_up(rows[number], 1).strftime("%Y-%m-%dT%H:%M:%SZ") for number in breached}

    again = desk.ok("sweep", "--at", AT, "--json").data
    assert again["actions"] == []
