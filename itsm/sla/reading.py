"""sla.yaml's mapping → Policy, with a Mistake for everything that isn't right. Half a policy is never given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from itsm.model.suggest import did_you_mean, near
from itsm.model.ticket import GRADES
from itsm.patterns import pattern
from itsm.sla.calendar import Calendar
from itsm.sla.duration import Duration
from itsm.sla.hours import CalendarError
from itsm.sla.match import AGE, read_match
from itsm.sla.on_call import read_on_call
from itsm.sla.policy import ROLES, TARGETS, DeskSettings, Person, Policy, Target, Team, View
from itsm.sla.reading_calendar import parse_calendar
from itsm.sla.reading_channels import read_channel
from itsm.sla.reading_rules import read_moments, read_rules
from itsm.sla.recipients import ROLE
from itsm.sla.spec import Mistake, Path, Spec

SCHEMA = 1
_LONGEST_SWEEP = 3600  # seconds
_WATCHDOG = pattern(r"https://[^\s/?#@]+[^\s]*|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?(/[^\s]*)?")


def read_policy(data: Mapping[str, Any], reference: datetime | None = None) -> tuple[Policy | None, list[Mistake]]:
    """The policy that sla.yaml's mapping says, or None and every mistake that keeps it from being one.

    With a `reference` instant calendars are looked into, too: holiday codes exist, and there is working time in the next 400 days.
    Without one they are taken on trust, which saves a sixth of a second where holidays come from the library.
    """
    mistakes: list[Mistake] = []
    spec = Spec(data, (), mistakes)
    if spec.get("schema") is True or spec.get("schema") != SCHEMA:  # to Python `true` is 1
        spec.wrong("schema" if "schema" in data else None, f"schema is {spec.get('schema')!r}", f"this itsm reads schema: {SCHEMA}")
    desk = _desk(spec.sub("desk"))
    people = {name: _person(name, one) for name, one in spec.each("people")}
    calendars = _calendars(spec, desk.timezone, reference)
    teams = {name: _team(name, one, desk.timezone) for name, one in spec.each("teams")}
    matrix = _matrix(spec.sub("priority"))
    targets = tuple(_target(one) for one in spec.listed("targets"))
    policy = Policy(
        desk,
        people,
        teams,
        calendars,
        matrix,
        targets,
        read_rules(spec),
        {n: read_channel(n, c) for n, c in spec.each("channels")},
        _views(spec),
    )
    spec.done()
    _names_exist(policy, spec)
    return (None if mistakes else policy), mistakes


def _desk(spec: Spec) -> DeskSettings:
    zone = spec.text("timezone", "UTC")
    hours = spec.text("customer_hours")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, LookupError):
        spec.wrong("timezone", f"no such time zone: {zone}", _zone_instead(zone))
        zone = "UTC"
    settings = DeskSettings(
        name=spec.text("name", "Service desk"),
        prefix=_prefix(spec),
        timezone=zone,
        language=spec.text("language", "en"),
        sender=spec.text("sender"),
        customer_hours=_customer_hours(spec, hours, zone) if hours else None,
        hold_over=spec.integer("hold_over", 50),
        digest_over=spec.integer("digest_over", 20, least=1),
        heartbeat=_heartbeat(spec),
        sweep_limit=_sweep_limit(spec),
    )
    spec.done()
    return settings


def _zone_instead(zone: str) -> str:
    close = near(zone, available_timezones(), most=1)
    return f"did you mean {close[0]}?" if close else "an IANA name such as Europe/Berlin"


def _prefix(spec: Spec) -> str:
    prefix = spec.text("prefix", "T")
    if not (prefix.isascii() and prefix.isalnum() and prefix[0].isupper() and prefix == prefix.upper()) or len(prefix) > 10:
        spec.wrong("prefix", f"{prefix!r} can't begin a ticket ID", "capital letters and digits, a letter first: T, INC")
        return "T"
    return prefix


def _heartbeat(spec: Spec) -> tuple[str, ...]:
    """An https URL, or a program with its arguments. In the clear only to this host: such URLs are secrets of a kind."""
    words = spec.texts("heartbeat")
    if isinstance(spec.get("heartbeat"), str) and not _WATCHDOG.fullmatch(words[0]):
        spec.wrong("heartbeat", "heartbeat wants an https:// URL or a list: a program and its arguments", "[/usr/bin/touch, /run/desk]")
    return words


def _sweep_limit(spec: Spec) -> Duration:
    """From a second to an hour: who isn't answered by then isn't there."""
    limit = spec.duration("sweep_limit") or DeskSettings().sweep_limit
    if not 1 <= limit.total <= _LONGEST_SWEEP:
        spec.wrong("sweep_limit", f"sweep_limit is from a second to an hour, not {limit}", "sweep_limit: 1m")
        return DeskSettings().sweep_limit
    return limit


def _customer_hours(spec: Spec, hours: str, zone: str) -> Calendar | None:
    try:
        return parse_calendar("customer_hours", {"hours": {"mon-sun": hours}}, zone)
    except CalendarError as error:
        spec.wrong("customer_hours", str(error), "for example '08:00-21:00'")
        return None


def _person(name: str, spec: Spec) -> Person:
    person = Person(name, spec.text("name"), spec.text("mail"), spec.text("mobile"), spec.texts("logins"), spec.texts("roles"))
    spec.done()
    return person


def _somebody(spec: Spec, key: str) -> Person | None:
    """A head or contact person: a mapping of their own, or the name of somebody in `people`."""
    value = spec.get(key)
    if value is None:
        return None
    if isinstance(value, str):
        return Person(value)
    return _person("", spec.sub(key))


def _team(name: str, spec: Spec, zone: str) -> Team:
    team = Team(
        name, spec.integer("level", 1), spec.text("mail"), spec.text("mobile"), spec.text("calendar"),
        _somebody(spec, "head"), _somebody(spec, "contact"), spec.texts("members"),
        read_on_call(spec, zone),
    )  # fmt: skip
    spec.done()
    return team


def _calendars(spec: Spec, zone: str, reference: datetime | None) -> dict[str, Calendar]:
    found = {}
    for name, one in spec.each("calendars"):
        try:
            found[name] = parse_calendar(name, one.data, zone, check_codes=reference is not None)
            if reference is not None:
                found[name].check(reference)  # no working time: every search in it would be without end (glpi#6010)
        except CalendarError as error:
            one.mistakes.append(Mistake((*one.path, *error.path), str(error)))
        except ValueError as error:
            one.wrong(None, str(error))
    return found


def _matrix(spec: Spec) -> dict[str, dict[str, str]]:
    matrix: dict[str, dict[str, str]] = {}
    for impact, row in spec.each("matrix"):
        if impact not in GRADES:
            row.wrong(None, f"no such impact: {impact}", f"one of {', '.join(GRADES)}")
        matrix[impact] = {urgency: row.text(urgency) for urgency in row.data}
        for urgency in row.data:
            if urgency not in GRADES:
                row.wrong(urgency, f"no such urgency: {urgency}", f"one of {', '.join(GRADES)}")
    spec.done()
    return matrix


def _target(spec: Spec) -> Target:
    times = {kind: limit for kind in TARGETS if (limit := spec.duration(kind))}
    target = Target(spec.text("name"), read_match(spec), times, spec.text("calendar"), spec.texts("from"))
    read_moments(spec, target.moments)
    if not target.name:
        spec.wrong(None, "a target wants a name")
    if any(one.field == AGE for one in target.match):
        spec.wrong("match", "a target can't ask for the age: it would hold and then not", "a rule can")
    spec.done()
    return target


def _views(spec: Spec) -> Mapping[str, View]:
    if spec.get("views") is None:
        return {}
    from itsm.sla.reading_views import read_views

    return read_views(spec)


def _names_exist(policy: Policy, spec: Spec) -> None:
    """Calendars, people and recipients that something refers to must be there."""
    known = {
        "calendar": {"24x7", *spec.sub("calendars").data},  # one that is wrong is there all the same, and named already
        "person": set(policy.people),
        "target": {target.name for target in policy.targets},
        "recipient": {*ROLES, *policy.people, *policy.teams, *(f"{ROLE}{role}" for one in policy.people.values() for role in one.roles)},
    }
    for kind, path, name in _references(policy):
        if name not in known[kind] and not (kind == "recipient" and "@" in name):
            spec.mistakes.append(Mistake(path, f"no such {kind}: {name}", _instead(name, known[kind])))


def _instead(name: str, known: set[str]) -> str:
    if name.startswith(ROLE) and not near(name, known):
        return f"roles: [{name.removeprefix(ROLE)}] at somebody in people"
    return did_you_mean(name, known)


def _references(policy: Policy) -> Iterator[tuple[str, Path, str]]:
    """Every name that stands for something else of the file: (kind, where, name)."""
    for name, team in policy.teams.items():
        yield from _calendar(("teams", name, "calendar"), team.calendar)
        yield from (("person", ("teams", name, "members"), member) for member in team.members)
        if team.on_call:
            who = (*team.on_call.rota, *(shift.who for shift in team.on_call.overrides))
            yield from (("person", ("teams", name, "on_call"), one) for one in who)
        yield from (
            ("person", ("teams", name, role), who.id) for role, who in (("head", team.head), ("contact", team.contact)) if who and who.id
        )
    for n, target in enumerate(policy.targets):
        yield from _calendar(("targets", n, "calendar"), target.calendar)
    for n, rule in enumerate(policy.rules):
        if rule.target:
            yield "target", ("rules", n, "target"), rule.target
        yield from _calendar(("rules", n, "calendar"), rule.calendar)
        yield from _calendar(("rules", n, "notify_in"), rule.notify_in)
        yield from (("recipient", ("rules", n, "notify"), word) for word in rule.notify)
        for answer, follow_ups in rule.answers.items():
            for follow in follow_ups:
                words = (*follow.notify, *(word for then in follow.then for word in then.notify))
                yield from (("recipient", ("rules", n, "answers", answer), word) for word in words)


def _calendar(path: Path, name: str) -> Iterator[tuple[str, Path, str]]:
    if name:
        yield "calendar", path, name
