"""`archive`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.bar import Bar
from itsm.cli.run import Run, command
from itsm.errors import Invalid, ItsmError

app = typer.Typer()

_MANY = 50  # from here on a person is asked first
_SHOWN = 10

Before = Annotated[
    str | None, typer.Option("--closed-before", metavar="WHEN", help="Only those that ended before: 30d (ago), 2026-01-01. Else 90d.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be moved, and move nothing.")]


@command(app, "archive")
def archive(run: Run, closed_before: Before = None, dry_run: DryRun = False) -> None:
    """Put closed and cancelled tickets away, into the folder of the year in which they ended. Lists and sweeps no longer look at them.

    Example: itsm archive --dry-run

    Example: itsm archive --closed-before 30d
    """
    from itsm.desk import archiving

    before = run.when(closed_before) if closed_before else run.now - archiving.KEPT
    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        found = archiving.ready(run.desk, before, bar.told)
    if not dry_run and found.moved:
        _ask(run, len(found.moved))
        with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
            found = archiving.archive(run.desk, found, before, bar.told)
    rows = [{"ticket": one, "folder": f"tickets/archive/{year}"} for one, year in found.moved]
    data = {"archived": rows, "dry": dry_run, "problems": [output.problem_json(problem) for problem in found.problems]}
    run.show("archive", data, lambda: _text(run, found.moved, dry=dry_run))
    output.put_problems(found.problems if not run.json else [])
    run.exit_code = Invalid.exit_code if found.problems else 0


def _ask(run: Run, count: int) -> None:
    if count < _MANY or run.yes or not run.interactive:
        return
    if not typer.confirm(f"{count} tickets go into the archive. Go on?", default=False, err=True):
        raise ItsmError("nothing was moved", hint="--yes doesn't ask, --dry-run shows which they are")


def _text(run: Run, moved: list[tuple[str, str]], *, dry: bool) -> str:
    """A line a ticket into a pipe; for a person the first of them and the sum."""
    lines = [f"{one}: {'would go' if dry else 'moved'} to tickets/archive/{year}" for one, year in moved]
    if output.is_terminal(sys.stdout) and len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"… and {len(lines) - _SHOWN} more"]
    return "" if run.quiet else "\n".join(lines) or "nothing to archive"
