"""`handover` and `shift-note`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from itsm.cli import output, standard_input
from itsm.cli.bar import Bar
from itsm.cli.run import Run, command
from itsm.desk import handover as desk_handover
from itsm.desk.now import SHIFT
from itsm.errors import Invalid, Usage
from itsm.model.event import instant

if TYPE_CHECKING:
    from itsm.desk.handover import Handover

app = typer.Typer()

Since = Annotated[str | None, typer.Option("--since", metavar="WHEN", help="When the shift began: 'today 8:00', 6h; else 8 hours ago.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What the next shift must know; - reads it from standard input.")]


@command(app, "handover")
def handover(run: Run, since: Since = None) -> None:
    """What the next shift must know: what was opened, moved, resolved and said, the shift's notes, and what stands. To mail or paste.

    Example: itsm handover --since 'today 8:00'

    Example: itsm handover | mail -s 'Handover' l1@example.com
    """
    began = run.when(since) if since else run.now - SHIFT
    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        found = desk_handover.handover(run.desk, began, run.now, bar.told)
    run.warned = True  # sla.yaml's problems stand in the report
    run.show("handover", found.as_json, lambda: output.visible("\n".join(_report(run, found))))
    run.exit_code = Invalid.exit_code if found.stands.problems else 0


@command(app, "shift-note", acts=True)
def shift_note(run: Run, text: Text) -> None:
    """Leave a word for the next shift that belongs to no ticket; `itsm handover` shows it.

    Example: itsm shift-note 'The UPS vendor comes at 14:00, Zhao has the key'
    """
    text = standard_input.text() if text == "-" else text
    if not text.strip():
        raise Usage("a note without words", hint="itsm shift-note 'The UPS vendor comes at 14:00'")
    kept = desk_handover.note(run.desk, text.strip(), run.hand())
    run.show("shift-note", kept, lambda: "" if run.quiet else "noted for the next shift")


def _report(run: Run, found: Handover) -> Iterator[str]:
    """Plain text that is Markdown, too."""
    from itsm.cli.now import sections

    yield f"# Handover {run.local(found.since)} to {run.local(found.until)}"
    if found.notes:
        yield from ("", "## From this shift", *(_note(run, instant(one["at"]), one["by"], one["text"]) for one in found.notes))
    yield from _happened(run, found)
    if found.said:
        yield from ("", "## Said", *(f"- {rule or 'other'}: {count}" for rule, count in sorted(found.said.items())))
    standing = [(heading, lines) for heading, lines, *_ in sections(run, found.stands) if lines]
    yield from ("", "## Stands", f"- {found.stands.live} live {'ticket' if found.stands.live == 1 else 'tickets'}")
    for heading, lines in standing:
        yield from ("", f"### {heading.capitalize()}", *(f"- {output.one_line(' '.join(line.split()))}" for line in lines))


def _happened(run: Run, found: Handover) -> Iterator[str]:
    from itsm.cli.pages import told

    for heading, events in found.events.items():
        if events:
            yield from ("", f"## {heading.capitalize()}")
        for ticket, event in events:
            what = "" if event.kind == "opened" else f": {told(event, run)}"
            yield _note(run, event.at, event.by, f"{ticket.id} {ticket.title}{what}")
    if found.others:
        yield from ("", "## Also", *(f"- {count} × {kind}" for kind, count in sorted(found.others.items())))


def _note(run: Run, at: datetime, by: str, text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([f"- {run.local(at)} {by}: {first}", *(f"  {line}" for line in rest)])
