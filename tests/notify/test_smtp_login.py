"""Logging in at a real server: with the password from where it is kept, never in the clear, never shown."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace

import pytest

from itsm.notify.deliver import carrier, deliver
from itsm.sla.policy import Channel
from tests.notify.cases import envelope
from tests.smtpd import Smtpd

PASSWORD = "hunter2 is no password"


@pytest.fixture
def secret(monkeypatch, trusted):
    monkeypatch.setenv("ITSM_SMTP_PASSWORD", PASSWORD)


def channel(server, **more):
    return Channel("mail", smtp=server.address, sender="desk@example.com", timeout=10, user="desk", **more)


def send(server, count=3, **more):
    return deliver([envelope(f"p{n}@example.com") for n in range(count)], channel(server, **more), 30)


def states(results):
    return [result.state for result in results]


def written(folder, text=PASSWORD + "\n", mode=0o600):
    path = folder / "password"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


# --- the connection ----------------------------------------------------------------------------


def test_after_starttls_it_logs_in_once_for_many_mails(context, secret):
    with Smtpd("127.0.0.2", starttls=context) as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server, 20)) == ["sent"] * 20
    assert server.logins == [("desk", True)]
    assert server.connections == 1


def test_over_tls_from_the_first_byte_it_logs_in(context, secret):
    with Smtpd("127.0.0.2", tls=context) as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server, tls="implicit")) == ["sent"] * 3
    assert server.logins == [("desk", True)]


def test_on_this_host_it_may_log_in_in_the_clear(secret):
    with Smtpd() as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server)) == ["sent"] * 3
    assert server.logins == [("desk", False)]


def test_on_this_host_too_starttls_is_taken_where_it_is_asked_for(context, secret):
    with Smtpd(starttls=context) as server:
        server.login = {"desk": PASSWORD}
        assert "certificate is not to be trusted" in send(server, tls="starttls")[0].reason, "the certificate is for 127.0.0.2"
    assert server.logins == []


@pytest.mark.parametrize("encryption", ["none", "not trusted"])
def test_to_another_host_no_password_goes_in_the_clear_or_to_a_stranger(context, secret, monkeypatch, encryption):
    if encryption == "not trusted":
        monkeypatch.delenv("SSL_CERT_FILE")
    with Smtpd("127.0.0.2", starttls=context if encryption == "not trusted" else None) as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server)) == ["failed"] * 3
    assert server.logins == []
    assert server.received == []


def test_a_server_without_login_gets_no_mail(secret):
    with Smtpd() as server:
        server.login = {}
        way = carrier(replace(channel(server), smtp=server.address))
        assert way.deliver([envelope()], 30)[0].state == "failed"
    assert server.received == []


def test_how_the_server_was_reached_is_told(context, secret):
    with Smtpd("127.0.0.2", starttls=context) as server:
        server.login = {"desk": PASSWORD}
        way = carrier(channel(server))
        assert way.deliver([envelope()], 30)[0].reason == "250 OK"
    assert way.connection == f"{server.address}, TLSv1.3 with a trusted certificate, logged in as desk"


# --- where the password is kept ----------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_that_only_its_owner_can_read(tmp_path, mode):
    with Smtpd() as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server, password_file=written(tmp_path, mode=mode))) == ["sent"] * 3


def test_a_program_that_prints_it(tmp_path):
    with Smtpd() as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server, password_command=("printf", "%s\\nand more\\n", PASSWORD))) == ["sent"] * 3


def test_a_variable_of_ones_own_name(monkeypatch):
    monkeypatch.setenv("DESK_PASSWORD", PASSWORD)
    with Smtpd() as server:
        server.login = {"desk": PASSWORD}
        assert states(send(server, password_env="DESK_PASSWORD")) == ["sent"] * 3


BAD = {
    "a file for the group": (lambda at: {"password_file": written(at, mode=0o640)}, "can be read by others (mode 0640): chmod 600"),
    "a file for all": (lambda at: {"password_file": written(at, mode=0o604)}, "can be read by others (mode 0604)"),
    "no file": (lambda at: {"password_file": str(at / "none")}, "can't be read: No such file or directory"),
    "a folder": (lambda at: {"password_file": str(at)}, "is no file"),
    "an empty file": (lambda at: {"password_file": written(at, "\n" + PASSWORD)}, "its first line is no password"),
    "a file with a control character": (lambda at: {"password_file": written(at, "hunter2\x00 is no password")}, "is no password"),
    "a file without end": (lambda at: {"password_file": written(at, "hunter2" * 10_000)}, "longer than 4096 bytes"),
    "letters that can't be sent": (lambda at: {"password_file": written(at, "hunter2 ist kein Paßwort")}, "other letters than ASCII"),
    "a program that fails": (
        lambda _: {"password_command": ("sh", "-c", f"echo '{PASSWORD}' >&2; exit 3")}, "sh ended with status 3; run it by hand to see why",
    ),
    "a program that is not there": (lambda _: {"password_command": ("no-such-program",)}, "can't run no-such-program"),
    "a program that prints nothing": (lambda _: {"password_command": ("true",)}, "its first line is no password"),
    "no variable": (lambda _: {}, "there is no ITSM_SMTP_PASSWORD in the environment"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "says"), BAD.values(), ids=BAD)
def test_a_password_that_can_not_be_had_is_told_once_for_all_and_without_a_word_of_it(tmp_path, monkeypatch, given, says):
    monkeypatch.delenv("ITSM_SMTP_PASSWORD", raising=False)
    with Smtpd() as server:
        server.login = {"desk": PASSWORD}
        results = send(server, **given(tmp_path))
    assert states(results) == ["failed"] * 3
    assert says in results[0].reason
    assert not any("hunter2" in result.reason for result in results)
    assert (server.logins, server.connections) == ([], 1)


# --- never shown -------------------------------------------------------------------------------


def test_a_wrong_password_is_our_settings_fault_and_not_shown(secret):
    with Smtpd() as server:
        server.login = {"desk": "another"}
        results = send(server)
    assert states(results) == ["failed"] * 3, "never for good: the mails are not to blame"
    assert results[0].reason.startswith(f"{server.address} refuses the login of desk: 535 5.7.8")
    assert server.connections == 1
    assert PASSWORD not in repr(results)


def test_a_server_that_repeats_the_password_is_not_quoted_with_it(secret):
    encoded = b64encode(f"\0mei\0{PASSWORD}".encode()).decode()
    with Smtpd() as server:
        server.login = {"mei": PASSWORD}
        server.refuse_sender = f"550 5.7.1 {PASSWORD} {b64encode(PASSWORD.encode()).decode()} {encoded}"
        [result] = deliver([envelope()], replace(channel(server), user="mei"), 30)
    assert result.reason == "550 5.7.1 *** *** ***"


def test_an_error_shows_it_in_no_traceback(secret):
    from itsm.notify.secret import password

    with Smtpd() as server:
        found = password(channel(server), 1)
    assert PASSWORD not in f"{found} {found!r} {[found]}"
    assert found.text == PASSWORD
