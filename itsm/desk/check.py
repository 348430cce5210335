"""`check`: every file of the desk looked over; each fault named with its line, the reason and the remedy."""

from __future__ import annotations

from collections.abc import Iterator

from itsm.desk.desk import Desk
from itsm.desk.leftovers import reap
from itsm.desk.notices import given_up, of_a_command
from itsm.desk.templates import templates
from itsm.desk.view import book
from itsm.errors import ItsmError, Problem, Refused
from itsm.model.replay import differences, replay
from itsm.store.codec import Document


def check(desk: Desk) -> tuple[int, list[Problem]]:
    """How many tickets were read, and everything that is wrong with the desk."""
    problems = [*desk.settings.problems, *desk.tickets.strays()]
    count = 0
    live = set(desk.tickets.ids())
    for archived in (False, True):
        for one in desk.tickets.read_all(archived=archived):
            count += 1
            problems.extend(_ticket(one) if isinstance(one, Document) else one.problems)
    problems.extend(
        Problem(f"tickets/{twice}.yaml", 0, "this ticket is in the archive too", "two files with one id: delete the older one")
        for twice in desk.tickets.archived()
        if twice in live
    )
    problems.extend(templates(desk, desk.policy_or_default)[1])
    problems.extend(_said(desk))
    return count, problems


def fix(desk: Desk) -> list[str]:
    """Take the history's word where the state differs, and clear what dead processes left. Gives what was done."""
    done = [f"removed {name}, left by a process that died" for name in reap(desk)]
    done += [f"notices/{name}: the end of a line that a crash has cut short is gone; nobody was told of it" for name in desk.journal.mend()]
    done += [f"{one}: the copy in the archive, the same to the byte, is gone" for one in desk.tickets.untwin()]
    for one in desk.tickets.read_all():
        if not isinstance(one, Document) or not differences(one.ticket):
            continue
        try:
            desk.tickets.change(one.ticket.id, replay, "check --fix")
            done.append(f"{one.ticket.id}: {', '.join(name for name, _, _ in differences(one.ticket))} as the history tells")
        except Refused as refused:
            done.append(f"{one.ticket.id}: not mended: {refused.message}")
    return done


def unsent(desk: Desk) -> int:
    """How many messages lie in the outbox, waiting or given up: what deleting .itsm would lose. A rule's command is none."""
    return len(desk.outbox.waiting()) + sum(not of_a_command(one) for one in desk.outbox.dead())


def _ticket(document: Document) -> Iterator[Problem]:
    for name, here, there in differences(document.ticket):
        yield Problem(
            document.name, _line(document, name), f"{name} is {_word(here)}, but the history makes it {_word(there)}",
            "itsm check --fix takes the history's word",
        )  # fmt: skip


def _line(document: Document, name: str) -> int:
    lines = document.raw.decode("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.startswith(f"{name}:")), 0)


def _said(desk: Desk) -> Iterator[Problem]:
    """The journal and the outbox: lines that can't be read, mail that was meant to be sent and is nowhere any more."""
    ledger = book(desk)
    yield from desk.journal.problems
    try:
        waiting = desk.outbox.waiting()
    except ItsmError as error:
        yield Problem(".itsm/outbox", 0, error.message, error.hint)
        return
    yield from desk.outbox.problems
    yield from given_up(desk, ledger)
    kept = {(key, who) for entry in waiting for key, who in entry.keys}
    later = book(desk).underway if ledger.underway else {}  # what a sweep has sent between the two looks isn't lost
    for key, facts in ledger.underway.items():
        lost = [
            to for to, _ in facts if (key, to) not in kept and (key, to) not in ledger.held and to in (who for who, _ in later.get(key, ()))
        ]
        if lost:
            yield Problem(
                "notices", 0, f"{key} was to be sent to {', '.join(lost)} and is in no outbox", "the next itsm sweep --mail decides it anew"
            )


def _word(value: object) -> str:
    return "not set" if value in (None, "", ()) else str(value)
