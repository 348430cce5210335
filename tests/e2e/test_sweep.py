"""A sweep on a desk: once, together, dry, late, and with what is broken. Page 3, sentences 12 to 17 and 20; page 4, *Shapes*."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from itsm.desk.desk import Desk
from itsm.store import locks
from itsm.store.strict import MAX_BYTES
from tests.desk_runner import ITSM, T0, DeskRunner, span, stamp
from tests.sla.builders import sla_yaml

LATE = "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: [head, callcentre]}"
CALL = "{name: ask, match: {status: new}, from: opened, after: 20m, call: 'Is {id} done?', answers: {'yes': {close: Done}, 'no': {}}}"
CLOSE = (
    "{name: auto-close, match: {status: resolved}, from: [resolved, told, replied], after: 3d, close: No word from the customer for 3 days}"
)
DAILY = "{name: daily, match: {status: resolved}, from: resolved, every: 1d, notify: callcentre, say: '{id} was resolved {days} days ago'}"


def made(folder: Path, *rules: str, **given: str) -> DeskRunner:
    desk = DeskRunner(folder)
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, **given))
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = made(tmp_path / "desk", LATE, CALL, CLOSE, DAILY)
    desk.ok("open", "Mail is down", "--name", "王芳", "--mobile", "+8613800000000")
    return desk


def acts(done: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done.data["actions"]
    return found


def said(desk: DeskRunner) -> Counter[tuple[str, str, str]]:
    """How often each (key, recipient, channel) was said, as the journal has it."""
    facts = [json.loads(line) for path in (desk.root / "notices").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return Counter(
        (fact["key"], fact.get("to", ""), fact.get("channel", "")) for fact in facts if fact["fact"] in ("printed", "sent", "done")
    )


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in sorted(root.rglob("*")) if path.is_file()}


# --- once (17) ---------------------------------------------------------------------------------


def test_the_same_sweep_twice_the_second_does_nothing(desk: DeskRunner) -> None:
    first = desk.ran("sweep", at="20m")
    assert "T-1" in first.out
    before = desk.files()
    second = desk.ran("sweep", at="20m")
    assert (second.out, second.err) == ("", "")
    assert desk.files() == before


def test_an_idle_sweep_ends_well_and_silently(desk: DeskRunner) -> None:
    done = desk.ran("sweep", at="19m")
    assert (done.out, done.err) == ("", "")


def test_what_is_printed_is_for_a_person_who_reads_crons_mail(desk: DeskRunner) -> None:
    """By ticket: what to do, whom to phone (name and number), since when."""
    out = desk.ok("sweep", at="20m").out
    assert out.splitlines()[0].startswith("T-1  Mail is down")
    for words in ("王芳", "+8613800000000", "Is T-1 done?", "itsm answer T-1 yes|no", "Head One <head1@example.com>", "2026-11-23"):
        assert words in out
    assert "\x1b" not in out


def test_a_clock_set_back_says_nothing_twice(desk: DeskRunner) -> None:
    desk.ok("sweep", at="3h")
    assert acts(desk.ok("sweep", "--json", at="1h")) == []
    assert acts(desk.ok("sweep", "--json", at="3h")) == []


def test_twenty_sweeps_at_once_say_each_thing_once(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", LATE, CALL, CLOSE, DAILY)
    for number in range(10):
        desk.ok("open", f"Ticket {number}")
    for which in ("1", "2", "3"):
        desk.ok("resolve", which, "--how", "done")
    env = desk.environment("4d")
    running = [subprocess.Popen([ITSM, "sweep"], cwd=desk.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(20)]
    outcomes = [(one.communicate(timeout=60), one.returncode) for one in running]
    assert {code for _, code in outcomes} == {0}
    assert {err for (_, err), _ in outcomes} == {b""}
    assert sum(1 for (out, _), _ in outcomes if out) == 1
    assert set(said(desk).values()) == {1}
    assert len(said(desk)) == 7 * 3 + 3
    assert [desk.ticket(which, at="5d")["status"] for which in ("1", "2", "3", "4")] == ["closed", "closed", "closed", "new"]
    assert desk.ok("check").exit == 0


@pytest.mark.parametrize(
    ("began", "now", "says"),
    [("0m", "9m59s", ""), ("0m", "10m", "another sweep has been running since 2026-11-23T09:00:00Z")],
    ids=["silent", "it has run for ten minutes"],
)
def test_while_another_sweep_is_at_work_one_leaves_at_once_with_exit_0(desk: DeskRunner, began: str, now: str, says: str) -> None:
    desk.ok("sweep", at=began)
    with locks.try_lock(desk.root / ".itsm" / "sweep.lock", "sweep") as holder:
        assert holder is None
        done = desk.run("sweep", at=now)
    assert (done.exit, done.out) == (0, "")
    assert done.err.startswith(says)
    assert bool(done.err) == bool(says)


def test_nobody_waits_for_the_ticket_lock_longer_than_it_takes_and_exit_6_says_so(
    desk: DeskRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "tickets", property(_impatient))
    with locks.lock(desk.root / ".itsm" / "lock", 5, "a test"):
        assert desk.do("sweep", at="20m").exit == 6
    assert desk.ok("sweep", at="20m").out


def _impatient(desk: Desk) -> Any:
    from itsm.store.tickets import Tickets

    found = Tickets(desk.root, "T")
    locked = found.locked
    found.locked = lambda what, timeout=0.2: locked(what, timeout)  # type: ignore[method-assign]
    return found


# --- dry (13) and JSON (page 4) ----------------------------------------------------------------


def test_a_dry_run_shows_what_is_due_and_writes_nothing(desk: DeskRunner) -> None:
    desk.ok("resolve", "1", "--how", "done")
    desk.ok("open", "Another")
    desk.ok("sweep", at="1m")
    before = tree(desk.root)
    done = desk.ran("sweep", "--dry-run", at="4d")
    assert "closed" in done.out
    assert "T-2" in done.out
    assert "dry run" in done.err
    assert tree(desk.root) == before
    assert acts(desk.ok("sweep", "--json", at="4d"))


def test_a_dry_run_on_a_fresh_clone_writes_nothing_but_a_note_on_having_read_the_policy(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", LATE)
    desk.ok("open", "Mail is down")
    for path in (desk.root / ".itsm").iterdir():
        path.unlink()
    before = tree(desk.root)
    desk.ran("sweep", "-n", at="1h")
    assert {name.rpartition("/")[2] for name in tree(desk.root).keys() - before.keys()} <= {"sla.ok", ".gitignore"}


def test_json_has_the_shape_that_is_promised(desk: DeskRunner) -> None:
    desk.ok("sweep", at="1m")
    done = desk.ran("sweep", "--json", at="20m")
    assert done.err == ""
    assert done.json["kind"] == "sweep"
    assert done.data["at"] == stamp(T0 + span("20m"))
    assert done.data["problems"] == []
    by_kind = {action["kind"]: action for action in acts(done)}
    key = "T-1/late/20m/notify/2026-11-23T09:00:00Z"
    promised = ("ticket", "rule", "step", "kind", "to", "due_at", "reason", "key", "delivery")
    assert {name: by_kind["notify"][name] for name in promised} == {
        "ticket": "T-1", "rule": "late", "step": "20m", "kind": "notify", "to": ["head1@example.com", "cc@example.com"],
        "due_at": "2026-11-23T09:20:00Z", "reason": "20m after it was opened at 2026-11-23 09:00 UTC", "key": key, "delivery": "printed",
    }  # fmt: skip
    assert {name: by_kind["call"][name] for name in ("rule", "to", "delivery")} == {
        "rule": "ask",
        "to": ["cc@example.com"],
        "delivery": "printed",
    }
    assert set(promised) <= set(by_kind["call"])


@pytest.mark.parametrize(
    ("args", "at", "kind", "delivery"),
    [(("sweep",), "4d", "close", "done"), (("sweep", "-n"), "4d", "close", "done"), (("sweep",), "1d", "notify", "printed")],
)  # fmt: skip
def test_a_move_is_done_and_a_notice_printed(desk: DeskRunner, args: tuple[str, ...], at: str, kind: str, delivery: str) -> None:
    desk.ok("resolve", "1", "--how", "done")
    assert [(action["kind"], action["delivery"]) for action in acts(desk.ok(*args, "--json", at=at))] == [(kind, delivery)]


def test_missed_thresholds_are_in_the_json_as_superseded(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", "{name: part, of: resolve, at: [50%, 75%, 100%], notify: head}")
    text = (desk.root / "sla.yaml").read_text().replace("rules:", "targets: [{name: all, match: {}, resolve: 2h}]\nrules:")
    (desk.root / "sla.yaml").write_text(text)
    desk.ok("open", "Mail is down")
    found = acts(desk.ok("sweep", "--json", at="5h"))
    assert {(action["step"], action["delivery"]) for action in found} == {("50%", "superseded"), ("75%", "superseded"), ("100%", "printed")}
    assert acts(desk.ok("sweep", "--json", at="5h")) == []


# --- when --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("args", "exit_code"), [((), 2), (("--yes",), 0), (("--dry-run",), 0)], ids=["refused", "with --yes", "dry"])
def test_a_sweep_that_acts_in_the_future_wants_yes(desk: DeskRunner, args: tuple[str, ...], exit_code: int) -> None:
    done = desk.do("sweep", "--at", "in 2h", *args)
    assert done.exit == exit_code, done
    assert ("T-1" in done.out) == (exit_code == 0)
    if exit_code:
        assert "--dry-run" in done.err
        assert not (desk.root / "notices").exists()


def test_the_past_is_swept_as_of_then(desk: DeskRunner) -> None:
    assert acts(desk.ok("sweep", "--at", "2026-11-23T09:19:59Z", "--json", at="2h")) == []
    assert len(acts(desk.ok("sweep", "--at", "2026-11-23T09:20Z", "--json", at="2h"))) == 2


def test_three_days_without_cron_say_each_thing_once(desk: DeskRunner) -> None:
    """Sentence 15: late is not lost."""
    desk.ok("open", "Another")
    desk.ok("resolve", "2", "--how", "done", at="1m")
    desk.ok("sweep", at="2m")
    found = acts(desk.ok("sweep", "--json", at="2d23h"))
    assert Counter((action["ticket"], action["rule"], action["kind"]) for action in found) == {
        ("T-1", "late", "notify"): 1, ("T-1", "ask", "call"): 1, ("T-2", "daily", "notify"): 1,
    }  # fmt: skip
    assert [action["text"] for action in found if action["rule"] == "daily"] == ["T-2 was resolved 2 days ago"]
    assert acts(desk.ok("sweep", "--json", at="3d")) == []
    assert [action["rule"] for action in acts(desk.ok("sweep", "--json", at="3d1m"))] == ["auto-close"]


# --- what is broken (20) -----------------------------------------------------------------------

CONFLICT = b"id: T-1\n<<<<<<< HEAD\ntype: incident\n=======\ntype: request\n>>>>>>> theirs\n"


def test_a_broken_ticket_is_named_and_the_rest_goes_on_with_exit_5(desk: DeskRunner) -> None:
    desk.ok("open", "Another")
    good = desk.file().read_bytes()
    desk.file().write_bytes(CONFLICT)
    done = desk.run("sweep", at="20m")
    assert done.exit == 5
    assert "T-2" in done.out
    assert done.err.startswith("tickets/T-1.yaml:2:")
    desk.file().write_bytes(good)
    again = desk.ran("sweep", at="21m")
    assert "T-1" in again.out
    assert "T-2" not in again.out


def test_a_broken_ticket_is_in_the_json_with_file_and_line(desk: DeskRunner) -> None:
    desk.file().write_bytes(CONFLICT)
    done = desk.do("sweep", "--json", at="20m")
    assert done.exit == 5
    [problem] = done.data["problems"]
    assert (problem["file"], problem["line"]) == ("tickets/T-1.yaml", 2)
    assert problem["message"]


def test_with_a_broken_policy_nothing_acts(desk: DeskRunner) -> None:
    """Page 2: with a broken sla.yaml nothing acts on half a policy."""
    desk.policy("after: 20m, notify", "after: 20, notify")
    before = desk.files()
    done = desk.do("sweep", at="4d")
    assert done.exit == 5
    assert "20 what? write 20m" in done.err
    assert desk.files() == before


def test_unattended_a_problem_is_said_when_new_once_a_day_and_when_gone(desk: DeskRunner) -> None:
    desk.ok("sweep", at="20m")
    good = desk.file().read_bytes()
    desk.file().write_bytes(CONFLICT)
    said = {at: desk.do("sweep", at=at) for at in ("1h", "1h5m", "20h", "25h", "26h")}
    assert [at for at, done in said.items() if done.err] == ["1h", "25h"]
    assert {done.exit for done in said.values()} == {5}
    desk.file().write_bytes(good)
    gone = desk.ok("sweep", at="27h")
    assert gone.err == f"no longer: {said['25h'].err}"
    assert desk.ok("sweep", at="28h").err == ""


def test_a_move_that_is_refused_is_named_and_made_later_by_no_means_said_to_be_done(tmp_path: Path) -> None:
    """Escalating needs a higher level: the rule can't, and tries again when it can."""
    desk = made(
        tmp_path / "desk", "{name: up, match: {status: assigned}, from: opened, after: 1h, escalate: network}", LATE.replace("head, ", "")
    )
    desk.ok("open", "Mail is down")
    desk.ok("assign", "1", "systems")
    done = desk.do("sweep", "--json", at="1h")
    assert done.exit == 5
    assert {(action["rule"], action["delivery"]) for action in acts(done)} == {("up", "failed"), ("late", "printed")}
    assert "rule up can't escalate T-1" in done.data["problems"][0]["message"]
    desk.ok("assign", "1", "servicedesk", at="2h")
    assert [(action["rule"], action["delivery"]) for action in acts(desk.ok("sweep", "--json", at="2h"))] == [("up", "done")]
    assert desk.ticket(at="2h")["team"] == "network"


