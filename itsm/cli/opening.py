"""`open`: used while the customer is on the phone, so the ID comes first and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from itsm.cli import calling, options, output
from itsm.cli.run import Run, command
from itsm.desk import tickets
from itsm.desk.tickets import Form
from itsm.errors import ItsmError, Usage
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.values import replace

app = typer.Typer()

Title = Annotated[str, typer.Argument(metavar="[TITLE]", help="What is the matter, in one line; a person is asked for it.")]

# What a person is asked after the title: the field of the form or contact, and the question.
QUESTIONS = {
    "name": "customer's name",
    "mobile": "mobile",
    "phone": "fixed line",
    "email": "e-mail",
    "organization": "organisation",
    "description": "what is reported",
    "category": "category",
    "ci": "configuration item",
    "impact": "impact (high, medium, low)",
    "urgency": "urgency (high, medium, low)",
    "team": "team",
}
_CONTACT = ("name", "mobile", "phone", "email", "organization")


@command(app, "open", acts=True)
def open_(
    run: Run,
    title: Title = "",
    caller: options.Caller = "",
    kind: options.Type = "incident",
    name: options.Name = "",
    mobile: options.Mobile = "",
    phone: options.Phone = "",
    email: options.Email = "",
    org: options.Org = "",
    description: options.Description = "",
    category: options.Category = "",
    ci: options.Ci = "",
    impact: options.Impact = "",
    urgency: options.Urgency = "",
    priority: options.Priority = "",
    channel: options.Channel = "",
    team: options.Team = "",
    to: options.To = "",
    answered: options.Answered = "",
    source: options.From = "",
    edit: options.Edit = False,
) -> None:
    """Open a ticket, while the customer is on the phone. Only the title is required; a person is asked for the rest.

    Example: itsm open 'Mail server does not answer' --caller 138 --urgency high

    An inquiry that you answer at once: itsm open 'What does a mailbox cost?' --type inquiry --answered '5 a month'

    In your editor, or from a program: itsm open --edit; tail -n 50 job.log | itsm open 'The job failed' --from -
    """
    hand = run.hand()
    known = calling.caller(run, caller)
    if known and run.interactive and calling.noted_instead(run, known, title, hand):
        return
    given = {"name": name, "mobile": mobile, "phone": phone, "email": email, "organization": org}
    contact = {**(known.contact if known else {}), **{key: value for key, value in given.items() if value}}
    form = Form(title, kind, contact, description, category, ci, impact, urgency, priority, channel, team, to, answered)
    if source or edit:
        from itsm.cli.forms import opened

        ticket = opened(run, form, source, hand, edit=edit)
    else:
        form = form if title else replace(form, title=_title(run))
        run.warn()
        ticket = tickets.open_(run.desk, form, hand)
    if run.interactive and not (answered or source or edit):
        output.say(f"{ticket.id}: tell the customer. Enter skips a question, Ctrl-C skips them all.")
        ticket = tickets.complete(run.desk, ticket.id, _asked(run, form, calling.Recognition(run, ticket.id, over=bool(known))), hand)
    if (team or to) and not ticket.team:
        output.say(f"{ticket.id} is with nobody: only sla.yaml says who is in which team. Then: {_hand_over(ticket.id, team, to)}")
    shown = f"{ticket.id}: {ticket.title}" + (f" ({ticket.status})" if ticket.status != "new" else "")
    run.changed(ticket, shown, quiet=ticket.id)
    run.doubt(_doubts(run, ticket, hand))


def _doubts(run: Run, ticket: Ticket, hand: Signature) -> Iterator[str]:
    """What nobody should have to mend while the customer is on the phone."""
    if ticket.contact or ticket.assignee:
        from itsm.desk import doubts

        yield from doubts.of_contact(ticket.id, ticket.contact)
        if ticket.assignee != hand.by:
            yield from doubts.of_person(ticket.assignee, run.desk.policy_or_default)


def _hand_over(ticket_id: str, team: str, to: str) -> str:
    return f"itsm assign {ticket_id} {team or to}" + (f" --to {to}" if team and to else "")


def _title(run: Run) -> str:
    if not run.interactive:
        raise Usage("a ticket needs a title", hint="itsm open 'Mail server does not answer'")
    return str(typer.prompt("title", err=True))


def _asked(run: Run, form: Form, customer: calling.Recognition) -> Form:
    """The form with what a person answers. Ctrl-C and Ctrl-D end the questions and keep what was typed."""
    try:
        for name, question in QUESTIONS.items():
            if name in _CONTACT or name == "description":
                form = replace(form, contact=customer.contact(form.contact))
            have = form.contact.get(name, "") if name in _CONTACT else getattr(form, name)
            if have or (name == "team" and form.to):
                continue
            form = _with(run, form, name, question)
    except (KeyboardInterrupt, EOFError, typer.Abort):
        output.say("")
    return form


def _with(run: Run, form: Form, name: str, question: str) -> Form:
    """The form with one more answer; one that can't be is told of, and the question put again."""
    while True:
        answer = str(typer.prompt(question, default="", show_default=False, err=True)).strip()
        changes: dict[str, Any] = {"contact": {**form.contact, name: answer}} if name in _CONTACT else {name: answer}
        changed = replace(form, **changes)
        try:
            tickets.check(changed)
            if name == "team" and answer and run.desk.settings.policy:
                tickets.team_named(run.desk.policy, answer)
        except ItsmError as error:
            output.put_error(error, as_json=False)
        else:
            return changed
