"""Clocks that are wrong, and clocks that change over: nothing is said twice, nothing is lost (page 3, sentences 2, 12, 15 and 21).

Commands are processes of their own, mail goes to a real server. `ITSM_NOW` tells them the hour; once it is the system's own clock that is
wrong, as far as libfaketime can have it so.
"""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.desk_runner import ITSM, T0, DeskRunner, span, stamp
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

LATE = "{name: late, match: {status: new}, from: opened, after: 20m, notify: [head, callcentre], say: '{id} is late'}"
BYE = "{name: bye, match: {status: resolved}, from: resolved, after: 3d, close: No word, notify: callcentre, say: '{id} is closed'}"
HEAD, CALLCENTRE = "head1@example.com", "cc@example.com"
SWEEP = ("sweep", "--mail")


def at(text: str) -> datetime:
    """`25m` after T0, `-23h` before it."""
    return T0 - span(text[1:]) if text.startswith("-") else T0 + span(text)


@pytest.fixture
def server():
    with Smtpd() as server:
        yield server


@pytest.fixture
def desk(tmp_path, server):
    """T-1 is new, T-2 resolved; cron has come by."""
    (tmp_path / "desk" / "tickets").mkdir(parents=True)
    channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 5}}}}"
    (tmp_path / "desk" / "sla.yaml").write_bytes(sla_yaml(LATE, BYE, channels=channels))
    desk = DeskRunner(tmp_path / "desk")
    desk.ok("open", "Mail is down")
    desk.ok("open", "FTP is slow")
    desk.ok("resolve", "2", "--how", "done", at="5m")
    desk.ok(*SWEEP, at="10m")
    return desk


def told(server: Smtpd) -> Counter[tuple[str, str]]:
    """Who was told of which ticket, and how often."""
    return Counter((mail.to[0], str(mail.message["Subject"]).split()[0].strip("[]:")) for mail in server.received)


def everybody(*tickets: str) -> dict[tuple[str, str], int]:
    """The head and the call centre, once of each."""
    return {(who, ticket): 1 for who in (HEAD, CALLCENTRE) for ticket in tickets}


CLOSED = {(CALLCENTRE, "T-2"): 1}
WALKS = {
    "steady": (["19m59s", "20m", "21m", "1d", "2d", "3d5m", "3d6m"], everybody("T-1") | CLOSED),
    "a day back, and on from there": (["20m", "-23h", "-22h", "10m", "20m", "21m"], everybody("T-1")),
    "a day back, before anything was due": (["-23h", "-22h", "19m59s", "20m", "21m"], everybody("T-1")),
    "a day back, for one sweep": (["20m", "-23h", "21m", "1d", "2d", "3d5m", "3d6m"], everybody("T-1") | CLOSED),
    "back by a second each time": (["20m2s", "20m1s", "20m", "19m59s"], everybody("T-1")),
    "three days forward, and on from there": (["3d10m", "3d11m", "3d12m"], everybody("T-1") | CLOSED),
    "three days forward, for one sweep": (["3d10m", "11m", "20m", "21m", "1d", "2d", "3d"], everybody("T-1")),
    "three days forward, for one sweep, and there in time": (
        ["3d10m", "11m", "20m", "1d", "2d", "3d5m", "3d6m"],
        everybody("T-1") | CLOSED,
    ),
    "to and fro": (["20m", "3d", "-23h", "21m", "3d", "22m"], everybody("T-1")),
}


@pytest.mark.parametrize(("sweeps", "wanted"), WALKS.values(), ids=WALKS)
def test_whatever_way_the_clock_goes_each_notice_arrives_and_once(desk, server, sweeps, wanted):
    for moment in sweeps:
        desk.ran(*SWEEP, at=at(moment))
    assert told(server) == wanted
    desk.ran("check", at=at(sweeps[-1]))


def test_what_is_opened_while_the_clock_is_a_day_back_is_told_of_by_that_clock_and_once(desk, server):
    desk.ran(*SWEEP, at="20m")
    desk.ran("open", "Router", at=at("-23h"))
    assert "T-3" not in {ticket for _, ticket in told(server)}
    for moment in ("-23h", "-22h"):
        desk.ran(*SWEEP, at=at(moment))
    assert told(server) == everybody("T-1", "T-3")
    for moment in ("30m", "31m"):
        desk.ran(*SWEEP, at=at(moment))
    assert told(server) == everybody("T-1", "T-3")
    desk.ran("check", at="31m")


