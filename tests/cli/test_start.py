"""What a command imports and which files it opens: the part of its speed that depends on no machine (bench/ has the rest)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from itsm.store import keys
from tests.desk_runner import ITSM, DeskRunner

# What takes longer to import than most commands take. A name stands for all below it.
HEAVY = {
    "asyncio", "concurrent", "dataclasses", "dateutil", "email", "hashlib", "holidays", "http", "importlib.metadata", "logging",
    "multiprocessing", "pygments", "rich", "ruamel", "smtplib", "socket", "ssl", "subprocess", "tempfile", "typing_extensions", "xml",
}  # fmt: skip
# Parts of ours that have nothing to do with one ticket.
FOREIGN = {"itsm.notify", "itsm.intake", "itsm.store.outbox", "itsm.desk.sweep", "itsm.sla.lint", "itsm.sla.schema", "itsm.sla.simulate"}
LOOKING = HEAVY - {"hashlib"}  # a journal that has just grown is digested
RULES = {"itsm.sla.rules", "itsm.cli.pages", "itsm.desk.view", "itsm.store.notices"}

# What reads ticket files: not for those that are as the index knows them.
READING = {"itsm.store.codec", "itsm.store.canonical", "itsm.store.strict", "itsm.store.shape", "itsm.store.edit", "itsm.store.emit"}
# Imported by typer, used by no command that does what it was asked: `cli.late` keeps them away.
UNUSED = {"difflib", "gettext", "shutil", "subprocess", "typer.completion", "typer._completion_shared", "typer._completion_classes"}

COMMANDS = [
    pytest.param(["show", "2"], HEAVY | FOREIGN, id="show"),
    pytest.param(["show", "2", "--json"], HEAVY | FOREIGN, id="show --json"),
    pytest.param(["log", "2"], HEAVY | FOREIGN, id="log"),
    pytest.param(["note", "2", "The third floor has it too"], HEAVY | FOREIGN | RULES | {"json"}, id="note"),
    pytest.param(["assign", "2", "servicedesk"], HEAVY | FOREIGN | RULES | {"json"}, id="assign"),
    pytest.param(["start", "2"], HEAVY | FOREIGN | RULES | {"json"}, id="start"),
    pytest.param(["resolve", "2", "--how", "Restarted it"], HEAVY | FOREIGN | RULES | {"json"}, id="resolve"),
    pytest.param(["open", "Mail is down"], HEAVY | FOREIGN | RULES | {"json"}, id="open"),
    pytest.param(["list", "status:new"], HEAVY | {"itsm.notify", "itsm.store.outbox", "itsm.desk.sweep"}, id="list"),
    pytest.param(["calls"], LOOKING | {"itsm.notify"}, id="calls"),
    pytest.param(["sweep"], LOOKING | {"itsm.notify"}, id="an idle sweep"),
    pytest.param(["due"], LOOKING, id="due"),
    pytest.param(["now"], LOOKING | {"itsm.notify"}, id="now"),
    pytest.param(["--help"], HEAVY | {"itsm.sla", "itsm.store", "itsm.desk", "zoneinfo", "json"}, id="--help"),
    pytest.param(["note", "--help"], HEAVY | FOREIGN | RULES | {"json"}, id="note --help"),
]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """Three tickets, the first two assigned, all said and swept."""
    return founded(tmp_path_factory.mktemp("desk"), 3)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """Five tickets which nobody has touched for longer than it takes to be believed unchanged."""
    desk = founded(tmp_path_factory.mktemp("quiet"), 5)
    time.sleep(keys.RACY / 1e9 + 0.1)
    return desk


def founded(root: Path, tickets: int) -> DeskRunner:
    desk = DeskRunner.made(root)
    for number in range(1, tickets + 1):
        desk.ok("open", f"Mail is down, {number}", "--name", "王芳")
    desk.ok("assign", "2", "servicedesk")
    desk.ok("sweep")
    return desk


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """The same two seconds later, swept and listed: what the index knows of the files is believed."""
    desk = founded(tmp_path_factory.mktemp("settled"), 3)
    time.sleep(2.1)  # files that have only just changed are read again, by the file system's clock
    desk.ok("list")
    desk.ok("sweep")
    return desk


def imported(desk: DeskRunner, *args: str) -> set[str]:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", ITSM, *args], cwd=desk.root, env=desk.environment(), capture_output=True, text=True, check=True
    )
    loaded = set(re.findall(r"^import time: .*\| +([\w.]+)$", told.stderr, re.MULTILINE))
    assert "typer.core" in loaded
    return loaded


def among(loaded: set[str], names: set[str]) -> set[str]:
    return {name for name in loaded if any(name == one or name.startswith(f"{one}.") for one in names)}


@pytest.mark.parametrize(("args", "without"), COMMANDS)
def test_it_starts_without(desk, args, without):
    assert among(imported(desk, *args), without) == set()


@pytest.mark.parametrize("args", [["show", "2"], ["list"], ["sweep"], ["log", "2"]], ids=" ".join)
def test_what_typer_brings_and_nobody_uses_stays_away(desk, args):
    assert among(imported(desk, *args), UNUSED) == set()


@pytest.mark.parametrize(("args", "without"), [
    (["list"], READING | {"itsm.sla.rules", "itsm.sla.case"}), (["list", "--json"], READING | {"itsm.sla.rules", "itsm.sla.case"}),
    (["sweep"], READING),
], ids=["list", "list --json", "sweep"])  # fmt: skip
def test_files_that_are_as_the_index_knows_them_are_not_read(settled, args, without):
    assert among(imported(settled, *args), without) == set()
    assert [path for path in touched(settled, *args) if path.startswith("tickets/") and path.endswith(".yaml")] == []


WATCHED = """
import json, os, sys
seen = []
def watch(event, given):
    if event in ("open", "os.listdir", "os.scandir") and isinstance(given[0], (str, os.PathLike)):
        seen.append([event, os.fspath(given[0])])
