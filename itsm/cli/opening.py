"""`open`: used while the customer is on the phone, so the ID comes first and nothing that was typed is lost."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from itsm.cli import options, output
from itsm.cli.run import Run, command
from itsm.desk import tickets
from itsm.desk.callers import Caller, callers, new_contact
from itsm.desk.tickets import Form
from itsm.errors import ItsmError, Usage
from itsm.model.lifecycle import Signature
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
    channel: options.Channel = "",
    team: options.Team = "",
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
    known = _caller(run, caller)
    if known and run.interactive and _noted_instead(run, known, title, hand):
        return
    given = {"name": name, "mobile": mobile, "phone": phone, "email": email, "organization": org}
    contact = {**(known.contact if known else {}), **{key: value for key, value in given.items() if value}}
    form = Form(title, kind, contact, description, category, ci, impact, urgency, channel, team, answered)
    if source or edit:
        from itsm.cli.forms import opened

        ticket = opened(run, form, source, hand, edit=edit)
    else:
        form = form if title else replace(form, title=_title(run))
        run.warn()
        ticket = tickets.open_(run.desk, form, hand)
    if run.interactive and not (answered or source or edit):
        output.say(f"{ticket.id}: tell the customer. Enter skips a question, Ctrl-C skips them all.")
        ticket = tickets.complete(run.desk, ticket.id, _asked(run, form), hand)
    run.changed(ticket, f"{ticket.id}: {ticket.title}" + (f" ({ticket.status})" if ticket.status != "new" else ""), quiet=ticket.id)


def _caller(run: Run, text: str) -> Caller | None:
    """The customer that `--caller` finds in earlier tickets. Raises Usage where it finds several and nobody can be asked."""
    if not text:
        return None
    found = callers(run.desk, text)
    if not found:
        return _new(run, text)
    chosen = found[0] if len(found) == 1 else _choose(run, text, found)
    if chosen is None:
        return _new(run, text)
    run.note(output.one_line(f"customer: {', '.join(chosen.contact.values())}"))
    for ticket in chosen.open:
        run.note(output.one_line(f"open already: {ticket.id} {ticket.title} ({ticket.status}); itsm note {ticket.id} TEXT adds to it"))
    return chosen


def _new(run: Run, text: str) -> Caller:
    contact = new_contact(text)
    kept = ", ".join(f"{name} {value}" for name, value in contact.items())
    run.note(f"no earlier ticket knows {text}: a new customer" + (f", {kept}" if kept else "; the number is too short to keep"))
    return Caller(contact, ())


def _choose(run: Run, caller: str, found: list[Caller]) -> Caller | None:
    names = [", ".join(one.contact.values()) for one in found]
    if not run.interactive:
        raise Usage(f"{caller!r} may be any of {len(found)} customers: {'; '.join(names[:5])}", hint="give more of the number or the name")
    for place, line in enumerate(names, 1):
        output.say(output.one_line(f"{place:3} {line}"))
    output.say("  0 none of these")
    answer = int(typer.prompt("which one", type=int, default=1, err=True))
    return found[answer - 1] if 0 < answer <= len(found) else None


def _noted_instead(run: Run, known: Caller, title: str, hand: Signature) -> bool:
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


def _title(run: Run) -> str:
    if not run.interactive:
        raise Usage("a ticket needs a title", hint="itsm open 'Mail server does not answer'")
    return str(typer.prompt("title", err=True))


def _asked(run: Run, form: Form) -> Form:
    """The form with what a person answers. Ctrl-C and Ctrl-D end the questions and keep what was typed."""
    try:
        for name, question in QUESTIONS.items():
            have = form.contact.get(name, "") if name in _CONTACT else getattr(form, name)
            if have:
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
