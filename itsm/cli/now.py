"""`now`, which is also what bare `itsm` shows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import typer

from itsm.cli import output
from itsm.cli.fit import cut, width, wrapped
from itsm.cli.run import Run, command
from itsm.desk.calls import Owed
from itsm.desk.now import Behind, Now, Promised, look
from itsm.errors import Invalid, Usage
from itsm.model.event import instant
from itsm.model.row import Row
from itsm.sla.duration import format_seconds

app = typer.Typer()

_MOST = 5  # lines of a section on a terminal; the command behind "more" has them all
_BOLD, _RED, _GREEN = 1, 31, 32
_WELCOME = """\
itsm is a service desk at the shell. There is no desk in this folder or above.
  itsm init ~/desk   makes one
  itsm --desk DIR    looks at one elsewhere; ITSM_DESK=DIR does so always
  itsm --help        lists the commands"""
Fit = Callable[[str, int], str]
Section = tuple[str, list[str], str, Fit]  # the heading, a line each, the command that has them all, how a line is made to fit the columns


@command(app, "now")
def now(run: Run) -> None:
    """What wants somebody now: calls that are owed, promises broken or due in this shift, nobody's tickets. Bare itsm shows it.

    Example: itsm now
    """
    try:
        desk = run.desk
    except Usage:
        if run.desk_dir or run.json:
            raise
        output.out(_WELCOME)
        return
    found = look(desk, run.now)
    run.warned = True  # sla.yaml's problems are among these
    run.show("now", found.as_json, lambda: page(run, found))
    run.exit_code = Invalid.exit_code if found.problems else 0


def page(run: Run, found: Now) -> str:
    """The sections that have something in them, most urgent first; else a good word."""
    columns, shown = width(), []
    for heading, lines, more, fit in sections(run, found):
        if not lines:
            continue
        shown.append(output.coloured(f"{heading} ({len(lines)})", _BOLD, *([_RED] if heading == "broken promises" else [])))
        kept = lines[:_MOST] if columns else lines
        shown += [fit(f"  {output.one_line(line)}", columns) for line in kept]
        if len(kept) < len(lines):
            shown.append(f"  and {len(lines) - len(kept)} more: {more}")
    if not shown:
        shown.append(output.coloured("all is well: no call is owed, no promise is broken or due in this shift", _GREEN))
    return "\n".join([*shown, "", cut(_foot(run, found), columns)])


def sections(run: Run, found: Now) -> Iterator[Section]:
    """Each thing that may want somebody."""
    yield "calls owed", [_call(run, one) for one in found.calls], "itsm calls", cut
    yield "broken promises", [_promise(one, "late") for one in found.breached], "itsm list breached", cut
    yield "due in this shift", [_promise(one, "left") for one in found.due], "itsm due --within 8h", cut
    yield "nobody's", [_ticket(one) for one in found.nobodys], "itsm list team:none", cut
    yield "waited long enough", [_ticket(one, f"until {run.local(instant(one.fields['until']))}") for one in found.overdue_pends], \
        "itsm list status:pending", cut  # fmt: skip
    yield "channels that are behind", [_channel(run, one, found.at) for one in found.behind], "itsm notices waiting", _whole
    stuck = "held" if any(one["fact"] == "held" for one in found.stuck) else "dead"
    yield "messages that wait for you", [_message(one) for one in found.stuck], f"itsm notices {stuck}", _whole
    yield "files that can't be read", [str(one) for one in found.problems], "itsm check", _whole


def _whole(line: str, columns: int) -> str:
    """What to do about it stands at the end of such a line: it goes on below."""
    return wrapped(line, columns, 10)


def _call(run: Run, one: Owed) -> str:
    dialling = f" ({one.call['dialling']} is dialling)" if one.call["dialling"] else ""
    return f"{one.ticket:6}  since {run.local(one.since)}  {one.customer or 'the customer'}: {one.call['ask']}{dialling}"


def _promise(one: Promised, word: str) -> str:
    time = f"{format_seconds(abs(one.promise['remaining_seconds']))} {word}"
    return f"{one.row.id:6}  {one.promise['target']:7}  {time:13}  {_about(one.row)}"


def _ticket(row: Row, word: str = "") -> str:
    return "  ".join(filter(None, (f"{row.id:6}", word, _about(row))))


def _about(row: Row) -> str:
    who = ", ".join(str(row.fields[name]) for name in ("priority", "team", "assignee") if row.fields.get(name))
    return f"[{who}] {row.fields['title']}" if who else str(row.fields["title"])


def _message(fact: dict[str, Any]) -> str:
    words: Sequence[str] = (str(fact.get("ticket", "")).ljust(6), fact["fact"], str(fact.get("address") or fact.get("to", "")))
    return "  ".join(filter(None, (*words, str(fact.get("text") or fact.get("why") or fact.get("rule", "")))))


def _channel(run: Run, one: Behind, now: datetime) -> str:
    following = f"; next try {run.local(one.next_try)}" if one.next_try > now else ""
    return f"{one.channel:6}  {one.count} {'message' if one.count == 1 else 'messages'} since {run.local(one.since)}: {one.why}{following}"


def _foot(run: Run, found: Now) -> str:
    tickets = f"{found.live} live {'ticket' if found.live == 1 else 'tickets'}"
    swept = f"last sweep {run.local(found.last_sweep)}" if found.last_sweep else "never swept: itsm cron"
    ago = int((found.at - found.last_sweep).total_seconds()) if found.last_sweep else 0
    return f"{tickets}, {swept}" + (f", {format_seconds(ago)} ago" if ago > 0 and output.is_terminal(sys.stdout) else "")
