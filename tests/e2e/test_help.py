"""`help` and the man pages: short texts for whoever asks, and nothing in them that isn't so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from itsm.cli.helping import topics
from itsm.cli.main import COMMANDS, built
from tests.desk_runner import DeskRunner

ROOT = Path(__file__).parents[2]
WANTED = {"workflow", "filters", "sla", "sweep", "dates", "exit-codes", "files", "cron", "scripting"}


@pytest.fixture
def nowhere(tmp_path: Path) -> DeskRunner:
    return DeskRunner(tmp_path)


def test_help_lists_the_topics_and_needs_no_desk(nowhere: DeskRunner) -> None:
    assert set(topics()) == WANTED
    page = nowhere.ran("help").out
    assert set(re.findall(r"^  ([a-z-]+) ", page, re.MULTILINE)) == WANTED


@pytest.mark.parametrize("topic", sorted(WANTED))
def test_a_topic_is_short_and_fits_the_screen(nowhere: DeskRunner, topic: str) -> None:
    page = nowhere.ok("help", topic).out
    text = (ROOT / "itsm" / "topics" / f"{topic}.txt").read_text(encoding="utf-8")
    assert text in page
    assert max(map(len, text.splitlines())) <= 80
    assert len(text.splitlines()) <= 40
    for page_name in re.findall(r"docs/[a-z]+\.md", text):
        assert (ROOT / page_name).exists()


@pytest.mark.parametrize("topic", sorted(WANTED))
def test_every_command_and_option_of_a_topic_exists(topic: str) -> None:
    text = (ROOT / "itsm" / "topics" / f"{topic}.txt").read_text(encoding="utf-8")
    named = [line.split() for line in re.findall(r"itsm ([a-z][^\n|,;:().]*)", text)]
    for words in named:
        assert words[0] in COMMANDS, words
        command = built(words[0])
        inner = getattr(command, "commands", {})
        command = inner.get(words[1], command) if len(words) > 1 else command
        options = {option for one in command.params for option in one.opts}
        assert [word for word in words if word.startswith("--") and word not in options] == []


def test_help_of_a_command_is_its_help_page(nowhere: DeskRunner) -> None:
    assert nowhere.ok("help", "open").out == nowhere.ok("open", "--help").out
    assert nowhere.ok("help", "sla", "check").out.startswith("Usage: itsm sla check")
    assert "Cron runs itsm sweep every minute" in nowhere.ok("help", "sweep").out  # the topic of that name comes with it


@pytest.mark.parametrize("words", [["dats"], ["sla", "chek"], ["frobnicate"]])
def test_what_there_is_no_help_on_is_a_matter_of_usage(nowhere: DeskRunner, words: list[str]) -> None:
    done = nowhere.do("help", *words)
    assert done.exit == 2
    assert len(done.err.splitlines()) == 2


# --- man --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("man")
    subprocess.run([sys.executable, "scripts/man.py", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


def test_there_is_a_man_page_for_itsm_each_command_and_each_topic(pages: Path) -> None:
    wanted = {"itsm.1", *(f"itsm-{name}.1" for name in COMMANDS), *(f"itsm-{name}.7" for name in WANTED - set(COMMANDS))}
    assert {path.name for path in pages.iterdir()} == wanted


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_man_page_has_every_option(pages: Path, name: str) -> None:
    text = (pages / f"itsm-{name}.1").read_text(encoding="utf-8").replace(r"\-", "-")
    command = built(name)
    for one in (command, *getattr(command, "commands", {}).values()):
        options = [option for param in one.params if param.param_type_name == "option" for option in param.opts]
        assert [option for option in options if option not in text] == []


@pytest.mark.skipif(not shutil.which("man"), reason="no man here")
def test_man_has_nothing_to_complain_of(pages: Path) -> None:
    for path in pages.iterdir():
        done = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", str(path)], capture_output=True, encoding="utf-8", check=True
        )
        assert done.stderr == "", path.name
