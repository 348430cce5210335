"""What README.md and docs/ show is what the program does: every `console` block is run, every `yaml` block of the policy is checked.

A `console` block is a session. A line `Tue 09:05 mei $ itsm list` is run at that time (the week of Monday, 16 November 2026, UTC) by that
person; what isn't said stays as it was. People have a terminal of 80 columns, `cron` has none. The lines below are what is printed;
a line `…` stands for any lines. A command that fails must be followed by `$ echo $?`. Each file has a home of its own, and begins there.
A block that is headed by a file's name (```yaml office/sla.yaml) is that file.

With ITSM_RENEW_GOLDEN=1 the outputs that differ are written into the files.
"""

from __future__ import annotations

import copy
import os
import pty
import re
import subprocess
import sys
import termios
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main
from jsonschema import Draft202012Validator
from yaml12 import parse_yaml

from itsm.cli.main import COMMANDS, Commands, app
from itsm.model.timeline import MOMENTS
from itsm.sla.policy import MARKS, ROLES, TARGETS
from itsm.sla.reading import read_policy
from itsm.sla.schema import schema
from itsm.sla.wording import PLACEHOLDERS
from tests.terminal import everything

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PROMPT = re.compile(rf"(?:({'|'.join(DAYS)}) )?(?:(\d\d:\d\d(?::\d\d)?) )?(?:([a-z.]+) )?\$ (.*)")
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
ULID = re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b")
ELSEWHERE = {"import.md"}  # needs a log that isn't in the repository; its commands are looked at, not run


@dataclass
class Command:
    """One command of a session and the lines that the page shows below it. `shown` are its own lines, prompt and all."""

    shown: list[str]
    line: str
    day: str
    time: str
    who: str
    output: list[str] = field(default_factory=list)


