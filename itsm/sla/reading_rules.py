"""The `rules:` of sla.yaml → Rule values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from itsm.model.suggest import did_you_mean
from itsm.model.ticket import FIELDS, SCORES
from itsm.model.timeline import MOMENTS
from itsm.patterns import pattern
from itsm.sla.match import read_match
from itsm.sla.policy import MARKS, TARGETS, Do, FollowUp, Rule
from itsm.sla.spec import Spec
from itsm.sla.wording import PLACEHOLDERS, unfilled, unknown

_PERCENT = pattern(r"([1-9][0-9]{0,2})%", re.ASCII)


def read_rules(spec: Spec) -> tuple[Rule, ...]:
    """All rules; two of one name are a mistake, since a rule's name is half of every key (page 3, sentence 12)."""
    rules: list[Rule] = []
    for one in spec.listed("rules"):
        rule = _rule(one)
        if rule.name and any(rule.name == other.name for other in rules):
            one.wrong("name", f"a second rule named {rule.name}", "each rule needs a name of its own")
        rules.append(rule)
    return tuple(rules)


def _rule(spec: Spec) -> Rule:
    rule = Rule(
        name=spec.text("name"),
        match=read_match(spec),
        moments=spec.texts("from"),
        after=spec.duration("after"),
        every=spec.duration("every"),
        rrule=spec.recurrence("rrule"),
        max=spec.integer("max", 0),
        until=spec.duration("until"),
        of=spec.text("of"),
        target=spec.text("target"),
        at=_thresholds(spec),
        before=spec.duration("before"),
        calendar=spec.text("calendar"),
        topic=spec.text("topic"),
        notify=spec.texts("notify"),
        notify_in=spec.text("notify_in"),
        say=_template(spec, "say"),
        call=_template(spec, "call"),
        answers={answer: _follow_ups(spec.sub("answers"), answer) for answer in spec.sub("answers").data},
        moves=_moves(spec),
        command=_command(spec),
        max_late=spec.duration("max_late"),
    )
    _is_whole(spec, rule)
    spec.done()
    return rule


def _is_whole(spec: Spec, rule: Rule) -> None:
    """A rule needs a name, one kind of moment, and something to do."""
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", rule.name, re.ASCII):
        spec.wrong("name" if rule.name else None, "a rule wants a name of letters, digits, - and .", "name: engineer-contact")
    _is_timed(spec, rule)
    if not (rule.notify or rule.call or rule.moves or rule.command):
        spec.wrong(None, f"rule {rule.name} does nothing", "notify, call, close or command")
    for answer in rule.answers:
        if not re.fullmatch(r"[\w-]+", answer):
            spec.below("answers", {}).wrong(answer, f"{answer!r} can't be typed as an answer", "letters, digits and - only: not-solved")
    if rule.answers and not rule.call:
        spec.wrong("answers", "answers without a call", "call: 'the question to ask'")


def _is_timed(spec: Spec, rule: Rule) -> None:
    """One way of saying when, and a whole one."""
    read_moments(spec, rule.moments)
    if rule.of or "of" in spec.data:
        _is_of_a_target(spec, rule)
    else:
        _is_of_a_moment(spec, rule)
    if rule.every is not None and rule.every.total <= 0:
        spec.wrong("every", "every wants a time longer than nothing", "every: 1d")
    if (rule.max or rule.until) and not (rule.every or rule.rrule):
        spec.wrong("max" if rule.max else "until", "only what repeats has an end", "every: 1d")


def read_moments(spec: Spec, moments: tuple[str, ...]) -> None:
    """Each of a `from` must be one that there is."""
    for moment in moments:
        if moment not in MOMENTS:
            spec.wrong("from", f"no such moment: {moment}", did_you_mean(moment, MOMENTS))


def _is_of_a_target(spec: Spec, rule: Rule) -> None:
    if rule.of not in TARGETS:
        spec.wrong("of", f"no such target: {rule.of}", did_you_mean(rule.of, TARGETS))
    if not {"at", "before", "after"} & spec.data.keys():
        spec.wrong(None, f"rule {rule.name} doesn't say at which part of the target", "at: [75%, 100%], before: 30m or after: 1h")
    if {"from", "every", "rrule"} & spec.data.keys():
        spec.wrong("of", f"rule {rule.name} counts from a target and from a moment", "of, or from: not both")


