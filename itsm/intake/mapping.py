"""A map: which column of somebody else's CSV is what of a ticket, and what their words are in ours.

The map's YAML has been read by then; here it becomes a `SourceMap`, or every mistake with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from itsm.model.event import EARLIEST, LATEST
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CHANNELS, CONTACT, GRADES, PENDING_FOR, STATUSES, TYPES
from itsm.sla.hours import instant, utc
from itsm.sla.spec import Mistake, Spec
from itsm.values import dataclass

SCHEMA = 1
KINDS = ("ticket", "event")  # what one row is: a whole ticket, or the state of one after a change

# What a change of is told by a `set` event, and what a ticket starts with.
PLAIN = ("title", "type", "priority", "impact", "urgency", "category", "ci", "channel", "description")
INSTANTS = ("opened", "moment", "resolved", "closed")
COLUMNS = ("number", "order", "status", "team", "assignee", "by", "opened_by", "resolution", "how", *PLAIN, *CONTACT, *INSTANTS)
CHOICES: dict[str, tuple[str, ...]] = {"type": TYPES, "impact": GRADES, "urgency": GRADES, "channel": CHANNELS, "status": STATUSES}
TRANSLATED = frozenset(COLUMNS) - {"number", "order", *INSTANTS}
_PLACE = re.compile(r"\{([^{}]*)\}")

State = tuple[str, str]  # a status, and for whom it is pending
Value = str | State


class OutOfReach(ValueError):
    """An instant that no desk can work with."""


@dataclass(frozen=True, slots=True)
class Template:
    """What to write, from which columns: `{category} / {subcategory}`, or one column as it is (`text` is "")."""

    text: str
    columns: tuple[str, ...]

    def render(self, values: Mapping[str, str]) -> str:
        """The text with each column's value in its place."""
        return _PLACE.sub(lambda place: values[place[1].strip()], self.text)


@dataclass(frozen=True, slots=True)
class SourceMap:
    """How to read one source. `final` names what was known only at the end, although earlier rows have it, too."""

    rows: str
    columns: Mapping[str, Template]
    values: Mapping[str, Mapping[str, Value]]
    defaults: Mapping[str, str]
    nulls: frozenset[str]
    date_format: str
    zone: ZoneInfo
    encoding: str
    delimiter: str
    levels: Mapping[str, int]
    default_level: int | None
    final: frozenset[str]

    def instant(self, text: str) -> datetime:
        """The instant (UTC, whole seconds) that the source wrote; ValueError if it isn't one, or lies before 1970 or after 2200.

        A wall time without an offset is read in the map's zone. One that comes twice means the first, one that was skipped
        the first instant after the gap (page 3, sentence 2).
        """
        wall = datetime.strptime(text, self.date_format) if self.date_format else datetime.fromisoformat(text)  # noqa: DTZ007 - zone: below
        if wall.year in range(EARLIEST.year - 1, LATEST.year + 1):
            moment = wall.astimezone(UTC).replace(microsecond=0) if wall.tzinfo else self._in_zone(wall)
            if EARLIEST <= moment <= LATEST:
                return moment
        raise OutOfReach(f"{text!r} lies outside {EARLIEST.year} to {LATEST.year}")

    def _in_zone(self, wall: datetime) -> datetime:
        return utc(instant(self.zone, wall.toordinal(), (wall.hour * 60 + wall.minute) * 60 + wall.second))

    def level(self, team: str) -> int | None:
        """Which line of support a team is; nobody's ticket has none."""
        return self.levels.get(team, self.default_level) if team else None

    def missing(self, header: Iterable[str]) -> list[Mistake]:
        """A mistake for each column that the map names and the file hasn't got."""
        there = set(header)
        return [
            Mistake(("columns", key), f"the file has no column {name!r}", did_you_mean(name, there))
            for key, template in self.columns.items()
            for name in template.columns
            if name not in there
        ]


def read_map(data: object) -> tuple[SourceMap | None, list[Mistake]]:
    """The map that a file's contents are, or None and every mistake that keeps them from being one."""
    mistakes: list[Mistake] = []
    if not isinstance(data, Mapping):
        return None, [Mistake((), "a map is a mapping (key: value)", "docs/import.md shows one")]
    spec = Spec(data, (), mistakes)
    if spec.get("schema") != SCHEMA:
        spec.wrong("schema" if "schema" in data else None, f"schema is {spec.get('schema')!r}", f"this itsm reads schema: {SCHEMA}")
    rows = _one_of(spec, "rows", KINDS, "ticket")
    date_format, zone = _dates(spec.sub("dates"))
    read = SourceMap(
        rows=rows,
        columns=_columns(spec.sub("columns"), rows),
        values={key: _values(key, one) for key, one in _known(spec, "values", TRANSLATED)},
        defaults=_defaults(spec.sub("defaults")),
        nulls=frozenset(spec.texts("nulls") or ("",)),
        date_format=date_format,
        zone=zone,
        encoding=_encoding(spec),
        delimiter=_delimiter(spec),
        levels=_levels(spec.sub("levels")),
        default_level=spec.integer("default_level", 0) if "default_level" in data else None,
        final=frozenset(_listed(spec, "final", COLUMNS)),
    )
    spec.done()
    return (None if mistakes else read), mistakes