def test_what_could_not_be_saved_was_neither_done_nor_said(desk: DeskRunner) -> None:
    """A file that is as large as one may be has no room for one more event."""
    desk.ok("open", "Another")
    desk.ok("resolve", "1", "--how", "done")
    whole = desk.file().read_bytes()
    desk.file().write_bytes(whole + b"#" * (MAX_BYTES - len(whole) - 1) + b"\n")
    done = desk.do("sweep", "--json", at="3d")
    assert done.exit == 5
    assert {action["ticket"] for action in acts(done)} == {"T-2"}
    assert "the change can't be put on record" in done.data["problems"][0]["message"]
    desk.file().write_bytes(whole)
    assert [action["rule"] for action in acts(desk.ok("sweep", "--json", at="3d"))] == ["auto-close"]


def test_more_tickets_than_are_changed_under_one_lock_are_all_moved_in_their_order_and_on_record(desk: DeskRunner) -> None:
    desk.ok("resolve", "1", "--how", "done")
    text = desk.file().read_text("utf-8")
    for n in range(2, 121):
        desk.file(f"T-{n}").write_text(text.replace("T-1", f"T-{n}"), "utf-8")
    done = desk.ok("sweep", "--json", at="3d")
    assert [action["ticket"] for action in acts(done) if action["kind"] == "close"] == [f"T-{n}" for n in range(1, 121)]
    assert len(desk.ok("list", "status:closed", "--json", at="3d").data) == 120
    assert sum(key.endswith("/close/2026-11-23T09:00:00Z") for key, _, _ in said(desk)) == 120
    assert acts(desk.ok("sweep", "--json", at="3d")) == []


