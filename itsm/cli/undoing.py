"""`undo`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import options, output
from itsm.cli.run import Run, command
from itsm.desk import tickets, undoing
from itsm.errors import ItsmError, Usage

app = typer.Typer()

Which = Annotated[str, typer.Argument(metavar="[TICKET]", help="Your last change of this ticket; else your last one anywhere.")]


@command(app, "undo")
def undo(run: Run, ticket: Which = "", by: options.By = None) -> None:
    """Take your last change back, as if it had never been made; refused once anybody, or a sweep, has built on it.

    Example: itsm undo
    """
    from itsm.cli.pages import told

    who, named = run.desk.person(by), tickets.find(run.desk, ticket) if ticket else ""
    if before := undoing.cut_off(run.desk, who, named):
        run.changed(before, f"{before.id}: your last undo was cut off, and had taken it back by then; nothing more is taken back")
        undoing.told(run.desk)
        return
    planned = undoing.plan(run.desk, who, named)
    words = "; ".join(told(event, run) for event in planned.change)
    head = output.one_line(f"{planned.now.id} {planned.now.title}: {words}")
    if not run.yes:
        if not run.interactive:
            raise Usage(f"take this back? {head}", hint="--yes does it without asking")
        output.say(f"{head} ({run.local(planned.change[-1].at)})")
        if not typer.confirm("Take it back?", default=False, err=True):
            raise ItsmError("nothing was taken back", hint="itsm log shows a ticket's history")
    done = undoing.undo(run.desk, planned, who)
    run.changed(done, f"{done.id}: taken back: {words}")
    undoing.told(run.desk)
