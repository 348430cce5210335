"""`sender show|take`."""

from __future__ import annotations

import typer

from itsm.cli import output
from itsm.cli.run import Run, command

app = typer.Typer(rich_markup_mode=None, help="Which copy of the desk acts and sends: a forgotten clone must not mail your customers.")


@command(app, "show")
def show(run: Run) -> None:
    """Show which copy acts and sends, and whether it is this one.

    Example: itsm sender show
    """
    place, sender = run.desk.place, run.desk.policy.desk.sender
    who = {"": "any copy", place: "this copy"}.get(sender, f"only {sender}")
    run.show(
        "sender",
        {"sender": sender, "this": place, "acts": sender in ("", place)},
        lambda: output.one_line(f"{who} acts and sends; this is {place}"),
    )


@command(app, "take")
def take(run: Run) -> None:
    """Make this copy the one that acts and sends; writes `desk.sender` into sla.yaml.

    Example: itsm sender take
    """
    from itsm.store.settings import write_sender

    place = run.desk.place
    write_sender(run.desk.root, place, run.now)
    data = {"sender": place, "this": place, "acts": True}
    run.show("sender", data, lambda: output.one_line(f"this copy acts and sends from now on: {place}"))
