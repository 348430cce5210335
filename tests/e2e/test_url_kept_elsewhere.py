"""An URL that is kept outside sla.yaml (`url_file`, `url_env`) may ask for `{mobile}`: who has none isn't reached by it. The issue, 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from itsm.sla.reading_channels import WAYS
from tests.desk_runner import DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

LATE = "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: head, say: '{id} is late'}"


def made(folder: Path, url: str, channels: str, mode: int = 0o600) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(LATE, channels=channels))
    (folder / "chat.url").write_text(f"{url}\n")
    (folder / "chat.url").chmod(mode)
    desk = DeskRunner(folder)
    desk.ok("open", "Mail is down")
    return desk


CHAT = "chat: {url_file: chat.url}"


@pytest.mark.parametrize(
    ("url", "by"),
    [("json://localhost:1/{mobile}", "mail"), ("json://localhost:1/{mail}", "chat"), ("json://localhost:1/room", "chat")],
    ids=["it asks for a mobile, which the head hasn't", "it asks for a mail address", "it asks for nothing"],
)
def test_who_lacks_what_the_url_asks_for_is_reached_by_the_next_channel(tmp_path: Path, server: Smtpd, url: str, by: str) -> None:
    mail = f"mail: {{smtp: '{server.address}', from: desk@example.com}}"
    desk = made(tmp_path / "desk", url, f"{{{CHAT}, {mail}}}")
    done = desk.do("sweep", "--mail", at="20m")
    assert (done.exit, len(server.received)) == ((0, 1) if by == "mail" else (7, 0)), done


def test_it_is_so_for_an_url_in_the_environment(tmp_path: Path, server: Smtpd) -> None:
    mail = f"mail: {{smtp: '{server.address}', from: desk@example.com}}"
    desk = made(tmp_path / "desk", "", f"{{chat: {{url_env: CHAT_URL}}, {mail}}}")
    desk.ok("sweep", "--mail", at="20m", env={"CHAT_URL": "json://localhost:1/{mobile}"})
    assert len(server.received) == 1


@pytest.mark.parametrize(
    ("url", "mode", "says"),
    [
        ("json://localhost/{moblie}?token=hunter2", 0o600, "warning: nothing fills {moblie} (did you mean mobile?)"),
        ("json://localhost/{mobile}/{subject}", 0o600, ""),
        ("json://localhost/{moblie}", 0o644, ""),  # not looked into: it is no secret any more, as whoever sends will say
    ],
    ids=["a name that nothing fills", "names that are filled", "a file that others can read"],
)
def test_sla_check_names_what_in_it_can_never_be_filled_and_nothing_else_of_it(tmp_path: Path, url: str, mode: int, says: str) -> None:
    out = made(tmp_path / "desk", url, f"{{{CHAT}}}", mode).ok("sla", "check").out
    assert says in out
    assert ("nothing fills" in out) == bool(says)
    assert "hunter2" not in out
    assert not says or out.startswith("sla.yaml:14:19: "), "at url_file"


def test_sla_check_names_it_in_an_url_in_sla_yaml_too(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", "", "{chat: {apprise: 'json://localhost/{moblie}'}}")
    assert "warning: nothing fills {moblie} (did you mean mobile?)" in desk.ok("sla", "check").out


def test_of_an_url_in_sla_yaml_and_one_elsewhere_the_first_is_taken_as_the_warning_says(tmp_path: Path, server: Smtpd) -> None:
    assert WAYS.index("apprise") < WAYS.index("url_file")
    mail = f"mail: {{smtp: '{server.address}', from: desk@example.com}}"
    desk = made(
        tmp_path / "desk", "json://localhost:1/room", f"{{chat: {{apprise: 'json://localhost:1/{{mobile}}', url_file: chat.url}}, {mail}}}"
    )
    assert "never takes url_file: apprise comes first" in desk.ok("sla", "check").out
    desk.ok("sweep", "--mail", at="20m")
    assert len(server.received) == 1


def test_a_mobile_reaches_nobody_where_no_channel_takes_one(tmp_path: Path) -> None:
    """`sla check` warns of the head, who has a mobile only, unless a service takes mobiles."""
    for url, warned in (("json://localhost/{mobile}", False), ("json://localhost/{mail}", True)):
        desk = made(tmp_path / str(warned), url, f"{{{CHAT}}}")
        desk.policy("head: {name: Head One, mail: head1@example.com}", "head: {name: Head One, mobile: '139'}")
        assert ("Head One has no address" in desk.ok("sla", "check").out) == warned
