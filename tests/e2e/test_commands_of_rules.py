"""`command` of a rule: a program that the sweep runs. Page 3, sentences 12, 13, 14, 19 and 20; issue 3, item 3."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.desk_runner import ITSM, DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

TELL = "#!/bin/sh\nprintf '%s\\n' \"$#:$*\" >>told\n"
FAIL = "#!/bin/sh\necho tried >>told\necho 'no network' >&2\nexit 3\n"
RULE = "{name: page, match: {status: [new, assigned]}, from: opened, after: 20m, command: [./hook, '{id}', '{title}']}"
LATE = "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: head}"
KEY = "T-1/page/20m/command/2026-11-23T09:00:00Z"


def made(folder: Path, *rules: str, hook: str = TELL, title: str = "Mail is down", **given: str) -> DeskRunner:
    desk = DeskRunner(folder)
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(*(rules or (RULE,)), **given))
    script(desk, hook)
    desk.ok("open", "--", title)
    return desk


def script(desk: DeskRunner, text: str) -> None:
    (desk.root / "hook").write_text(text, encoding="utf-8")
    (desk.root / "hook").chmod(0o755)


def told(desk: DeskRunner) -> list[str]:
    """What the program has written down, a line each time that it ran."""
    path = desk.root / "told"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def acts(done: Any) -> list[tuple[str, str, str]]:
    return [(action["rule"], action["kind"], action["delivery"]) for action in done.data["actions"]]


def facts(desk: DeskRunner) -> list[str]:
    lines = [json.loads(line) for path in (desk.root / "notices").glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return [line["fact"] for line in lines if line.get("key") == KEY]


@pytest.mark.parametrize("title", ["Mail is down", "$(touch pwned) `id` ; rm *", "two  words\tand a tab", "邮件服务器"])
def test_a_program_is_run_once_with_the_tickets_words_each_in_its_argument_and_no_shell(tmp_path: Path, title: str) -> None:
    desk = made(tmp_path / "desk", title=title)
    assert acts(desk.ok("sweep", "--json", at="19m")) == []
    assert acts(desk.ok("sweep", "--json", at="20m")) == [("page", "command", "done")]
    assert told(desk) == [f"2:T-1 {' '.join(title.split())}"]
    assert acts(desk.ok("sweep", "--json", at="21m")) == []
    assert told(desk) == [f"2:T-1 {' '.join(title.split())}"]
    assert not (desk.root / "pwned").exists()
    assert facts(desk) == ["intended", "done"]


def test_it_is_done_once_whoever_sweeps_on_paper_or_by_mail(tmp_path: Path) -> None:
    with Smtpd() as server:
        desk = made(tmp_path / "desk", RULE, LATE, channels=f"{{mail: {{smtp: '{server.address}', from: desk@example.com}}}}")
        assert acts(desk.ok("sweep", "--json", at="20m")) == [("page", "command", "done"), ("late", "notify", "printed")]
        assert acts(desk.ok("sweep", "--mail", "--json", at="21m")) == [("late", "notify", "mailed")]
        assert len(told(desk)) == 1


def test_a_dry_run_only_tells(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk")
    assert acts(desk.ok("sweep", "-n", "--json", at="20m")) == [("page", "command", "queued")]
    assert "  to run: ./hook T-1 'Mail is down' (20m after it was opened at 2026-11-23T09:00:00Z)\n" in desk.ok("sweep", "-n", at="20m").out
    assert told(desk) == []
    assert "  ran: ./hook T-1 'Mail is down' (" in desk.ok("sweep", at="20m").out


def test_what_fails_is_exit_7_and_tried_again_with_growing_pauses_while_the_rest_goes_on(tmp_path: Path) -> None:
    """As with mail: at the next sweep, then after 1, 2, 4, … minutes."""
    desk = made(tmp_path / "desk", RULE, LATE, hook=FAIL)
    done = desk.do("sweep", "--json", at="20m")
    assert (done.exit, acts(done)) == (7, [("page", "command", "failed"), ("late", "notify", "printed")])
    assert done.data["problems"][0]["message"] == "T-1: ./hook ended with status 3: no network"
    tried = []
    for minute in range(21, 32):
        again = desk.do("sweep", "--json", at=f"{minute}m")
        assert again.exit == 7
        tried.append(acts(again)[0][2] == "failed")
    assert [minute for minute, now in enumerate(tried, 21) if now] == [21, 22, 24, 28]
    script(desk, TELL)
    assert acts(desk.do("sweep", "--json", at="36m")) == [("page", "command", "done")]
    assert desk.ok("check", at="36m").exit == 0
    assert acts(desk.ok("sweep", "--json", at="37m")) == []


def test_unattended_the_failure_is_said_when_new_and_when_gone(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", hook=FAIL)
    line = "rule page: T-1: ./hook ended with status 3: no network (it will be tried again)\n"
    assert [desk.do("sweep", at=at).err for at in ("20m", "21m", "23m")] == [line, "", ""]
    script(desk, TELL)
    assert desk.ok("sweep", at="1h").err == f"no longer: {line}"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("[/nonexistent/page, '{id}']", "can't run /nonexistent/page"),
        ("[./hook, '{title}']", "begins with a dash"),
    ],
    ids=["there is no such program", "a title that looks like an option"],
)
def test_what_cannot_be_run_is_named(tmp_path: Path, command: str, why: str) -> None:
    desk = made(tmp_path / "desk", f"{{name: page, from: opened, after: 20m, command: {command}}}", title="--force")
    done = desk.do("sweep", "--json", at="20m")
    assert done.exit == 7
    assert why in done.data["problems"][0]["message"]
    assert told(desk) == []


def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", RULE, LATE, hook="#!/bin/sh\nsleep 60\n", desk="{sweep_limit: 1s}")
    done = desk.do("sweep", "--json", at="20m")
    assert acts(done) == [("page", "command", "failed"), ("late", "notify", "printed")]
    assert done.data["problems"][0]["message"] == "T-1: ./hook didn't end within 1 s"


def test_it_gets_the_ticket_as_json_and_a_small_environment_and_can_command_the_desk(tmp_path: Path) -> None:
    """The desk's lock is free while it runs (sentence 14): it may write a note, and finds the desk by ITSM_DESK."""
    hook = f"#!/bin/sh\ncat >seen.json\nenv >seen.env\nITSM_NOW=2026-11-23T09:20:00Z {ITSM} note $ITSM_ID 'paged somebody' --by hook\n"
    desk = made(tmp_path / "desk", hook=hook)
    desk.ok("sweep", at="20m")
    seen = json.loads((desk.root / "seen.json").read_text(encoding="utf-8"))
    assert (seen["kind"], seen["data"]["id"], seen["data"]["history"][0]["event"]) == ("ticket", "T-1", "opened")
    told = dict(line.split("=", 1) for line in (desk.root / "seen.env").read_text(encoding="utf-8").splitlines())
    expected = {"ITSM_ID": "T-1", "ITSM_TITLE": "Mail is down", "ITSM_RULE": "page", "ITSM_STEP": "20m", "ITSM_DESK": str(desk.root)}
    assert {name: told.get(name) for name in expected} == expected
    assert "ITSM_NOW" not in told
    assert desk.ticket(at="2h")["history"][-1]["text"] == "paged somebody"


