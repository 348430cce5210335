"""A rule's command that fails for days is given up, as a notice is, until a person decides. Page 3, sentences 19, 20; the issue, 1."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.sla.builders import sla_yaml

KEY = "T-1/page/20m/command/2026-11-23T09:00:00Z"
RULE = "{name: page, match: {status: [new, assigned]}, from: opened, after: 20m, command: [./hook, '{id}']}"
FAILS = "#!/bin/sh\necho tried >>told\necho 'no network' >&2\nexit 3\n"
REFUSES = FAILS.replace("exit 3", "exit 65")  # EX_DATAERR: never as it is
WORKS = "#!/bin/sh\necho paged >>told\n"
FAILED = "T-1: ./hook ended with status 3: no network"
GIVEN_UP = "T-1: given up after 3 tries: ./hook ended with status {}: no network"


def made(folder: Path, hook: str = FAILS) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(RULE))
    desk = DeskRunner(folder)
    mended(desk, hook)
    desk.ok("open", "Mail is down")
    return desk


def mended(desk: DeskRunner, hook: str = WORKS) -> None:
    (desk.root / "hook").write_text(hook)
    (desk.root / "hook").chmod(0o755)


def dead(folder: Path) -> DeskRunner:
    """A desk whose command was tried three times and given up after five days."""
    desk = made(folder)
    for at in ("20m", "1d", "5d20m"):
        desk.do("sweep", at=at)
    return desk


def told(desk: DeskRunner) -> list[str]:
    return (desk.root / "told").read_text().splitlines()


def facts(desk: DeskRunner) -> list[str]:
    lines = [json.loads(line) for path in sorted((desk.root / "notices").glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [line["fact"] for line in lines if line.get("key") == KEY]


@pytest.mark.parametrize(
    ("hook", "status", "lives", "dies"),
    [(FAILS, 3, "5d19m", "5d20m"), (REFUSES, 65, "2d19m", "2d20m")],
    ids=["what may pass: after five days", "what the program calls final: after two"],
)
def test_a_command_is_given_up_when_a_notice_would_be(tmp_path: Path, hook: str, status: int, lives: str, dies: str) -> None:
    desk = made(tmp_path / "desk", hook)
    assert "given up" not in "".join(desk.do("sweep", at=at).err for at in ("20m", lives))
    done = desk.do("sweep", at=dies)
    said = [line for line in done.err.splitlines() if not line.startswith("no longer: ")]
    assert (done.exit, said) == (7, [f"rule page: {GIVEN_UP.format(status)} (itsm notices retry, or drop)"])
    assert facts(desk)[-2:] == ["failed", "dead"]


def test_then_it_is_not_run_any_more_and_sweeps_check_and_notices_say_so(tmp_path: Path) -> None:
    desk = dead(tmp_path / "desk")
    for args in (("sweep",), ("sweep", "--dry-run")):
        done = desk.do(*args, "--json", at="6d")
        assert (done.exit, [problem["message"] for problem in done.data["problems"]]) == (7, [GIVEN_UP.format(3)]), done
    assert told(desk) == ["tried"] * 3
    check = desk.do("check", at="6d")
    assert (check.exit, f"rule page: {GIVEN_UP.format(3)} (itsm notices retry, or drop)\n" in check.out) == (5, True)
    assert "deleting .itsm would lose that mail" not in check.err, "there is no mail"
    [row] = desk.ok("notices", "dead", "--json", at="6d").data
    assert {name: row[name] for name in ("fact", "ticket", "key", "address", "attempts", "next_try")} == {
        "fact": "dead", "ticket": "T-1", "key": KEY, "address": "./hook", "attempts": 3, "next_try": None,
    }  # fmt: skip
    last = desk.ok("notices", "1", at="6d").out.splitlines()[-1]
    assert "dead" in last
    assert last.endswith("page 20m command → ./hook  3 tries: ./hook ended with status 3: no network")


def test_retry_has_the_next_sweep_run_it_with_the_whole_time_again(tmp_path: Path) -> None:
    desk = dead(tmp_path / "desk")
    assert desk.ok("notices", "retry", "T-1", "--json", at="6d").data == {"decided": "retry", "count": 1}
    assert desk.do("sweep", at="6d").err.splitlines()[0] == f"rule page: {FAILED} (it will be tried again)"
    assert "given up" not in desk.do("sweep", at="10d23h").err.replace("no longer: rule page: T-1: given up", "")
    mended(desk)
    assert desk.do("sweep", at="11d").exit == 0
    assert told(desk) == [*["tried"] * 5, "paged"]
    assert desk.ok("sweep", at="12d").out == ""
    assert desk.ok("check", at="12d").exit == 0


def test_drop_is_for_good(tmp_path: Path) -> None:
    desk = dead(tmp_path / "desk")
    desk.ok("notices", "drop", at="6d")
    mended(desk)
    assert desk.ok("sweep", at="7d").exit == 0
    assert desk.ok("check", at="7d").exit == 0
    assert told(desk) == ["tried"] * 3
    assert facts(desk)[-2:] == ["dead", "dropped"]


def test_what_is_no_longer_the_case_is_not_run_by_a_retry(tmp_path: Path) -> None:
    desk = dead(tmp_path / "desk")
    desk.ok("resolve", "1", "--how", "done", at="6d")
    desk.ok("notices", "retry", at="6d")
    assert desk.ok("sweep", at="6d").exit == 0
    assert told(desk) == ["tried"] * 3


def test_without_the_outbox_it_stays_given_up_and_check_knows_it(tmp_path: Path) -> None:
    """Deleting .itsm loses nothing but mail: the journal has it."""
    desk = dead(tmp_path / "desk")
    shutil.rmtree(desk.root / ".itsm")
    desk.ok("sweep", at="6d")
    assert told(desk) == ["tried"] * 3
    assert "rule page: T-1: given up: ./hook ended with status 3: no network (itsm notices retry, or drop)" in desk.do("check", at="6d").out
    mended(desk)
    desk.ok("notices", "retry", at="6d")
    desk.ok("sweep", at="6d")
    assert told(desk)[-1] == "paged"


@pytest.mark.parametrize("verdict", ["retry", "drop", ""])
def test_killed_between_outbox_and_journal_it_is_given_up_all_the_same(tmp_path: Path, verdict: str) -> None:
    """What lies among the dead in the outbox was given up, whether or not the journal came to know."""
    desk = dead(tmp_path / "desk")
    for path in (desk.root / "notices").glob("*.jsonl"):
        path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if '"dead"' not in line))
    mended(desk)
    assert "given up after 3 tries" in desk.do("sweep", "--json", at="6d").out
    assert told(desk) == ["tried"] * 3
    if verdict:
        desk.ok("notices", verdict, at="6d")
        assert desk.ok("sweep", at="6d1m").exit == 0
        assert told(desk)[3:] == (["paged"] if verdict == "retry" else [])


def test_killed_while_the_last_try_runs_it_is_tried_once_more(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk")
    desk.do("sweep", at="20m")
    mended(desk, "#!/bin/sh\nkill -9 $PPID\n")
    subprocess.run([ITSM, "sweep"], cwd=desk.root, env=desk.environment("6d"), capture_output=True, timeout=60, check=False)
    assert "given up" not in desk.do("check", at="6d").out
    mended(desk)
    assert desk.ok("sweep", at="6d1m").exit == 0
    assert told(desk) == ["tried", "paged"]
