"""What sla.yaml promises, as values: people, teams, calendars, targets, rules and channels, defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from itsm.model.event import NOTHING
from itsm.model.ticket import Ticket
from itsm.sla.calendar import Calendar
from itsm.sla.duration import Duration
from itsm.sla.match import Match, unmet
from itsm.values import dataclass, field

if TYPE_CHECKING:
    from itsm.model.query import Query  # loaded only where there are views

TARGETS = ("contact", "update", "resolve")  # page 3, sentence 6
ROLES = ("customer", "callcentre", "team", "contact", "assignee", "head", "oncall", "watchers")
FIELDS_OF_COMMAND = ("mobile", "mail", "name", "id", "subject")
MARKS = ("contacted", "told")
FINAL = frozenset({"close"})  # moves that nobody can take back: the customer has been told, the survey is on its way
MOVES = ("close", "reopen", "escalate", "assign", "set", "note", "mark", "score", "resume")
_FIVE_DAYS, _TWO_DAYS = Duration(5, 0, "5d"), Duration(2, 0, "2d")
_MINUTE, _HOUR = Duration(0, 60, "1m"), Duration(0, 3600, "1h")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be told: where notices for `id` go. `logins` are the names that the host knows them by."""

    id: str
    name: str = ""
    mail: str = ""
    mobile: str = ""
    logins: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody stands in for the rota from one instant to another (UTC)."""

    start: datetime
    end: datetime
    who: str


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call: the people of `rota` in turn from `start` (UTC) on, handing over at each instant of an RFC 5545 rule."""

    rota: tuple[str, ...]
    start: datetime
    rrule: str
    zone: str
    overrides: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Team:
    """A department: its level (0 call centre, 1 first line, 2 specialists), contact person and head (M10, M11)."""

    name: str
    level: int
    mail: str = ""
    mobile: str = ""
    calendar: str = ""
    head: Person | None = None
    contact: Person | None = None
    members: tuple[str, ...] = ()
    on_call: OnCall | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What is promised to the tickets that match: how long contact, update and resolve may take, in which calendar.

    With `moments` it is what a team owes another (an OLA), counted from the latest of them (page 3, sentence 11).
    """

    name: str
    match: Match
    times: Mapping[str, Duration]
    calendar: str = ""
    moments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Do:
    """A move that a rule or an answer makes: `close` with a reason, `mark: contacted`, …"""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What an answer leads to: moves at once, notices at the next sweep, or the same call again (`again`, `times` times, `then`)."""

    match: Match = ()
    notify: tuple[str, ...] = ()
    say: str = ""
    moves: tuple[Do, ...] = ()
    again: Duration | None = None
    times: int = 0
    then: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """When something is due, and what then happens.

    When: `moments` + `after`, `every` or `rrule` (at most `max` times, until `until` after it was armed); or of the promise `of`
    (the ticket's own, or that of the `target` of this name) the parts `at` (percent), a time `before` it ends or `after` it has ended.
    """

    name: str
    match: Match = ()
    moments: tuple[str, ...] = ()
    after: Duration | None = None
    every: Duration | None = None
    rrule: str = ""
    max: int = 0
    until: Duration | None = None
    of: str = ""
    target: str = ""
    at: tuple[int, ...] = ()
    before: Duration | None = None
    calendar: str = ""
    topic: str = ""
    notify: tuple[str, ...] = ()
    notify_in: str = ""
    say: str = ""
    call: str = ""
    answers: Mapping[str, tuple[FollowUp, ...]] = field(default_factory=lambda: NOTHING)
    moves: tuple[Do, ...] = ()
    command: tuple[str, ...] = ()
    max_late: Duration | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long a message is tried again. A mail queue gives up after days (Postfix: five), for a desk is mended by people.

    `lasting` is for failures that may pass, `refused` for those that the other side calls final: people mend addresses, too, but sooner.
    """

    lasting: Duration = _FIVE_DAYS
    refused: Duration = _TWO_DAYS
    pause: Duration = _MINUTE
    longest: Duration = _HOUR

    def over(self, since: datetime, now: datetime, *, refused: bool) -> bool:
        """Whether what has been tried from `since` on, and failed, was tried long enough. `refused`: the last failure was called final."""
        return (now - since).total_seconds() >= (self.refused if refused else self.lasting).total


@dataclass(frozen=True, slots=True)
class Channel:
    """How notices travel: `smtp` or `sendmail` for mail, `command` for any other program, `apprise` for a service.

    Of a password or an URL with one in it this only knows where they are kept (`password_…`, `url_…`); `wants` are the names in braces of
    such an URL, for who has looked into it.
    """

    name: str
    smtp: str = ""
    sendmail: tuple[str, ...] = ()
    sender: str = ""
    command: tuple[str, ...] = ()
    timeout: int = 20
    retry: Retry = field(default_factory=Retry)
    tls: str = ""
    user: str = ""
    password_file: str = ""
    password_command: tuple[str, ...] = ()
    password_env: str = ""
    apprise: str = ""
    url_file: str = ""
    url_env: str = ""
    redirect: str = ""
    wants: tuple[str, ...] = ()

    @property
    def by_mail(self) -> bool:
        """Whether what it takes are mails."""
        return not (self.command or self.apprise or self.url_file or self.url_env)


@dataclass(frozen=True, slots=True)
class View:
    """A list that has a name: which tickets, in what order (`-due`: backwards), which columns, how many (0: all)."""

    name: str
    query: Query
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    limit: int = 0


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The desk itself: its name, ID prefix, time zone, and who may act and send. `sweep_limit` is for all that a sweep may wait for."""

    name: str = "Service desk"
    prefix: str = "T"
    timezone: str = "UTC"
    language: str = "en"
    sender: str = ""
    customer_hours: Calendar | None = None
    hold_over: int = 50
    digest_over: int = 20
    heartbeat: tuple[str, ...] = ()
    sweep_limit: Duration = _MINUTE


