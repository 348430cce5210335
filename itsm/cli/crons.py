"""`cron`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command

app = typer.Typer()


@command(app, "cron")
def cron(
    run: Run,
    test: Annotated[bool, typer.Option("--test", help="Run the line's command once, in cron's bare environment.")] = False,
    mail: Annotated[bool, typer.Option("--mail/--print", help="Mail what is due, or have cron mail what is printed.")] = False,
    every: Annotated[int, typer.Option("--every", min=1, max=59, metavar="MINUTES", help="How often.")] = 1,
) -> None:
    """Print the line for cron that sweeps this desk; --test runs it once as cron would.

    Example: (crontab -l; itsm cron) | crontab -

    Example: itsm cron --test
    """
    from itsm.desk import cron as desk_cron

    if not test:
        line = desk_cron.line(run.desk, mail=mail, every=every)
        run.show("cron", {"line": line}, lambda: line)
        return
    done = desk_cron.trial(run.desk, mail=mail)
    words = f"exit {done.exit_code}: {'cron can run this desk' if done.exit_code == 0 else 'cron would run into this too'}"
    data = {"command": done.command, "exit": done.exit_code, "output": done.output}
    run.show("cron", data, lambda: output.visible(f"{done.command}\n{done.output}{words}"))
    run.exit_code = done.exit_code
