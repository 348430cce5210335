"""Modules that are loaded when somebody first takes something out of them, though somebody has imported them long before.

To import typer takes as long as five bare Pythons, and a fifth of that goes to modules of which a command of ours never takes anything:
shutil brings two compressors, traceback the reader of source lines, typer's completion a detector of shells. Where these stand in
`sys.modules` before typer is imported, its `import x` finds a module that fills itself as soon as an attribute is asked for.

`importlib.util.LazyLoader` has the idea. Its modules are looked for at once, and loaded by the second `import x` already, which looks at
`__spec__`: ours stay. And where somebody says `from x import f`, ours give a function that loads `x` when it is called.
"""

from __future__ import annotations

import sys
import urllib  # noqa: F401 - an empty package, and there before its `parse` is put into it
from collections.abc import Callable, Mapping
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

# Plain modules that are imported as `import x` and used in functions alone: what else `from x import y` takes loads them at once.
LATE: dict[str, tuple[str, ...]] = {
    "bz2": (),  # shutil, for archives
    "lzma": (),  # shutil, for archives
    "tokenize": (),  # inspect and linecache, for source code
    "linecache": (),  # inspect and traceback, for source code
    "textwrap": (),  # traceback, for groups of exceptions
    "ipaddress": (),  # urllib.parse, for URLs with [brackets]
    "urllib.parse": ("quote_from_bytes",),  # pathlib, for file: addresses
    "platform": (),  # uuid and typer.main, for Windows
    "uuid": ("UUID",),  # typer.main, for parameters of that kind
    "traceback": ("FrameSummary", "StackSummary"),  # typer.main, for its own way to show a defect
    "locale": (),  # subprocess, gettext
    "subprocess": (),  # typer.main and its completion
    "shellingham": (),  # typer's --install-completion, which we don't have
    "shutil": ("get_terminal_size",),  # typer, for whoever asks it
    "difflib": ("get_close_matches",),  # typer.core, for a mistyped command
    "gettext": ("gettext",),  # typer.core, for help and errors
    "typer.completion": ("get_completion_inspect_parameters",),  # typer.main, for --install-completion
}


def postpone(names: Mapping[str, tuple[str, ...]] = LATE) -> None:
    """Put each of these modules into `sys.modules` unloaded, unless it is there already. Before a second thread begins.

    Of each the functions are named that may be taken out of it unloaded.
    """
    for name, functions in names.items():
        if name not in sys.modules:
            sys.modules[name] = late = Late(name, functions)
            parent, _, own = name.rpartition(".")
            if parent in sys.modules:  # `import urllib.parse` is followed by `urllib.parse.quote`
                setattr(sys.modules[parent], own, late)


def settle() -> None:
    """From now on whoever takes a function or a class out of one that isn't loaded has the real one: typer, which makes do, is there."""
    for module in list(sys.modules.values()):
        if type(module) is Late and (pending := _pending(module)):
            pending.early.clear()


class Late(ModuleType):
    """A module that isn't loaded yet. One that is nowhere says so when something is taken out of it: ModuleNotFoundError.

    It is itself until it is whole: a second thread that wants something of it waits for the first, which loads it.
    """

    def __init__(self, name: str, functions: tuple[str, ...]) -> None:
        super().__init__(name)
        object.__setattr__(self, "__late__", _Pending(RLock(), {one: _calling(self, one) for one in functions}))

    def __getattribute__(self, name: str) -> Any:
        pending = _pending(self)
        if pending and not pending.begun:
            if name == "__spec__":  # a repeated `import x` looks whether the module is being loaded
                return None
            if name == "__path__":  # `from x import y` looks whether it is a package
                raise AttributeError(name)
            if name in pending.early:
                return pending.early[name]
        _load(self)
        return ModuleType.__getattribute__(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        _load(self)
        ModuleType.__setattr__(self, name, value)


class _Pending:
    """What there is of a module that isn't loaded yet; `begun` while its own code is run, which sees it as far as it is."""

    def __init__(self, lock: RLock, early: dict[str, Callable[..., Any]]) -> None:
        self.lock = lock
        self.early = early
        self.begun = False


def _pending(module: ModuleType) -> _Pending | None:
    known: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return known.get("__late__")


def _load(module: ModuleType) -> None:
    """Have it be what `import` would have made of it. It stays in `sys.modules` meanwhile, or another thread would import it once more."""
    from importlib.util import module_from_spec

    pending = _pending(module)
    if not pending:
        return
    with pending.lock:
        if pending.begun or type(module) is not Late:
            return
        name: str = object.__getattribute__(module, "__name__")
        spec = _found(name)
        if spec is None or spec.loader is None:
            sys.modules.pop(name, None)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        known: dict[str, Any] = object.__getattribute__(module, "__dict__")
        pending.begun = True
        try:
            known.update(vars(module_from_spec(spec)))
            spec.loader.exec_module(module)
        finally:
            pending.begun = False
        del known["__late__"]
        object.__setattr__(module, "__class__", ModuleType)


def _found(name: str) -> ModuleSpec | None:
    """As `importlib.util.find_spec` finds it, which looks into `sys.modules` before: what stands there has no spec."""
    from importlib import import_module

    parent = name.rpartition(".")[0]
    path = import_module(parent).__path__ if parent else None
    return next((spec for finder in sys.meta_path if (spec := finder.find_spec(name, path))), None)


def _calling(module: ModuleType, function: str) -> Callable[..., Any]:
    def call(*values: Any, **named: Any) -> Any:
        _load(module)
        return ModuleType.__getattribute__(module, function)(*values, **named)

    return call
