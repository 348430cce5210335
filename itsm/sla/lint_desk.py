"""What is allowed in the desk, people, teams, channels and targets of sla.yaml and can't be meant."""

from __future__ import annotations

from collections.abc import Iterator

from itsm.model.address import clean
from itsm.model.suggest import did_you_mean
from itsm.patterns import pattern
from itsm.sla.policy import FIELDS_OF_COMMAND, Channel, Person, Policy
from itsm.sla.reading_channels import WAYS
from itsm.sla.spec import Mistake, Path

_FILLED = pattern(r"\{([^{}]*)\}")


def of_the_desk(policy: Policy) -> Iterator[Mistake]:
    """Hours in which nobody can be told, addresses that no server takes, channels that do something else than they say."""
    hours = policy.desk.customer_hours
    if hours is not None and not any(hours.week):
        yield Mistake(("desk", "customer_hours"), "customers can never be told anything", "customer_hours: '08:00-21:00'")
    yield from _addresses(policy)
    for name, channel in policy.channels.items():
        yield from _channel(("channels", name), channel)
    yield from rehearsed(policy)
    for name, calendar in policy.calendars.items():
        if calendar.makeup and not calendar.holidays.codes:
            yield Mistake(("calendars", name, "makeup"), f"makeup has no effect in calendar {name}: no country is named", "holidays: CN")
    yield from _twins(policy)


def rehearsed(policy: Policy) -> Iterator[Mistake]:
    """Channels that send everything elsewhere: who forgets that after a rehearsal reaches nobody, and each notice counts as said."""
    for name, channel in policy.channels.items():
        if channel.redirect:
            what = f"channel {name} is redirected: all that it takes goes to {channel.redirect}, and counts as said"
            yield Mistake(("channels", name, "redirect"), what, "take redirect out once the rehearsal is over")


def _addresses(policy: Policy) -> Iterator[Mistake]:
    places: list[tuple[Path, Person | None]] = [(("people", name), one) for name, one in policy.people.items()]
    for name, team in policy.teams.items():
        yield from _address(("teams", name, "mail"), team.mail)
        places += [(("teams", name, "head"), team.head), (("teams", name, "contact"), team.contact)]
    for path, person in places:
        yield from _address((*path, "mail"), person.mail if person else "")
    for name, channel in policy.channels.items():
        yield from _address(("channels", name, "from"), channel.sender)
    for n, rule in enumerate(policy.rules):
        yield from (found for word in rule.notify if "@" in word for found in _address(("rules", n, "notify"), word))


def _address(path: Path, text: str) -> Iterator[Mistake]:
    if text:
        try:
            clean(text)
        except ValueError as error:
            yield Mistake(path, f"nothing can be mailed: {error}", "name@example.com, and nothing else")


def _channel(path: Path, channel: Channel) -> Iterator[Mistake]:
    ways = [way for way in WAYS if getattr(channel, way)]
    for idle in ways[1:]:
        yield Mistake((*path, idle), f"channel {channel.name} never takes {idle}: {ways[0]} comes first", "a channel of its own")
    elsewhere = "url_file" if channel.url_file else "url_env"
    places = {"command": _FILLED.findall(" ".join(channel.command)), "apprise": _FILLED.findall(channel.apprise), elsewhere: channel.wants}
    for key, names in places.items():
        for name in names:
            if name not in FIELDS_OF_COMMAND:
                yield Mistake((*path, key), f"nothing fills {{{name}}}", did_you_mean(name, FIELDS_OF_COMMAND))


def _twins(policy: Policy) -> Iterator[Mistake]:
    """Targets that share a name, which is all that people see of them; and times that are over at once."""
    seen: set[str] = set()
    for n, target in enumerate(policy.targets):
        if target.name in seen:
            yield Mistake(("targets", n, "name"), f"a second target named {target.name}: nobody can tell them apart", "a name of its own")
        seen.add(target.name)
        for promise, limit in target.times.items():
            if not limit.total:
                yield Mistake(("targets", n, promise), f"{promise} of target {target.name} is late at once", f"{promise}: 4h")
