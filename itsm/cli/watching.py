"""`watch`: the live queue on the whole screen, drawn anew when files change and while time runs out."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from itsm import clock
from itsm.cli import output
from itsm.cli.listing import Columns, Filtering, Filters, Me, Sort
from itsm.cli.run import Run, command
from itsm.errors import Usage
from itsm.store.keys import key_of
from itsm.store.settings import FILE

if TYPE_CHECKING:
    from rich.text import Text

    from itsm.desk.listing import Request

app = typer.Typer()

_TICK = 1.0  # seconds between two looks at the files
_SHARE = 20  # looking may take a twentieth of the time: on a large desk the countdowns move more slowly
State = dict[str, str]  # by which key each file is known
_QUIT = ("q", "Q", "\x1b", "\x03", "\x04")


@command(app, "watch", cls=Filtering)
def watch(run: Run, filters: Filters = None, sort: Sort = "", columns: Columns = "", by: Me = None) -> None:
    """Watch the queue: as list shows it, with the time running, until q or Ctrl-C. Changes of the files are seen within a second or so.

    Example: itsm watch team:network --sort due
    """
    from itsm.desk.listing import asked

    if run.json or not (output.is_terminal(sys.stdout) and sys.stdin.isatty()):
        raise Usage("watch wants a terminal", hint="itsm list --json is for programs")
    view = asked(run.desk, filters or [], sort, columns, None)
    with _keys() as pressed:
        _shown(run, view, run.desk.person(by), pressed)


def _shown(run: Run, view: Request, me: str, pressed: Callable[[float], str]) -> None:
    """Draw the page for as long as nobody leaves. The view is the one that was asked for, whatever becomes of sla.yaml's."""
    from rich.console import Console
    from rich.live import Live

    from itsm.desk.desk import Desk

    with Live(console=Console(), screen=True, auto_refresh=False) as live:
        seen, size, again = State(), os.terminal_size((0, 0)), 0.0
        while True:
            state, now = _state(run), shutil.get_terminal_size()
            if (state, now) != (seen, size) or time.monotonic() >= again:
                begun = time.monotonic()
                run.desk = Desk(run.desk.root)  # what sla.yaml says now
                live.update(_page(run, view, me), refresh=True)
                seen, size, again = state, now, time.monotonic() + max(_TICK, _SHARE * (time.monotonic() - begun))
            if pressed(_TICK) in _QUIT:
                return


def _page(run: Run, view: Request, me: str) -> Text:
    """The screen: a head, as much of the list as fits, and how to leave."""
    from rich.text import Text

    from itsm.cli.fit import cut
    from itsm.desk.listing import rows
    from itsm.model.columns import USUAL, chosen
    from itsm.report.table import table

    size, now = shutil.get_terminal_size(), clock.now()
    listing = rows(run.desk, view.query, now, me)
    found = view.taken(listing[0])
    head = f"{len(found)} tickets  {run.local(now)}  {' '.join(str(view.query).split())}".rstrip()
    lines = list(table(found, chosen(view.columns or USUAL), now, size.columns, output.coloured)) if found else ["no tickets"]
    room = max(1, size.lines - 3)
    if len(lines) > room:
        lines = [*lines[: room - 1], f"and {len(lines) - room + 1} more"]
    faults = f"{len(listing[1])} files can't be read: itsm check; " if listing[1] else ""
    return Text("\n").join([Text(cut(output.one_line(head), size.columns)), *map(Text.from_ansi, lines), Text(f"{faults}q leaves")])


def _state(run: Run) -> State:
    """What is different once a ticket, or the policy, has changed: nothing is opened."""
    keys, _ = run.desk.tickets.scan()
    with suppress(OSError):
        keys[FILE] = key_of((run.desk.root / FILE).stat())
    return keys


@contextmanager
def _keys() -> Iterator[Callable[[float], str]]:
    """Keys as they are pressed, without Enter; the terminal is afterwards as it was, however this ends.

    A signal to end counts while we wait for a key, and not before: in the middle of a drawing it could fall into a finalizer, where
    Python drops it.
    """
    import select
    import termios
    import tty

    stdin = sys.stdin.fileno()
    ended, ending = os.pipe()
    os.set_blocking(ending, False)
    modes, before = termios.tcgetattr(stdin), signal.set_wakeup_fd(ending)
    handlers = {one: signal.signal(one, lambda *_: None) for one in (signal.SIGINT, signal.SIGTERM)}

    def pressed(patience: float) -> str:
        ready, _, _ = select.select([stdin, ended], [], [], patience)
        if ended in ready:
            raise KeyboardInterrupt
        return (os.read(stdin, 1) or b"q").decode("ascii", "replace") if ready else ""

    try:
        tty.setcbreak(stdin)
        yield pressed
    finally:
        termios.tcsetattr(stdin, termios.TCSADRAIN, modes)
        for one, handler in handlers.items():
            signal.signal(one, handler)
        signal.set_wakeup_fd(before)
        os.close(ended)
        os.close(ending)
