"""Work in several processes, one a core, where there is enough of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it, of how much."""

Part = TypeVar("Part")
Result = TypeVar("Result")

_MANY = 100_000  # values
_AHEAD = 4  # parts that wait for each process: more results than that are in nobody's memory


def silent(_what: str, _done: int, _total: int) -> None:
    """For whom nobody waits."""


def spread(work: Callable[[Part], Result], parts: Sequence[Part], *, worthwhile: bool) -> Iterator[Result]:
    """What `work` makes of each part, in their order: in this process, or in one a core where that is worthwhile."""
    if not worthwhile or not several():
        yield from map(work, parts)
        return
    with crew() as pool:
        yield from ahead(pool, work, parts)


def several() -> bool:
    """Whether there is more than one core."""
    return (os.cpu_count() or 1) > 1


def crew() -> ProcessPoolExecutor:
    """A process a core, to be used with `with`; each is started when there is something to do for it."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    fresh = get_context("spawn")  # the progress bar has a thread of its own, and forking one of several is asking for trouble
    return ProcessPoolExecutor(os.cpu_count() or 1, fresh, initializer=_prepared)


def ahead(pool: ProcessPoolExecutor, work: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """What `work` makes of each part, in their order. Parts are asked for while others are worked on."""
    left = iter(parts)
    begun: deque[Future[Result]] = deque(pool.submit(work, part) for part in islice(left, (os.cpu_count() or 1) * _AHEAD))
    while begun:
        yield begun.popleft().result()
        begun.extend(pool.submit(work, part) for part in islice(left, 1))


def _prepared() -> None:
    """Ctrl-C is for the process that a person looks at, which ends the others. And what they make has no cycles: Python needn't look for
    them after each seven hundred values, a tenth of the time.
    """
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_MANY)
