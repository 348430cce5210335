"""Who is to be told and can't be reached: teams, heads and people without an address, found by asking whom each rule would tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from itsm.model.ticket import Ticket
from itsm.sla.lives import SOME, tickets
from itsm.sla.match import Match
from itsm.sla.policy import Policy, Rule, Team
from itsm.sla.reading_channels import needs
from itsm.sla.recipients import Recipient, recipients
from itsm.sla.spec import Mistake, Path
from itsm.values import replace

_OF_THE_TICKET = ("customer", "watchers")  # whose addresses no file of settings has


def unreachable(policy: Policy, now: datetime) -> Iterator[Mistake]:
    """One finding for each team, head or person without an address, at the first rule that would tell them."""
    seen: set[Path] = set()
    for place, rule in enumerate(policy.rules):
        for path, word, one in _told(policy, ("rules", place), rule, now):
            where = _place(policy, one, path)
            if where not in seen and not _reached(policy, one):
                seen.add(where)
                message = f"rule {rule.name} tells {word}, and {one.name or one.id} has no address"
                yield Mistake(where, message, "mail: name@example.com, or mobile")


def _told(policy: Policy, path: Path, rule: Rule, now: datetime) -> Iterator[tuple[Path, str, Recipient]]:
    """Everybody whom the rule may tell, with the word for them and where it stands."""
    for where, word, match in _words(path, rule):
        if word in _OF_THE_TICKET:
            continue
        for ticket in _tickets(policy, match, word):
            for one in recipients((word,), ticket, policy, now):
                yield where, word, one


def _words(path: Path, rule: Rule) -> Iterator[tuple[Path, str, Match]]:
    yield from (((*path, "notify"), word, rule.match) for word in rule.notify)
    if rule.call:
        yield (*path, "call"), "callcentre", rule.match
    for answer, follow_ups in rule.answers.items():
        for follow in follow_ups:
            match = (*rule.match, *follow.match)
            yield from (((*path, "answers", answer), word, match) for one in (follow, *follow.then) for word in one.notify)


def _tickets(policy: Policy, match: Match, word: str) -> Iterable[Ticket]:
    """One ticket for each team that may have it, and for each person of the team who may."""
    for name, level in dict.fromkeys((ticket.team, ticket.level) for ticket in tickets(policy, match, "team")):
        team = policy.teams.get(name)
        blank = Ticket("T-1", "x", SOME, team=name, level=level)
        yield blank
        if team and word == "assignee":
            yield from (replace(blank, assignee=one) for one in team.members)


def _reached(policy: Policy, one: Recipient) -> bool:
    """Whether a notice could reach them: by mail, or by a mobile number if there is a program or service that asks for no more."""
    others = [channel for channel in policy.channels.values() if not channel.by_mail]
    by_mobile = not policy.channels or any(all(getattr(one, name) for name in needs(channel)) for channel in others)
    return bool(one.mail or (one.mobile and by_mobile))


def _place(policy: Policy, one: Recipient, path: Path) -> Path:
    """Where the address is missing: at the person, the head, the team; else where they are to be told."""
    role, _, name = one.id.rpartition(":")
    team: Team | None = policy.callcentre if one.role == "callcentre" else policy.teams.get(name)
    if team and role in ("head", "contact"):
        person = team.head if role == "head" else team.contact
        return ("people", person.id) if person and person.id else ("teams", team.name, role)
    if team:
        return ("teams", team.name)
    return ("people", name) if name in policy.people else path