def _one_of(spec: Spec, key: str, known: tuple[str, ...], default: str) -> str:
    word = spec.text(key, default)
    if word not in known:
        spec.wrong(key, f"{key} is {word!r}", did_you_mean(word, known))
        return default
    return word


def _listed(spec: Spec, key: str, known: tuple[str, ...]) -> list[str]:
    words = spec.texts(key)
    for word in words:
        if word not in known:
            spec.wrong(key, f"nothing of a ticket is called {word}", did_you_mean(word, known))
    return [word for word in words if word in known]


def _known(spec: Spec, key: str, known: Iterable[str]) -> list[tuple[str, Spec]]:
    """The mappings below a key whose names are among `known`; the others are mistakes."""
    found = list(spec.each(key))
    for name, one in found:
        if name not in known:
            one.wrong(None, f"nothing of a ticket that could be translated is called {name}", did_you_mean(name, known))
    return [(name, one) for name, one in found if name in known]


def _dates(spec: Spec) -> tuple[str, ZoneInfo]:
    form, name, zone = spec.text("format"), spec.text("zone", "UTC"), ZoneInfo("UTC")
    try:
        zone = ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        spec.wrong("zone", f"no such time zone: {name}", "an IANA name such as Europe/Berlin")
    sample = EARLIEST.strftime(form) if form else ""
    try:
        if form and datetime.strptime(sample, form).year != EARLIEST.year:  # noqa: DTZ007 - only whether the format works
            spec.wrong("format", f"{form!r} doesn't say the year", "for example '%d/%m/%Y %H:%M'")
    except ValueError as error:
        spec.wrong("format", f"{form!r} can't be read: {error}", "for example '%d/%m/%Y %H:%M'")
    spec.done()
    return form, zone


def _columns(spec: Spec, rows: str) -> dict[str, Template]:
    found = {}
    for key in COLUMNS:
        text = spec.text(key)
        if text:
            places = tuple(name.strip() for name in _PLACE.findall(text))
            found[key] = Template(text, places) if places else Template("", (text,))
            if places and key not in PLAIN:
                spec.wrong(key, f"{key} wants the name of one column", f"only {', '.join(PLAIN)} may be made up of several")
    for key in ("number", "title", *(("opened",) if rows == "ticket" else ("moment", "status"))):
        if key not in found:
            spec.wrong(None, f"no column for {key}", f"{key}: the name of the column that has it")
    for key in ("resolved", "closed"):
        if key in found and rows == "event":
            spec.wrong(key, f"where a row is an event, the row that shows it {key} says when", "leave it out")
    spec.done()
    return found


def _values(key: str, spec: Spec) -> dict[str, Value]:
    """A column's words in ours."""
    found: dict[str, Value] = {}
    for theirs, ours in spec.data.items():
        value = _state(ours) if key == "status" else _word(key, ours)
        if value is None:
            known = [*CHOICES.get(key, ()), *(f"{{pending: {who}}}" for who in PENDING_FOR if key == "status")]
            spec.wrong(theirs, f"{key} can't be {ours!r}", did_you_mean(str(ours), known) if known else "text is wanted: put it in quotes")
        else:
            found[theirs] = value
    return found


def _word(key: str, ours: object) -> str | None:
    return ours if isinstance(ours, str) and (not ours or ours in CHOICES.get(key, (ours,))) else None


def _state(ours: object) -> State | None:
    if isinstance(ours, Mapping):
        ((status, who),) = ours.items() if len(ours) == 1 else (("", ""),)
        return ("pending", who) if status == "pending" and who in PENDING_FOR else None
    return (ours, "") if isinstance(ours, str) and ours in STATUSES else None


def _defaults(spec: Spec) -> dict[str, str]:
    found = {key: word for key in PLAIN if (word := spec.text(key))}
    for key, word in found.items():
        if _word(key, word) is None:
            spec.wrong(key, f"{key} can't be {word!r}", did_you_mean(word, CHOICES[key]))
    spec.done()
    return found


def _levels(spec: Spec) -> dict[str, int]:
    return {team: spec.integer(team, 0) for team in spec.data}


def _encoding(spec: Spec) -> str:
    name = spec.text("encoding", "utf-8")
    try:
        "x".encode(name).decode(name, "surrogateescape")
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        spec.wrong("encoding", f"no such encoding: {name!r}", "utf-8, cp1252, gb18030, …")
    return name


def _delimiter(spec: Spec) -> str:
    mark = spec.text("delimiter", ",")
    if len(mark) != 1 or mark in '"\r\n':
        spec.wrong("delimiter", f"{mark!r} can't be what stands between two columns", "one character: ',', ';' or \"\\t\"")
        return ","
    return mark
