"""A command done to one ticket or to several: asked first where there are many, shown one by one, summed up."""

from __future__ import annotations

from collections.abc import Callable

import typer

from itsm.cli import output, standard_input
from itsm.cli.run import Run
from itsm.desk.several import STDIN, are_several, each, named
from itsm.errors import ItsmError, Usage
from itsm.model.ticket import Ticket

_MANY = 3  # from here on a person is asked first


def change(run: Run, words: list[str], act: Callable[[str], tuple[Ticket, str]]) -> list[Ticket]:
    """Do it to the tickets that `words` name. `act` takes one and gives it back with what to say of it. Those that were changed.

    One that is named alone is done as ever: its refusal is the command's. Of several each stands for itself; the first refusal's code
    is the exit's.
    """
    if not are_several(words):
        done, text = act(words[0])
        run.changed(done, text)
        return [done]
    which = meant(run, words)
    _ask(run, which)
    changed, refused = [], []
    for tried in each(which, act):
        if tried.ticket:
            changed.append(tried.ticket)
            if not run.json:
                run.changed(tried.ticket, tried.text)
        elif tried.error:
            refused.append((tried.which, tried.error))
    _sum_up(run, changed, refused)
    return changed


def meant(run: Run, words: list[str]) -> list[str]:
    """The tickets that `words` name, `-` those on standard input."""
    return named(run.desk, words, standard_input.text().splitlines() if STDIN in words else ())


def _ask(run: Run, which: list[str]) -> None:
    if len(which) < _MANY or run.yes or not run.interactive:
        return
    shown = ", ".join(which[:10]) + (", …" if len(which) > 10 else "")
    if not typer.confirm(output.one_line(f"{len(which)} tickets: {shown}. Go on?"), default=False, err=True):
        raise ItsmError("nothing was done", hint="--yes doesn't ask")


def _sum_up(run: Run, changed: list[Ticket], refused: list[tuple[str, ItsmError]]) -> None:
    """What was done and what wasn't, and why; a refusal that is everybody's is told once."""
    if refused and not changed and len({error.message for _, error in refused}) == 1:
        raise refused[0][1]
    if run.json:
        from itsm.desk.view import ticket_json

        output.put_json("tickets", [ticket_json(run.desk, ticket, run.now) for ticket in changed])
    for which, error in refused:
        output.put_error(error, as_json=run.json, ticket=which)
    run.exit_code = refused[0][1].exit_code if refused else 0
    run.note(f"{len(changed)} done, {len(refused)} refused" if changed or refused else "no ticket was named: nothing to do")


def refuse_both(ticket: str, text: str) -> None:
    """Standard input is read once. Raises Usage where the tickets and the text both want it."""
    if ticket == text == STDIN:
        raise Usage("both the tickets and the text from standard input?", hint="one of them: itsm note 42 - or itsm note - 'the text'")
