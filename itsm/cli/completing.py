"""What comes next on a command line: asked by the shell at each TAB, so nothing is read that the answer doesn't need.

The shell's script calls `itsm` with `ITSM_COMPLETE` in its environment and the words so far, the one under the cursor last. What fits an
argument or option is known by its metavar, so a new command completes without a word here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from itsm.model.ticket import CONTACT, FIELDS

if TYPE_CHECKING:
    from itsm.sla.policy import Policy

Found = Iterable[tuple[str, str]]  # what to put there, and what it is

FILES = ":files"  # the shell knows best
_CHOICES = re.compile(r"[\w.-]+(\|[\w.-]+)+")


def answer(words: Sequence[str]) -> str:
    """A line for each possible next word: the word, TAB, what it is. Never an error: a TAB must not disturb whoever types."""
    *before, current = words or [""]
    try:
        found = sorted(set(_next(before, current)))
    except Exception:  # noqa: BLE001 - whatever is wrong here will be told when the command runs
        return ""
    return "".join(f"{word}\t{_clean(what)}\n" for word, what in found if word == FILES or word.startswith(current))


def _next(before: list[str], current: str) -> Found:
    from itsm.cli.main import COMMANDS, leading, meant

    if leading(before) == len(before):
        options = [("--help", "all commands"), ("--version", ""), ("--json", "bare itsm for scripts"), ("--desk", "another desk")]
        return options if current.startswith("-") else [(name, text) for name, (_, text) in COMMANDS.items()]
    command, rest = _command(meant(before))
    return _of(command, rest, current) if command else ()


def _command(words: list[str]) -> tuple[Any, list[str]]:
    """The command that these words call, and those behind its name."""
    from itsm.cli.main import COMMANDS, built

    if words[0] not in COMMANDS:
        return None, []
    command: Any = built(words[0])
    inner = getattr(command, "commands", {})
    return (inner[words[1]], words[2:]) if len(words) > 1 and words[1] in inner else (command, words[1:])


def _of(command: Any, words: list[str], current: str) -> Found:
    if commands := getattr(command, "commands", None):
        return [(name, one.get_short_help_str(80)) for name, one in commands.items()] if not words else ()
    options = {name: one for one in command.params if one.param_type_name == "option" for name in (*one.opts, *one.secondary_opts)}
    if words and (last := options.get(words[-1])) and not last.is_flag:
        return _values(last.metavar or last.name.upper(), last.name, words, current)
    if current.startswith("-"):
        given = {options[word].name for word in words if word in options and not options[word].multiple}
        found = [(name, one.help or "") for name, one in options.items() if name.startswith("--") and one.name not in given]
        negated = any("FILTER" in (one.metavar or "") for one in command.params) and not current.startswith("--")
        return [*found, *(_filters(words, current) if negated else ())]
    place = _place(words, options)
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    if not arguments:
        return ()
    one = arguments[min(place, len(arguments) - 1)]
    return _values(one.metavar or "", one.name, words, current) if place < len(arguments) or one.nargs == -1 else ()


def _place(words: list[str], options: dict[str, Any]) -> int:
    """Which argument comes next: how many words are neither options nor their values."""
    count, value = 0, False
    for word in words:
        one = options.get(word)
        if value or one or (word.startswith("-") and word != "-"):
            value = bool(one and not one.is_flag and not value)
        else:
            count += 1
    return count


# --- what fits where ------------------------------------------------------------------------


def _values(metavar: str, name: str, words: list[str], current: str) -> Found:
    """What may stand for a metavar: `TICKET`, `[VIEW] [FILTER…]`, `phone|email|web`, `TICKET|release|drop`; else for the name."""
    kinds = re.findall(r"[\w.=-]+", metavar)
    found = [*(kind for kind in kinds if kind in _SOURCES), *([name.upper()] if name.upper() in _SOURCES else [])]
    for kind in dict.fromkeys(found):
        yield from _SOURCES[kind](words, current)
    if not found or "|" in metavar:
        yield from ((word, "") for word in metavar.strip("[]").split("|") if _CHOICES.fullmatch(metavar.strip("[]")) and not word.isupper())


def _given(words: list[str]) -> str | None:
    import os

    return next((words[n + 1] for n, word in enumerate(words[:-1]) if word == "--desk"), None) or os.environ.get("ITSM_DESK")


def _policy(words: list[str]) -> Policy:
    from itsm.desk.desk import Desk

    return Desk.find(_given(words)).policy_or_default


def _tickets(words: list[str], current: str) -> Found:
    """Live tickets in the spelling that was begun, `42`, `t-42` or `T-42`, with their titles; archived ones if none of them fits."""
    from itsm.store import glance

    found = glance.tickets(glance.root(_given(words)), current.upper())
    if current.isdigit():
        return [(ticket_id.rpartition("-")[2], title) for ticket_id, title in found]
    return [(current + ticket_id[len(current) :], title) for ticket_id, title in found]


def _teams(words: list[str], _: str) -> Found:
    policy = _policy(words)
    people = {member for team in policy.teams.values() for member in team.members}
    return [
        *((name, f"level {team.level}") for name, team in policy.teams.items()),
        *((name, person.name) for name, person in policy.people.items() if name in people),
    ]


def _people(words: list[str], _: str) -> Found:
    policy = _policy(words)
    members = {member: "" for team in policy.teams.values() for member in team.members}
    return [("me", "you"), *(members | {name: person.name for name, person in policy.people.items()}).items()]


def _rules(words: list[str], _: str) -> Found:
    return [(rule.name, rule.call or rule.say or "") for rule in _policy(words).rules]


def _calendars(words: list[str], _: str) -> Found:
    return [("24x7", "always"), *((name, "") for name in _policy(words).calendars)]


def _channels(words: list[str], _: str) -> Found:
    return [(name, "") for name in _policy(words).channels]


def _topics(_: list[str], __: str) -> Found:
    from itsm.cli.helping import topics

    return list(topics().items())


def _answers(words: list[str], _: str) -> Found:
    """The answers of every call of the policy, those that this ticket's calls take if it is owed any."""
    from itsm.clock import now
    from itsm.desk import calls
    from itsm.desk.desk import Desk

    found = calls.standing_on(Desk.find(_given(words)), words[0], now()) if words else []
    if found:
        return [(word, call.text) for call in found for word in call.answers]
    return [(word, rule.call) for rule in _policy(words).rules for word in rule.answers]


