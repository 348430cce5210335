"""`show`, `list` and `log`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from itsm.cli import options, output
from itsm.cli.run import Run, command
from itsm.errors import Invalid, Problem
from itsm.store.codec import Document

app = typer.Typer()

Filters = Annotated[list[str] | None, typer.Argument(metavar="[FILTER…]", help="status:open team:network priority:P1,P2 assignee:me words")]


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
    from itsm.desk.view import event_json

    found = tickets.read(run.desk, ticket).ticket
    run.show("log", [event_json(event) for event in found.history], lambda: "\n".join(history_lines(found, run)))


@command(app, "list")
def list_(run: Run, filters: Filters = None) -> None:
    """List tickets: all that aren't closed or cancelled, or those that the filters say, by priority and age.

    Example: itsm list team:network priority:P1,P2

    Example: itsm list status:closed organization:华东分公司 mail
    """
    from itsm.cli.pages import ticket_table
    from itsm.desk.view import by_urgency, row_json
    from itsm.model.query import parse

    query = parse(filters or [], me=run.desk.person(run.by))
    problems: list[Problem] = run.desk.tickets.strays()
    found = []
    for one in run.desk.tickets.read_all():
        if isinstance(one, Document):
            if query.matches(one.ticket):
                found.append(one.ticket)
        else:
            problems.extend(one.problems)
    run.warn()
    rows = [row_json(run.desk, ticket, run.now) for ticket in sorted(found, key=by_urgency)]
    run.show("tickets", rows, lambda: ticket_table(rows, terminal=output.is_terminal(sys.stdout)))
    output.put_problems(problems)
    if problems:
        run.exit_code = Invalid.exit_code
