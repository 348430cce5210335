"""`search` and `similar`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from itsm.cli import options, output
from itsm.cli.bar import Bar
from itsm.cli.listing import Filtering, Me, NoPager
from itsm.cli.run import Run, command
from itsm.errors import Invalid
from itsm.model.event import instant, stamp

if TYPE_CHECKING:
    from itsm.desk.searching import Found
    from itsm.model.searching import Hit
    from itsm.model.similar import Likeness

app = typer.Typer()

_BOLD, _DIM, _FOUND = 1, 2, (1, 33)
_ROOM = 72  # characters of a snippet
_SHOWN = 3  # hits of one ticket, for a person; programs get all

Words = Annotated[list[str], typer.Argument(metavar="WORD… [FILTER…]", help="What to look for, all of it; and filters of list.")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="Show the best N.")]
Few = Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="Show the best N.")]


@command(app, "search", cls=Filtering)
def search(run: Run, words: Words, limit: Limit = None, no_pager: NoPager = False, by: Me = None) -> None:
    """Search all that was ever written: titles, descriptions, notes, resolutions, contacts; of closed and archived tickets, too.

    Example: itsm search certificate

    Example: itsm search 'mail server' team:network opened:30d
    """
    from itsm.cli.fit import column
    from itsm.cli.pager import paged
    from itsm.desk import searching
    from itsm.model.query import parse

    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        found, problems = searching.search(run.desk, parse(words), run.now, run.desk.person(by), bar.told)
    found = found[:limit]
    if run.json:
        output.put_json("search", [_search_json(one) for one in found])
    elif output.is_terminal(sys.stdout):
        paged(column((line for one in found for line in _seen(run, one)), 4) or "no ticket has it", wanted=run.interactive and not no_pager)
    elif found:
        output.out("\n".join(line for one in found for line in _lines(one)))
    _told(run, problems)


@command(app, "similar")
def similar(run: Run, ticket: options.Ticket, limit: Few = 5) -> None:
    """Find solved tickets that look like this one, and how they were solved.

    Example: itsm similar 42
    """
    from itsm.desk.searching import alike

    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        found, problems = alike(run.desk, ticket, bar.told)
    found = found[:limit]
    run.show("similar", [_similar_json(one) for one in found], lambda: "\n".join(_shown(found)))
    _told(run, problems)


def _shown(found: Sequence[Likeness]) -> Iterator[str]:
    from itsm.cli.fit import column

    if not output.is_terminal(sys.stdout):
        yield from map(_plain, found)
    elif found:
        yield column((line for one in found for line in _alike(one)), 10)
    else:
        yield "no solved ticket is like it"


def _told(run: Run, problems: list[Any]) -> None:
    run.warn()
    output.put_problems(problems)
    if problems:
        run.exit_code = Invalid.exit_code


def _search_json(found: Found) -> dict[str, Any]:
    fields = found.row.fields
    return {
        **{name: fields[name] for name in ("id", "title", "status", "opened")},
        "archived": found.row.archived,
        "hits": [
            {"field": hit.place.field, "at": stamp(hit.place.at) if hit.place.at else None, "by": hit.place.by, "text": hit.place.text,
             "spans": [list(span) for span in hit.spans]} for hit in found.hits
        ],
    }  # fmt: skip


def _lines(found: Found) -> Iterator[str]:
    """For programs: a line a hit, TAB-separated, nothing cut."""
    for hit in found.hits:
        at = stamp(hit.place.at) if hit.place.at else ""
        yield "\t".join(
            map(output.one_line, (found.row.id, str(found.row.fields["status"]), hit.place.field, at, hit.place.by, hit.place.text))
        )


def _seen(run: Run, found: Found) -> Iterator[str]:
    """For a person: the ticket, and below it the first places, the words marked."""
    from itsm.model.searching import snippet

    fields = found.row.fields
    state = f"{fields['status']}{', archived' if found.row.archived else ''}, opened {run.local(instant(str(fields['opened'])))}"
    title = next((hit for hit in found.hits if hit.place.field == "title"), None)
    name = _marked(title) if title else output.one_line(str(fields["title"]))
    yield f"{output.coloured(found.row.id, _BOLD)}  {name}  {output.coloured(f'({state})', _DIM)}"
    rest = [hit for hit in found.hits if hit is not title]
    for hit in rest[:_SHOWN]:
        who = f"{hit.place.field}, {hit.place.by} {run.local(hit.place.at)}" if hit.place.at else hit.place.field
        yield f"  {output.coloured(output.one_line(who) + ':', _DIM)} {_marked(snippet(hit, _ROOM))}"
    if len(rest) > _SHOWN:
        yield output.coloured(f"  and in {len(rest) - _SHOWN} more places", _DIM)


def _marked(hit: Hit) -> str:
    """The text with the words in colour."""
    text, parts, place = hit.place.text, [], 0
    for start, end in hit.spans:
        parts += [output.one_line(text[place:start]), output.coloured(output.one_line(text[start:end]), *_FOUND)]
        place = end
    return "".join([*parts, output.one_line(text[place:])])


def _similar_json(like: Likeness) -> dict[str, Any]:
    one = like.solved
    return {
        "id": one.id, "title": one.title, "status": one.status, "score": round(like.score, 3), "shared": list(like.shared),
        "same": list(like.same), "resolution": one.resolution, "solved": one.at,
    }  # fmt: skip


def _plain(like: Likeness) -> str:
    one = like.solved
    return "\t".join(map(output.one_line, (one.id, f"{like.score:.3f}", one.title, one.resolution)))


def _alike(like: Likeness) -> Sequence[str]:
    """For a person: which, why, and what helped."""
    one = like.solved
    why = [*like.shared, *(f"the same {name}" for name in like.same)]
    lines = output.visible(one.resolution.strip()).split("\n")
    return (
        f"{output.coloured(one.id, _BOLD)}  {output.one_line(one.title)}  {output.coloured(f'({one.status})', _DIM)}",
        output.coloured(f"  alike:  {output.one_line(', '.join(why))}", _DIM),
        f"  solved: {lines[0]}",
        *(f"          {line}" for line in lines[1:]),
    )
