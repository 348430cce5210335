"""Programs as channels, sendmail and any other: the contract, held by a real script, and what programs do wrong."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from itsm.notify.deliver import deliver, pack
from itsm.notify.message import Text
from itsm.sla.policy import Channel
from tests.notify.cases import CUSTOMER, NOW, envelope
from tests.notify.contract import ENOUGH, ChannelTests, World

# The last argument is the address. What it is given is kept in numbered files: n.args, n.env, n (stdin).
SCRIPT = """\
#!/bin/sh
for to; do :; done
grep -qxF -- "$to" "{here}/refuse" && {{ echo "no such user: $to" >&2; exit 67; }}
grep -qxF -- "$to" "{here}/put_off" && {{ echo "try later" >&2; exit 75; }}
grep -qxF -- "$to" "{here}/hang" && sleep 60
n=$(ls "{here}/arrived" | grep -c args)
cat >"{here}/arrived/$n"
env >"{here}/arrived/$n.env"
printf '%s\\n' "$@" >"{here}/arrived/$n.args"
"""


class ProgramWorld(World):
    def __init__(self, here: Path) -> None:
        self.here = here
        (here / "arrived").mkdir()
        for name in ("refuse", "put_off", "hang"):
            (here / name).touch()
        self.script = here / "program"
        self.script.write_text(SCRIPT.format(here=here))
        self.script.chmod(0o755)

    def _listed(self, name, *to):
        (self.here / name).write_text("".join(f"{one}\n" for one in to))

    def arrived(self):
        count = len(list((self.here / "arrived").glob("*.args")))
        return [(self.arguments(n)[-1], (self.here / "arrived" / str(n)).read_bytes()) for n in range(count)]

    def arguments(self, n):
        return (self.here / "arrived" / f"{n}.args").read_text().splitlines()

    def environment(self, n):
        return dict(line.split("=", 1) for line in (self.here / "arrived" / f"{n}.env").read_text().splitlines())

    def refuse(self, to):
        self._listed("refuse", to)

    def put_off(self, to):
        self._listed("put_off", to)

    def hang(self, *to):
        self._listed("hang", *to)


class TestSendmail(ChannelTests):
    @pytest.fixture
    def world(self, tmp_path):
        world = ProgramWorld(tmp_path)
        world.channel = Channel("mail", sendmail=(str(world.script), "--queue"), sender="desk@example.com", timeout=10)
        world.nowhere = replace(world.channel, sendmail=(str(tmp_path / "nothing"),))
        return world

    def test_the_arguments_leave_no_room_for_options_or_dots(self, world):
        deliver(self.batch()[:1], world.channel, ENOUGH)
        assert world.arguments(0) == ["--queue", "-i", "-f", "desk@example.com", "--", "a@example.com"]

    def test_the_message_has_the_line_ends_that_a_local_program_expects(self, world):
        deliver(self.batch()[:1], world.channel, ENOUGH)
        assert world.arrived()[0][1] == b"Subject: x\n\nhello\n"


class TestCommand(ChannelTests):
    @pytest.fixture
    def world(self, tmp_path):
        world = ProgramWorld(tmp_path)
        world.channel = Channel(
            "sms", command=(str(world.script), "{name}: {subject}", '{"to": "x"}', "$HOME;{id}", "{mobile}"), timeout=10
        )
        world.nowhere = replace(world.channel, command=(str(tmp_path / "nothing"),))
        return world

    def read(self, raw):
        return raw.decode()

    def test_fields_fill_their_own_argument_and_no_shell_reads_them(self, world):
        bad = envelope(mobile="+86138", name="$(touch /tmp/x)\n`id` 王芳", id="T-42", subject="a  b")
        assert deliver([bad], world.channel, ENOUGH)[0].sent
        # The script prints an argument a line; a line feed within one is the value's own: fields() takes it out.
        assert world.arguments(0) == ["$(touch /tmp/x)", "`id` 王芳: a  b", '{"to": "x"}', "$HOME;T-42", "+86138"]

    def test_packed_fields_are_single_lines_without_controls(self, world):
        who = replace(CUSTOMER, name="王\n芳\x1b[31m")
        parcel = pack(Text("[T-42] a\0b\n", "x"), world.channel, desk_name="", recipient=who, keys=["k"], ticket="T-42", now=NOW)
        assert deliver([parcel], world.channel, ENOUGH)[0].sent
        assert world.arguments(0)[0] == "王 芳: [T-42] ab"

    def test_the_environment_is_small_and_has_the_fields(self, world, monkeypatch):
        monkeypatch.setenv("ITSM_SMTP_PASSWORD", "hunter2")
        monkeypatch.setenv("LD_PRELOAD", "")
        monkeypatch.setenv("LANG", "C")
        monkeypatch.delenv("LC_ALL", raising=False)
        deliver(self.batch()[:1], world.channel, ENOUGH)
        found = world.environment(0)
        ours = {name.removeprefix("ITSM_"): value for name, value in found.items() if name.startswith("ITSM_")}
        assert ours == {"MOBILE": "a@example.com", "MAIL": "a@example.com", "NAME": "Somebody", "ID": "T-42", "SUBJECT": "[T-42] x"}
        assert found["LANG"] == "C.UTF-8"
        shells_own = {"PWD", "OLDPWD", "SHLVL", "_"}
        assert {name for name in found if not name.startswith("ITSM_")} - shells_own <= {"PATH", "HOME", "USER", "LOGNAME", "TZ", "LANG"}

    def test_a_field_that_is_needed_and_empty_is_refused(self, world):
        result = deliver([envelope(name="x", id="T-42", subject="x")], world.channel, ENOUGH)[0]
        assert (result.state, result.reason) == ("refused", "no mobile is known to fill {mobile}")

    def test_a_field_that_is_not_needed_may_be_empty(self, world):
        assert deliver([envelope()], replace(world.channel, command=(str(world.script), "to")), ENOUGH)[0].sent

    def test_the_same_notice_by_two_channels_is_two_messages(self, world):
        other = Channel("mail", smtp="localhost:25", sender="desk@example.com")
        parcels = [
            pack(Text("s", "b"), channel, desk_name="", recipient=CUSTOMER, keys=["k"], ticket="", now=NOW)
            for channel in (world.channel, other)
        ]
        assert parcels[0].id != parcels[1].id


class TestProgramsThatMisbehave:
    def run(self, code, *, timeout=1, body=b"", **fields):
        channel = Channel("x", command=(sys.executable, "-c", code), timeout=timeout)
        return deliver([envelope(body=body, **fields)], channel, ENOUGH)[0]

    def test_one_that_reads_nothing_of_a_long_message_is_no_error(self):
        assert self.run("pass", timeout=10, body=b"x" * 1_000_000).sent

    def test_one_that_leaves_a_child_behind_does_not_keep_us_waiting(self):
        began = time.monotonic()
        assert self.run("import subprocess; subprocess.Popen(['sleep', '20'])", timeout=15).sent
        assert time.monotonic() - began < 10

    def test_one_that_is_killed_says_by_which_signal(self):
        assert "was killed by signal 9" in self.run("import os; os.kill(os.getpid(), 9)", timeout=10).reason

    def test_one_that_complains_without_end_is_quoted_in_part(self):
        result = self.run("import sys; sys.stderr.write('no! ' * 100_000); sys.exit(3)", timeout=10)
        assert "ended with status 3: no! no!" in result.reason
        assert len(result.reason) <= 500

    def test_one_that_hangs_is_killed_with_its_children(self, tmp_path):
        mark = tmp_path / "mark"
        script = tmp_path / "script"
        script.write_text(f'#!/bin/sh\n(sleep 1.5; touch "{mark}") &\nwait\n')
        script.chmod(0o755)
        result = deliver([envelope()], Channel("x", command=(str(script),), timeout=1), ENOUGH)[0]
        assert result.state == "failed"
        time.sleep(1)
        assert not mark.exists()

    def test_one_that_may_not_be_run_is_named(self, tmp_path):
        (tmp_path / "script").touch()
        result = deliver([envelope()], Channel("x", command=(str(tmp_path / "script"),)), ENOUGH)[0]
        assert result.reason == f"can't run {tmp_path}/script: Permission denied"