@dataclass
class Session:
    """A person's home, where they are in it, when it is, and how the last command ended."""

    home: Path
    day: str = "Mon"
    time: str = "09:00"
    who: str = "mei"
    where: Path = Path()
    code: int = 0

    def run(self, command: Command) -> list[str]:
        """What the command prints, with this machine's names replaced by those of the pages."""
        self.day, self.time, self.who = command.day or self.day, command.time or self.time, command.who or self.who
        told = self.home / ".where"
        script = f"(exit {self.code})\n{command.line}\ncode=$?; pwd >'{told}'; exit $code"
        text, self.code = self._printed(script)
        self.where = Path(told.read_text(encoding="utf-8").strip())
        text = (
            text.replace(str(self.home), "/home/mei").replace(str(BIN), "/home/mei/.local/bin").replace(os.uname().nodename + ":", "ops1:")
        )
        return ULID.sub("01M81…", text).splitlines()

    def _printed(self, script: str) -> tuple[str, int]:
        environment = {
            "PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(self.home), "LANG": "C.UTF-8", "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80",
            "ITSM_NOW": f"{self._now():%Y-%m-%dT%H:%M:%SZ}", "ITSM_USER": self.who,
        }  # fmt: skip
        person = self.who != "cron"
        ours, theirs = pty.openpty() if person else os.pipe()
        if person:
            modes = termios.tcgetattr(theirs)
            modes[1] &= ~termios.OPOST  # LF stays LF
            termios.tcsetattr(theirs, termios.TCSANOW, modes)
        shell = ["/bin/sh", "-c", script]
        process = subprocess.Popen(shell, cwd=self.where, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
        os.close(theirs)
        text = everything(ours).decode("utf-8")
        os.close(ours)
        return text, process.wait()

    def _now(self) -> datetime:
        hour, minute, second = (*map(int, self.time.split(":")), 0)[:3]
        return MONDAY + timedelta(days=DAYS.index(self.day), hours=hour, minutes=minute, seconds=second)


def commands(block: str) -> list[Command]:
    """The session in a block."""
    found: list[Command] = []
    lines = iter(block.splitlines())
    for line in lines:
        prompt = PROMPT.fullmatch(line)
        if prompt is None:
            assert found, f"a console block begins with a prompt, not with {line!r}"
            found[-1].output.append(line)
            continue
        shown, typed = [line], prompt[4]
        while typed.endswith("\\"):
            shown.append(next(lines))
            typed = f"{typed[:-1]}{shown[-1].strip()}"
        found.append(Command(shown, typed, prompt[1] or "", prompt[2] or "", prompt[3] or ""))
    return found


def alike(shown: list[str], printed: list[str]) -> bool:
    """Whether the page's lines are those that were printed, `…` being any."""
    while shown and not shown[-1]:
        shown = shown[:-1]
    pattern = "".join(r"(?:.*\n)*?" if line == "…" else re.escape(line.rstrip()) + r"\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None


def names(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in ELSEWHERE and "```console" in page.read_text()], ids=names)
def test_every_session_prints_what_the_page_shows(page: Path, tmp_path: Path):
    home = tmp_path / "mei"
    home.mkdir()
    session = Session(home, where=home)
    text = page.read_text(encoding="utf-8")
    for kind, file, block in BLOCK.findall(text):
        if file:
            (home / file).parent.mkdir(parents=True, exist_ok=True)
            (home / file).write_text(block, encoding="utf-8")
        if kind != "console":
            continue
        told = []
        for command in commands(block):
            assert session.code == 0 or command.line == "echo $?", f"the command before `{command.line}` failed: exit {session.code}"
            printed = session.run(command)
            if not os.environ.get("ITSM_RENEW_GOLDEN"):
                assert alike(command.output, printed), f"{command.line}\n" + "\n".join(printed)
            blank = [""] if command.output and not command.output[-1] else []
            told += [*command.shown, *(command.output if alike(command.output, printed) else [*(one.rstrip() for one in printed), *blank])]
        text = text.replace(block, "\n".join([*told, ""]))
    assert session.code == 0, "the last command failed"
    if os.environ.get("ITSM_RENEW_GOLDEN"):
        page.write_text(text, encoding="utf-8")
        pytest.skip(f"{page.name} is written anew: look at the diff")


def policies() -> list[tuple[str, str]]:
    page = (ROOT / "docs" / "sla.md").read_text(encoding="utf-8")
    found = [block["body"] for block in BLOCK.finditer(page) if block["kind"] == "yaml"]
    return [(f"sla.md-{n}", text) for n, text in enumerate(found, 1)]


@pytest.mark.parametrize(("name", "text"), policies(), ids=lambda one: one if one.startswith("sla.md-") else "")
def test_every_piece_of_a_policy_is_in_order_and_what_an_editor_takes_for_right(name: str, text: str, tmp_path: Path):
    text = text if "schema: 1" in text else f"schema: 1\n{text}"
    (tmp_path / "sla.yaml").write_text(text, encoding="utf-8")
    assert [error.message for error in Draft202012Validator(schema()).iter_errors(parse_yaml(text))] == []
    known = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    checked = subprocess.run([BIN / "itsm", "sla", "check"], cwd=tmp_path, env=known, capture_output=True, encoding="utf-8", check=False)
    assert (checked.returncode, checked.stdout) == (0, "sla.yaml is in order\n"), "no mistake, and no warning either"


PLACES = {
    "a section": {},
    "desk": {"desk": {}},
    "a person": {"people": {"x": {}}},
    "a team": {"teams": {"x": {}}},
    "a rota": {"teams": {"x": {"on_call": {}}}},
    "somebody who stands in": {"teams": {"x": {"on_call": {"overrides": [{}]}}}},
    "a calendar": {"calendars": {"x": {"hours": {}}}},
    "priority": {"priority": {}},
    "a target": {"targets": [{}]},
    "a rule": {"rules": [{}]},
    "an answer": {"rules": [{"answers": {"yes": {"note": "x"}}}]},
    "a channel": {"channels": {"x": {}}},
    "a view": {"views": {"x": {}}},
}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_key_of_a_policy_is_on_the_page(place: str):
    policy: dict[str, Any] = copy.deepcopy(PLACES[place])
    innermost: Any = policy
    while innermost and not (isinstance(innermost, dict) and {"hours", "note"} & innermost.keys()):
        innermost = next(iter(innermost.values())) if isinstance(innermost, dict) else innermost[0]
    innermost["qqqqqqqq"] = 1  # like no key at all: the remedy lists those that there are
    _, mistakes = read_policy(policy)
    said = next(f"{one.message} {one.remedy}" for one in mistakes if "qqqqqqqq" in one.message)
    known = set(re.findall(r"[a-z_]{2,}", re.split(r"known: |a calendar has ", said)[1]))
    page = (ROOT / "docs" / "sla.md").read_text(encoding="utf-8")
    assert [key for key in sorted(known) if not re.search(rf"`{key}`|\b{key}:", page)] == []


def test_every_word_that_a_policy_may_use_is_on_the_page():
    page = (ROOT / "docs" / "sla.md").read_text(encoding="utf-8")
    words = (*ROLES, *MARKS, *TARGETS, *MOMENTS, *(f"{{{name}}}" for name in PLACEHOLDERS))
    assert [word for word in words if not re.search(rf"`[^`\n]*{re.escape(word)}[^`\n]*`", page)] == []


def test_every_command_has_its_section():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^### `itsm ([a-z-]+)", page, re.MULTILINE))
    assert described == set(COMMANDS)
    group = typer.main.get_command(app)
    assert isinstance(group, Commands)
    inner = {f"{name} {one}" for name in COMMANDS for one in getattr(group.get_command(None, name), "commands", {})}  # type: ignore[arg-type]
    assert [words for words in sorted(inner) if not re.search(rf"(?:itsm |`){words}\b", page)] == []


def mentioned() -> list[tuple[str, str]]:
    """Every `itsm …` of the pages' code, in blocks and between backticks."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        spans = [block["body"] for block in BLOCK.finditer(text)] + re.findall(r"`([^`\n]+)`", BLOCK.sub("", text))
        joined = "\n".join(spans).replace("\\\n", " ")
        found += [(page.name, line) for line in re.findall(r"(?:^|[$ /(;&|])itsm ([a-z][^\n|#;)&]*)", joined, re.MULTILINE)]
    return found


def test_every_command_and_option_that_is_mentioned_exists():
    group = typer.main.get_command(app)
    assert isinstance(group, Commands)
    wrong = []
    for page, line in mentioned():
        words = line.split()
        command = group.get_command(None, words[0]) if words else None  # type: ignore[arg-type]
        if command is None:
            wrong.append(f"{page}: no command in: itsm {line}")
            continue
        inner = getattr(command, "commands", {})
        if inner and len(words) > 1 and words[1] not in inner:
            wrong.append(f"{page}: no command in: itsm {line}")
        command = inner.get(words[1], command) if len(words) > 1 else command
        options = {"--help", *(option for one in command.params for option in (*one.opts, *one.secondary_opts))}
        wrong += [f"{page}: no {word} in: itsm {line}" for word in re.findall(r"(?<=\s)--[a-z][a-z-]*", line) if word not in options]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_leads_to_a_file(page: Path):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_contents_of_the_commands_page_lead_to_every_command():
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    contents = page.partition("\n## ")[0]
    assert set(re.findall(r"\[`([a-z-]+)`\]\(#itsm-\1\)", contents)) == set(COMMANDS)
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^###? (.*)", page, re.MULTILINE)}
    assert set(re.findall(r"\(#([a-z-]+)\)", contents)) <= headings
