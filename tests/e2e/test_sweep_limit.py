"""A sweep has one time for all that it waits for: what hangs must not pile up cron's jobs. The issue, item 1.

The servers and programs are real and really hang; the time is cut by the key that users have, `desk.sweep_limit`.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.desk_runner import DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

HANGS = "#!/bin/sh\necho $0 >>begun\nsleep 60\n"
TELLS = "#!/bin/sh\necho $0 >>begun\n"
UP = "the time of this sweep was up"
TEAMS = """
teams:
  servicedesk: {level: 1, mail: l1@example.com, head: {name: Head, mobile: '139'}}
"""
LATE = "{name: late, from: opened, after: 20m, notify: [team, head], say: '{id} is late'}"
RULES = (LATE, *(f"{{name: {name}, from: opened, after: 20m, command: [./{name}, '{{id}}']}}" for name in ("page", "ring")))
SPARE = 4.0  # seconds for Python and a busy machine, of which none is waited


def made(folder: Path, server: Smtpd, limit: str, *rules: str, heart: str = "", count: int = 1, **scripts: str) -> DeskRunner:
    """A desk with a mail server, an SMS program and the programs of two rules; `count` tickets that are late."""
    (folder / "tickets").mkdir(parents=True)
    channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com}}, sms: {{command: [{folder}/sms, '{{mobile}}']}}}}"
    heartbeat = f", heartbeat: [{folder}/watchdog]" if heart else ""
    settings = f"{{timezone: UTC, sweep_limit: {limit}{heartbeat}}}"
    (folder / "sla.yaml").write_bytes(sla_yaml(*(rules or RULES), desk=settings, channels=channels, teams=TEAMS))
    for name in ("sms", "page", "ring", "watchdog"):
        program(folder / name, scripts.get(name, heart if name == "watchdog" else HANGS))
    desk = DeskRunner(folder)
    for number in range(count):
        desk.ok("open", f"Mail {number} is down", "--team", "servicedesk")
    return desk


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def begun(desk: DeskRunner) -> list[str]:
    """The programs that were begun, in their order."""
    return [Path(line).name for line in (desk.root / "begun").read_text().splitlines()]


def delivered(desk: DeskRunner, at: str) -> dict[str, list[str]]:
    """What became of each rule's notices and commands in a mail sweep."""
    found: dict[str, list[str]] = {}
    for action in desk.do("sweep", "--mail", "--json", at=at).data["actions"]:
        found.setdefault(action["rule"], []).append(action["delivery"])
    return {rule: sorted(states) for rule, states in found.items()}


def test_with_everything_hanging_a_whole_sweep_ends_in_its_time_and_says_what_it_did_not_try(tmp_path: Path, server: Smtpd) -> None:
    """A mail server, an SMS program, two rules' programs and the watchdog: each alone could take the whole time."""
    server.hang = "rcpt"
    desk = made(tmp_path / "desk", server, "3s", heart=HANGS)
    began = time.monotonic()
    done = desk.run("sweep", "--mail", at="20m")
    assert time.monotonic() - began < 3 + SPARE
    assert done.exit == 7
    lines = done.err.splitlines()
    assert f"sweep: {UP} before everything was tried (the next one goes on with it)" in lines
    assert any(line.startswith("mail: l1@example.com: 127.0.0.1") and f"no answer before {UP}" in line for line in lines), done
    assert any("heartbeat: " in line and "watchdog didn't end within" in line for line in lines), "a watchdog has a time of its own"
    assert begun(desk) == ["watchdog"], "what couldn't be tried was not begun"


def test_two_rules_programs_that_hang_cost_no_more_than_the_time_of_the_sweep(tmp_path: Path, server: Smtpd) -> None:
    desk = made(tmp_path / "desk", server, "2s", *RULES[1:])
    began = time.monotonic()
    done = desk.run("sweep", "--json", at="20m")
    assert time.monotonic() - began < 2 + SPARE
    fates = {action["rule"]: (action["delivery"], action["why"]) for action in done.data["actions"]}
    assert fates == {"page": ("failed", "./page didn't end within 2 s"), "ring": ("queued", UP)}
    assert begun(desk) == ["page"]


def test_what_was_not_tried_goes_first_next_time_and_what_hangs_keeps_nobody_waiting_but_its_own(tmp_path: Path, server: Smtpd) -> None:
    server.hang = "rcpt"
    desk = made(tmp_path / "desk", server, "2s", sms=TELLS, page=TELLS)
    assert delivered(desk, "20m") == {"late": ["failed", "queued"], "page": ["queued"], "ring": ["queued"]}
    assert delivered(desk, "21m") == {"late": ["mailed", "queued"], "page": ["done"], "ring": ["failed"]}
    assert begun(desk) == ["sms", "page", "ring"]
    server.hang = ""
    program(desk.root / "ring", TELLS)
    assert delivered(desk, "2h") == {"late": ["mailed"], "ring": ["done"]}
    assert delivered(desk, "3h") == {}


def test_who_has_least_to_send_is_not_kept_waiting_by_a_server_that_crawls(tmp_path: Path, server: Smtpd) -> None:
    """Ten mails at more than a second each, and one call of a program: it is done although the mails take the rest of the time."""
    server.delay = 0.3
    desk = made(tmp_path / "desk", server, "2s", "{name: late, from: opened, after: 20m, notify: team, say: '{id} is late'}",
                "{name: page, match: {title: 'Mail 9*'}, from: opened, after: 20m, command: [./page]}", page=TELLS, count=10)  # fmt: skip
    first = delivered(desk, "20m")
    assert first["page"] == ["done"]
    assert "queued" in first["late"]
    server.delay = 0.0
    assert set(delivered(desk, "21m")["late"]) == {"mailed"}
    assert len({str(mail.message["Message-ID"]) for mail in server.received}) == 10, "none is lost"


def test_cron_hears_of_it_once_though_it_is_another_s_turn_each_time(tmp_path: Path, server: Smtpd) -> None:
    """Sentence 20."""
    server.hang = "rcpt"
    desk = made(tmp_path / "desk", server, "1s", LATE)
    said = [desk.do("sweep", "--mail", at=at).err.count(f"sweep: {UP}") for at in ("20m", "21m")]
    assert said == [1, 0]


def test_each_channel_has_its_own_limit_within_it(tmp_path: Path, server: Smtpd) -> None:
    """A server that hangs for its `timeout` leaves the rest of the time to the others."""
    server.hang = "connect"
    desk = made(tmp_path / "desk", server, "30s", LATE, sms=TELLS)
    desk.policy("from: desk@example.com}", "from: desk@example.com, timeout: 1}")
    began = time.monotonic()
    assert delivered(desk, "20m") == {"late": ["failed", "mailed"]}
    assert time.monotonic() - began < 1 + SPARE
