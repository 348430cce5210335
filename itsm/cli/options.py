"""The options that commands share, each with its help; long option lists live here, not in the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from itsm.model.ticket import CHANNELS, GRADES, PENDING_FOR, TYPES

Ticket = Annotated[str, typer.Argument(metavar="TICKET", help="The ticket: 42, t-42 or T-42, or the reference that it was imported with.")]
_SEVERAL = "The ticket: 42 or T-42; or several: 1,2 or 3..7; - reads their IDs from standard input."
OneOrSeveral = Annotated[str, typer.Argument(metavar="TICKET[,…]", help=_SEVERAL)]
Tickets = Annotated[list[str], typer.Argument(metavar="TICKET…", help=_SEVERAL)]

DeskDir = Annotated[
    str | None, typer.Option("--desk", metavar="DIR", envvar="ITSM_DESK", help="The desk's folder; else the nearest one above this folder.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, for scripts.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but data and errors.")]
NoInput = Annotated[bool, typer.Option("--no-input", help="Never ask anything.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask whether to go on.")]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", envvar="ITSM_USER", help="Who acts; else the person with your login.")]
At = Annotated[str | None, typer.Option("--at", metavar="WHEN", help="When it was, if not now: 2026-11-22T09:00Z, 'yesterday 14:00', 20m.")]

Type = Annotated[str, typer.Option("--type", "-t", metavar="|".join(TYPES), help="What is being asked for.")]
Grade = "|".join(GRADES)
Impact = Annotated[str, typer.Option("--impact", metavar=Grade, help="How many are affected.")]
Urgency = Annotated[str, typer.Option("--urgency", metavar=Grade, help="How long it can wait.")]
Channel = Annotated[str, typer.Option("--channel", metavar="|".join(CHANNELS), help="How the customer reached the desk.")]
Name = Annotated[str, typer.Option("--name", help="The customer's name.")]
Mobile = Annotated[str, typer.Option("--mobile", help="The customer's mobile number, for SMS.")]
Phone = Annotated[str, typer.Option("--phone", help="The customer's fixed line.")]
Email = Annotated[str, typer.Option("--email", help="The customer's e-mail address.")]
Org = Annotated[str, typer.Option("--org", help="The customer's organisation.")]
Caller = Annotated[str, typer.Option("--caller", help="Find the customer in earlier tickets: a number or a part of the name.")]
Description = Annotated[str, typer.Option("--description", "-d", help="What the customer reports, in full.")]
Category = Annotated[str, typer.Option("--category", help="The kind of thing that it is about.")]
Ci = Annotated[str, typer.Option("--ci", help="The configuration item that it is about.")]
Team = Annotated[str, typer.Option("--team", help="Give it to this team at once.")]
To = Annotated[str, typer.Option("--to", metavar="PERSON", help="Give it to this person at once; alone it means their team, too.")]
Priority = Annotated[str, typer.Option("--priority", metavar="P1", help="Set by hand; else impact and urgency say it.")]
Answered = Annotated[str, typer.Option("--answered", metavar="TEXT", help="It was answered on the phone: close it at once with this text.")]
From = Annotated[str, typer.Option("--from", metavar="FILE", help="Fields or plain text to read the ticket from; - is standard input.")]
Edit = Annotated[bool, typer.Option("--edit", "-e", help="Fill the fields in in your editor.")]
PendingFor = Annotated[str, typer.Option("--for", metavar="|".join(PENDING_FOR), help="Whom or what the ticket waits for.")]
Score = Annotated[int | None, typer.Option("--score", min=1, max=5, help="How content the customer is, 1 to 5.")]
