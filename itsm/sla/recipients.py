"""Who a role of a rule is, for one ticket: the word in `notify:` → people with their addresses (M11, M21)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from itsm.model.ticket import Ticket
from itsm.sla.on_call import on_call
from itsm.sla.policy import Person, Policy, Team
from itsm.values import dataclass

ROLE = "role:"  # role:security: everybody in people who has this role


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to tell. `id` is what a notice is counted under: the role and whom it fell to, not the address,
    so that a corrected address doesn't repeat the past.
    """

    id: str
    role: str
    name: str = ""
    mail: str = ""
    mobile: str = ""

    @property
    def address(self) -> str:
        """What `--json` and people see: the mail address, else the mobile, else the name or role."""
        return self.mail or self.mobile or self.name or self.role


def recipients(words: Iterable[str], ticket: Ticket, policy: Policy, at: datetime) -> tuple[Recipient, ...]:
    """Everybody that `words` stand for at an instant; the same address only once."""
    found: dict[str, Recipient] = {}
    for word in words:
        for one in _resolve(word, ticket, policy, at):
            found.setdefault(one.mail or one.id, one)
    return tuple(found.values())


def callcentre(policy: Policy) -> Recipient:
    """The call centre, which owes the calls and is told when nobody else is there to be."""
    team = policy.callcentre
    return Recipient("callcentre", "callcentre", *((team.name, team.mail, team.mobile) if team else ("call centre",)))


def _resolve(word: str, ticket: Ticket, policy: Policy, at: datetime) -> list[Recipient]:
    if word.startswith(ROLE):
        return [_person(one.id, word, policy) for one in policy.people.values() if word.removeprefix(ROLE) in one.roles]
    if word in _ROLES:
        return _ROLES[word](ticket, policy.teams.get(ticket.team), policy, at)
    return [named(word, policy)]


def _customer(ticket: Ticket) -> Recipient:
    mobile = ticket.contact.get("mobile", "") or ticket.contact.get("phone", "")
    return Recipient("customer", "customer", ticket.customer or "the customer", ticket.contact.get("email", ""), mobile)


def _on_call(team: Team | None, policy: Policy, at: datetime) -> list[Recipient]:
    """Who of the team is on call; a team without a rota is told itself."""
    if team is None:
        return []
    who = on_call(team.on_call, at) if team.on_call else ""
    return [_person(who, "oncall", policy)] if who else [_team(team)]


def _contact(team: Team | None, policy: Policy) -> list[Recipient]:
    """The team's contact person (M11); a team without one is told itself."""
    if team is None:
        return []
    return [_somebody(team.contact, "contact", team.name, policy)] if team.contact else [_team(team)]


def _head(team: Team | None, policy: Policy) -> Recipient:
    """The head of the ticket's team, else of the first line, else the call centre (page 2)."""
    first_line = policy.team_of_level(1)
    for one in (team, first_line):
        if one and one.head:
            return _somebody(one.head, "head", one.name, policy)
    return callcentre(policy)


def _team(team: Team) -> Recipient:
    return Recipient(f"team:{team.name}", "team", team.name, team.mail, team.mobile)


def _somebody(person: Person, role: str, team: str, policy: Policy) -> Recipient:
    known = policy.people.get(person.id, person)
    return Recipient(f"{role}:{team}", role, known.name or known.id or f"{role} of {team}", known.mail, known.mobile)


def _person(name: str, role: str, policy: Policy) -> Recipient:
    person = policy.people.get(name, Person(name))
    return Recipient(f"{role}:{name}", role, person.name or name, person.mail, person.mobile)


def named(word: str, policy: Policy, role: str = "") -> Recipient:
    """A person, a team, else an address: what stands for itself, whatever the ticket."""
    if word in policy.people:
        return _person(word, role or "person", policy)
    if word in policy.teams:
        return _team(policy.teams[word])
    return Recipient(word, role or "address", "", word if "@" in word else "", "" if "@" in word else word)


_ROLES: dict[str, Callable[[Ticket, Team | None, Policy, datetime], list[Recipient]]] = {
    "customer": lambda ticket, _team, _policy, _at: [_customer(ticket)],
    "callcentre": lambda _ticket, _team, policy, _at: [callcentre(policy)],
    "team": lambda _ticket, team, _policy, _at: [_team(team)] if team else [],
    "contact": lambda _ticket, team, policy, _at: _contact(team, policy),
    "assignee": lambda ticket, _team, policy, _at: [_person(ticket.assignee, "assignee", policy)] if ticket.assignee else [],
    "head": lambda _ticket, team, policy, _at: [_head(team, policy)],
    "oncall": lambda _ticket, team, policy, at: _on_call(team, policy, at),
    "watchers": lambda ticket, _team, policy, _at: [named(watcher, policy, "watcher") for watcher in ticket.watchers],
}
