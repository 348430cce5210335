"""A ticket's life as use cases: open, hand over, work, end (M7–M14). Each reads, decides and writes under the desk's lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from itsm.desk.desk import Desk
from itsm.errors import NotFound, Refused, Usage
from itsm.model import ids, lifecycle
from itsm.model.event import NOTHING
from itsm.model.lifecycle import Signature
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CHANNELS, GRADES, PENDING_FOR, TYPES, Ticket
from itsm.sla.policy import Policy, Team
from itsm.store.document import Document
from itsm.values import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Form:
    """What the call centre writes down while the customer talks (M8). Only the title is required."""

    title: str
    type: str = "incident"
    contact: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    description: str = ""
    category: str = ""
    ci: str = ""
    impact: str = ""
    urgency: str = ""
    priority: str = ""
    channel: str = ""
    team: str = ""
    to: str = ""
    answered: str = ""


def open_(desk: Desk, form: Form, hand: Signature) -> Ticket:
    """Open a ticket and give it the desk's next ID (M9). Works without a policy too: then nobody is assigned."""
    policy = desk.policy_or_default
    check(form)
    known_priority(form.priority, policy)
    handed = _handed_to(desk, form, hand)

    def build(ticket_id: str) -> Ticket:
        blank = Ticket(id=ticket_id, title=form.title.strip(), opened=hand.at, type=form.type)
        ticket = lifecycle.opened(_filled(blank, form, policy), hand)
        if form.priority and form.priority != ticket.priority:
            was = {"priority": ticket.priority} if ticket.priority else {}
            ticket = lifecycle.move(ticket, "set", hand, set={"priority": form.priority}, was=was)
        if handed:
            ticket = lifecycle.move(ticket, "assign", hand, **handed)
        if form.answered:
            ticket = lifecycle.move(ticket, "close", hand, how=form.answered)  # M4: answered on the phone
        return ticket

    return desk.tickets.create(build)


def complete(desk: Desk, ticket_id: str, form: Form, hand: Signature) -> Ticket:
    """Fill in what was said after the number had been given: still a part of opening, so no change that history would tell."""
    policy = desk.policy_or_default
    handed = _handed_to(desk, form, hand)

    def edit(ticket: Ticket) -> Ticket:
        by_hand = ticket.priority if lifecycle.priority_by_hand(ticket) else ""
        ticket = _filled(ticket, form, policy)
        ticket = replace(ticket, priority=by_hand or ticket.priority)
        if handed and not ticket.team:
            ticket = lifecycle.move(ticket, "assign", hand, **handed)
        return ticket

    return desk.tickets.change(ticket_id, edit).ticket


def _filled(ticket: Ticket, form: Form, policy: Policy) -> Ticket:
    """The ticket with the form's fields; impact and urgency are medium unless said, and decide the priority."""
    impact, urgency = form.impact or "medium", form.urgency or "medium"
    return replace(
        ticket, contact={key: value for key, value in form.contact.items() if value}, description=form.description, category=form.category,
        ci=form.ci, channel=form.channel, impact=impact, urgency=urgency, priority=policy.priority(impact, urgency),
    )  # fmt: skip


def _handed_to(desk: Desk, form: Form, hand: Signature) -> dict[str, Any]:
    """To whom a new ticket goes at once; to nobody where there is no policy to say who is in which team."""
    if not (form.team or form.to) or not desk.settings.policy:
        return {}
    policy = desk.policy
    if not form.team and _person(form.to, policy, hand) not in policy.people:
        raise Usage(f"{form.to} is nobody of sla.yaml's people", hint=f"--team TEAM --to {form.to}")
    return _whose(policy, form.team or form.to, form.to if form.team else "", hand)


def find(desk: Desk, text: str) -> str:
    """The ID of what a person typed: an ID, or the reference that a ticket was imported with. Raises NotFound (exit 3)."""
    ticket_id = ids.parse(text, desk.policy_or_default.desk.prefix)
    if ticket_id and desk.tickets.find(ticket_id):
        return ticket_id
    known = desk.tickets.by_reference(text)
    if known is None:
        words = f"a ticket is named 42 or T-42; a text of several words wants quotes; to look for words: itsm search '{text}'"
        known_ones = "itsm list shows the live ones; --desk names another desk"
        raise NotFound(f"there is no ticket {ticket_id or text}", hint=known_ones if ticket_id else words)
    return known


def read(desk: Desk, text: str) -> Document:
    """The ticket that a person typed."""
    return desk.tickets.read(find(desk, text))


def move(desk: Desk, which: str, command: str, hand: Signature, **data: Any) -> Ticket:
    """Any command of the table that needs no policy."""
    if command == "pend" and data.get("for") not in PENDING_FOR:
        raise Usage(f"a ticket doesn't wait for {data.get('for')!r}", hint=f"--for {', '.join(PENDING_FOR)}")
    if command == "start":
        return desk.tickets.change(find(desk, which), lambda ticket: _started(ticket, hand)).ticket
    if command in ("reopen", "cancel") or data.get("direction") == "to-customer":
        return _anew(desk, which, lambda ticket: lifecycle.move(ticket, command, hand, **data), hand)
    return desk.tickets.change(find(desk, which), lambda ticket: lifecycle.move(ticket, command, hand, **data)).ticket


def _anew(desk: Desk, which: str, edit: Callable[[Ticket], Ticket], hand: Signature) -> Ticket:
    """A move after which some promise begins anew, or is none any more."""
    from itsm.desk.on_record import change  # it looks at the promises, for which the other moves needn't wait

    return change(desk, find(desk, which), edit, hand).ticket


