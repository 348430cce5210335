"""`completion`: the script that a shell reads once, so that TAB completes commands, options, tickets, teams and the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from itsm.cli.run import Run, command
from itsm.errors import Usage
from itsm.model.suggest import did_you_mean

app = typer.Typer()

SHELLS = ("bash", "fish", "zsh")
_SCRIPTS = Path(__file__).parent.parent / "shells"
Shell = Annotated[str, typer.Argument(metavar="bash|fish|zsh", help="Which shell.")]


@command(app, "completion")
def completion(run: Run, shell: Shell) -> None:
    """Print the script that has TAB complete commands, options, tickets with their titles, teams, people, rules and filters.

    Example: eval "$(itsm completion bash)"

    zsh: eval "$(itsm completion zsh)"; fish: itsm completion fish | source
    """
    if shell not in SHELLS:
        raise Usage(f"no completion for {shell}", hint=did_you_mean(shell, SHELLS))
    script = (_SCRIPTS / f"itsm.{shell}").read_text(encoding="utf-8")
    run.show("completion", {"shell": shell, "script": script}, lambda: script.rstrip("\n"))
