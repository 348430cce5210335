"""`answer`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import options, output
from itsm.cli.run import Run, command
from itsm.cli.several import change
from itsm.model.ticket import Ticket

app = typer.Typer()


@command(app, "answer", acts=True)
def answer(
    run: Run,
    ticket: options.OneOrSeveral,
    word: Annotated[str, typer.Argument(metavar="ANSWER", help="What the customer said, in the words of the rule: yes, no, no-answer…")],
    rule: Annotated[str, typer.Option("--rule", metavar="NAME", help="Which call, if several take this answer.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What else the customer said.")] = "",
    score: options.Score = None,
) -> None:
    """Write down what a customer said on the phone; what follows from it is done at once, or said by the next sweep.

    Example: itsm answer 42 confirmed --score 5
    """
    from itsm.desk import calls

    hand = run.hand()

    def answered(one: str) -> tuple[Ticket, str]:
        done, call = calls.answer(run.desk, one, word, rule, hand, note=note, score=score)
        return done, f"{done.id}: {call} answered {word}, the ticket is {done.status}"

    changed = change(run, [ticket], answered)
    for action in (action for done in changed for action in calls.ahead(run.desk, done, run.now)):
        what = "it closes by itself with no word from the customer: tell them" if action.kind == "close" else f"next call: {action.text}"
        whose = f"{action.ticket}: " if len(changed) > 1 else ""
        run.note(output.one_line(f"{run.local(action.due_at)}  {whose}{what}"))
