"""`notify test`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.errors import Undelivered

app = typer.Typer(rich_markup_mode=None, help="The channels by which notices travel.")


@command(app, "test")
def test(
    run: Run,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="A channel of sla.yaml.")],
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS|PERSON", help="A mail address, a number, or somebody in sla.yaml.")],
) -> None:
    """Send one real message by a channel, and show what the other side said. Exit 7 if it wasn't taken.

    Example: itsm notify test mail --to me@example.com
    """
    from itsm.desk.trial import trial

    found = trial(run.desk, channel, to, run.now)
    redirected = f", redirected to {found['redirected']}" if found["redirected"] else ""
    lines = [
        f"{channel}: {'sent' if found['sent'] else 'NOT sent'} to {found['to']}{redirected}",
        f"  by      {found['connection'] or 'nobody was reached'}",
        f"  answer  {found['answer']}",
        f"  took    {found['seconds']:.2f} s",
    ]
    run.show("notify-test", found, lambda: "\n".join(output.one_line(line) for line in lines))
    run.exit_code = 0 if found["sent"] else Undelivered.exit_code
