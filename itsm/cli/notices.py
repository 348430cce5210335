"""`notices`, `notices release|drop`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.errors import Usage

app = typer.Typer()

What = Annotated[str, typer.Argument(metavar="[TICKET|release|drop|held]", help="One ticket's; what is held; or decide over it.")]
Whose = Annotated[str, typer.Argument(metavar="[TICKET]", help="Release or drop only this ticket's.")]


@command(app, "notices")
def notices(run: Run, what: What = "", ticket: Whose = "") -> None:
    """What was said to whom, when and how; release or drop customers' messages that a sweep has held.

    Example: itsm notices 42

    Example: itsm notices release
    """
    from itsm.desk import notices as desk_notices

    if what in ("release", "drop"):
        count = desk_notices.decide(run.desk, what, ticket, run.now)
        words = "the next sweep says them" if what == "release" else "they won't be said"
        run.show("notices", {"decided": what, "count": count}, lambda: f"{count} {'message' if count == 1 else 'messages'}: {words}")
        return
    if ticket:
        raise Usage(f"notices {what} {ticket}: what is to be done?", hint="itsm notices T-42, or itsm notices release T-42")
    facts = desk_notices.held(run.desk) if what == "held" else desk_notices.said(run.desk, what)
    run.show("notices", facts, lambda: "\n".join(_line(run, fact) for fact in facts))


def _line(run: Run, fact: Mapping[str, Any]) -> str:
    from itsm.model.event import instant

    what = " ".join(str(fact["key"]).split("/")[1:4])  # rule, step, kind
    words = f"{run.local(instant(fact['at']))}  {fact['fact']:8}  {fact.get('ticket', ''):6}  {what}"
    text = fact.get("text") or fact.get("why") or ""
    return output.one_line(f"{words} → {fact.get('address') or fact.get('to', '')}  {text}".rstrip())
