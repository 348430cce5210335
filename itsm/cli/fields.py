"""`set` and `link`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import options
from itsm.cli.run import Run, command
from itsm.cli.several import change
from itsm.desk import fields, tickets
from itsm.model.ticket import Ticket

app = typer.Typer()

Changes = Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="The fields and what they become; nothing after = empties one.")]


@command(app, "set", acts=True)
def set_(run: Run, ticket: options.OneOrSeveral, changes: Changes) -> None:
    """Change fields of a ticket. Impact and urgency decide the priority, until somebody sets it.

    Example: itsm set 42 priority=P1 ci=mail-01 tags=+vip mobile=+8613800000000
    """
    from itsm.cli.pages import told

    hand = run.hand()

    def changed(one: str) -> tuple[Ticket, str]:
        done, events = fields.set_(run.desk, one, changes, hand)
        return done, f"{done.id}: {'; '.join(told(event, run) for event in events) or 'nothing has changed'}"

    _doubted(run, change(run, [ticket], changed), {word.partition("=")[0] for word in changes})


def _doubted(run: Run, changed: list[Ticket], names: set[str]) -> None:
    """Say what in these fields can hardly be meant."""
    from itsm.desk import doubts

    for one in changed:
        run.doubt(doubts.of_contact(one.id, {name: value for name, value in one.contact.items() if name in names}))
    watchers = dict.fromkeys(name for one in changed for name in one.watchers if "watchers" in names)
    run.doubt(word for name in watchers for word in doubts.of_watcher(name, run.desk.policy))


@command(app, "link", acts=True)
def link(
    run: Run,
    ticket: options.Tickets,
    parent: Annotated[str, typer.Option("--parent", metavar="TICKET", help="It is a part of this one.")] = "",
    duplicate_of: Annotated[str, typer.Option("--duplicate-of", metavar="TICKET", help="It is the same as this one.")] = "",
    caused_by: Annotated[str, typer.Option("--caused-by", metavar="TICKET", help="This one is why.")] = "",
) -> None:
    """Say how a ticket belongs to another.

    Example: itsm link 43 --duplicate-of 42
    """
    links, hand = {"parent": parent, "duplicate_of": duplicate_of, "caused_by": caused_by}, run.hand()

    def linked(one: str) -> tuple[Ticket, str]:
        done = tickets.link(run.desk, one, links, hand)
        return done, f"{done.id}: linked"

    change(run, ticket, linked)