def _is_of_a_moment(spec: Spec, rule: Rule) -> None:
    given = [key for key in ("after", "every", "rrule") if key in spec.data]
    if len(given) != 1:
        spec.wrong(None, f"rule {rule.name} says {' and '.join(given) or 'not'} when it is due", "one of: after, every, rrule, of + at")
    elif not rule.moments:
        spec.wrong(None, f"rule {rule.name} has no from", "from: opened")
    for key in ("at", "before", "target"):
        if key in spec.data:
            spec.wrong(key, f"{key} counts from a target", "of: resolve")


def _thresholds(spec: Spec) -> tuple[int, ...]:
    found = []
    value = spec.get("at")
    bare = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, int) and not isinstance(one, bool)]
    if bare:
        spec.wrong("at", f"at wants text, not the number {bare[0]}", f"a percentage: {bare[0]}%")
        return ()
    for text in spec.texts("at"):
        percent = _PERCENT.fullmatch(text)
        if percent is None:
            spec.wrong("at", f"{text!r} is no part of a target", "a percentage such as 75%")
        else:
            found.append(int(percent[1]))
    return tuple(sorted(found))


def _template(spec: Spec, key: str) -> str:
    text = spec.text(key)
    for name in unknown(text):
        spec.wrong(key, f"nothing fills {{{name}}}", did_you_mean(name, PLACEHOLDERS))
    return text


def _command(spec: Spec) -> tuple[str, ...]:
    """A program and its arguments. One text would have to be split by a shell, and a title could hold anything."""
    words = spec.texts("command")
    if "command" in spec.data and not isinstance(spec.data["command"], list):
        spec.wrong("command", "command wants a list: the program, then each argument", "command: [page-somebody, '{id}']")
    elif "command" in spec.data and not (words and words[0].strip()):
        spec.wrong("command", "command says no program", "command: [page-somebody, '{id}']")
    for name in (name for word in words for name in unfilled(word)):
        spec.wrong("command", f"nothing fills {{{name}}}", did_you_mean(name, PLACEHOLDERS))
    return words


def _follow_ups(spec: Spec, answer: str) -> tuple[FollowUp, ...]:
    value = spec.get(answer)
    if isinstance(value, list):
        holder = spec.below(answer, {})
        return tuple(_follow_up(holder.below(place, item)) for place, item in enumerate(value))
    return (_follow_up(spec.below(answer, value)),) if value else ()


def _follow_up(spec: Spec) -> FollowUp:
    then = spec.get("then")
    follow = FollowUp(
        match=read_match(spec),
        notify=spec.texts("notify"),
        say=_template(spec, "say"),
        moves=_moves(spec),
        again=spec.duration("again"),
        times=spec.integer("times", 1 if "again" in spec.data else 0),
        then=(_follow_up(spec.sub("then")),) if then else (),
    )
    spec.done()
    return follow


def _moves(spec: Spec) -> tuple[Do, ...]:
    moves = [Do(kind, spec.text(kind)) for kind in ("mark", "close", "reopen", "escalate", "assign", "note") if kind in spec.data]
    if "mark" in spec.data and spec.get("mark") not in MARKS:
        spec.wrong("mark", f"no such mark: {spec.get('mark')}", did_you_mean(str(spec.get("mark")), MARKS))
    if "set" in spec.data:
        moves.append(Do("set", _settings(spec)))
    if "score" in spec.data:
        score = spec.integer("score", 0)
        if score not in SCORES:
            spec.wrong("score", "a score is a number from 1 to 5")
        moves.append(Do("score", score))
    spec.asked.update(("mark", "close", "reopen", "escalate", "assign", "note", "set", "score"))
    return tuple(moves)


def _settings(spec: Spec) -> Mapping[str, Any]:
    values = spec.sub("set")
    settable = {name for name, one in FIELDS.items() if one.settable}
    for name in values.data:
        if name not in settable:
            values.wrong(name, f"{name} can't be set by a rule", did_you_mean(name, settable))
        elif FIELDS[name].choices and values.text(name) not in FIELDS[name].choices:
            values.wrong(name, f"no such {name}: {values.text(name)}", did_you_mean(values.text(name), FIELDS[name].choices))
    return {name: values.text(name) for name in values.data}
