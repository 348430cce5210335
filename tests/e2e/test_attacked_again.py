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
