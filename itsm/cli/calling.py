"""Who is on the phone: found in earlier tickets by what was typed, and asked about at a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import typer

from itsm.cli import output
from itsm.cli.run import Run
from itsm.desk import tickets
from itsm.desk.callers import Caller, callers, everybody, new_contact, recognized
from itsm.errors import Usage
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket

_TELLING = ("mobile", "phone", "email", "name")  # what can tell who it is, the surest first


class Recognition:
    """While a ticket's questions are asked: whether earlier tickets know the customer. Asks once at most; reads the tickets once."""

    def __init__(self, run: Run, ticket_id: str, *, over: bool) -> None:
        self.run, self.ticket_id, self.over = run, ticket_id, over
        self.tried: set[str] = set()

    @cached_property
    def _tickets(self) -> list[Ticket]:
        return [ticket for ticket in everybody(self.run.desk) if ticket.id != self.ticket_id]

    def contact(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """`given`, and what earlier tickets know besides if the person at the desk takes it."""
        given = {name: text for name, text in given.items() if text}
        for name in _TELLING:
            if self.over or name in self.tried or name not in given:
                continue
            self.tried.add(name)
            if found := recognized(self._tickets, name, given[name]):
                self.over = True
                return self._taken(given, name, found)
        return given

    def _taken(self, given: Mapping[str, str], name: str, found: list[Caller]) -> Mapping[str, str]:
        known = found[0] if len(found) == 1 else choose(self.run, given[name], found)
        if known is None:
            return given
        if not known.contact.items() <= given.items():
            who = output.one_line(", ".join(known.contact.values()))
            if not typer.confirm(f"known customer {who}: take the contact?", default=True, err=True):
                return given
        tell_open(self.run, known)
        return {**known.contact, **given}


def caller(run: Run, text: str) -> Caller | None:
    """The customer that `--caller` finds in earlier tickets. Raises Usage where it finds several and nobody can be asked."""
    if not text:
        return None
    found = callers(run.desk, text)
    if not found:
        return _new(run, text)
    chosen = found[0] if len(found) == 1 else choose(run, text, found)
    if chosen is None:
        return _new(run, text)
    run.note(output.one_line(f"customer: {', '.join(chosen.contact.values())}"))
    tell_open(run, chosen)
    return chosen


def tell_open(run: Run, known: Caller) -> None:
    """Say what this customer has open already."""
    for ticket in known.open:
        run.note(output.one_line(f"open already: {ticket.id} {ticket.title} ({ticket.status}); itsm note {ticket.id} TEXT adds to it"))


def _new(run: Run, text: str) -> Caller:
    contact = new_contact(text)
    kept = ", ".join(f"{name} {value}" for name, value in contact.items())
    run.note(f"no earlier ticket knows {text}: a new customer" + (f", {kept}" if kept else "; the number is too short to keep"))
    return Caller(contact, ())


def choose(run: Run, caller: str, found: list[Caller]) -> Caller | None:
    """Which of several customers it is; None for none of them. Raises Usage where nobody can be asked."""
    names = [", ".join(one.contact.values()) for one in found]
    if not run.interactive:
        raise Usage(f"{caller!r} may be any of {len(found)} customers: {'; '.join(names[:5])}", hint="give more of the number or the name")
    for place, line in enumerate(names, 1):
        output.say(output.one_line(f"{place:3} {line}"))
    output.say("  0 none of these")
    answer = int(typer.prompt("which one", type=int, default=1, err=True))
    return found[answer - 1] if 0 < answer <= len(found) else None


def noted_instead(run: Run, known: Caller, title: str, hand: Signature) -> bool:
    """Whether a person would rather add a note to a ticket that this customer has open already. Ctrl-C is no: the call goes on."""
    try:
        if not known.open or not typer.confirm(f"add a note to {known.open[0].id} instead?", default=False, err=True):
            return False
    except (KeyboardInterrupt, EOFError, typer.Abort):
        output.say("")
        return False
    text = title or str(typer.prompt("note", err=True))
    noted = tickets.move(run.desk, known.open[0].id, "note", hand, text=text, direction="from-customer")
    run.changed(noted, f"{noted.id}: noted")
    return True
