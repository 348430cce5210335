"""`redact`."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.desk import redacting, tickets
from itsm.errors import Invalid, ItsmError, Usage
from itsm.model.redaction import FIELDS, USUAL
from itsm.model.suggest import did_you_mean

app = typer.Typer()

Ticket = Annotated[str, typer.Argument(metavar="[TICKET]", help="The ticket whose customer's data goes, and what was said of it.")]
Contact = Annotated[str, typer.Option("--contact", metavar="WHO", help="A person, everywhere: the whole name, number or e-mail address.")]
Field = Annotated[
    list[str] | None, typer.Option("--field", metavar="|".join(FIELDS), help=f"Only this, as often as needed; else {', '.join(USUAL)}.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Say where the data is, and erase nothing.")]


@command(app, "redact", acts=True)
def redact(run: Run, ticket: Ticket = "", contact: Contact = "", field: Field = None, dry_run: DryRun = False) -> None:
    """Erase a person's data: name, numbers, address, description and notes. IDs and times stay; the history says who did it and when.

    Example: itsm redact --contact '+86 138 0000 0001' --dry-run

    Example: itsm redact 42 --field mobile --field email
    """
    if bool(ticket) == bool(contact):
        raise Usage("redact one ticket, or one person?", hint="itsm redact T-42, or itsm redact --contact '+86 138 0000 0001'")
    if wrong := [name for name in field or () if name not in FIELDS]:
        raise Usage(f"no such field: {wrong[0]}", hint=did_you_mean(wrong[0], FIELDS))
    which, hand = contact or tickets.find(run.desk, ticket), run.hand()
    names = tuple(field or USUAL)

    def erase(*, dry: bool) -> redacting.Erasure:
        return redacting.erase(run.desk, which, names, hand, person=bool(contact), dry=dry)

    if not (dry_run or run.yes):
        _ask(run, erase(dry=True))
    done = erase(dry=dry_run)
    run.show("redact", {**done.as_json(), "dry": dry_run}, lambda: output.visible(_text(done, dry=dry_run)))
    output.put_problems(done.unread)
    if not dry_run:
        run.note("git, backups and sent mail still have it: docs/operations.md, Erasing a person's data")
    run.exit_code = Invalid.exit_code if done.unread else 0


def _ask(run: Run, found: redacting.Erasure) -> None:
    if not run.interactive:
        raise Usage("what is erased can't be had back", hint="--dry-run shows what it would be, --yes does it")
    output.say(_text(found, dry=True))
    if not typer.confirm("Erase it? It can't be had back", default=False, err=True):
        raise ItsmError("nothing was erased", hint="--dry-run shows what it would be")


def _text(done: redacting.Erasure, *, dry: bool) -> str:
    verb = "would be erased" if dry else "erased"
    lines = [f"{verb} in {len(done.own)} {'ticket' if len(done.own) == 1 else 'tickets'} of theirs: {', '.join(done.own)}"]
    if done.others:
        lines.append(f"{verb} where others name them: {', '.join(done.others)}")
    lines += [f"{verb} in {count} {'line' if count == 1 else 'lines'} of {name}" for name, count in done.lines.items()]
    if done.messages:
        lines.append(
            f"{'would be dropped' if dry else 'dropped'}: {done.messages} {'message' if done.messages == 1 else 'messages'} on the way"
        )
    return "\n".join(lines)
