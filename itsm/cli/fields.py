"""`set` and `link`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import options
from itsm.cli.run import Run, command
from itsm.desk import fields, tickets

app = typer.Typer()

Changes = Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="The fields and what they become; nothing after = empties one.")]


@command(app, "set", acts=True)
def set_(run: Run, ticket: options.Ticket, changes: Changes) -> None:
    """Change fields of a ticket. Impact and urgency decide the priority, until somebody sets it.

    Example: itsm set 42 priority=P1 ci=mail-01 tags=+vip mobile=+8613800000000
    """
    from itsm.cli.pages import told

    done, events = fields.set_(run.desk, ticket, changes, run.hand())
    run.changed(done, f"{done.id}: {'; '.join(told(event, run) for event in events) or 'nothing has changed'}")


@command(app, "link", acts=True)
def link(
    run: Run,
    ticket: options.Ticket,
    parent: Annotated[str, typer.Option("--parent", metavar="TICKET", help="It is a part of this one.")] = "",
    duplicate_of: Annotated[str, typer.Option("--duplicate-of", metavar="TICKET", help="It is the same as this one.")] = "",
    caused_by: Annotated[str, typer.Option("--caused-by", metavar="TICKET", help="This one is why.")] = "",
) -> None:
    """Say how a ticket belongs to another.

    Example: itsm link 43 --duplicate-of 42
    """
    done = tickets.link(run.desk, ticket, {"parent": parent, "duplicate_of": duplicate_of, "caused_by": caused_by}, run.hand())
    run.changed(done, f"{done.id}: linked")
