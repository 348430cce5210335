"""Which tickets there are: the names in tickets/ and in its archive. What is in the files is another matter."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from itsm.errors import ItsmError, Problem
from itsm.model import ids
from itsm.patterns import pattern
from itsm.store import sharing
from itsm.store.keys import key_of

SUFFIX = ".yaml"
_FILE = pattern(rf"({ids.PATTERN})\.yaml", re.ASCII)
_NUMBERS = pattern(rf"(?:\A|\0){ids.PREFIX}-({ids.NUMBER})\.yaml(?=\0|\Z)", re.ASCII)  # of names with NUL between them
_YEAR = pattern(r"[0-9]{4}", re.ASCII)


class TicketFolder:
    """tickets/ of the desk at `root`, with archive/YEAR/ below it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "tickets"
        self._archive = self.folder / "archive"

    def ids(self) -> list[str]:
        """The IDs in tickets/, by number. Names only: what is in the files is another matter."""
        return [path.stem for path in self._files([self.folder])]

    def archived(self) -> list[str]:
        """The IDs in tickets/archive/YEAR/, by number."""
        return [path.stem for path in self._files(self._years())]

    def written(self) -> list[tuple[float, str]]:
        """When each live ticket's file was last written (Unix time), and its ID."""
        found = []
        with self._entries(self.folder) as entries:
            for entry in entries:
                if _is_ticket(entry.name):
                    with suppress(FileNotFoundError):  # archived or deleted since the folder was read
                        found.append((entry.stat().st_mtime, entry.name.removesuffix(SUFFIX)))
        return found

    def strays(self) -> list[Problem]:
        """What lies among the tickets and is none. Hidden files are nobody's business."""
        return [one for folder in (self.folder, *self.archive_folders()) for one in self.strays_in(folder)]

    def strays_in(self, folder: Path) -> list[Problem]:
        """The same for one folder of them."""
        return [self._stray(folder, name) for name in sorted(self._names(folder)) if not self._belongs(folder, name)]

    def years(self) -> list[str]:
        """The folders of the archive's years, as paths from the desk's."""
        return [self._name(folder) for folder in self._years()]

    def archive_folders(self) -> list[Path]:
        """tickets/archive and those of its years."""
        return [self._archive, *self._years()]

    def scan(self, folder: Path | None = None) -> tuple[dict[str, str], list[Problem]]:
        """The IDs in tickets/ or another folder of it, in no order, with the key by which each file is known ("" for no regular one);
        and what is no ticket.
        """
        folder, keys, strays = folder or self.folder, {}, []
        with self._entries(folder) as entries:
            for entry in entries:
                name = entry.name
                if named := _FILE.fullmatch(name):
                    try:
                        found = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:  # archived or deleted since the folder was read
                        continue
                    keys[named[1]] = key_of(found) if stat.S_ISREG(found.st_mode) else ""
                elif not self._belongs(folder, name):
                    strays.append(name)
        return keys, [self._stray(folder, name) for name in sorted(strays)]

    def _belongs(self, folder: Path, name: str) -> bool:
        if folder == self._archive:
            return _YEAR.fullmatch(name) is not None
        return _is_ticket(name) or (folder == self.folder and name == self._archive.name)

    def _stray(self, folder: Path, name: str) -> Problem:
        return Problem(self._name(folder / name), 0, "not a ticket", "move it elsewhere; a ticket's file is named like T-42.yaml")

    def numbers_in(self, folder: Path | None = None) -> int:
        """The highest number of a ticket in tickets/ or another folder of it; 0 where there is none."""
        names = "\0".join(self._names(folder or self.folder))  # looked through at once: one by one takes twice as long
        return max(map(int, _NUMBERS.findall(names)), default=0)

    def find(self, ticket_id: str) -> Path | None:
        """The file of a ticket: a live one, else an archived one. Looks up names, never reads the whole folder."""
        name = f"{ticket_id}{SUFFIX}"
        if os.path.lexists(live := self.folder / name):
            return live
        return next((path for year in self._years() if os.path.lexists(path := year / name)), None)

    # --- the folders themselves

    def _name(self, path: Path) -> str:
        return str(path.relative_to(self.root))

    def _names(self, folder: Path) -> list[str]:
        with self._entries(folder) as entries:
            return [entry.name for entry in entries]

    @contextmanager
    def _entries(self, folder: Path) -> Iterator[list[os.DirEntry[str]]]:
        """What lies in the folder and isn't hidden. As long as it is open, so that the system walks its path once and not for each file."""
        opened, found = -1, []
        try:
            try:
                opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
                with os.scandir(opened) as entries:
                    found = [entry for entry in entries if entry.name[0] != "."]
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                raise ItsmError(f"{folder}: can't be listed: {error.strerror}", hint="look at the rights of the folder") from error
            yield found
        finally:
            if opened >= 0:
                os.close(opened)

    def _files(self, folders: list[Path]) -> list[Path]:
        """The files with a ticket's name in these folders, by number."""
        files = [folder / name for folder in folders for name in self._names(folder) if _is_ticket(name)]
        return sorted(files, key=lambda path: by_number(path.stem))

    def _year_names(self) -> list[str]:
        return sorted(filter(_YEAR.fullmatch, self._names(self._archive)), reverse=True)

    def _years(self) -> list[Path]:
        return [self._archive / name for name in self._year_names()]

    def _make_folder(self) -> None:
        try:
            sharing.make_folder(self.folder)
        except OSError as error:
            raise ItsmError(f"{self.folder}: can't be made: {error.strerror}", hint="look at the rights of the desk's folder") from error


def by_number(ticket_id: str) -> tuple[int, str]:
    """What IDs are sorted by, of whatever prefix."""
    return ids.number(ticket_id), ticket_id


def _is_ticket(name: str) -> bool:
    return _FILE.fullmatch(name) is not None
