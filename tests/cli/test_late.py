"""Modules that typer imports and a command never uses are loaded when something is taken out of them, and not before."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from itsm.cli.late import LATE, Late, postpone


def told(program: str) -> list[str]:
    """What a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_typer_alone_loads_none_of_them():
    """One that is loaded all the same is imported by `from … import` or used at once: it costs more than before; off the list with it."""
    still = "print(*(name for name in LATE if type(sys.modules[name]) is Late))"
    assert told(f"import itsm.cli.main, sys; from itsm.cli.late import *; {still}") == list(LATE)


@pytest.mark.parametrize("name", LATE)
def test_each_is_loaded_whole_when_something_is_taken_out_of_it(name):
    public = f"print(*(name for name in dir({name}) if name[0] != '_'))"
    assert told(f"import itsm.cli, {name}; {public}") == told(f"import {name}; {public}")


def test_a_program_is_run_by_a_late_subprocess():
    assert told("import itsm.cli.main, subprocess; print(subprocess.run(['echo', 'here'], capture_output=True, text=True).stdout)") == [
        "here"
    ]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module that leaves a mark when it is loaded."""
    (tmp_path / "marking.py").write_text(f"from pathlib import Path\nPath({str(tmp_path / 'mark')!r}).touch()\nvalue = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "marking"
    sys.modules.pop("marking", None)


class TestALateModule:
    def test_is_not_loaded_by_import_however_often(self, module, tmp_path):
        postpone((module,))
        importlib.import_module(module)
        exec("import marking\nimport marking")  # noqa: S102 - the statement itself: importlib does without its look at `__spec__`
        assert isinstance(sys.modules[module], Late)
        assert not (tmp_path / "mark").exists()

    def test_is_loaded_by_from_import(self, module, tmp_path):
        postpone((module,))
        space: dict[str, int] = {}
        exec("from marking import value", space)  # noqa: S102 - the statement itself
        assert space["value"] == 1
        assert type(sys.modules[module]) is ModuleType
        assert (tmp_path / "mark").exists()

    def test_keeps_what_is_put_into_it(self, module):
        postpone((module,))
        late = sys.modules[module]
        late.value = 5  # type: ignore[attr-defined]
        assert sys.modules[module].value == 5

    def test_is_the_module_that_was_there_before(self, module):
        there = importlib.import_module(module)
        postpone((module,))
        assert sys.modules[module] is there
        assert type(there) is ModuleType

    def test_that_exists_nowhere_is_left_to_whoever_imports_it(self):
        postpone(("no_such_module",))
        assert "no_such_module" not in sys.modules
