"""Where a desk is, and which tickets it has, at a glance: names and first lines only, for who is still typing.

Imports next to nothing: it is asked at each TAB.
"""

from __future__ import annotations

import os
from pathlib import Path

from itsm.errors import Usage
from itsm.model import ids

POLICY = "sla.yaml"
_SUFFIX = ".yaml"
_HEAD = 1024  # bytes of a file in which its title stands


def root(given: str | None) -> Path:
    """The desk's folder: `given`, else the nearest above the current one, as git finds `.git`. Raises Usage where there is none."""
    if given is not None:
        folder = Path(given).expanduser()
        if not (os.path.lexists(folder / POLICY) or (folder / "tickets").is_dir()):
            raise Usage(f"{given} is no desk: it has neither {POLICY} nor tickets/", hint=f"make one: itsm init {given}")
        return folder.resolve()
    here = Path.cwd()
    if found := nearest(here):
        return found
    raise Usage(f"no desk here: no {POLICY} in {here} or above", hint="make one: itsm init, or name one: --desk DIR")


def nearest(here: Path) -> Path | None:
    """The nearest folder from here upwards that is a desk."""
    return next((one for one in (here, *here.parents) if os.path.lexists(one / POLICY)), None)  # a pipe is told of by whoever reads it


def tickets(desk: Path, begin: str, most: int = 200) -> list[tuple[str, str]]:
    """The IDs (if these are digits: the numbers) that begin so, with the titles of the newest `most`; archived ones if no live one does."""
    digits = begin.isdigit()

    def fits(name: str) -> bool:
        return name.startswith(begin, name.rfind("-") + 1 if digits else 0) and name.endswith(_SUFFIX) and ids.is_id(name[: -len(_SUFFIX)])

    folder = desk / "tickets"
    for folders in ([folder], [folder / "archive" / year for year in _names(folder / "archive")]):
        names = {name.removesuffix(_SUFFIX): one for one in folders for name in _names(one) if fits(name)}
        if names:
            newest = sorted(names, key=ids.number, reverse=True)
            return [(name, _title(f"{names[name]}/{name}{_SUFFIX}") if place < most else "") for place, name in enumerate(newest)]
    return []


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _title(path: str) -> str:
    try:
        head = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            lines = os.read(head, _HEAD).decode("utf-8", "replace").split("\n")
        finally:
            os.close(head)
    except OSError:
        return ""
    return next((line[6:].strip().strip("'\"") for line in lines if line.startswith("title:")), "")
