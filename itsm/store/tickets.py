"""The tickets of a desk as files: made exclusively, replaced only if nobody changed them meanwhile. How they are read: `ticket_files`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from itsm.errors import ItsmError, Refused
from itsm.model.ticket import Ticket
from itsm.store import atomic, locks
from itsm.store.document import Document
from itsm.store.ticket_files import Broken, TicketFiles
from itsm.store.ticket_folder import SUFFIX
from itsm.values import replace

__all__ = ["Broken", "Tickets"]

if TYPE_CHECKING:
    from itsm.store.numbers import Numbers

LOCK_TIMEOUT = 30.0  # seconds that a command waits for the desk: fifty at once take turns, on a busy machine too


class Tickets(TicketFiles):
    """All tickets of the desk at `root`. New ones get IDs that begin with `prefix`."""

    def __init__(self, root: Path, prefix: str = "T") -> None:
        super().__init__(root)
        self.prefix = prefix
        self._highest = 0  # the highest number seen by this process; 0: not looked yet

    @cached_property
    def numbers(self) -> Numbers:
        """Which numbers were given."""
        from itsm.store.numbers import Numbers

        return Numbers(self.root / locks.OWN, self.numbers_in, self.archive_folders)

    def locked(self, what: str, timeout: float = LOCK_TIMEOUT) -> AbstractContextManager[None]:
        """The desk lock: read, decide and write inside it. `what` is the command, for those who wait. Raises Busy."""
        return locks.lock(self.root / locks.OWN / "lock", timeout, what)

    def create(self, build: Callable[[str], Ticket]) -> Ticket:
        """Make a new ticket; `build` is asked for it with each ID that is tried. Needs no lock: the file is made exclusively.

        The ID is above every live and archived one, and above those that this clone ever gave, as far as that can be known.
        """
        from itsm.store import codec

        number = self._start()
        while True:
            number += 1
            path = self.folder / f"{self.prefix}-{number}{SUFFIX}"
            if os.path.lexists(path):
                continue
            ticket = build(path.stem)
            try:
                atomic.create(path, codec.written(ticket, self._name(path)).raw)
            except FileExistsError:
                continue  # another process was faster
            self._highest = number
            self.numbers.remember(number)
            return ticket

    def create_many(
        self, builds: Sequence[Callable[[str], Ticket]], announce: Callable[[str, str], None] = lambda _first, _last: None
    ) -> list[Ticket | ItsmError]:
        """Make new tickets as `create` does, and wait for the disk once. What no file can carry is an error in its place.

        `announce` is told the first and the last ID before any of their files is there. Give some hundred at a time.
        """
        from itsm.store import codec, many

        number, files = self._start(), {}
        made: list[Ticket | ItsmError] = []
        for build in builds:
            while os.path.lexists(path := self.folder / f"{self.prefix}-{number + 1}{SUFFIX}"):
                number += 1
            try:
                ticket = build(path.stem)
                files[path.name] = codec.written(ticket, self._name(path)).raw
            except ItsmError as error:
                made.append(error)
            else:
                made.append(ticket)
                number += 1
        names = [name.removesuffix(SUFFIX) for name in files]
        if names:
            announce(names[0], names[-1])
        taken = {name.removesuffix(SUFFIX) for name in many.create(self.folder, files)}
        self._highest = number
        self.numbers.remember(number)
        return [
            self._again(build, announce) if isinstance(one, Ticket) and one.id in taken else one
            for build, one in zip(builds, made, strict=True)
        ]

    def _again(self, build: Callable[[str], Ticket], announce: Callable[[str, str], None]) -> Ticket | ItsmError:
        """Another process was faster: the next ID."""
        return self.create_many([build], announce)[0]

    def save(self, document: Document, ticket: Ticket) -> Document:
        """Write a changed ticket. The caller holds the desk lock. Raises Refused if the file isn't what was read any more."""
        from itsm.store import codec

        return self.put(document, codec.rewrite(document, ticket))

    def save_many(self, changes: Sequence[tuple[Document, Ticket]]) -> dict[str, ItsmError]:
        """Write changed tickets as `save` does, and wait for the disk once. Gives what went wrong, by ID; the others are written."""
        if not changes:
            return {}
        from itsm.store import codec, many

        failed: dict[str, ItsmError] = {}
        files: dict[str, tuple[bytes, bytes]] = {}
        for document, ticket in changes:
            try:
                if document.ticket.live and document.name == self._name(path := self.folder / f"{ticket.id}{SUFFIX}"):
                    files[path.name] = (codec.rewrite(document, ticket).raw, document.raw)
                else:
                    self.save(document, ticket)
            except ItsmError as error:
                failed[ticket.id] = error
        found = many.replace(self.folder, files)
        return failed | {name.removesuffix(SUFFIX): error for name, error in found.items()}

    def is_as_read(self, document: Document) -> bool:
        """Whether the file still is, to the byte, what this document was read from. Raises Invalid or ItsmError."""
        return atomic.holds(self.root / document.name, document.raw)

    def put(self, document: Document, changed: Document) -> Document:
        """Have `changed` take the place of `document`. The caller holds the desk lock. Raises Refused as `save` does."""
        path = self.root / document.name
        if not atomic.holds(path, document.raw):
            raise Refused(f"{document.name} changed underneath", hint="look at it again, then repeat the command")
        if changed.ticket.live and not document.ticket.live and path.parent != self.folder:
            return self._back(path, document, changed)
        if changed.raw != document.raw:
            if not document.ticket.live:
                self._without_twin(document)
            atomic.replace(path, changed.raw, document.raw)
        return changed

    def _without_twin(self, document: Document) -> None:
        """Delete what a power cut amid a move has left of this ticket in the archive: once the live one changes, nobody could say which
        of the two counts.
        """
        name = os.path.basename(document.name)
        for twin in [year / name for year in self._years() if self._name(year / name) != document.name]:
            if os.path.lexists(twin) and atomic.holds(twin, document.raw):
                atomic.remove(twin)

    def _back(self, path: Path, document: Document, changed: Document) -> Document:
        """An archived ticket that lives again comes back as it is, in one step, and changes then: killed in between, it is a closed
        ticket among the live ones, which is nothing odd.
        """
        live = self.folder / path.name
        atomic.move(path, live)
        atomic.replace(live, changed.raw, document.raw)
        return replace(changed, name=self._name(live))

    @contextmanager
    def moving(self) -> Iterator[Callable[[str, str], None]]:
        """Move live tickets into the folders of their years, each in one step; at the end the disk has it. The caller holds the desk lock.

        Raises Refused for one that is there already.
        """
        touched = {self.folder}

        def move(ticket_id: str, year: str) -> None:
            folder = self._archive / year
            atomic.make_folder(self._archive)
            atomic.make_folder(folder)
            atomic.renamed(self.folder / f"{ticket_id}{SUFFIX}", folder / f"{ticket_id}{SUFFIX}")
            touched.add(folder)

        try:
            yield move
        finally:
            atomic.sync_folders(sorted(touched, reverse=True))

    def untwin(self) -> list[str]:
        """Delete an archived ticket's file where the live one is the same to the byte: a power cut can leave both of a move. The IDs."""
        live, gone = set(self.ids()), []
        for path in [path for path in self._files(self._years()) if path.stem in live]:
            with self.locked("check --fix"), suppress(FileNotFoundError):
                if atomic.holds(self.folder / path.name, atomic.read(path)):
                    atomic.remove(path)
                    gone.append(path.stem)
        return gone

    def change(self, ticket_id: str, edit: Callable[[Ticket], Ticket], what: str = "itsm") -> Document:
        """Read, edit and save one ticket under the desk lock. Raises what `edit` raises, NotFound, Invalid, Busy or ItsmError."""
        with self.locked(what):
            document = self.read(ticket_id)
            ticket = edit(document.ticket)
            return document if ticket == document.ticket else self.save(document, ticket)

    def _start(self) -> int:
        """The number above which IDs are free, as far as can be known; and a folder to put them in."""
        self._make_folder()
        return max(self._highest or self.numbers.highest(), self.numbers.given())
