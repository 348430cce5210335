"""Chat and SMS services by apprise: the contract, held by a real HTTP server behind its `json://` URL; secrets in URLs."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from itsm.notify.deliver import deliver, pack, reaches
from itsm.notify.message import Text
from itsm.sla.policy import Channel
from tests.notify.cases import CALLCENTRE, CUSTOMER, NOW, envelope
from tests.notify.contract import ENOUGH, ChannelTests, World


class Service(ThreadingHTTPServer):
    """A service: the last part of the path is whom it tells."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Asked)
        self.told: list[tuple[str, bytes]] = []
        self.replies: dict[str, tuple[int, str]] = {}
        self.hanging: set[str] = set()
        self.over = threading.Event()

    def handle_error(self, *_):
        """A client that has left is no error."""


class Asked(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self):
        to = unquote(self.path.partition("?")[0].rpartition("/")[2])
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if to in self.server.hanging:
            self.server.over.wait(30)
            return
        status, words = self.server.replies.get(to, (200, "OK"))
        if status == 200:
            self.server.told.append((to, body))
        self.send_response(status)
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_):
        """The tests' own output is enough."""


class ServiceWorld(World):
    def __init__(self, service):
        self.service = service
        where = f"json://127.0.0.1:{service.server_address[1]}"
        self.channel = Channel("chat", apprise=f"{where}/desk/{{mail}}", timeout=10)
        self.nowhere = replace(self.channel, apprise="json://127.0.0.1:1/{mail}")

    def arrived(self):
        return self.service.told

    def refuse(self, to):
        self.service.replies[to] = (404, "no such user")

    def put_off(self, to):
        self.service.replies[to] = (503, "try later")

    def hang(self, *to):
        self.service.hanging = set(to)


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """Once for all: the library looks through all its services when it is first used, for a second."""
    import apprise

    assert apprise.Apprise.instantiate("json://127.0.0.1")


@pytest.fixture
def world():
    with Service() as service:
        thread = threading.Thread(target=service.serve_forever, daemon=True)
        thread.start()
        yield ServiceWorld(service)
        service.over.set()
        service.shutdown()


class TestApprise(ChannelTests):
    @pytest.fixture
    def world(self, world):
        return world

    def batch(self):
        return [replace(one, fields={**one.fields, "mail": one.to}) for one in super().batch()]

    def test_an_address_like_an_option_is_refused_alone(self, world):
        bad = replace(self.batch()[0], fields={**self.batch()[0].fields, "mail": "-oX/tmp/x"})
        results = deliver([bad, *self.batch()[:1]], world.channel, ENOUGH)
        assert self.states(results) == ["refused", "sent"]
        assert "dash" in results[0].reason

    def read(self, raw):
        return json.loads(raw)["message"] + "\n"  # apprise takes the last line feed off


def test_the_subject_is_the_title(world):
    parcel = pack(Text("[T-42] 邮件", "body\n"), world.channel, desk_name="", recipient=CUSTOMER, keys=["k"], ticket="T-42", now=NOW)
    assert deliver([parcel], world.channel, ENOUGH)[0].sent
    assert json.loads(world.arrived()[0][1])["title"] == "[T-42] 邮件"


def test_a_field_can_not_leave_its_place_in_the_url(world):
    bad = envelope(mail="../../admin?x=1#@evil.example:80/")
    assert deliver([bad], world.channel, ENOUGH)[0].sent
    assert world.arrived()[0][0] == "../../admin?x=1#@evil.example:80/"


@pytest.mark.parametrize(("status", "state"), [(400, "refused"), (401, "failed"), (429, "failed"), (500, "failed")])
def test_who_we_are_and_how_often_we_come_is_no_messages_fault(world, status, state):
    world.service.replies["a"] = (status, "no")
    assert deliver([envelope(mail="a")], world.channel, ENOUGH)[0].state == state


def test_an_url_with_a_secret_is_kept_in_a_file_and_never_shown(world, tmp_path):
    where = world.channel.apprise.replace("json://", "json://desk:hunter2pass@").replace("{mail}", "tokentoken")
    path = tmp_path / "url"
    path.write_text(where)
    path.chmod(0o600)
    channel = Channel("chat", url_file=str(path), timeout=5)
    assert deliver([envelope()], channel, ENOUGH)[0].sent
    world.service.replies["tokentoken"] = (404, "no such room: tokentoken of desk:hunter2pass")
    reason = deliver([envelope()], channel, ENOUGH)[0].reason
    assert "no such room: *** of desk:***" in reason
    path.chmod(0o644)
    assert "can be read by others" in deliver([envelope()], channel, ENOUGH)[0].reason


def test_an_url_that_is_none_is_told_without_it(world):
    reason = deliver([envelope()], Channel("chat", apprise="nonsense://hunter2"), ENOUGH)[0].reason
    assert reason == "channel chat: its URL is none that apprise knows: https://appriseit.com lists them"


def test_without_the_extra_it_says_how_to_install_it(world, monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    results = deliver([envelope(), envelope()], world.channel, ENOUGH)
    assert {(one.state, one.reason) for one in results} == {
        ("failed", "this channel wants the library apprise: pip install 'itsm[apprise]'")
    }


def test_whom_it_reaches_is_what_its_url_asks_for():
    assert reaches(Channel("chat", apprise="ntfy://alerts"), CALLCENTRE)
    assert reaches(Channel("sms", apprise="clicksend://x/{mobile}"), CUSTOMER)
    assert not reaches(Channel("sms", apprise="clicksend://x/{mobile}"), CALLCENTRE)


def test_what_a_service_of_the_library_trips_over_is_that_message_s_failure_alone(world, monkeypatch):
    import apprise

    monkeypatch.setattr(apprise.plugins.custom_json.NotifyJSON, "notify", lambda *_, **__: {}["token"])
    results = deliver([envelope(mail="a"), envelope(mail="b")], world.channel, ENOUGH)
    assert [(one.state, one.reason) for one in results] == [("failed", "KeyError: 'token'")] * 2