def test_what_is_opened_while_the_clock_is_three_days_ahead_is_told_of_when_its_time_has_come(desk, server):
    desk.ran("open", "Router", at="3d")
    for moment in ("11m", "20m", "1d", "2d", "3d"):
        desk.ran(*SWEEP, at=moment)
    assert told(server) == everybody("T-1")
    desk.ran(*SWEEP, at="3d20m")
    assert told(server) == everybody("T-1", "T-3") | CLOSED
    desk.ran("check", at="3d20m")


def test_a_note_with_a_clock_that_is_behind_the_history_is_refused_or_kept_and_breaks_nothing(desk):
    desk.ran("note", "2", "Phoned", at="1h")
    done = desk.run("note", "2", "By a clock that is a day back", at=at("-23h"))
    assert done.exit in (0, 2, 4), done
    assert "Traceback" not in done.err
    desk.ran("check", at="1h")
    desk.ran("note", "2", "And on", at="2h")


def test_what_could_not_be_sent_while_the_clock_was_ahead_is_sent_when_it_is_right_again(desk, server):
    """The next try stands in the future then."""
    server.refuse_sender = "451 4.3.0 Try later"
    assert desk.run(*SWEEP, at="3d").exit == 7
    server.refuse_sender = ""
    for moment in ("11m", "20m", "2h"):
        desk.ran(*SWEEP, at=moment)
    assert told(server) == everybody("T-1")


AHEAD, REAL = "8d20m", ("30m", "1d", "8d20m", "8d21m", "9d")  # on 1 December by a clock that is ahead; on 23 November, and on


def test_what_a_clock_over_the_end_of_the_month_could_not_send_is_sent_when_it_is_right_again_and_once(desk, server):
    """Its intent stands in the journal of December, its result in that of November, which is read first."""
    desk.ran("open", "Router", at="8d")
    server.refuse_sender = "451 4.3.0 Try later"
    assert desk.run(*SWEEP, at=AHEAD).exit == 7
    server.refuse_sender = ""
    for moment in REAL:
        desk.ran(*SWEEP, at=moment)
    assert told(server) == everybody("T-1", "T-3") | CLOSED
    desk.ran("check", at=REAL[-1])


def test_what_was_given_up_by_such_a_clock_and_is_tried_again_by_the_right_one_is_said_once(desk, server):
    desk.policy("timeout: 5", "timeout: 5, retry: {for: 1m}")
    desk.ran("open", "Router", at="8d")
    server.refuse_sender = "451 4.3.0 Try later"
    for moment in (AHEAD, "8d21m"):
        assert desk.run(*SWEEP, at=moment).exit == 7
    server.refuse_sender = ""
    desk.ran("notices", "retry", "all", at="20m")
    for moment in REAL:
        desk.ran(*SWEEP, at=moment)
    assert told(server) == everybody("T-1", "T-3") | CLOSED
    desk.ran("check", at=REAL[-1])


@pytest.mark.parametrize("verdict", ["drop", "release"])
def test_what_such_a_clock_held_stays_decided_over(desk, server, verdict):
    desk.policy("{timezone: UTC}", "{timezone: UTC, hold_over: 0}")
    desk.policy(
        "rules:\n", "rules:\n- {name: hello, match: {title: Router}, from: opened, after: 0m, notify: customer, say: 'Hello {id}'}\n"
    )
    desk.ran("open", "Router", "--email", "wang@example.org", at="8d")
    desk.ran(*SWEEP, at="8d1m")
    assert len(desk.ok("notices", "held", "--json", at="8d1m").data) == 1
    desk.ran("notices", verdict, "all", at="15m")
    for moment in REAL:
        desk.ran(*SWEEP, at=moment)
        assert desk.ok("notices", "held", "--json", at=moment).data == []
    assert told(server)["wang@example.org", "T-3"] == (verdict == "release")


@pytest.mark.parametrize("jump", ["3d10m", "30d"])
def test_after_a_jump_forward_the_close_is_held_once_and_done_by_the_next_sweep(desk, server, jump):
    assert "to be closed: No word" in desk.ran("sweep", "--mail", at=jump).out
    assert desk.ticket("2")["status"] == "resolved"
    assert told(server) == everybody("T-1")
    for seconds in (60, 120):
        desk.ran(*SWEEP, at=at(jump) + timedelta(seconds=seconds))
    assert desk.ticket("2")["status"] == "closed"
    assert told(server) == everybody("T-1") | CLOSED


# --- the system's own clock --------------------------------------------------------------------


@pytest.fixture
def system(desk):
    """A command by a system whose clock stands at this hour."""
    if not shutil.which("faketime"):
        pytest.skip("faketime is not here: apt-get install faketime")

    def command(moment, *args):
        told = {name: value for name, value in desk.environment().items() if name != "ITSM_NOW"} | {"TZ": "UTC"}
        line = ["faketime", moment.strftime("%Y-%m-%d %H:%M:%S"), ITSM, *args]
        return subprocess.run(line, cwd=desk.root, env=told, capture_output=True, text=True, timeout=60, check=True).stdout

    return command


