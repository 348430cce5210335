"""The commands that move a ticket along its life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from itsm.cli import options, standard_input
from itsm.cli.run import Run, command
from itsm.cli.several import change, refuse_both
from itsm.desk import tickets
from itsm.desk.several import are_several
from itsm.errors import Usage
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket

app = typer.Typer()

TeamName = Annotated[str, typer.Argument(metavar="TEAM", help="The team; or a person, who is in one.")]
NextTeam = Annotated[str, typer.Argument(metavar="[TEAM]", help="The team; the one of the next level if there is only one.")]
To = Annotated[str, typer.Option("--to", metavar="PERSON", help="Who in the team; `me` is you.")]
Text = Annotated[str, typer.Argument(metavar="[TEXT]", help="What to write down; - reads it from standard input, none opens your editor.")]


@command(app, "assign", acts=True)
def assign(run: Run, ticket: options.OneOrSeveral, team: TeamName, to: To = "") -> None:
    """Give a ticket to a team, or to somebody in it.

    Example: itsm assign 42 network --to li.lei

    Example: itsm list team:none --format ids | itsm assign - servicedesk
    """
    _refuse_swapped(run, "assign", ticket, team)
    hand = run.hand()
    changed = change(run, [ticket], lambda one: _placed(*tickets.assign(run.desk, one, team, to, hand)))
    _doubted(run, changed, hand)


@command(app, "escalate", acts=True)
def escalate(run: Run, ticket: options.OneOrSeveral, team: NextTeam = "", to: To = "") -> None:
    """Hand a ticket to the next level, when this one can't do it.

    Example: itsm escalate 42 network
    """
    _refuse_swapped(run, "escalate", ticket, team)
    hand = run.hand()
    changed = change(run, [ticket], lambda one: _placed(tickets.escalate(run.desk, one, team, to, hand)))
    _doubted(run, changed, hand)


@command(app, "start", acts=True)
def start(run: Run, ticket: options.Tickets) -> None:
    """Begin to work on a ticket; it becomes yours if it is nobody's.

    Example: itsm start 42
    """
    _move(run, ticket, "start", lambda done: f"{done.id} is in progress, it is {done.assignee}'s")


@command(app, "contacted", acts=True)
def contacted(run: Run, ticket: options.Tickets) -> None:
    """Mark that an engineer has been in touch with the customer.

    Example: itsm contacted 42 --at 10m
    """
    _move(run, ticket, "contacted", lambda done: f"{done.id}: the customer has been contacted")


@command(app, "pend", acts=True)
def pend(
    run: Run,
    ticket: options.Tickets,
    pending_for: options.PendingFor,
    until: Annotated[str | None, typer.Option("--until", metavar="WHEN", help="The sweep resumes it then: in 2h, 'tomorrow 9:00'.")] = None,
) -> None:
    """Let a ticket wait for the customer, a vendor or a change; its clocks stand still.

    Example: itsm pend 42 --for vendor --until 'tomorrow 9:00'
    """
    hand = run.hand()
    moment = run.when(until, future=True) if until else None
    if moment and moment <= hand.at:
        raise Usage(f"{until!r} is over already: {run.local(moment)}", hint="--until wants the future: 'in 2h', 'tomorrow 9:00'")
    until_then = f" until {run.local(moment)}" if moment else ""

    def pended(one: str) -> tuple[Ticket, str]:
        done = tickets.move(run.desk, one, "pend", hand, **{"for": pending_for, "until": moment})
        return done, f"{done.id} waits for the {done.pending_for}{until_then}"

    change(run, ticket, pended)


@command(app, "resume", acts=True)
def resume(run: Run, ticket: options.Tickets) -> None:
    """Go on with a ticket that waited; it becomes again what it was.

    Example: itsm resume 42
    """
    _move(run, ticket, "resume", lambda done: f"{done.id} goes on: {done.status}")


@command(app, "note", acts=True)
def note(
    run: Run,
    ticket: options.OneOrSeveral,
    text: Text = "",
    from_customer: Annotated[bool, typer.Option("--from-customer", help="The customer said this.")] = False,
    to_customer: Annotated[bool, typer.Option("--to-customer", help="This was said to the customer.")] = False,
) -> None:
    """Write something down in a ticket.

    Example: itsm note 42 'Only the third floor is affected' --from-customer
    """
    if from_customer and to_customer:
        raise Usage("a note is from the customer or to them, not both", hint="one of the two: --from-customer or --to-customer")
    refuse_both(ticket, text)
    text = standard_input.text().rstrip("\n") if text == "-" else text or _written(run, ticket)
    if not text.strip():
        raise Usage("a note without words", hint="itsm note 42 'Only the third floor is affected'")
    direction = "from-customer" if from_customer else "to-customer" if to_customer else ""
    _move(run, [ticket], "note", lambda done: f"{done.id}: noted", text=text, direction=direction)


@command(app, "resolve", acts=True)
def resolve(run: Run, ticket: options.Tickets, how: Annotated[str, typer.Option("--how", help="What was done.")]) -> None:
    """Say that the work is done, and how. The call centre then asks the customer.

    Example: itsm resolve 42 --how 'Restarted the IMAP service'
    """
    _move(run, ticket, "resolve", lambda done: f"{done.id} is resolved", resolution=_said(how, "--how"))


@command(app, "reopen", acts=True)
def reopen(run: Run, ticket: options.Tickets, why: Annotated[str, typer.Option("--why", help="Why it isn't done.")]) -> None:
    """Take a resolution back: the customer says it isn't solved.

    Example: itsm reopen 42 --why 'Outlook still hangs'
    """
    _move(run, ticket, "reopen", _reopened, why=_said(why, "--why"))


@command(app, "close", acts=True)
def close(
    run: Run,
    ticket: options.Tickets,
    how: Annotated[str, typer.Option("--how", help="What ended it, if it was never resolved.")] = "",
    score: options.Score = None,
    comment: Annotated[str, typer.Option("--comment", help="What the customer said of it.")] = "",
) -> None:
    """Close a ticket that the customer has confirmed; any other one needs --how.

    Example: itsm close 42 --score 5
    """
    _move(run, ticket, "close", lambda done: f"{done.id} is closed", how=how, score=score, comment=comment)


@command(app, "cancel", acts=True)
def cancel(run: Run, ticket: options.Tickets, why: Annotated[str, typer.Option("--why", help="Why nothing is to be done.")]) -> None:
    """End a ticket that needs no work: a mistake, a duplicate.

    Example: itsm cancel 42 43 --why 'Opened twice, see T-41'
    """
    _move(run, ticket, "cancel", lambda done: f"{done.id} is cancelled", why=_said(why, "--why"))


def _move(run: Run, which: list[str], name: str, told: Callable[[Ticket], str], **data: Any) -> None:
    """A move of the table that needs nothing but words."""
    hand = run.hand()

    def moved(one: str) -> tuple[Ticket, str]:
        done = tickets.move(run.desk, one, name, hand, **data)
        return done, told(done)

    change(run, which, moved)


def _placed(done: Ticket, new: bool = True) -> tuple[Ticket, str]:
    already = "" if new else " already"
    return done, f"{done.id} is with {done.team}{already}, level {done.level}" + (f", {done.assignee}" if done.assignee else "")


def _refuse_swapped(run: Run, command: str, ticket: str, team: str) -> None:
    """Raises Usage for a team that stands where the ticket does."""
    if ticket in run.desk.policy_or_default.teams:
        raise Usage(f"{ticket} is a team", hint=f"the ticket comes first: itsm {command} {team or 'T-42'} {ticket}")


def _doubted(run: Run, changed: list[Ticket], hand: Signature) -> None:
    """Say of whom sla.yaml doesn't know; who acts knows their own name."""
    if names := {one.assignee for one in changed} - {hand.by, ""}:
        from itsm.desk import doubts

        run.doubt(word for name in sorted(names) for word in doubts.of_person(name, run.desk.policy_or_default))


def _reopened(done: Ticket) -> str:
    return f"{done.id} is open again: {done.status}" + (f" to {done.team}" if done.team else "")


def _written(run: Run, ticket: str) -> str:
    """What a person writes in the editor; nothing where there is nobody to ask, or no one ticket to keep the draft for."""
    if not run.interactive or are_several([ticket]):
        return ""
    from itsm.cli import editor

    return editor.until_right(run, tickets.find(run.desk, ticket), b"", lambda text: text.decode("utf-8", "replace").rstrip("\n")) or ""


def _said(text: str, option: str) -> str:
    if not text.strip():
        raise Usage(f"{option} without words", hint=f"{option} 'a few words for those who read it later'")
    return text
