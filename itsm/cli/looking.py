"""`show` and `log`."""

from __future__ import annotations

import typer

from itsm.cli import options
from itsm.cli.run import Run, command

app = typer.Typer()


@command(app, "show")
def show(run: Run, ticket: options.Ticket) -> None:
    """Show one ticket: its fields, its promises, the calls that are owed, its history.

    Example: itsm show 42
    """
    from itsm.cli.pages import ticket_page
    from itsm.desk import tickets
    from itsm.desk.view import ticket_json

    found = tickets.read(run.desk, ticket).ticket
    run.warn()
    data = ticket_json(run.desk, found, run.now)
    run.show("ticket", data, lambda: ticket_page(found, data, run))


@command(app, "log")
def log(run: Run, ticket: options.Ticket) -> None:
    """Show a ticket's history, oldest first.

    Example: itsm log 42
    """
    from itsm.cli.pages import history_lines
    from itsm.desk import tickets
    from itsm.desk.as_data import event_json

    found = tickets.read(run.desk, ticket).ticket
    run.show("log", [event_json(event) for event in found.history], lambda: "\n".join(history_lines(found, run)))
