"""`open --edit` and `open --from`: a ticket from a text."""

from __future__ import annotations

from pathlib import Path

from itsm.cli import editor, standard_input
from itsm.cli.run import Run
from itsm.desk import forms, tickets
from itsm.desk.tickets import Form
from itsm.errors import ItsmError, Usage
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.store import atomic


def opened(run: Run, given: Form, source: str, hand: Signature, *, edit: bool) -> Ticket:
    """The ticket that a text, or a person in the editor, makes; `given` are the options, which say what the text doesn't."""
    form = forms.parsed(_read(source), given) if source else given
    if not edit:
        return tickets.open_(run.desk, form, hand)

    def take(text: bytes) -> Ticket:
        return tickets.open_(run.desk, forms.parsed(text, given), hand)

    made = editor.until_right(run, "new", forms.as_text(form).encode(), take)
    if made is None:
        raise ItsmError("nothing was written: no ticket was opened", hint="itsm open TITLE opens one without an editor")
    return made


def _read(source: str) -> bytes:
    if source == "-":
        return standard_input.whole()
    try:
        return atomic.read(Path(source))
    except FileNotFoundError:
        raise Usage(f"{source}: no such file", hint="--from - reads standard input") from None