import itsm.cli.main
sys.addaudithook(watch)
code = itsm.cli.main.run(sys.argv[1:])
print(json.dumps(seen), file=sys.stderr)
sys.exit(code)
"""


def touched(desk: DeskRunner, *args: str) -> list[str]:
    """The desk's files that a command opened and the folders that it listed, in order; passing names as `*`."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *args], cwd=desk.root, env=desk.environment(), capture_output=True, text=True, check=True
    )
    root = f"{desk.root.resolve()}/"
    seen = [(event, path.removeprefix(root)) for event, path in json.loads(done.stderr.splitlines()[-1]) if path.startswith(root)]
    plain = [(event, re.sub(r"\.[0-9]+\.[0-9a-f]{8}\.tmp$", ".*.tmp", path)) for event, path in seen]
    return [path if event == "open" else f"{path}/" for event, path in plain]


POLICY = ["sla.yaml", ".itsm/sla.ok"]
LOCKED = [".itsm/lock", ".itsm/lock.queue"]
TICKET = "tickets/T-2.yaml"
CHANGED = [TICKET, TICKET, "tickets/.T-2.yaml.*.tmp", TICKET, "tickets"]  # read, compared, written, compared; then the folder is synced


class TestTheFilesOfACommand:
    def test_show_reads_the_policy_the_ticket_and_what_was_said(self, desk):
        measured = ["notices/"]  # a long journal is asked through the index
        assert touched(desk, "show", "2") == [*POLICY, TICKET, *measured, "notices/", "notices/2026-11.jsonl"]

    def test_log_reads_the_ticket(self, desk):
        assert touched(desk, "log", "2") == [*POLICY, TICKET]

    @pytest.mark.parametrize("args", [["note", "2", "More"], ["start", "2"], ["contacted", "2"]], ids=" ".join)
    def test_a_move_locks_reads_compares_and_replaces(self, tmp_path, args):
        assert touched(founded(tmp_path, 3), *args) == [*POLICY, *LOCKED, *CHANGED]

    @pytest.mark.parametrize("args", [["list"], ["sweep"], ["calls"], ["due", "--within", "30d"], ["now"]], ids=" ".join)
    def test_a_look_at_all_tickets_opens_none_that_is_as_it_was(self, quiet, args):
        touched(quiet, *args)
        assert [path for path in touched(quiet, *args) if path.startswith("tickets/T-")] == []

    def test_a_handover_opens_no_ticket_into_which_nothing_was_entered_since(self, quiet):
        later = replace(quiet, now=quiet.now + timedelta(minutes=2))
        touched(later, "handover", "--since", "1m")
        assert [path for path in touched(later, "handover", "--since", "1m") if path.startswith("tickets/T-")] == []

    def test_help_reads_nothing(self, desk):
        assert touched(desk, "--help") == touched(desk, "show", "--help") == []

    @pytest.mark.parametrize(
        "args", [["show", "2"], ["log", "2"], ["note", "2", "More"], ["resolve", "2", "--how", "Restarted it"]], ids=" ".join
    )
    def test_are_not_more_on_a_larger_desk(self, tmp_path, args):
        small, large = founded(tmp_path / "small", 3), founded(tmp_path / "large", 20)
        assert touched(large, *args) == touched(small, *args)
