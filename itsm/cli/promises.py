"""`sla show|check|explain|arm|simulate`."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from itsm.cli import options, output
from itsm.cli.run import Run, command
from itsm.errors import Invalid
from itsm.model.event import instant
from itsm.patterns import pattern
from itsm.values import replace

app = typer.Typer(rich_markup_mode=None, help="The promises of sla.yaml: show, check, explain, try out.")

_UTC = pattern(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC", re.ASCII)  # an instant as reasons have it


@command(app, "show")
def show(run: Run) -> None:
    """Show what is promised, and to whom, as itsm has read it.

    Example: itsm sla show --json
    """
    from itsm.cli.fit import column
    from itsm.desk.promises import as_json, as_text

    policy = run.desk.policy
    run.show("sla", as_json(policy), lambda: column(output.visible(as_text(policy)).split("\n"), 27))


@command(app, "check")
def check(run: Run, strict: Annotated[bool, typer.Option("--strict", help="Exit 5 for a warning, too.")] = False) -> None:
    """Name every mistake in sla.yaml with its line and what to write instead. Exit 5 if there is one.

    Warnings are named, too: what may be written and can't be meant, such as a rule that never fires. The desk works with them.

    Example: itsm sla check
    """
    from itsm.desk.promises import warnings

    problems, doubts = run.desk.settings.problems, warnings(run.desk, run.now)
    data = {"problems": [output.problem_json(one) for one in problems], "warnings": [output.problem_json(one) for one in doubts]}
    lines = [*map(str, problems), *(str(replace(one, message=f"warning: {one.message}")) for one in doubts)]
    run.warned = True  # it is just what this command shows
    run.show("sla-check", data, lambda: "\n".join(map(output.one_line, lines)) or "sla.yaml is in order")
    run.exit_code = Invalid.exit_code if problems or (strict and doubts) else 0


@command(app, "schema")
def schema(run: Run) -> None:
    """Print the JSON Schema of sla.yaml, by which editors complete it; the first line of sla.yaml names the file.

    Example: itsm sla schema > sla.schema.json
    """
    import json

    from itsm.sla.schema import schema as made

    run.show("sla-schema", made(), lambda: json.dumps(made(), indent=1, ensure_ascii=False))


@command(app, "explain")
def explain(run: Run, ticket: options.Ticket, at: options.At = None) -> None:
    """Say how each promise of this ticket stands, and for each rule whether it is due, why or why not, since when and until when.

    Example: itsm sla explain 42
    """
    from itsm.desk.promises import explained

    rows = explained(run.desk, ticket, run.when(at, future=True))
    run.show("explain", rows, lambda: _explained(run, rows))


@command(app, "arm")
def arm(run: Run, rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's name.")]) -> None:
    """Have a new rule say what lies before the sweep that first knew it, too.

    Example: itsm sla arm still-resolved
    """
    from itsm.desk.promises import arm as arm_rule

    arm_rule(run.desk, rule, run.now)
    run.show("sla-arm", {"rule": rule}, lambda: f"{rule} is armed: the next sweep says what it passed over")


@command(app, "simulate")
def simulate(
    run: Run,
    policy: Annotated[str, typer.Option("--policy", metavar="FILE", help="The other policy: a file, or the name of a shipped one.")],
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Count from then on; else from the first ticket.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Count until then; else until now.")] = None,
) -> None:
    """Replay the tickets' histories under another policy, and show what would have been said, done and broken. Writes nothing.

    Example: itsm sla simulate --policy new.yaml --since 2026-10-01
    """
    from itsm.cli import simulating

    simulating.simulate(run, policy, since, until)


_HEADS = ("TARGET / RULE", "STATE", "SINCE", "DUE", "PAUSED")
_WIDTHS = (20, 10, 16, 16, 8)  # with the gaps 78: an instant is to the minute, `2d 4h` is a long pause


def _explained(run: Run, rows: list[dict[str, Any]]) -> str:
    """Two lines a row for people, the second the reason; in a pipe one, whole, its cells apart by TABs."""
    from itsm.sla.duration import format_seconds

    lines = []
    for row in rows:
        since, due = (run.local(instant(row[name])) if row[name] else "" for name in ("armed", "due"))
        paused = format_seconds(row["paused_seconds"]) if row["paused_seconds"] else ""
        name = row["rule"] or " ".join(filter(None, (row["target"], row["sla"])))
        what = " ".join(filter(None, (row["kind"], row["step"])))
        why = _UTC.sub(lambda found: run.local(datetime.fromisoformat(f"{found[1]}+00:00")), row["why"])
        lines.append((name, row["state"], since, due, paused, what, why))
    if not output.is_terminal(sys.stdout):
        return "\n".join(
            "\t".join(map(output.one_line, (name, state, what, since, due, paused, why)))
            for name, state, since, due, paused, what, why in lines
        )
    from rich.cells import cell_len, set_cell_size

    from itsm.cli.fit import column

    def fitted(word: str, width: int) -> str:
        word = output.one_line(word)
        return set_cell_size(word, width) if cell_len(word) <= width else set_cell_size(word, width - 1) + "…"

    shown = [output.coloured("  ".join(map(fitted, _HEADS, _WIDTHS)).rstrip(), 2)]
    for *cells, what, why in lines:
        shown.append("  ".join(map(fitted, cells, _WIDTHS)).rstrip())
        shown.append(output.one_line(f"  {what}: {why}" if what not in ("", "target") else f"  {why}"))
    return column(shown, 4)
