"""Many at once: twenty sweeps over two hundred notices to two hundred addresses send two hundred mails (the issue: *Proof*)."""

from __future__ import annotations

import subprocess

from tests.desk_runner import ITSM, DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

CUSTOMER = "{name: opened-notice, from: opened, after: 0m, notify: customer, say: 'Your ticket is {id}: {title}'}"


def test_twenty_sweeps_at_once_send_each_of_two_hundred_mails_once_and_no_reader_sees_half_a_file(tmp_path):
    with Smtpd() as server:
        (tmp_path / "desk" / "tickets").mkdir(parents=True)
        channels = f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 30}}}}"
        (tmp_path / "desk" / "sla.yaml").write_bytes(sla_yaml(CUSTOMER, desk="{timezone: UTC, hold_over: 1000}", channels=channels))
        desk = DeskRunner(tmp_path / "desk")
        for number in range(200):
            desk.ok("open", f"Mail {number}", "--email", f"c{number}@example.org")
        sweeps = [subprocess.Popen([ITSM, "sweep", "--mail"], cwd=desk.root, env=desk.environment("1m")) for _ in range(20)]
        looks = []
        while any(sweep.poll() is None for sweep in sweeps):
            looks.append(desk.do("check", "--json", at="1m"))
        assert {sweep.returncode for sweep in sweeps} == {0}
        assert {look.exit for look in looks} <= {0}
        desk.ok("sweep", "--mail", at="2m")
        assert sorted(mail.to[0] for mail in server.received) == sorted(f"c{number}@example.org" for number in range(200))
