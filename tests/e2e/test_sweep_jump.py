"""A clock that jumps: page 3, sentence 21. What can't be undone is held once, and done by the next sweep."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

CLOSE = "{name: auto-close, match: {status: resolved}, from: [resolved, replied], after: 3d, close: No word for 3 days}"
DAILY = "{name: daily, match: {status: resolved}, from: resolved, every: 1d, notify: callcentre, say: '{id} was resolved {days} days ago'}"
KEY = "T-1/auto-close/3d/close/2026-11-23T09:00:00Z"


def made(folder: Path, *rules: str, **given: str) -> DeskRunner:
    """A desk with one resolved ticket."""
    desk = DeskRunner(folder)
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(*(rules or (CLOSE, DAILY)), **given))
    desk.ok("open", "Mail is down")
    desk.ok("resolve", "1", "--how", "done")
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = made(tmp_path / "desk")
    desk.ok("sweep", at="10m")
    return desk


def acts(desk: DeskRunner, *args: str, at: str) -> list[tuple[str, str]]:
    return [(action["rule"], action["delivery"]) for action in desk.ok("sweep", "--json", *args, at=at).data["actions"]]


def status(desk: DeskRunner) -> str:
    return str(desk.ticket()["status"])


def facts(desk: DeskRunner) -> list[dict[str, Any]]:
    return [json.loads(line) for path in (desk.root / "notices").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("then", ["4d", "4d1m", "9d"], ids=["at the same instant", "a minute later", "after another jump"])
def test_after_a_jump_of_more_than_a_day_a_close_is_held_once_and_done_by_the_next_sweep(desk: DeskRunner, then: str) -> None:
    assert acts(desk, at="4d") == [("daily", "printed"), ("auto-close", "queued")]
    assert status(desk) == "resolved"
    assert ("auto-close", "done") in acts(desk, at=then)
    assert status(desk) == "closed"
    assert acts(desk, at=then) == []


@pytest.mark.parametrize(
    ("sweeps", "closed"),
    [
        (("3d",), True),
        (("1d", "2d", "3d"), True),
        (("2d1m", "3d1m"), True),
        (("2d", "3d1s"), False),
        (("1d", "9d"), False),
    ],
    ids=["the first sweep ever is no jump", "every day", "a day is no jump", "a second more is one", "long after"],
)
def test_a_jump_is_more_than_a_day_since_the_last_sweep(tmp_path: Path, sweeps: tuple[str, ...], closed: bool) -> None:
    desk = made(tmp_path / "desk")
    for at in sweeps:
        desk.ok("sweep", at=at)
    assert (status(desk) == "closed") is closed


def test_an_import_is_no_sweep_to_count_from(tmp_path: Path) -> None:
    """Its words are in the journal, but the first sweep is the first all the same."""
    desk = made(tmp_path / "desk")
    (desk.root / "notices").mkdir()
    passed = {"at": "2026-11-23T09:00:00Z", "fact": "passed", "tickets": ["T-7", "T-8"], "until": "2026-11-23T09:00:00Z"}
    (desk.root / "notices" / "2026-11.jsonl").write_text(json.dumps(passed) + "\n")
    desk.ok("sweep", at="4d")
    assert status(desk) == "closed"


def test_cron_is_told_what_is_held_and_why(desk: DeskRunner) -> None:
    out = desk.ran("sweep", at="4d").out
    assert "  to be closed: No word for 3 days (3d after it was resolved at 2026-11-23T09:00:00Z)\n" in out
    assert "    held once, because the last sweep was more than a day ago: the next one does it\n" in out


def test_the_json_and_the_journal_say_so_under_the_key(desk: DeskRunner) -> None:
    [action] = [one for one in desk.ok("sweep", "--json", at="4d").data["actions"] if one["kind"] == "close"]
    why = "held once: the last sweep was at 2026-11-23 09:10 UTC, more than a day before; the next one does it"
    assert (action["key"], action["delivery"], action["why"]) == (KEY, "queued", why)
    [fact] = [fact for fact in facts(desk) if fact["fact"] == "held"]
    assert {name: fact[name] for name in ("key", "to", "channel", "why")} == {"key": KEY, "to": "*", "channel": "*", "why": why}
    assert "held      T-1     auto-close 3d close → *" in desk.ok("notices", "1", at="4d").out


def test_it_is_no_message_that_anybody_has_to_decide_over(desk: DeskRunner) -> None:
    desk.ok("sweep", at="4d")
    assert desk.ok("notices", "held", "--json", at="4d").data == []
    assert desk.do("notices", "release", at="4d").exit == 4
    assert desk.ok("check", at="4d").exit == 0


def test_a_dry_run_tells_that_it_would_be_held_and_counts_for_nothing(desk: DeskRunner) -> None:
    for _ in range(2):
        assert ("auto-close", "queued") in acts(desk, "--dry-run", at="4d")
        assert "to be closed" in desk.ok("sweep", "-n", at="4d").out
    desk.ok("sweep", at="4d")
    assert ("auto-close", "done") in acts(desk, "--dry-run", at="4d")
    assert status(desk) == "resolved"


def test_explain_says_held_before_and_after_the_sweep_that_holds(desk: DeskRunner) -> None:
    def explained(at: str) -> tuple[str, str]:
        [row] = [one for one in desk.ok("sla", "explain", "1", "--json", at=at).data if one["rule"] == "auto-close"]
        return row["state"], row["why"]

    assert explained("2d")[0] == "waiting"
    before = "held once: the last sweep was at 2026-11-23 09:10 UTC, more than a day before; the next one does it"
    assert explained("4d") == ("held", before)
    desk.ok("sweep", at="4d")
    after = "3d after it was resolved at 2026-11-23 09:00 UTC; held once at 2026-11-27 09:00 UTC, the next sweep does it"
    assert explained("4d1m") == ("held", after)
    desk.ok("sweep", at="4d1m")
    assert explained("4d2m")[0] == "idle"


def test_who_speaks_up_meanwhile_is_heard(desk: DeskRunner) -> None:
    """That is what holding is for: the customer's word, which came while cron was off, arms the rule anew."""
    desk.ok("sweep", at="4d")
    desk.ok("note", "1", "It is broken again", "--from-customer", at="4d1m")
    assert acts(desk, at="4d2m") == []
    assert status(desk) == "resolved"