@dataclass(frozen=True, slots=True)
class Policy:
    """All of sla.yaml. An empty one promises nothing, and is right for a desk without the file."""

    desk: DeskSettings = field(default_factory=DeskSettings)
    people: Mapping[str, Person] = field(default_factory=lambda: NOTHING)
    teams: Mapping[str, Team] = field(default_factory=lambda: NOTHING)
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: NOTHING)
    matrix: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: NOTHING)
    targets: tuple[Target, ...] = ()
    rules: tuple[Rule, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=lambda: NOTHING)
    views: Mapping[str, View] = field(default_factory=lambda: NOTHING)

    @property
    def callcentre(self) -> Team | None:
        """The team that phones customers: the one of that name, else the first of level 0."""
        return self.teams.get("callcentre") or self.team_of_level(0)

    def team_of_level(self, level: int) -> Team | None:
        """The first team of a level."""
        return next((team for team in self.teams.values() if team.level == level), None)

    def priority(self, impact: str, urgency: str) -> str:
        """What the matrix says of impact × urgency; "" where it says nothing."""
        return self.matrix.get(impact, {}).get(urgency, "")

    def targets_for(self, ticket: Ticket) -> tuple[Target, ...]:
        """The first target that matches is the ticket's SLA; the first of those with `from` is the team's, and stands beside it.

        Age is nothing that a target may ask for: it would hold and then not.
        """
        matching = [target for target in self.targets if not unmet(target.match, ticket, ticket.opened)]
        return tuple([one for one in matching if not one.moments][:1] + [one for one in matching if one.moments][:1])

    def rule(self, name: str) -> Rule | None:
        """The rule of this name."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def person_with_login(self, login: str) -> str:
        """The ID of the person who logs in under this name, else the login itself."""
        return next((person.id for person in self.people.values() if login == person.id or login in person.logins), login)
