"""`init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from itsm.cli.run import Run, command
from itsm.desk import founding

app = typer.Typer()


Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder; made if it isn't there.")]
Policy = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="article|office|msp",
        help="Which sla.yaml: the article's call centre, an office's IT desk, or a managed service provider.",
    ),
]


@command(app, "init")
def init(run: Run, folder: Folder = Path(), policy: Policy = "article") -> None:
    """Make a desk in a folder: sla.yaml with the workflow of such a desk, and a place for tickets.

    Example: itsm init ~/desk --policy office && cd ~/desk && git init
    """
    desk = founding.init(folder, run.now, policy)
    run.show("desk", {"root": str(desk.root)}, lambda: f"a desk in {desk.root}")
    if outer := founding.around(desk):
        run.note(f"warning: {desk.root} lies inside the desk {outer}: from here on down, commands are about the new one")
    run.note("sla.yaml says what is promised, and to whom: put your teams' addresses in")
    run.note("next: itsm open 'Mail server does not answer'")