def test_the_system_clock_itself_is_a_day_back_and_three_days_ahead(desk, server, system):
    """Its file times, too, are what the index of the next sweep finds."""
    system(at("20m"), *SWEEP)
    system(at("-23h"), *SWEEP)
    system(at("-22h"), "open", "Router")
    system(at("-21h"), *SWEEP)
    assert told(server) == everybody("T-1", "T-3")
    assert "to be closed" in system(at("3d10m"), *SWEEP)
    system(at("30m"), *SWEEP)
    assert desk.ticket("2", at="30m")["status"] == "resolved"
    for moment in ("1d", "2d", "3d10m", "3d11m"):
        system(at(moment), *SWEEP)
    assert desk.ticket("2", at="3d11m")["status"] == "closed"
    assert told(server) == everybody("T-1", "T-3") | CLOSED
    assert "all is well" in system(at("3d11m"), "check")


# --- clocks that change over -------------------------------------------------------------------

SPRING, AUTUMN = datetime(2027, 3, 27, 19, tzinfo=UTC), datetime(2026, 10, 24, 18, tzinfo=UTC)  # 20:00 in Berlin, on the evening before
PROMISES = {
    # hours that it takes in spring and in autumn
    "after: 1d": (24, 24),  # no calendar: d is 24 hours
    "after: 1d, calendar: 24x7": (24, 24),  # always open, in no zone of its own
    "after: 24h, calendar: 24x7": (24, 24),
    "after: 24h, calendar: round": (24, 24),  # working time is real elapsed time
    "after: 1d, calendar: round": (23, 25),  # a working day later, at the same wall-clock time
    "after: 2d, calendar: round": (47, 49),
    "after: 3h, calendar: night": (7, 7),
    "after: 6h, calendar: night": (28, 10),  # the night has five hours, or seven
}
CALENDARS = "calendars:\n  night: {hours: {mon-sun: '00:00-06:00'}}\n  round: {hours: {mon-sun: '00:00-24:00'}}"


@pytest.mark.parametrize("promise", PROMISES)
@pytest.mark.parametrize("evening", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_a_promise_over_the_change_is_due_to_the_second_and_said_once_however_often_cron_comes(tmp_path, promise, evening):
    rule = f"{{name: late, match: {{status: new}}, from: opened, {promise}, notify: callcentre, say: '{{id}} is late'}}"
    (tmp_path / "desk" / "tickets").mkdir(parents=True)
    text = sla_yaml(rule, desk="{timezone: Europe/Berlin}").decode().replace("calendars:", CALENDARS)
    (tmp_path / "desk" / "sla.yaml").write_text(text)
    desk = DeskRunner(tmp_path / "desk")
    desk.ok("open", "Mail is down", at=evening)
    desk.ok("sweep", at=evening)
    due = evening + timedelta(hours=PROMISES[promise][evening == AUTUMN])
    night = [evening + timedelta(hours=n, minutes=30) for n in range(4, 9)]  # 02:30 on a wall is skipped, or comes twice
    sweeps = sorted({*night, due - timedelta(seconds=1), due, due + timedelta(hours=1)})
    said = [moment for moment in sweeps if "T-1 is late" in desk.do("sweep", at=moment).out]
    assert said == [due]


@pytest.mark.parametrize(("evening", "due"), [(SPRING, "2027-03-28T19:00:00Z"), (AUTUMN, "2026-10-25T18:00:00Z")], ids=["spring", "autumn"])
def test_a_target_that_runs_day_and_night_takes_real_hours_over_the_change(tmp_path, evening, due):
    (tmp_path / "desk" / "tickets").mkdir(parents=True)
    targets = "\ntargets:\n- {name: all, calendar: 24x7, resolve: 24h}\nrules:"
    text = sla_yaml(desk="{timezone: Europe/Berlin}").decode().replace("\nrules:", targets)
    (tmp_path / "desk" / "sla.yaml").write_text(text)
    desk = DeskRunner(tmp_path / "desk")
    desk.ok("open", "Mail is down", at=evening)
    [promise] = desk.ticket(at=evening)["sla"]
    assert (promise["due"], promise["remaining_seconds"]) == (due, 24 * 3600)
    later = evening + timedelta(hours=20)
    assert desk.ticket(at=later)["sla"][0]["remaining_seconds"] == 4 * 3600
    assert desk.ran("calendar", "due", "24x7", stamp(evening), "24h", "--json", at=evening).data == {"due": due}
