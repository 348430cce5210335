"""`check`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.errors import Invalid

app = typer.Typer()


@command(app, "check")
def check(run: Run, fix: Annotated[bool, typer.Option("--fix", help="The state as the history tells it, no leftovers.")] = False) -> None:
    """Look over every file of the desk: each fault with its line, the reason and the remedy. Exit 5 if there is any.

    Example: itsm check

    Example: itsm check --fix
    """
    from itsm.desk import check as desk_check
    from itsm.desk import leftovers
    from itsm.desk.promises import rehearsals

    done = desk_check.fix(run.desk) if fix else []
    count, problems = desk_check.check(run.desk)
    unsent, warnings = desk_check.unsent(run.desk), [*leftovers.warnings(run.desk), *rehearsals(run.desk)]
    tickets = "1 ticket" if count == 1 else f"{count} tickets"
    data = {"tickets": count, "problems": [output.problem_json(problem) for problem in problems], "fixed": done, "unsent": unsent}
    data["warnings"] = [output.problem_json(warning) for warning in warnings]
    for warning in warnings:
        run.note(f"warning: {warning}")
    if unsent:
        run.note(f"{unsent} {'message is' if unsent == 1 else 'messages are'} not sent yet: deleting .itsm would lose that mail")
    verdict = "all is well" if not problems else f"{len(problems)} {'problem' if len(problems) == 1 else 'problems'}"
    run.warned = True  # sla.yaml's problems are among these
    run.show(
        "check",
        data,
        lambda: "\n".join([*map(output.one_line, (*done, *map(str, problems))), f"{tickets}: {verdict}"]),
    )
    run.exit_code = Invalid.exit_code if problems else 0
