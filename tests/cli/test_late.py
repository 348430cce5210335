"""Modules that typer imports and a command never uses are loaded when something is taken out of them, and not before."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
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
    public = f"print(*(name for name in dir(sys.modules[{name!r}]) if name not in ('__builtins__', '__cached__')))"
    assert told(f"import itsm.cli, sys, {name}; {public}") == told(f"import sys, {name}; {public}")


@pytest.mark.parametrize(("name", "function"), [(name, one) for name, functions in LATE.items() for one in functions])
def test_a_function_that_is_taken_out_early_loads_it_when_it_is_called(name, function):
    early = f"import itsm.cli, sys; from {name} import {function} as early; kinds = [type(sys.modules[{name!r}]).__name__]"
    called = f"{early}\ntry: early()\nexcept TypeError: pass\nprint(*kinds, type(sys.modules[{name!r}]).__name__)"
    assert told(called) == ["Late", "module"]


def test_once_typer_is_there_everybody_has_the_real_ones():
    """A stand-in is a function: `isinstance(x, UUID)` with it is a TypeError."""
    assert told("import itsm.cli.main; from uuid import UUID; print(isinstance(1, UUID), UUID(int=1).int)") == ["False", "1"]


def test_what_is_called_early_gives_what_it_gives():
    assert told("import itsm.cli; from difflib import get_close_matches as g; print(g('lst', ['list', 'show']), g('a', ['b']))") == [
        "['list']", "[]",
    ]  # fmt: skip


def test_a_program_is_run_by_a_late_subprocess():
    assert told("import itsm.cli.main, subprocess; print(subprocess.run(['echo', 'here'], capture_output=True, text=True).stdout)") == [
        "here"
    ]


def test_one_in_a_package_is_found_there():
    assert told("import itsm.cli.main, urllib.parse; print(urllib.parse.quote('a b'))") == ["a%20b"]
    assert told("import itsm.cli.main, email.utils; print(email.utils.decode_params([('', ''), ('n*', \"utf-8''a%20b\")]))") == [
        *told("import email.utils; print(email.utils.decode_params([('', ''), ('n*', \"utf-8''a%20b\")]))")
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
        postpone({module: ()})
        importlib.import_module(module)
        exec("import marking\nimport marking")  # noqa: S102 - the statement itself: importlib does without its look at `__spec__`
        assert isinstance(sys.modules[module], Late)
        assert not (tmp_path / "mark").exists()

    def test_is_loaded_by_from_import(self, module, tmp_path):
        postpone({module: ()})
        space: dict[str, int] = {}
        exec("from marking import value", space)  # noqa: S102 - the statement itself
        assert space["value"] == 1
        assert type(sys.modules[module]) is ModuleType
        assert (tmp_path / "mark").exists()

    def test_keeps_what_is_put_into_it(self, module):
        postpone({module: ()})
        late = sys.modules[module]
        late.value = 5  # type: ignore[attr-defined]
        assert sys.modules[module].value == 5

    def test_is_the_module_that_was_there_before(self, module):
        there = importlib.import_module(module)
        postpone({module: ()})
        assert sys.modules[module] is there
        assert type(there) is ModuleType

    def test_is_loaded_once_and_whole_for_all_threads_that_want_it(self, tmp_path, monkeypatch):
        """A channel that was left behind, its time being up, still imports what the sweep goes on with."""
        (tmp_path / "slow.py").write_text(
            "from time import sleep\nfrom pathlib import Path\n"
            f"with Path({str(tmp_path / 'mark')!r}).open('a') as mark:\n    mark.write('loaded ')\n"
            "sleep(0.2)\nvalue = 1\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        postpone({"slow": ()})
        late, begin = sys.modules["slow"], Barrier(4)

        def taken(name: str) -> int:
            begin.wait()
            found: int = getattr(sys.modules["slow"], name)
            return found

        with ThreadPoolExecutor(4) as threads:
            assert [*threads.map(taken, ["value"] * 4)] == [1] * 4
        assert (tmp_path / "mark").read_text() == "loaded "
        assert sys.modules.pop("slow") is late

    def test_that_exists_nowhere_says_so_when_it_is_used(self):
        postpone({"no_such_module": ()})
        with pytest.raises(ModuleNotFoundError, match="no_such_module"):
            getattr(importlib.import_module("no_such_module"), "something")  # noqa: B009 - the question itself
        assert "no_such_module" not in sys.modules
