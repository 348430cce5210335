"""What an attacker and a stranger found, each held so that it stays mended."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest

from itsm.store.outbox import Entry, Outbox
from tests.desk_runner import ITSM, T0, DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

LATE = "{name: late, match: {status: new}, from: opened, after: 20m, notify: callcentre, say: '{id} is late'}"
NEWER = "{name: newer, match: {status: new}, from: opened, after: 30m, notify: callcentre, say: '{id} waits'}"
DEAD = "127.0.0.1:9"


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    return DeskRunner.made(tmp_path / "desk")


def mailing(folder: Path, where: str, *rules: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, channels=f"{{mail: {{smtp: '{where}', from: desk@example.com, timeout: 1}}}}"))
    return DeskRunner(folder)


def shell(desk: DeskRunner, line: str, **how: object) -> subprocess.CompletedProcess[str]:
    env = {**desk.environment(), "ITSM": ITSM}
    return subprocess.run(["/bin/sh", "-c", line], cwd=desk.root, env=env, capture_output=True, text=True, check=False, **how)  # type: ignore[call-overload]


def test_where_the_journal_can_not_be_written_nothing_is_sent_however_often_one_sweeps(tmp_path: Path) -> None:
    desk = mailing(tmp_path / "desk", DEAD, LATE)
    desk.ok("open", "Mail")
    assert desk.do("sweep", "--mail", at="20m").exit == 7
    [journal] = (desk.root / "notices").glob("*.jsonl")
    journal.write_bytes(journal.read_bytes() * 40)  # longer than any other file that a sweep writes
    size = journal.stat().st_size

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    with Smtpd() as server:
        desk.policy(f"smtp: '{DEAD}'", f"smtp: '{server.address}'")
        for _ in range(3):
            done = subprocess.run(
                [ITSM, "sweep", "--mail"],
                cwd=desk.root,
                env=desk.environment("21m"),
                capture_output=True,
                text=True,
                preexec_fn=full,
                check=False,
            )
            assert (done.returncode, len(server.received)) == (1, 0), done.stderr
            assert journal.name in done.stderr
        desk.ok("sweep", "--mail", at="22m")
        assert [mail.to for mail in server.received] == [["cc@example.com"]]


def test_a_clock_that_was_ahead_once_silences_no_rule_for_years(tmp_path: Path) -> None:
    desk = mailing(tmp_path / "desk", DEAD, LATE)
    desk.ok("sweep")
    desk.ok("sweep", at="1800d")
    (desk.root / "sla.yaml").write_bytes(sla_yaml(LATE, NEWER))
    desk.ok("sweep", at="1h")
    desk.ok("open", "Mail", at="2h")
    assert "T-1 waits" in desk.ok("sweep", at="3h").out


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_what_was_printed_is_said_once_though_nobody_listens_on_stderr(desk: DeskRunner, where: str) -> None:
    desk.ok("open", "Mail", "--name", "Wang")
    Path(os.fsdecode(os.fsencode(desk.root / "tickets") + b"/\xff.yaml")).write_bytes(b"")
    assert "Your ticket is T-1" in shell(desk, f'"$ITSM" sweep {where}').stdout
    again = shell(desk, f'"$ITSM" sweep {where}')
    assert (again.returncode, again.stdout) == (5, "")


def test_an_odd_message_in_the_outbox_stops_no_other(tmp_path: Path) -> None:
    with Smtpd() as server:
        desk = mailing(tmp_path / "desk", server.address, LATE)
        desk.ok("open", "Mail")
        odd = Entry(
            "<odd@x>", "mail", "desk@example.com", "odd@example.com", "x", (("garbage", "x"),), "Subject: odd\r\n\r\nodd\r\n", T0, T0
        )
        Outbox(desk.root / ".itsm" / "outbox").put(odd)
        desk.ok("sweep", "--mail", at="20m")
        assert sorted(mail.to[0] for mail in server.received) == ["cc@example.com", "odd@example.com"]
        desk.ok("sweep", "--mail", at="21m")
        assert len(server.received) == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [('"$ITSM" open A >&-', 0), ('"$ITSM" open A <&-', 0), ('"$ITSM" show T-99 2>&-', 3), ('"$ITSM" open A >/dev/full', 1)],
)
def test_closed_and_full_streams(desk: DeskRunner, line: str, code: int) -> None:
    done = shell(desk, line)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert ("standard output can't be written" in done.stderr) == (code == 1)
    assert desk.file().exists() == ("open" in line)


def test_a_name_forges_no_line(desk: DeskRunner) -> None:
    forged = "Wang\n\nT-9  FORGED"
    assert desk.do("open", "Mail", "--name", forged).exit == 2
    desk.ok("open", "Mail", "--name", "Wang", "--mobile", "138")
    file = desk.file()
    file.write_text(file.read_text().replace("name: Wang", 'name: "Wang\\n\\nT-9  FORGED"'))
    for args in (("sweep", "-n", "--at", "5h ago"), ("sweep",), ("calls",), ("show", "1")):
        done = desk.do(*args, at="5h")
        assert not any(line.startswith("T-9") for line in (done.out + done.err).splitlines()), done


def test_a_desk_whose_path_would_forge_a_line_of_cron_is_not_made(desk: DeskRunner) -> None:
    done = desk.do("init", "a\n* * * * * root touch x #")
    assert done.exit == 2
    assert list(desk.root.glob("a*")) == []


def test_due_names_a_broken_ticket(desk: DeskRunner) -> None:
    desk.file("T-7").parent.mkdir(exist_ok=True)
    desk.file("T-7").write_text("nonsense")
    done = desk.do("due")
    assert (done.exit, "T-7.yaml" in done.err) == (5, True)


@pytest.mark.parametrize(
    ("args", "now"),
    [
        (("list",), "0001-01-01T00:00:00+08:00"),
        (("list",), "9999-12-31T23:59:59-08:00"),
        (("due", "--at", "9999-01-01"), "2026-11-23T09:00:00Z"),
    ],
)
def test_instants_out_of_reach_are_usage_errors(desk: DeskRunner, args: tuple[str, ...], now: str) -> None:
    assert desk.do(*args, env={"ITSM_NOW": now}).exit == 2


# --- a stranger's day --------------------------------------------------------------------------


def test_a_contact_kept_while_pending_is_kept(desk: DeskRunner) -> None:
    desk.ok("open", "Mail")
    desk.ok("escalate", "1", "network")
    desk.ok("pend", "1", "--for", "customer", at="5m")
    desk.ok("contacted", "1", at="15m")
    desk.ok("resume", "1", at="1h")
    contact = next(one for one in desk.ticket(at="2h")["sla"] if one["target"] == "contact")
    assert (contact["state"], contact["remaining_seconds"]) == ("met", 900)


def test_who_does_not_pick_up_has_answered_none_of_the_calls(desk: DeskRunner) -> None:
    desk.ok("open", "Mail", "--mobile", "13800000000")
    desk.ok("escalate", "1", "network")
    assert len(desk.ok("calls", "--json", at="4h").data) == 2
    desk.ok("answer", "1", "no-answer", at="4h")
    assert desk.ok("calls", "--json", at="4h1m").data == []
    assert len(desk.ok("calls", "--json", at="4h30m").data) == 2


def test_small_comforts(desk: DeskRunner) -> None:
    assert desk.ok("open", "Mail", "--quiet").out == "T-1\n"
    assert shell(desk, 'echo "from a pipe" | "$ITSM" note 1 -').returncode == 0
    assert desk.ticket()["history"][-1]["text"] == "from a pipe"
    desk.policy("people: {}", "people: {li.lei: {name: 李雷}}")
    desk.policy("network: {level: 2,", "network: {level: 2, members: [li.lei],")
    desk.ok("assign", "1", "李雷")
    assert (desk.ticket()["team"], desk.ticket()["assignee"]) == ("network", "li.lei")
    assert desk.do("open", "B", "--caller", "9999").exit == 0
    assert "contact" not in desk.ticket("2")
