"""Work in several processes, one a core, where there is enough of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how much of it, of how much."""

Part = TypeVar("Part")
Result = TypeVar("Result")

_AHEAD = 4  # parts that wait for each process: more results than that are in nobody's memory


def silent(_what: str, _done: int, _total: int) -> None:
    """For whom nobody waits."""


def spread(work: Callable[[Part], Result], parts: Sequence[Part], *, worthwhile: bool) -> Iterator[Result]:
    """What `work` makes of each part, in their order: in this process, or in one a core where that is worthwhile."""
    cores = os.cpu_count() or 1
    if not worthwhile or cores == 1:
        yield from map(work, parts)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    fresh = get_context("spawn")  # the progress bar has a thread of its own, and forking one of several is asking for trouble
    with ProcessPoolExecutor(cores, fresh, initializer=_leave_interrupts_alone) as pool:
        left = iter(parts)
        begun: deque[Future[Result]] = deque(pool.submit(work, part) for part in islice(left, cores * _AHEAD))
        while begun:
            yield begun.popleft().result()
            begun.extend(pool.submit(work, part) for part in islice(left, 1))


def _leave_interrupts_alone() -> None:
    """Ctrl-C is for the process that a person looks at, which ends the others."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
