"""Many ticket files read for an index, by some hundred: in this process, or in one a core."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, ahead, crew, several
from itsm.store.rows import Batch, Changes, Read

_BATCH = 250  # files that a process reads at a time
_WORTHWHILE = 3000  # changed files from which on a second process pays: it takes half a second to start

Part = Callable[[Desk, str, Sequence[str]], list[Read]]
"""What an index wants to know of the tickets with these IDs in a folder of the desk. Other processes find it by its module and name."""


def in_batches(desk: Desk, part: Part, progress: Progress, folders: Iterable[Changes]) -> Iterator[Batch]:
    """What `part` makes of the changed tickets of each folder, in their order; at least one batch a folder, be it empty. The next folder is
    looked at while the last files of the one before it are read. Raises OSError where another process ended before its time.
    """
    left, seen = iter(folders), 0
    for one in left:
        seen += len(one.changed)
        if seen >= _WORTHWHILE and several():
            yield from _by_all_hands(desk, part, progress, chain([one], left))
        else:
            for start, names in _pieces(one):
                yield one, part(desk, one.place, names)
                _tell(progress, one, start, names)


def _by_all_hands(desk: Desk, part: Part, progress: Progress, folders: Iterable[Changes]) -> Iterator[Batch]:
    from concurrent.futures.process import BrokenProcessPool

    asked: deque[tuple[Changes, int, Sequence[str]]] = deque()

    def pieces() -> Iterator[tuple[str, Sequence[str]]]:
        for one in folders:
            for start, names in _pieces(one):
                asked.append((one, start, names))
                yield one.place, names

    work = partial(_elsewhere, part, desk.root, desk.settings.raw)
    try:
        with crew() as pool:
            for found in ahead(pool, work, pieces()):
                one, start, names = asked.popleft()
                yield one, found
                _tell(progress, one, start, names)
    except BrokenProcessPool as error:
        raise OSError("a process that read tickets was killed") from error


def _pieces(one: Changes) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, max(len(one.changed), 1), _BATCH):
        yield start, one.changed[start : start + _BATCH]


def _tell(progress: Progress, one: Changes, start: int, names: Sequence[str]) -> None:
    if names:
        progress("indexing", start + len(names), len(one.changed))


def _elsewhere(part: Part, root: Path, raw: bytes, piece: tuple[str, Sequence[str]]) -> list[Read]:
    """A batch of files, in a process of its own. Raises OSError where the policy isn't the one any more that is meant."""
    desk = _desk(root)
    if desk.settings.raw != raw:
        raise OSError("sla.yaml has changed meanwhile")
    return part(desk, *piece)


@lru_cache(1)
def _desk(root: Path) -> Desk:
    return Desk(root)
