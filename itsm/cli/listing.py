"""`list`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.errors import Invalid

app = typer.Typer()

Filters = Annotated[list[str] | None, typer.Argument(metavar="[FILTER…]", help="status:open team:network priority:P1,P2 assignee:me words")]


@command(app, "list")
def list_(run: Run, filters: Filters = None) -> None:
    """List tickets: all that aren't closed or cancelled, or those that the filters say, by priority and age.

    Example: itsm list team:network priority:P1,P2

    Example: itsm list status:closed organization:华东分公司 mail
    """
    from itsm.cli.pages import ticket_table
    from itsm.desk.listing import rows
    from itsm.model.query import parse
    from itsm.model.row import by_urgency

    found, problems = rows(run.desk, parse(filters or [], me=run.desk.person(run.by)), run.now)
    run.warn()
    data = [row.json for row in sorted(found, key=by_urgency)]
    run.show("tickets", data, lambda: ticket_table(data, terminal=output.is_terminal(sys.stdout)))
    output.put_problems(problems)
    if problems:
        run.exit_code = Invalid.exit_code
