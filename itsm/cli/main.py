"""The `itsm` command: which module has which command, built only when it is called, and the one boundary that shows errors."""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import suppress
from typing import NoReturn

import typer
import typer.core
import typer.main
from typer import _click

from itsm.cli import output
from itsm.cli.late import settle
from itsm.errors import ItsmError, Usage

settle()
INTERRUPTED = 130
_OWN_OPTIONS = ("--help", "-h", "--version")  # of `itsm` without a command
_TAKING = ("--desk", "--by", "--at")  # the shared options with a value, which may stand before a command, too
GROUPS = ("calendar", "notify", "sender", "sla")  # commands that have commands

# command → (module of itsm.cli, the line that `itsm --help` shows), under headings.
HEADINGS: dict[str, dict[str, tuple[str, str]]] = {
    "A ticket's life": {
        "open": ("opening", "Open a ticket, while the customer is on the phone."),
        "assign": ("moves", "Give a ticket to a team, or to somebody in it."),
        "start": ("moves", "Begin to work on a ticket."),
        "contacted": ("moves", "Mark that an engineer has been in touch with the customer."),
        "escalate": ("moves", "Hand a ticket to the next level."),
        "pend": ("moves", "Let a ticket wait for the customer, a vendor or a change."),
        "resume": ("moves", "Go on with a ticket that waited."),
        "note": ("moves", "Write something down in a ticket."),
        "resolve": ("moves", "Say that the work is done, and how."),
        "reopen": ("moves", "Take a resolution back."),
        "close": ("moves", "Close a ticket that the customer has confirmed."),
        "cancel": ("moves", "End a ticket that needs no work."),
        "set": ("fields", "Change fields of a ticket: priority=P1 ci=mail-01."),
        "edit": ("editing", "Edit a ticket's file in your editor, with its checks."),
        "undo": ("undoing", "Take your last change back."),
        "link": ("fields", "Say how a ticket belongs to another."),
    },
    "Looking": {
        "now": ("now", "What wants somebody now; bare itsm shows it."),
        "handover": ("handover", "What the next shift must know."),
        "shift-note": ("handover", "Leave a word for the next shift."),
        "show": ("looking", "Show one ticket."),
        "list": ("listing", "List tickets."),
        "search": ("searching", "Search all that was ever written."),
        "similar": ("searching", "Solved tickets that look like this one."),
        "watch": ("watching", "Watch the queue, with the time running."),
        "log": ("looking", "Show a ticket's history."),
    },
    "Promises": {
        "calls": ("calls", "The phone calls that are owed to customers."),
        "answer": ("answering", "Write down what a customer said on the phone."),
        "due": ("sweeping", "What comes next, for whom, and when."),
        "sweep": ("sweeping", "Print or mail what is due; cron runs this."),
        "notices": ("notices", "What was said to whom; decide over what is held or not delivered."),
        "notify": ("notify", "Try a channel for real."),
        "sla": ("promises", "The promises of sla.yaml: show, check, explain."),
        "calendar": ("calendars", "Working time: when is it due, how long was it."),
    },
    "The desk": {
        "init": ("desks", "Make a desk in a folder."),
        "check": ("checking", "Look over every file of the desk."),
        "archive": ("archiving", "Put closed tickets away, by the year in which they ended."),
        "import": ("importing", "Bring tickets in from another system."),
        "sender": ("senders", "Which copy of the desk acts and sends."),
        "cron": ("crons", "The line for cron."),
        "redact": ("redacting", "Erase a person's data."),
        "help": ("helping", "Explain a topic, or a command."),
        "completion": ("completion", "The script by which your shell completes with TAB."),
    },
}
COMMANDS = {name: place for group in HEADINGS.values() for name, place in group.items()}


def built(name: str) -> _click.Command:
    """The command of this name, and no other one."""
    app: typer.Typer = importlib.import_module(f"itsm.cli.{COMMANDS[name][0]}").app
    for one in app.registered_commands:
        if one.name == name:
            return typer.main.get_command_from_info(one, pretty_exceptions_short=False, rich_markup_mode=None)
    group = typer.main.get_group(app)
    group.name = name
    return group


class Commands(typer.core.TyperGroup):
    """The top level: commands are imported when they are called, so that each starts as if it were alone."""

    def list_commands(self, ctx: _click.Context) -> list[str]:
        """All command names, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: _click.Context, cmd_name: str) -> _click.Command | None:
        """Import the module of this command and build just that one."""
        return built(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: _click.Context, args: list[str]) -> tuple[str | None, _click.Command | None, list[str]]:
        """As typer does it, with our own words for a command that isn't there."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from itsm.model.suggest import near

            meant = "".join(f"did you mean {one}? " for one in near(args[0], COMMANDS, most=1))
            raise Usage(f"no such command: {args[0]}", hint=f"{meant}itsm --help lists them all")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: _click.Context, formatter: _click.HelpFormatter) -> None:
        """The help page's list, without building any command."""
        for heading, group in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, text) for name, (_, text) in group.items()])


app = typer.Typer(
    cls=Commands, name="itsm", rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version as installed

        output.out(f"itsm {installed('itsm')}")
        raise typer.Exit


@app.callback()
def top(*, version: bool = typer.Option(False, "--version", help="Show the version and end.", is_eager=True, callback=_version)) -> None:
    """The service desk for small ops teams who live in the shell: every ticket a YAML file, every promise kept by a sweep.

    itsm init, itsm open "Mail server does not answer", itsm sweep: see itsm COMMAND --help.
    """


def main() -> NoReturn:
    """Run the command line and leave with the exit code that the shell contract promises."""
    output.open_closed_streams()
    code = run(sys.argv[1:])
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # all is written and closed: to take apart what was imported takes Python 5 ms of a command's 80
    sys.exit(code)


def run(args: list[str]) -> int:
    """The one error boundary: whatever goes wrong becomes a message and an exit code, never a traceback."""
    if os.environ.get("ITSM_COMPLETE"):
        from itsm.cli.completing import answer

        sys.stdout.write(answer(args))
        return 0
    try:
        return int(typer.main.get_command(app)(args=meant(args), prog_name="itsm", standalone_mode=False) or 0)
    except (KeyboardInterrupt, typer.Abort):
        output.say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        output.silence(sys.stdout)  # the reader has left: nothing more to tell it
        return ItsmError.exit_code
    except Exception as error:  # the last boundary: a defect must not look like one to a script
        if os.environ.get("ITSM_DEBUG") and not isinstance(error, (ItsmError, _click.exceptions.ClickException)):
            raise
        from itsm.cli.mistakes import fault

        shown = fault(error, meant(args)[0])
        output.put_error(shown, as_json="--json" in args)
        return shown.exit_code


def leading(args: list[str]) -> int:
    """How many words of a command line stand before the command: options, with their values."""
    place = 0
    while place < len(args) and args[place].startswith("-") and args[place] not in _OWN_OPTIONS:
        place += 2 if args[place] in _TAKING else 1
    return place


def meant(args: list[str]) -> list[str]:
    """What a command line stands for: bare `itsm`, or `itsm` with only options, is `now`; options before a command are its own."""
    before, rest = args[: leading(args)], args[leading(args) :]
    if not rest:
        return ["now", *args]
    if rest[0] in _OWN_OPTIONS:
        return rest
    behind = 2 if rest[0] in GROUPS and len(rest) > 1 else 1
    return [*rest[:behind], *before, *rest[behind:]]
