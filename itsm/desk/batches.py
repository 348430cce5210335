"""Many ticket files read for an index, by some hundred: in this process, or in one a core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.desk.hands import Progress, spread
from itsm.store.rows import Read

_BATCH = 250  # files that a process reads at a time
_WORTHWHILE = 3000  # changed files from which on a second process pays: it takes half a second to start

Part = Callable[[Desk, str, Sequence[str]], list[Read]]
"""What an index wants to know of the tickets with these IDs in a folder of the desk. Other processes find it by its module and name."""


def in_batches(desk: Desk, part: Part, progress: Progress, place: str, ticket_ids: Sequence[str]) -> Iterator[Read]:
    """What `part` makes of these tickets, in their order."""
    total = len(ticket_ids)
    parts = [ticket_ids[start : start + _BATCH] for start in range(0, total, _BATCH)]
    if total < _WORTHWHILE:
        found: Iterable[list[Read]] = map(partial(part, desk, place), parts)
    else:
        found = spread(partial(_elsewhere, part, desk.root, desk.settings.raw, place), parts, worthwhile=True)
    for done, batch in enumerate(found, 1):
        yield from batch
        progress("indexing", min(done * _BATCH, total), total)


def _elsewhere(part: Part, root: Path, raw: bytes, place: str, ticket_ids: Sequence[str]) -> list[Read]:
    """A batch of files, in a process of its own. Raises OSError where the policy isn't the one any more that is meant."""
    desk = _desk(root)
    if desk.settings.raw != raw:
        raise OSError("sla.yaml has changed meanwhile")
    return part(desk, place, ticket_ids)


@lru_cache(1)
def _desk(root: Path) -> Desk:
    return Desk(root)
