"""`sweep` and `due`."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from itsm.cli import options, output
from itsm.cli.fit import column, width, wrapped
from itsm.cli.run import Run, command
from itsm.desk.report import Report
from itsm.errors import Invalid, NotFound, Undelivered, Usage
from itsm.model.event import instant

if TYPE_CHECKING:
    from itsm.desk.ahead import Coming

# What is worth a word for a person; printed and done speak for themselves.
_HOW = {"mailed": "mailed", "queued": "queued", "failed": "failed", "held": "held"}

app = typer.Typer()

Which = Annotated[
    list[str] | None, typer.Argument(metavar="[TICKET…]", help="Only of these: 42, 1,2 or 3..7; - reads them from standard input.")
]


@command(app, "sweep")
def sweep(
    run: Run,
    mail: Annotated[bool, typer.Option("--mail", help="Mail what is due, by the channels of sla.yaml; else it is printed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be done, and do nothing.")] = False,
    at: options.At = None,
) -> None:
    """Print or mail what is due, close what is over; cron runs this, and twice does no harm.

    Example: itsm sweep --dry-run

    Example: itsm sweep --mail
    """
    from itsm.desk.heartbeat import after
    from itsm.desk.sweep import sweep as run_sweep

    now = run.when(at, future=True)
    if now > run.now and not (dry_run or run.yes):
        raise Usage(f"{run.local(now)} is still to come, and a sweep acts", hint="--dry-run shows what it would do, --yes does it")
    report = run_sweep(run.desk, now, mail=mail, dry_run=dry_run, show=lambda found: _show(run, found))
    late = after(run.desk, report, _exit_code(report), unattended=not sys.stderr.isatty())
    if late and run.json:
        output.say(late)  # the object on stdout was finished before
    _tell(run, report)
    run.exit_code = _exit_code(report)


def _exit_code(report: Report) -> int:
    """Bad records count more than deliveries (page 3, sentence 20)."""
    return Invalid.exit_code if report.problems else Undelivered.exit_code if report.failures else 0


def _show(run: Run, report: Report) -> None:
    """What is due, on stdout: when this has come back, it counts as said."""
    run.show("sweep", report.as_json, str if report.busy is not None else lambda: _text(run, report))


def _tell(run: Run, report: Report) -> None:
    """The rest, on stderr, when all is on record: what goes wrong here must not have anything said again."""
    from itsm.desk.reminding import worth_saying

    if report.busy is not None:
        if report.busy:
            run.note(report.busy)
        return
    if report.dry:
        run.note(report.dry)
    if report.mail and sys.stderr.isatty():
        from itsm.desk.promises import rehearsals

        for one in rehearsals(run.desk):
            run.note(output.one_line(f"warning: {one}"))
    for name, count in report.new_rules.items():
        run.note(f"rule {name} is new: {count} moments before the last sweep are passed over (itsm sla arm {name} to have them)")
    if not run.json:
        for line in worth_saying(run.desk, report, unattended=not sys.stderr.isatty(), quiet=run.quiet):
            output.say(output.one_line(line))


def _text(run: Run, report: Report) -> str:
    from itsm.report.printed import printed

    attended = sys.stdout.isatty()
    lines = [
        (one.action, one.ticket, _HOW.get("held" if one.held else one.delivery, ""))
        for one in report.outcomes
        if attended or one.delivery in ("printed", "done") or report.dry or (one.held and one.action.do)
    ]
    return column(output.visible(printed(lines, run.local)).split("\n"), 6)


@command(app, "due")
def due(
    run: Run,
    ticket: Which = None,
    within: Annotated[str, typer.Option("--within", metavar="DURATION", help="How far to look ahead.")] = "4h",
    at: options.At = None,
) -> None:
    """What comes next, for whom, and when: what a sweep would do now and later, if nobody did anything.

    Example: itsm due --within 1d

    Example: itsm due 42
    """
    from datetime import timedelta

    from itsm.cli.several import meant
    from itsm.desk.ahead import passing
    from itsm.sla.duration import parse

    now = run.when(at, future=True)
    try:
        end = now + timedelta(seconds=parse(within).total)
    except ValueError as error:
        raise Usage(f"--within: {error}", hint="for example --within 4h, --within 2d") from None
    which = meant(run, ticket) if ticket else []
    try:
        found, problems = passing(run.desk, now, end, which) if which or not ticket else ([], [])
    except NotFound as error:
        raise NotFound(error.message, hint=_span_meant(which) or error.hint) from None
    nothing = " ".join(["nothing is due", *(["on", ", ".join(which)] if which else [])])
    run.show("due", [one.action for one in found], lambda: "\n".join(_row(run, one, now) for one in found) or nothing)
    output.put_problems(problems)
    run.exit_code = Invalid.exit_code if problems else 0


def _span_meant(words: list[str]) -> str:
    """What to write for a duration that was named as a ticket: `itsm due 3h`."""
    from itsm.sla.duration import parse

    for word in words:
        with suppress(ValueError):
            parse(word)
            return f"to look so far ahead: itsm due --within {word}"
    return ""


def _row(run: Run, one: Coming, now: datetime) -> str:
    from itsm.sla.duration import format_seconds

    action, due_at = one.action, instant(one.action["due_at"])
    ahead = int((due_at - now).total_seconds())
    when = f"in {format_seconds(ahead)}" if ahead > 0 else "now"
    what = f"{action['kind']} {one.who}".strip()
    head = f"{run.local(due_at)}  {when:10}  {action['ticket']:6}  "
    return wrapped(output.one_line(f"{head}{what}: {action['text'] or action['rule']}"), width(), len(head))
