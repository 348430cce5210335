"""What a second round of attacks found: each row is a defect that was proved on a real desk."""

from __future__ import annotations

import json
from pathlib import Path

from tests.desk_runner import DeskRunner
from tests.sla.builders import TEAMS, sla_yaml
from tests.smtpd import Smtpd

HALF = "{name: half, of: resolve, at: [50%], notify: callcentre, say: '{id} is half way'}"
PROMISED = "targets:\n- {name: all, match: {}, resolve: 2h}\n"
DEAD = "127.0.0.1:9"


def mailing(folder: Path, where: str, *rules: str, teams: str = TEAMS) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    channels = f"{{mail: {{smtp: '{where}', from: desk@example.com, timeout: 1}}}}"
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, channels=channels, teams=teams))
    return DeskRunner(folder)


def facts(desk: DeskRunner) -> list[str]:
    lines = [line for path in sorted((desk.root / "notices").glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [json.loads(line)["fact"] for line in lines]


def test_a_step_whose_moment_has_moved_on_is_tried_with_growing_pauses_while_the_mail_server_is_down(tmp_path: Path) -> None:
    """Sentences 9, 12 and 20: said at one hour, armed again by a longer target. Each sweep decided it anew, as if it were in no outbox."""
    with Smtpd() as server:
        desk = mailing(tmp_path / "desk", server.address, HALF, teams=TEAMS + PROMISED)
        desk.ok("open", "Mail is down")
        desk.ok("sweep", "--mail", at="1h")
        desk.policy("resolve: 2h", "resolve: 4h")
        desk.policy(server.address, DEAD)
        for minute in range(10):
            assert desk.do("sweep", "--mail", at=f"2h{minute}m").exit == 7
        assert facts(desk).count("failed") == 5  # not ten: the pauses double
        desk.policy(DEAD, server.address)
        desk.ok("sweep", "--mail", at="4h")
        assert [mail.to for mail in server.received] == [["cc@example.com"]] * 2


def test_an_editor_that_is_a_script_and_makes_a_mistake_each_time_comes_to_an_end(tmp_path: Path) -> None:
    """`sed -i` without anybody at a terminal appended to the draft and was opened again, for ever."""
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail is down")
    before = desk.files()
    done = desk.run("edit", "1", "--json", env={"EDITOR": "sed -i '$ahm: 1'"})
    assert (done.exit, done.error["code"]) == (5, "invalid")
    assert "your draft is kept" in done.err
    assert desk.files() == before


def test_a_draft_that_is_too_long_is_kept_all_the_same(tmp_path: Path) -> None:
    """A log of megabytes pasted into the editor: it was refused, and deleted with all that stood beside it."""
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail is down")
    done = desk.run("edit", "1", env={"EDITOR": "sh -c 'yes an hour of work | head -c 2000000 >> \"$0\"'"})
    assert done.exit == 5
    [draft] = (desk.root / ".itsm/drafts").iterdir()
    assert f"your draft is kept: {draft}" in done.err
    assert b"an hour of work" in draft.read_bytes()


def test_a_promise_that_is_broken_grows_no_later_while_the_ticket_waits(tmp_path: Path) -> None:
    """Sentence 7, also after the deadline: half an hour late, then a day pending for the customer was a day and a half."""
    targets = "targets:\n- {name: all, match: {}, resolve: 1h, calendar: office}\n"
    (tmp_path / "tickets").mkdir()
    (tmp_path / "sla.yaml").write_bytes(sla_yaml(HALF, teams=TEAMS + targets))
    desk = DeskRunner(tmp_path)
    desk.ok("open", "Mail is down")
    desk.ok("pend", "1", "--for", "customer", at="90m")
    for at, late in (("2h", 30), ("1d", 30), ("1d1h", 60)):
        if at == "1d1h":
            desk.ok("resume", "1", at="1d30m")
        [shown], [listed] = desk.ticket("1", at=at)["sla"], desk.ok("list", "--json", at=at).data[0]["sla"]
        assert (shown["state"], shown["remaining_seconds"]) == ("breached", -late * 60)
        assert shown == listed
    [breach] = desk.ok("sweep", "--json", at="1d1h").data["breaches"]
    assert breach["by_seconds"] == 60 * 60
