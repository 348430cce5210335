"""`list`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Annotated

import typer
from typer import _click
from typer.core import TyperCommand

from itsm.cli import output
from itsm.cli.bar import Bar
from itsm.cli.run import Run, command
from itsm.errors import Invalid, Usage
from itsm.model.query import negated_flag
from itsm.model.row import Row
from itsm.model.suggest import did_you_mean

app = typer.Typer()

FORMATS = ("table", "json", "jsonl", "csv", "tsv", "ids")

Filters = Annotated[
    list[str] | None,
    typer.Argument(metavar="[VIEW] [FILTER…]", help="team:network priority:P1,P2 assignee:me overdue opened:7d.. -tag:vip words"),
]
Sort = Annotated[str, typer.Option("--sort", metavar="COLUMN[,-COLUMN]", help="By what to sort; - begins with the last.")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="Show the first N.")]
Columns = Annotated[str, typer.Option("--columns", "-c", metavar="A,B,C", help="Which columns: id,title,opened,due…")]
Format = Annotated[str, typer.Option("--format", "-f", metavar="|".join(FORMATS), help="For people, or for programs.")]
Archived = Annotated[bool, typer.Option("--archived", help="Look in the archive, too.")]
NoPager = Annotated[bool, typer.Option("--no-pager", help="Don't stop after each page.")]
Me = Annotated[str | None, typer.Option("--by", metavar="NAME", envvar="ITSM_USER", help="Who `me` is; else the person with your login.")]
Views = Annotated[bool, typer.Option("--views", help="List the views of sla.yaml.")]


class Filtering(TyperCommand):
    """A command that takes `-team:network` for a filter, not for the options -t -e -a -m."""

    def parse_args(self, ctx: _click.Context, args: list[str]) -> list[str]:
        """`-` of a filter becomes `!`, which means the same and looks like no option."""
        end = args.index("--") if "--" in args else len(args)
        try:
            return super().parse_args(ctx, [*(f"!{one[1:]}" if negated_flag(one) else one for one in args[:end]), *args[end:]])
        except _click.exceptions.NoSuchOption as error:
            if not error.option_name.startswith("--"):
                raise Usage(f"no such option: {error.option_name}", hint="to leave out those with a word: '!word', or -text:word") from None
            raise


@command(app, "list", cls=Filtering)
def list_(
    run: Run, filters: Filters = None, sort: Sort = "", limit: Limit = None, columns: Columns = "", shape: Format = "",
    archived: Archived = False, no_pager: NoPager = False, views: Views = False, by: Me = None,
) -> None:  # fmt: skip
    """List tickets: all that aren't closed or cancelled, or those that the filters say, by priority and age.

    Example: itsm list team:network priority:P1,P2 --sort due

    Example: itsm list status:closed organization:华东分公司 'closed:<7d' mail --format csv
    """
    from itsm.desk.listing import asked, rows

    _check(run, shape)
    if views:
        _views(run)
        return
    view = asked(run.desk, filters or [], sort, columns, limit)
    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        found, problems, doubts = rows(run.desk, view.query, run.now, run.desk.person(by), archived=archived, progress=bar.told)
    run.warn()
    _show(run, view.taken(found), view.columns, shape, pager=not no_pager)
    for doubt in () if run.quiet else doubts:
        output.say(output.one_line(f"itsm: {doubt}"))
    output.put_problems(problems)
    if problems:
        run.exit_code = Invalid.exit_code


def _check(run: Run, shape: str) -> None:
    if shape and shape not in FORMATS:
        raise Usage(f"no such format: {shape}", hint=did_you_mean(shape, FORMATS))
    if run.json and shape not in ("", "json"):
        raise Usage(f"--json or --format {shape}?", hint="one of them; for one object a line: --format jsonl")
    run.json = run.json or shape == "json"


def _show(run: Run, rows: Sequence[Row], names: Sequence[str], shape: str, *, pager: bool) -> None:
    from itsm.model.columns import USUAL, chosen
    from itsm.report import sheet

    columns = chosen(names or USUAL)
    if run.json:
        output.put_rows("tickets", rows)
    elif shape == "jsonl":
        _lines(sheet.jsonl(rows, chosen(names)))
    elif shape == "csv":
        output.out("\r\n".join(sheet.csv(rows, columns)) + "\r")
    elif shape == "tsv":
        _lines(sheet.tsv(rows, columns))
    elif shape == "ids":
        _lines(row.id for row in rows)
    elif not output.is_terminal(sys.stdout):
        _lines(sheet.lines(rows, columns))
    elif not rows:
        output.out("no tickets")
    else:
        import shutil

        from itsm.cli.pager import paged
        from itsm.report.table import table

        width = shutil.get_terminal_size().columns
        paged("\n".join(table(rows, columns, run.now, width, output.coloured)), wanted=pager and run.interactive)


def _lines(lines: Iterable[str]) -> None:
    """Each on a line of its own; nothing at all where there are none."""
    if text := "\n".join(lines):
        output.out(text)


def _views(run: Run) -> None:
    found = run.desk.policy.views.values()
    data = [
        {"name": one.name, "filter": str(one.query), "sort": list(one.sort), "columns": list(one.columns), "limit": one.limit}
        for one in found
    ]
    width = max((len(one.name) for one in found), default=0)
    run.show(
        "views",
        data,
        lambda: "\n".join(output.one_line(f"{one.name:{width}}  {one.query}".rstrip()) for one in found) or "no views in sla.yaml",
    )
