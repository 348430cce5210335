"""One run of a command: the options that all commands share, the desk, who acts and when, and how the answer is shown."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from itsm import clock
from itsm.cli import options, output
from itsm.errors import Usage
from itsm.values import dataclass, field

if TYPE_CHECKING:
    from itsm.desk.desk import Desk
    from itsm.model.lifecycle import Signature
    from itsm.model.ticket import Ticket

_COMMON = {"desk": options.DeskDir, "json": options.Json, "quiet": options.Quiet, "no_input": options.NoInput, "yes": options.Yes}
_ACTING = {"by": options.By, "at": options.At}


@dataclass
class Run:
    """What a command is given besides its own arguments. `exit_code` is what the shell gets when nothing is raised."""

    desk_dir: str | None = None
    json: bool = False
    quiet: bool = False
    no_input: bool = False
    yes: bool = False
    by: str | None = None
    at: str | None = None
    exit_code: int = 0
    warned: bool = False
    now: datetime = field(default_factory=clock.now)

    @cached_property
    def desk(self) -> Desk:
        """The desk that this command is about. Raises Usage where there is none."""
        from itsm.desk.desk import Desk

        return Desk.find(self.desk_dir)

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone, in which people read and write."""
        return ZoneInfo(self.desk.policy_or_default.desk.timezone)

    @property
    def interactive(self) -> bool:
        """Whether a person may be asked: a terminal on both sides and nobody said otherwise."""
        return not (self.no_input or self.json) and sys.stdin.isatty() and sys.stderr.isatty()

    def when(self, text: str | None, *, future: bool = False) -> datetime:
        """`--at WHEN` as an instant, now without one; what was understood is echoed. Only some commands take the future."""
        if text is None:
            return self.now
        from itsm.intake.when import when

        moment = when(text, self.now, self.zone, ahead=future)
        if moment > self.now and not future:
            raise Usage(f"{text!r} is in the future: {self.local(moment)}", hint="--at says when something happened")
        self.note(f"{text} = {moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}")
        return moment

    def hand(self) -> Signature:
        """Who acts and when, for the history."""
        from itsm.model.lifecycle import Signature

        at = self.when(self.at)
        return Signature(self.desk.person(self.by), at, clock.new_event_id, recorded=self.now if at < self.now else None)

    @cached_property
    def looked_at(self) -> bool:
        """Whether a terminal shows what is printed."""
        return sys.stdout.isatty()

    def local(self, moment: datetime) -> str:
        """An instant on the desk's wall clock: to the minute for people, RFC 3339 where nobody looks (page 4)."""
        there = moment.astimezone(self.zone)
        return f"{there:%Y-%m-%d %H:%M}" if self.looked_at else there.isoformat().replace("+00:00", "Z")

    def note(self, text: str) -> None:
        """A word on the side, on stderr, unless `--quiet` or `--json`."""
        if not (self.quiet or self.json):
            output.say(text)

    def doubt(self, doubts: Iterable[str]) -> None:
        """What was taken and can hardly be meant, on stderr unless `--quiet`: scripts that ask for JSON misspell names, too."""
        for one in () if self.quiet else doubts:
            output.say(output.one_line(f"warning: {one}"))

    def changed(self, ticket: Ticket, text: str, *, quiet: str = "") -> None:
        """Show a ticket that was made or changed: one line for people, the ticket for scripts, `quiet` where few words are wanted."""
        if self.json:
            from itsm.desk.view import ticket_json

            output.put_json("ticket", ticket_json(self.desk, ticket, self.now))
        elif shown := quiet if self.quiet else text:
            output.put_line(shown)
            self.hint(ticket)

    def hint(self, ticket: Ticket) -> None:
        """What usually comes next, for a person at a terminal who hasn't said `ITSM_HINTS=0`."""
        from itsm.model.next_step import next_step

        wanted = self.interactive and not self.quiet and self.looked_at and os.environ.get("ITSM_HINTS") != "0"
        if wanted and (step := next_step(ticket)):
            output.say(f"next: {step}")

    def show(self, kind: str, data: Any, text: Callable[[], str]) -> None:
        """Show data (or what makes it, if it takes making): the envelope for scripts, `text` for people."""
        if self.json:
            output.put_json(kind, data() if callable(data) else data)
        elif shown := text():
            output.out(shown)

    def warn(self) -> None:
        """Say once what is broken in sla.yaml; every command that has looked at the desk does."""
        if not self.warned and "desk" in self.__dict__:
            output.put_problems(self.desk.settings.problems)
            if self.desk.settings.policy is None and output.is_terminal(sys.stdout):  # into a pipe instants say their zone
                self.note("until sla.yaml is mended, its time zone can't be read: times are in UTC")
        self.warned = True
        if "desk" in self.__dict__ and output.is_terminal(sys.stderr):
            from itsm.desk.turns import overdue

            if late := overdue(self.desk, self.now):
                self.note(late)


def command(app: typer.Typer, name: str, *, acts: bool = False, **settings: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose first parameter is the `Run`; the shared options are added behind its own.

    `acts`: it acts in time and has `--by` and `--at`.
    """

    def register(body: Callable[..., None]) -> Callable[..., None]:
        app.command(name, **settings)(Called(body, {**(_ACTING if acts else {}), **_COMMON}))
        return body

    return register


class Called:
    """What typer takes for a command's function. A module has up to eleven commands, and one is called: only its signature is ever made."""

    def __init__(self, body: Callable[..., None], shared: dict[str, Any]) -> None:
        self.body = body
        self.shared = shared
        self.__doc__ = body.__doc__

    def __call__(self, **given: Any) -> int:
        """Run the command with what typer has parsed; gives the exit code."""
        common = {key: given.pop(key) for key in self.shared}
        run = Run(desk_dir=common.pop("desk"), **common)
        self.body(run, **given)
        run.warn()
        return run.exit_code

    def __getattr__(self, name: str) -> Any:
        if name not in ("__signature__", "__annotations__"):
            raise AttributeError(name)
        own = [
            one.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for one in list(inspect.signature(self.body, eval_str=True).parameters.values())[1:]
        ]
        added = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None if key in ("desk", "by", "at") else False, annotation=kind)
            for key, kind in self.shared.items()
        ]
        made: dict[str, Any] = {
            "__signature__": inspect.Signature([*own, *added]),
            "__annotations__": {one.name: one.annotation for one in (*own, *added)},
        }
        self.__dict__.update(made)
        return made[name]
