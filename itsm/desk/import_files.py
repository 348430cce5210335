"""The files that an import is given: the map, by name or as a file; the CSV, also in a zip, line by line and never held whole."""

from __future__ import annotations

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from itsm.desk.hands import Progress
from itsm.errors import Invalid, Problem, Usage
from itsm.intake.csv import MAX_LINE, TooLong
from itsm.intake.mapping import SourceMap, read_map
from itsm.model.suggest import did_you_mean
from itsm.sla.spec import Mistake
from itsm.store import strict

MAPS = Path(__file__).parent.parent / "maps"  # those that are shipped, by name
_EVERY = 500  # lines between two words about the progress


def read_map_file(name: str) -> tuple[SourceMap, strict.Node, str]:
    """The map in this file, or the shipped one of this name; with its tree and file name, so that more mistakes can be placed."""
    shipped = sorted(path.stem for path in MAPS.glob("*.yaml"))
    path = Path(name) if Path(name).is_file() or name not in shipped else MAPS / f"{name}.yaml"
    try:
        with _regular(path) as raw:
            tree = strict.load(raw.read(strict.MAX_BYTES + 1), str(path))
    except FileNotFoundError:
        raise Usage(
            f"there is no map {name}", hint=f"name a file, or one of those that are shipped: {did_you_mean(name, shipped)}"
        ) from None
    except OSError as error:
        raise Usage(f"{path}: can't be read: {error.strerror}") from error
    except strict.Unreadable as error:
        raise Invalid("\n".join(map(str, error.problems)), hint="nothing was imported") from None
    source, mistakes = read_map(strict.to_data(tree))
    if source is None:
        raise invalid_map(str(path), tree, mistakes)
    return source, tree, str(path)


def invalid_map(path: str, tree: strict.Node, mistakes: list[Mistake]) -> Invalid:
    """All that is wrong with a map, each with its line."""
    places = [(*strict.line_of(tree, mistake.path), mistake) for mistake in mistakes]
    problems = [Problem(path, line, one.message, one.remedy, column) for line, column, one in sorted(places, key=lambda place: place[:2])]
    return Invalid("\n".join(map(str, problems)), hint="nothing was imported; docs/import.md tells what a map may say")


@contextmanager
def csv_lines(path: Path, encoding: str, progress: Progress) -> Iterator[Iterator[str]]:
    """The lines of a CSV, or of the one in a zip. Bytes that aren't of the encoding go through as half characters: the row is refused."""
    name = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        with _opened(path) as (raw, size), io.TextIOWrapper(raw, name, errors="surrogateescape", newline="") as text:
            yield _told(text, raw, size, progress)
    except FileNotFoundError:
        raise Usage(f"there is no file {path}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise Invalid(f"{path}: the zip can't be read: {error}", hint="nothing was imported") from error
    except UnicodeError as error:
        raise Invalid(f"{path}: not {encoding}: {error}", hint="say `encoding:` in the map") from error
    except OSError as error:
        raise Usage(f"{path}: can't be read: {error.strerror or error}") from error
    except Invalid as error:
        raise Invalid(f"{path}: {error.message}", hint=error.hint) from None


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The bytes, and how many there are."""
    with _regular(path) as raw:
        if zipfile.is_zipfile(raw):
            with _unpacked(raw, path) as member:
                yield member
        else:
            raw.seek(0)
            yield raw, os.fstat(raw.fileno()).st_size


def _regular(path: Path) -> BinaryIO:
    """A file opened for reading. Raises Usage for a pipe, a device or a folder: nobody waits for what never comes or never ends."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Usage(f"{path}: can't be read: not a regular file", hint="write what it gives into a file first")
    return os.fdopen(fd, "rb")


@contextmanager
def _unpacked(raw: BinaryIO, path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The one CSV of a zip."""
    with zipfile.ZipFile(raw) as pack:
        found = [one for one in pack.infolist() if one.filename.lower().endswith(".csv") and not one.filename.startswith("__MACOSX/")]
        if len(found) != 1:
            names = ", ".join(one.filename for one in found)
            raise Usage(f"{path} holds {len(found)} .csv files{f': {names}' if names else ''}", hint="unpack it and name the one to import")
        with pack.open(found[0]) as member:
            yield cast("BinaryIO", member), found[0].file_size


def _told(lines: io.TextIOWrapper, raw: BinaryIO, size: int, progress: Progress) -> Iterator[str]:
    for place, line in enumerate(_bounded(lines)):
        if place % _EVERY == 0:
            progress("reading", raw.tell(), size)
        yield line


def _bounded(lines: io.TextIOWrapper) -> Iterator[str]:
    """The lines, none longer than MAX_LINE: of one that is, only its quotes are left, and it is never held whole."""
    while line := lines.readline(MAX_LINE + 1):
        if len(line) <= MAX_LINE:
            yield line
            continue
        quotes = line.count('"')
        while line and line[-1] not in "\r\n":
            line = lines.readline(MAX_LINE + 1)
            quotes += line.count('"')
        yield TooLong('"\n' if quotes % 2 else "\n")
