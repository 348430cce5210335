"""`edit`: a person changes a ticket's file; what has a history gets its events, what a command must do is refused.

The history is never edited. Fields that `itsm set` may change become a `set` event, as if they had been set; those that follow from a
move (status, team, …) name the command that makes it. Comments and `x_…` keys are the person's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.desk.drafts import Mistaken
from itsm.desk.fields import BY_COMMAND, plain, repriced
from itsm.desk.tickets import known_priority
from itsm.errors import Problem, Refused, Usage
from itsm.model import lifecycle
from itsm.model.lifecycle import Signature
from itsm.model.replay import differences
from itsm.model.ticket import FIELDS, Ticket
from itsm.sla.policy import Policy
from itsm.store import atomic, codec
from itsm.store.codec import Document, Unreadable
from itsm.values import replace

_SETTABLE = ("contact", *(name for name, one in FIELDS.items() if one.settable))


def original(desk: Desk, ticket_id: str) -> tuple[Path, bytes]:
    """The ticket's file and its bytes, whatever they say: a broken one can be mended, too."""
    path = desk.tickets.find(ticket_id)
    if path is None:
        raise Refused(f"{ticket_id} is gone", hint="itsm list shows those that there are")
    return path, atomic.read(path)


def edited(desk: Desk, path: Path, raw: bytes, new: bytes, hand: Signature) -> Document:
    """What the file becomes: the person's text and the events of what they changed. Raises Mistaken with all that speaks against it."""
    name = str(path.relative_to(desk.root))
    try:
        document = codec.decode(new, name)
    except Unreadable as error:
        raise Mistaken(error.problems) from None
    try:
        was = codec.decode(raw, name).ticket
    except Unreadable:  # a broken file was mended: there is nothing to compare it with but its own history
        faults = [_problem(document, field, f"{field} is {here}, but the history makes it {there}", "") for field, here, there in
                  differences(document.ticket)]  # fmt: skip
        if faults:
            raise Mistaken(faults) from None
        return document
    if problems := list(_wrong(was, document, desk.policy_or_default)):
        raise Mistaken(problems)
    return codec.rewrite(document, _told(was, document.ticket, hand, desk.policy_or_default))


def save(desk: Desk, path: Path, raw: bytes, document: Document) -> Document:
    """Put it in the file's place if the file is still what the editor was given. Raises Refused where it changed underneath."""
    with desk.tickets.locked("edit"):
        return desk.tickets.put(Document(document.ticket, raw, str(path.relative_to(desk.root)), canonical=False), document)


def _told(was: Ticket, now: Ticket, hand: Signature, policy: Policy) -> Ticket:
    """The edited ticket with the events of the change."""
    values = {name: value for name in _SETTABLE if (value := getattr(now, name)) != getattr(was, name)}
    if not values:
        return now
    old = {name: before for name in values if (before := getattr(was, name)) not in ("", (), None, {}) and name != "description"}
    ticket = lifecycle.move(was, "set", hand, set=plain(values), was=plain(old))
    ticket = repriced(ticket, values, hand, policy)
    return replace(ticket, extra=now.extra, description=now.description, contact=now.contact)


def _wrong(was: Ticket, document: Document, policy: Policy) -> Iterator[Problem]:
    """Everything in the edited ticket that no hand may change."""
    now = document.ticket
    if now.history != was.history:
        yield _problem(document, "history", "the history is only ever added to, by commands", f"itsm note {was.id} adds a word; itsm undo")
    for name in FIELDS:
        if name not in _SETTABLE and getattr(now, name) != getattr(was, name):
            before = getattr(was, name)
            remedy = f"use itsm {BY_COMMAND.get(name, 'set')} {was.id}" + (f"; it was {before}" if before not in ("", None) else "")
            yield _problem(document, name, f"{name} isn't changed by hand", remedy)
    if now.priority != was.priority:
        try:
            known_priority(now.priority, policy)
        except Usage as error:
            yield _problem(document, "priority", error.message, error.hint)


def _problem(document: Document, field: str, message: str, remedy: str) -> Problem:
    lines = document.raw.decode("utf-8").splitlines()
    line = next((number for number, text in enumerate(lines, 1) if text.startswith(f"{field}:")), 0)
    return Problem(document.name, line, message, remedy)
