"""`import`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from itsm.cli import output
from itsm.cli.bar import Bar
from itsm.cli.run import Run, command
from itsm.errors import Invalid

if TYPE_CHECKING:
    from itsm.desk.importing import Order, Summary
    from itsm.intake.history import Note

app = typer.Typer()

_SHOWN = 20  # notes of a kind that people are shown


@command(app, "import")
def import_(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV, or a zip with one in it.")],
    map_: Annotated[str, typer.Option("--map", metavar="MAP", help="Which column is what: a YAML file, or the name of a shipped map.")],
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Build the desk as it stood then.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be taken, and write nothing.")] = False,
    arm: Annotated[bool, typer.Option("--arm", help="Let the next sweep say all that is already due; else it is passed over.")] = False,
) -> None:
    """Bring tickets in from another system, with their histories. Safe to repeat: what is here already isn't taken twice.

    Example: itsm import incident_event_log.zip --map servicenow-incident-log --until 2016-03-15T09:00Z
    """
    from itsm.desk import importing

    moment = run.when(until, future=True) if until is not None else None
    order = importing.Order(file, map_, run.now, moment, arm=arm, dry_run=dry_run)
    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        summary = importing.import_(run.desk, order, bar.told)
    run.warn()
    if run.json or not run.quiet:
        run.show("import", _as_json(order, summary), lambda: "\n".join(_lines(order, summary)))
    output.put_problems(summary.problems)
    if summary.taken and not (arm or dry_run):
        run.note("what was due before now is passed over: no sweep will say it (import --arm is for those who want it said)")
    if summary.refused or summary.problems:
        run.exit_code = Invalid.exit_code


def _as_json(order: Order, summary: Summary) -> dict[str, Any]:
    return {
        "file": str(order.file), "map": order.map, "until": order.until, "dry_run": order.dry_run, "armed": order.arm,
        "rows": summary.rows, "taken": summary.taken, "first": summary.first or None, "last": summary.last or None,
        "already_here": summary.here, "later": summary.later, "lost": summary.lost,
        "events": dict(summary.events), "statuses": dict(summary.statuses),
        "refused": [_note_json(note) for note in summary.refused],
        "changed": [_note_json(note) for note in summary.changed],
        "problems": [output.problem_json(problem) for problem in summary.problems],
    }  # fmt: skip


def _note_json(note: Note) -> dict[str, Any]:
    return {"row": note.row, "reference": note.reference, "message": note.message}


def _lines(order: Order, summary: Summary) -> Iterator[str]:
    """The summary for people."""
    span = f", {summary.first} to {summary.last}" if summary.taken and not order.dry_run else ""
    yield f"{'would take' if order.dry_run else 'taken':>14}  {_count(summary.taken, 'ticket')} of {_count(summary.rows, 'row')}{span}"
    yield f"{'events':>14}  {_parts(summary.events)}"
    yield f"{'status':>14}  {_parts(summary.statuses)}"
    yield f"{'already here':>14}  {summary.here:,}"
    if order.until is not None:
        yield f"{'later':>14}  {summary.later:,}"
    yield from _notes("refused", summary.refused, f", {_count(summary.lost, 'ticket')} not taken")
    yield from _notes("changed", summary.changed, "")


def _notes(what: str, notes: list[Note], more: str) -> Iterator[str]:
    yield f"{what:>14}  {_count(len(notes), 'row')}{more if notes else ''}"
    for note in notes[:_SHOWN]:
        yield output.one_line(f"{'row':>14}  {note.row}{f' ({note.reference})' if note.reference else ''}: {note.message}")
    if len(notes) > _SHOWN:
        yield f"{'':>14}  and {len(notes) - _SHOWN:,} more: --json has them all"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _parts(counts: dict[str, int]) -> str:
    return f"{sum(counts.values()):,}" + (f": {', '.join(f'{name} {n:,}' for name, n in sorted(counts.items()))}" if counts else "")
