"""A desk that mails by a real server, and what came of it: in the journal, and at the server."""

from __future__ import annotations

import json
from pathlib import Path

from tests.desk_runner import DeskRunner, Done
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

HEAD = "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: [head, callcentre], say: '{id} is late: {title}'}"
CUSTOMER = "{name: opened-notice, from: opened, after: 0m, notify: customer, say: 'Your ticket is {id}: {title}'}"
LATER = "451 4.3.0 Try later"
SHORT = ", retry: {for: 2h, refused: 1h}"


def made(folder: Path, where: str, *rules: str, more: str = SHORT) -> DeskRunner:
    """A desk with one ticket that mails by this server, by these rules."""
    (folder / "tickets").mkdir(parents=True)
    channels = f"{{mail: {{smtp: '{where}', from: desk@example.com, timeout: 1{more}}}}}"
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, channels=channels))
    desk = DeskRunner(folder)
    desk.ok("open", "--name", "王芳", "--email", "wang.fang@example.org", "Mail is down")
    return desk


def swept(desk: DeskRunner, *instants: str) -> Done:
    """A mail sweep at each of these; the last one's end."""
    return [desk.do("sweep", "--mail", at=at) for at in instants][-1]


def put_off(folder: Path, server: Smtpd) -> DeskRunner:
    """The server has put off everything six times: the head's and the call centre's notice rest for sixteen minutes."""
    desk = made(folder / "desk", server.address, HEAD)
    server.refuse_sender = LATER
    swept(desk, "20m", "21m", "22m", "24m", "28m", "36m")
    return desk


def to(server: Smtpd) -> list[str]:
    """To whom it has taken mails."""
    return sorted(mail.to[0] for mail in server.received)


def facts(desk: DeskRunner, address: str) -> list[str]:
    """What the journal says of messages to this address."""
    lines = (path.read_text() for path in sorted((desk.root / "notices").glob("*.jsonl")))
    found = [json.loads(line) for text in lines for line in text.splitlines()]
    return [fact["fact"] for fact in found if fact.get("address") == address]
