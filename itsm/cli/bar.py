"""A progress bar for commands that may take long."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import TaskID

_PATIENCE = 1.0  # seconds before a bar appears


class Bar(AbstractContextManager["Bar"]):
    """A progress bar on stderr, for work that takes more than a second; rich is imported only then."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.begun = time.monotonic()
        self.bar: Any = None
        self.task: TaskID | None = None

    def told(self, what: str, done: int, total: int) -> None:
        """How far the work is."""
        if not self.shown or time.monotonic() - self.begun < _PATIENCE:
            return
        if self.bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task(what)
        self.bar.update(self.task, description=what, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        """Take the bar away, whatever happened."""
        if self.bar is not None:
            self.bar.stop()
