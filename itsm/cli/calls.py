"""`calls` and `calls take`."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.desk import calls as desk_calls
from itsm.errors import Invalid, Usage

app = typer.Typer()

What = Annotated[str, typer.Argument(metavar="[take]", help="Say that you are dialling, so that nobody else does for ten minutes.")]
Whose = Annotated[str, typer.Argument(metavar="[TICKET]", help="The ticket whose customer you phone.")]


@command(app, "calls", acts=True)
def calls(run: Run, what: What = "", ticket: Whose = "") -> None:
    """The phone calls that are owed to customers, by number; several to one number are one conversation.

    Example: itsm calls

    Example: itsm calls take 42
    """
    if what not in ("", "take") or bool(what) != bool(ticket):
        raise Usage(f"calls: {f'what is {what!r}' if what != 'take' else 'take which ticket'}?", hint="itsm calls, or itsm calls take T-42")
    if what:
        taken = desk_calls.take(run.desk, ticket, run.desk.person(run.by), run.when(run.at))
        whom = taken.contact.get("mobile") or taken.contact.get("phone") or taken.customer or "the customer"
        run.changed(taken, f"{taken.id}: you are dialling {whom}")
        return
    owed, problems = desk_calls.owed(run.desk, run.when(run.at))
    run.show("calls", [one.call for one in owed], lambda: _text(run, owed))
    output.put_problems(problems)
    run.exit_code = Invalid.exit_code if problems else 0


def _text(run: Run, owed: list[desk_calls.Owed]) -> str:
    from itsm.report.printed import contact_line

    lines, last, times = [], "", Counter(one.ticket for one in owed)
    for one in owed:
        call = one.call
        if one.number != last:
            lines += ["", contact_line(one.customer, call)]
            last = one.number
        dialling = f"  ({call['dialling']} is dialling)" if call["dialling"] else ""
        lines.append(f"  {one.ticket}  since {run.local(one.since)}  {output.one_line(call['ask'] + dialling)}")
        rule = f" --rule {call['rule']}" if times[one.ticket] > 1 else ""
        lines.append(f"        itsm answer {one.ticket} {'|'.join(call['answers'])}{rule}")
    return output.visible("\n".join(lines[1:])) if lines else "no calls are owed"