def test_a_clock_that_was_wrong_for_one_sweep_closes_nothing(desk: DeskRunner) -> None:
    desk.ok("sweep", at="4000d")
    assert acts(desk, at="20m") == []
    assert status(desk) == "resolved"
    assert acts(desk, at="23h") == []


def test_what_a_sweep_on_paper_has_held_a_sweep_by_mail_does(tmp_path: Path) -> None:
    with Smtpd() as server:
        desk = made(tmp_path / "desk", CLOSE, channels=f"{{mail: {{smtp: '{server.address}', from: desk@example.com}}}}")
        desk.ok("sweep", "--mail", at="10m")
        desk.ok("sweep", at="4d")
        assert acts(desk, "--mail", at="4d1m") == [("auto-close", "done")]


def test_a_hold_that_nobody_could_read_is_held_again(desk: DeskRunner) -> None:
    """What was shown counts only when it has been shown."""
    reading = subprocess.Popen(
        [ITSM, "sweep"], cwd=desk.root, env=desk.environment("4d"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert reading.stdout is not None
    reading.stdout.close()
    reading.wait(60)
    assert ("auto-close", "queued") in acts(desk, at="4d")


def test_a_close_by_the_customers_own_word_waits_for_nothing(tmp_path: Path) -> None:
    """Only what a rule does by itself is held; an answer is a person's."""
    call = "{name: ask, match: {status: resolved}, from: resolved, after: 0m, call: 'Is {id} done?', answers: {'yes': {close: Confirmed}}}"
    desk = made(tmp_path / "desk", call)
    desk.ok("sweep", at="10m")
    desk.ok("answer", "1", "yes", at="9d")
    assert status(desk) == "closed"


def test_other_moves_can_be_taken_back_and_are_made_at_once(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", "{name: raise, match: {status: resolved}, from: resolved, after: 3d, set: {urgency: high}}")
    desk.ok("sweep", at="10m")
    assert acts(desk, at="4d") == [("raise", "done")]
