"""`edit`."""

from __future__ import annotations

import typer

from itsm.cli import editor, options
from itsm.cli.run import Run, command
from itsm.desk import doubts, editing, tickets
from itsm.store.codec import Document

app = typer.Typer()


@command(app, "edit", acts=True)
def edit(run: Run, ticket: options.Ticket) -> None:
    """Edit a ticket's file in your editor ($VISUAL, $EDITOR), with its checks; mistakes stand above it when it opens again.

    Fields that `itsm set` changes may be changed, comments and x_ keys too. Status and team have commands; the history stays.

    Example: EDITOR=nano itsm edit 42
    """
    hand, ticket_id = run.hand(), tickets.find(run.desk, ticket)
    path, raw = editing.original(run.desk, ticket_id)

    def take(new: bytes) -> Document:
        return editing.save(run.desk, path, raw, editing.edited(run.desk, path, raw, new, hand))

    saved = editor.until_right(run, ticket_id, raw, take)
    if saved:
        run.changed(saved.ticket, f"{ticket_id}: edited")
        run.doubt(doubts.of_contact(ticket_id, saved.ticket.contact))
    else:
        run.changed(run.desk.tickets.read(ticket_id).ticket, f"{ticket_id}: nothing has changed")