def test_a_journal_with_a_bad_line_is_named_and_believed_in_all_others(desk: DeskRunner) -> None:
    desk.ok("sweep", at="20m")
    path = desk.root / "notices" / "2026-11.jsonl"
    path.write_bytes(b'{"at": "yesterday"}\n' + path.read_bytes())
    done = desk.do("sweep", "--json", at="20m")
    assert (done.exit, acts(done)) == (5, [])
    assert [problem["line"] for problem in done.data["problems"]] == [1]


def test_what_nobody_could_read_was_not_said(desk: DeskRunner) -> None:
    """What was shown counts as said only when it has been shown: a reader that is gone has seen nothing."""
    reading = subprocess.Popen(
        [ITSM, "sweep"], cwd=desk.root, env=desk.environment("20m"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert reading.stdout is not None
    reading.stdout.close()
    reading.wait(60)
    assert said(desk) == {}
    assert len(acts(desk.ok("sweep", "--json", at="20m"))) == 2


# --- strangers' text ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("disk [/var] full", "disk [/var] full"), ("\x1b[31mred\x1b]0;owned\x07", "\\x1b[31mred\\x1b]0;owned\\x07"),
        ("华东分公司邮件服务器无法访问", "华东分公司邮件服务器无法访问"), ("x" * 10_000, "x" * 10_000), ("a\u202eb", "a\\u202eb"),
    ],
    ids=["brackets", "ESC", "Chinese", "10,000 characters", "bidi"],
)  # fmt: skip
def test_a_title_comes_through_the_sweep_shown_and_never_obeyed(tmp_path: Path, title: str, shown: str) -> None:
    desk = made(tmp_path / "desk", "{name: rule, from: opened, after: 0m, notify: head, say: '{id}: {title}'}")
    desk.ok("open", "--", title)
    assert shown in desk.ran("sweep", "-n").out
    assert acts(desk.ok("sweep", "--json"))[0]["text"] == f"T-1: {title}"


def test_a_month_of_the_journal_that_can_not_be_read_stops_the_sweep_since_all_of_it_would_be_said_again(desk: DeskRunner) -> None:
    desk.ok("open", "Mail")
    desk.ok("sweep")
    month = next((desk.root / "notices").glob("*.jsonl"))
    kept = month.rename(desk.root / "kept")
    month.mkdir()
    done = desk.do("sweep")
    assert (done.exit, done.out) == (5, "")
    assert month.name in done.err
    month.rmdir()
    kept.rename(month)
    assert desk.ok("sweep").out == ""