def _settable(words: list[str], current: str) -> Found:
    """`priority=` and its values."""
    name, sign, _value = current.partition("=")
    if not sign:
        return [(f"{one}=", "") for one in (*(key for key, field in FIELDS.items() if field.settable), *CONTACT)]
    return [(f"{name}={value}", what) for value, what in _field(words, name)]


def _field(words: list[str], name: str) -> Found:
    """The values that a field may have, as far as they are known."""
    policy = _policy(words)
    if name == "priority":
        return [(one, "") for one in sorted({one for row in policy.matrix.values() for one in row.values()})]
    if name in ("team", "assignee"):
        return [*(_teams if name == "team" else _people)(words, ""), ("none", "nobody's")]
    return [(one, "") for one in FIELDS[name].choices] if name in FIELDS else ()


def _filters(words: list[str], current: str) -> Found:
    """`team:network,sy`: the fields of a filter, and behind the colon the values of each."""
    from itsm.model.query import FILTERS, FLAGS

    sign = current[:1] if current[:1] in ("-", "!") else ""
    name, colon, _rest = current.removeprefix(sign).partition(":")
    if not colon:
        return [(f"{sign}{one}" if one in FLAGS else f"{sign}{one}:", "") for one in FILTERS]
    before = current[: max(current.rfind(":"), current.rfind(",")) + 1]
    known = FILTERS[name].choices if name in FILTERS else ()
    return [(f"{before}{value}", what) for value, what in _field(words, name)] + [(f"{before}{value}", "") for value in known]


def _views(words: list[str], _: str) -> Found:
    return [(name, str(view.query)) for name, view in _policy(words).views.items()]


def _columns(_: list[str], current: str) -> Found:
    """`id,title,due`: the columns, behind the last comma."""
    from itsm.model.columns import COLUMNS

    before = current[: current.rfind(",") + 1]
    return [(f"{before}{name}", "") for name in COLUMNS if name not in before.split(",")]


def _whens(_: list[str], __: str) -> Found:
    return [("20m", "20 minutes ago"), ("2h", "2 hours ago"), ("now", ""), ("today", "at midnight"), ("yesterday", ""), ("tomorrow", "")]


def _files(_: list[str], __: str) -> Found:
    return [(FILES, "")]


def _commands(_: list[str], __: str) -> Found:
    from itsm.cli.main import COMMANDS

    return [(name, text) for name, (_, text) in COMMANDS.items()]


_SOURCES: dict[str, Callable[[list[str], str], Found]] = {
    "TICKET": _tickets, "TEAM": _teams, "PERSON": _people, "NAME": _people, "RULE": _rules, "ANSWER": _answers,
    "NAME=VALUE": _settable, "FILTER": _filters, "VIEW": _views, "COLUMNS": _columns,
    "SORT": _columns, "CALENDAR": _calendars, "CHANNEL": _channels, "TOPIC": _topics,
    "WHEN": _whens, "DIR": _files, "FILE": _files, "COMMAND": _commands,
}  # fmt: skip


def _clean(text: str) -> str:
    """A stranger's title on one line of a shell's list."""
    from itsm.model.plain import stripped

    return stripped(text, 80)
