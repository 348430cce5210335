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
from types import ModuleType
from typing import Any

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


class Late(ModuleType):
    """A module that isn't loaded yet. One that is nowhere says so when something is taken out of it: ModuleNotFoundError."""

    def __init__(self, name: str, functions: tuple[str, ...]) -> None:
        super().__init__(name)
        object.__setattr__(self, "__late__", {one: _calling(self, one) for one in functions})

    def __getattribute__(self, name: str) -> Any:
        if name == "__spec__":  # a repeated `import x` looks whether the module is being loaded
            return None
        if name == "__path__":  # `from x import y` looks whether it is a package
            raise AttributeError(name)
        early: dict[str, Any] = object.__getattribute__(self, "__late__")
        if name in early:
            return early[name]
        _load(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        _load(self)
        setattr(self, name, value)


def _load(module: ModuleType) -> None:
    """Have it be what `import` would have made of it."""
    from importlib.util import find_spec, module_from_spec

    name: str = object.__getattribute__(module, "__name__")
    del sys.modules[name]  # or its own spec, which it has none of, would be found
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    object.__setattr__(module, "__class__", ModuleType)
    del module.__late__
    vars(module).update(vars(module_from_spec(spec)))
    sys.modules[name] = module
    spec.loader.exec_module(module)


def _calling(module: ModuleType, function: str) -> Callable[..., Any]:
    def call(*values: Any, **named: Any) -> Any:
        if type(module) is Late:
            _load(module)
        return getattr(module, function)(*values, **named)

    return call