def assign(desk: Desk, text: str, team: str, to: str, hand: Signature) -> tuple[Ticket, bool]:
    """Give a ticket to a team, or to a person in it. Gives the ticket, and whether that is new: what changes nothing isn't another
    hand-over, of which everybody would be told again.
    """
    handed, new = _whose(desk.policy, team, to, hand), True

    def edit(ticket: Ticket) -> Ticket:
        nonlocal new
        moved = lifecycle.move(ticket, "assign", hand, **handed)
        new = replace(moved, history=ticket.history) != ticket
        return moved if new else ticket

    return _anew(desk, text, edit, hand), new


def escalate(desk: Desk, text: str, team: str, to: str, hand: Signature) -> Ticket:
    """Hand a ticket to a team of the next level (M10); the only one there, unless named."""
    policy = desk.policy

    def edit(ticket: Ticket) -> Ticket:
        return escalated(ticket, team, hand, policy, assignee=_person(to, policy, hand))

    return _anew(desk, text, edit, hand)


def escalated(ticket: Ticket, team: str, hand: Signature, policy: Policy, **data: Any) -> Ticket:
    """The ticket at a team of a higher level. Raises Refused where the team isn't higher, Usage where none or several are."""
    there = team_named(policy, team) if team else _above(ticket, policy)
    if ticket.level is not None and there.level <= ticket.level:
        raise Refused(
            f"{ticket.id} is at level {ticket.level} already; {there.name} is level {there.level}",
            hint=f"itsm assign {ticket.id} {there.name}",
        )
    return lifecycle.move(ticket, "escalate", hand, team=there.name, level=there.level, **data)


def link(desk: Desk, text: str, links: Mapping[str, str], hand: Signature) -> Ticket:
    """Say how a ticket belongs to others, which must be there."""
    wanted = {name: find(desk, other) for name, other in links.items() if other}
    if not wanted:
        raise Usage("link to what?", hint="--parent, --duplicate-of or --caused-by T-7")
    ticket_id = find(desk, text)
    if ticket_id in wanted.values():
        raise Usage(f"{ticket_id} can't be linked to itself", hint="name another ticket: itsm list")
    return desk.tickets.change(ticket_id, lambda ticket: lifecycle.move(ticket, "link", hand, **wanted)).ticket


def team_named(policy: Policy, name: str) -> Team:
    """The team of this name. A desk that names no teams takes any name, as a first line. Raises Usage."""
    if name in policy.teams:
        return policy.teams[name]
    if not policy.teams:
        return Team(name, level=1)
    raise Usage(f"no such team: {name}", hint=did_you_mean(name, (*policy.teams, *policy.people)))


def known_priority(priority: str, policy: Policy) -> None:
    """A priority that the matrix never gives would be in no target and in no list. Raises Usage."""
    known = {one for row in policy.matrix.values() for one in row.values()}
    if priority and known and priority not in known:
        raise Usage(f"no such priority: {priority}", hint=did_you_mean(priority, known))


def _above(ticket: Ticket, policy: Policy) -> Team:
    level = (ticket.level or 0) + 1
    there = [team for team in policy.teams.values() if team.level == level]
    if len(there) == 1:
        return there[0]
    names = ", ".join(team.name for team in there)
    if not there:
        raise Refused(f"{ticket.id} is at level {ticket.level or 0}, no team stands above it", hint="name a team, or add one to sla.yaml")
    raise Usage(f"several teams stand at level {level}: {names}", hint=f"itsm escalate {ticket.id} {there[0].name}")


def _started(ticket: Ticket, hand: Signature) -> Ticket:
    """Who begins takes the ticket, unless it is somebody's."""
    return lifecycle.move(ticket, "start", hand, assignee="" if ticket.assignee else hand.by)


def _whose(policy: Policy, team: str, to: str, hand: Signature) -> dict[str, Any]:
    """Team, level and assignee of what was typed; a person alone means the team that they are in, `me` who acts."""
    if team not in policy.teams and (person := _person(team, policy, hand)) in policy.people:
        team, to = _team_of(policy, person), person
    there = team_named(policy, team)
    return {"team": there.name, "level": there.level, "assignee": _person(to, policy, hand)}


def _team_of(policy: Policy, person: str) -> str:
    teams = [team.name for team in policy.teams.values() if person in team.members]
    if len(teams) != 1:
        raise Usage(f"{person} is in {'no team' if not teams else ' and '.join(teams)}", hint=f"itsm assign TICKET TEAM --to {person}")
    return teams[0]


def _person(name: str, policy: Policy, hand: Signature) -> str:
    """Who is meant: `me`, somebody's ID, or somebody's name as people say it."""
    name = name.strip()
    if name == "me":
        return hand.by
    named = [person.id for person in policy.people.values() if name and name == person.name]
    return named[0] if name not in policy.people and len(named) == 1 else name


def one_line(name: str, value: str) -> None:
    """Names and numbers have no second line, which could look like one of ours wherever it is shown. Raises Usage."""
    if "\n" in value or "\r" in value:
        raise Usage(f"{name} is one line", hint="put the rest into --description")


def check(form: Form) -> None:
    """What a form may hold, before anything is written. Raises Usage."""
    if not form.title.strip():
        raise Usage("a ticket needs a title", hint="itsm open 'Mail server does not answer'")
    if "\n" in form.title or "\r" in form.title:
        raise Usage("a title is one line", hint="put the rest into --description")
    for name, value in {**form.contact, "category": form.category, "ci": form.ci}.items():
        one_line(name, value)
    for name, value, choices in (
        ("type", form.type, TYPES), ("impact", form.impact, GRADES), ("urgency", form.urgency, GRADES), ("channel", form.channel, CHANNELS),
    ):  # fmt: skip
        if value and value not in choices:
            raise Usage(f"no such {name}: {value}", hint=did_you_mean(value, choices))