def test_with_a_move_of_the_same_rule_it_follows_the_move(tmp_path: Path) -> None:
    rule = "{name: bye, match: {status: new}, from: opened, after: 1h, close: Over, notify: head, command: [./hook, '{id}', '{status}']}"
    desk = made(tmp_path / "desk", rule)
    found = acts(desk.ok("sweep", "--json", at="1h"))
    assert sorted(found) == [("bye", "close", "done"), ("bye", "command", "done"), ("bye", "notify", "printed")]
    assert told(desk) == ["2:T-1 closed"]


def test_of_several_missed_steps_only_the_last_is_run(tmp_path: Path) -> None:
    """Sentence 15."""
    rule = "{name: page, match: {status: new}, from: opened, every: 1h, command: [./hook, '{id}']}"
    desk = made(tmp_path / "desk", rule)
    desk.ok("sweep", at="5h")
    desk.ok("sweep", at="5h1m")
    assert told(desk) == ["1:T-1"]
    desk.ok("sweep", at="6h")
    assert told(desk) == ["1:T-1", "1:T-1"]


def test_what_is_no_longer_the_case_is_not_tried_again(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", hook=FAIL)
    desk.do("sweep", at="20m")
    desk.ok("resolve", "1", "--how", "done", at="21m")
    assert desk.ok("sweep", at="22m").exit == 0
    assert told(desk) == ["tried"]


def test_killed_while_it_runs_it_is_run_again(tmp_path: Path) -> None:
    """Sentence 19: never lost, at most one repeat."""
    desk = made(tmp_path / "desk", hook="#!/bin/sh\necho began >>told\nkill -9 $PPID\n")
    killed = subprocess.run([ITSM, "sweep"], cwd=desk.root, env=desk.environment("20m"), capture_output=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert facts(desk) == ["intended"]
    script(desk, TELL)
    assert acts(desk.ok("sweep", "--json", at="21m")) == [("page", "command", "done")]
    assert told(desk) == ["began", "2:T-1 Mail is down"]
    assert desk.ok("check", at="21m").exit == 0


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("./hook T-1", "command wants a list: the program, then each argument"),
        ("[]", "command says no program"),
        ("[./hook, '{tittle}']", "nothing fills {tittle}"),
        ("[./hook, 42]", "command wants text or a list of texts, not a number"),
    ],
)
def test_sla_check_names_what_is_wrong_with_a_command(tmp_path: Path, command: str, says: str) -> None:
    desk = DeskRunner(tmp_path)
    (tmp_path / "sla.yaml").write_bytes(sla_yaml(f"{{name: page, from: opened, after: 20m, command: {command}}}"))
    done = desk.do("sla", "check")
    assert done.exit == 5
    assert says in done.out
    assert "sla.yaml:16:" in done.out


def test_simulate_runs_nothing_and_counts(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk")
    data = desk.ok("sla", "simulate", "--policy", "sla.yaml", "--json", at="1h").data
    assert data["totals"]["commands"] == {"present": 1, "new": 1}
    assert told(desk) == []
    assert not os.path.lexists(desk.root / "notices")
