"""The tickets of a desk as files: found by name and read, good ones and bad ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from itsm.errors import Invalid, ItsmError, NotFound, Problem
from itsm.model import ids
from itsm.patterns import pattern
from itsm.store import atomic
from itsm.store.document import Document
from itsm.store.ticket_folder import SUFFIX, TicketFolder
from itsm.values import dataclass

_WORD = pattern(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class Broken:
    """A ticket file that can't be read, and why. `lasting`: as long as its bytes are the same."""

    id: str
    problems: list[Problem]
    lasting: bool = False


class TicketFiles(TicketFolder):
    """All tickets of the desk at `root`, to be read."""

    def by_reference(self, reference: str) -> str | None:
        """The ticket that has this number of another system. Reads every file's bytes, but only promising ones as YAML."""
        needle = (reference if _WORD.fullmatch(reference) else "reference:").encode()
        for path in [*self._files([self.folder]), *self._files(self._years())]:
            one = self._read(path, lambda raw: needle in raw)
            if isinstance(one, Document) and one.ticket.reference == reference:
                return path.stem
        return None

    def read(self, ticket_id: str) -> Document:
        """One ticket. Raises NotFound, or Invalid with the first thing that is wrong with the file."""
        path = self.find(ticket_id) if ids.is_id(ticket_id) else None
        one = self._read(path) if path else None
        if one is None:
            raise NotFound(f"there is no ticket {ticket_id}", hint="itsm list shows those that there are")
        if isinstance(one, Broken):
            raise _invalid(one.problems)
        return one

    def read_all(self, *, archived: bool = False, likely: Callable[[bytes], bool] | None = None) -> Iterator[Document | Broken]:
        """Every live ticket (or every archived one), by number. A bad file is told of and never stops the rest.

        With `likely` only files whose bytes it takes are read as YAML, which is ten times the work of looking at the bytes.
        """
        for path in self._files(self._years() if archived else [self.folder]):
            one = self._read(path, likely)
            if one is not None:  # archived or deleted since the folder was read
                yield one

    def look(self, ticket_id: str, folder: Path | None = None, likely: Callable[[bytes], bool] | None = None) -> Document | Broken | None:
        """The ticket that lies in tickets/ or in another folder of it, or what is wrong with its file; None where there is none, or none
        whose bytes `likely` takes.
        """
        return self._read((folder or self.folder) / f"{ticket_id}{SUFFIX}", likely)

    def looks(self, place: str, ticket_ids: Iterable[str]) -> Iterator[Document | Broken]:
        """The same for many that lie in this folder of the desk (`tickets/archive/2026`); of those that are there."""
        for ticket_id in ticket_ids:
            one = self._look(f"{place}/{ticket_id}{SUFFIX}", ticket_id)
            if one is not None:
                yield one

    def _read(self, path: Path, likely: Callable[[bytes], bool] | None = None) -> Document | Broken | None:
        return self._look(self._name(path), path.stem, likely)

    def _look(self, name: str, ticket_id: str, likely: Callable[[bytes], bool] | None = None) -> Document | Broken | None:
        from itsm.store import codec

        path = f"{self.root}/{name}"
        try:
            raw = atomic.read(path)
            return codec.decode(raw, name) if likely is None or likely(raw) else None
        except FileNotFoundError:
            return None
        except codec.Unreadable as error:
            return Broken(ticket_id, error.problems, lasting=True)
        except ItsmError as error:
            return Broken(ticket_id, [Problem(name, 0, error.message.removeprefix(f"{path}: "), error.hint)])


def _invalid(problems: list[Problem]) -> Invalid:
    first, more = problems[0], len(problems) - 1
    place = ":".join([first.file, *([str(first.line)] if first.line else [])])
    others = f" (and {more} more: itsm check names them)" if more else ""
    return Invalid(f"{place}: {first.message}{others}", hint=first.remedy)
