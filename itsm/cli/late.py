"""Modules that are loaded when somebody first takes something out of them, though somebody has imported them long before.

To import typer takes as long as five bare Pythons, and a fifth of that goes to modules of which a command of ours never takes anything:
shutil brings two compressors, traceback the reader of source lines, typer's completion a detector of shells. Where these stand in
`sys.modules` before typer is imported, its `import x` finds a module that fills itself as soon as an attribute is asked for.

`importlib.util.LazyLoader` has the idea. Its modules are loaded by the second `import x` already, which looks at `__spec__`: ours stay.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

# Only what is imported as `import x` and used in functions alone: `from x import y` would load it at once.
LATE = (
    "bz2",  # shutil, for archives
    "lzma",  # shutil, for archives
    "tokenize",  # inspect and linecache, for source code
    "linecache",  # inspect and traceback, for source code
    "textwrap",  # traceback, for groups of exceptions
    "ipaddress",  # urllib.parse, for URLs with [brackets]
    "locale",  # subprocess, gettext
    "subprocess",  # typer.main and its completion
    "shellingham",  # typer's --install-completion, which we don't have
)


def postpone(names: tuple[str, ...] = LATE) -> None:
    """Put each of these modules into `sys.modules` unloaded, unless it is there already, or nowhere. Before a second thread begins."""
    for name in names:
        if name not in sys.modules and (spec := find_spec(name)) is not None:
            module = module_from_spec(spec)
            module.__class__ = Late
            sys.modules[name] = module


class Late(ModuleType):
    """A module that isn't loaded yet."""

    def __getattribute__(self, name: str) -> Any:
        if name == "__spec__":  # a repeated `import x` looks whether the module is being loaded
            return object.__getattribute__(self, name)
        spec = object.__getattribute__(self, "__spec__")
        object.__setattr__(self, "__class__", ModuleType)
        spec.loader.exec_module(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        getattr(self, "__name__")  # noqa: B009 - loads it, or loading it later would undo this
        setattr(self, name, value)
