"""The rules' part of the JSON Schema of sla.yaml: match, rule, answers, moves."""

from __future__ import annotations

from itsm.model.ticket import FIELDS, SCORES
from itsm.model.timeline import MOMENTS
from itsm.sla.match import AGE, NAMES
from itsm.sla.policy import MARKS, TARGETS
from itsm.sla.schema_parts import DURATION, Schema, integer, mapping, one_of, ref, suggest, text, texts

_HANDS = ("escalate", "assign")  # to a team
_SAYS = ("close", "reopen", "note")  # with a text


def match() -> Schema:
    """The conditions of a target, a rule or an answer."""
    return {
        "type": ["object", "null"], "properties": {name: _condition(name) for name in sorted(NAMES)}, "additionalProperties": False,
        "description": "Which tickets: all conditions must hold. A value, a list of values, or true / false for set / not set.",
    }  # fmt: skip


def _condition(name: str) -> Schema:
    choices = FIELDS[name].choices if name in FIELDS else ()
    if name == AGE:
        return {"type": "string", "pattern": f"^(>=|<=|>|<){DURATION}", "examples": [">2d"]}
    if name == "level":
        one: Schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^(>=|<=|!=|>|<)?\s*[+-]?[0-9_]+\s*$"}]}
    elif choices:
        one = {"anyOf": [{"enum": [*choices]}, {"type": "string", "pattern": r"\*"}]}
    else:
        one = {"type": ["string", "integer"]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}, {"type": "boolean"}]}


def rule() -> Schema:
    """One rule."""
    keys = {
        "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$", "description": "Its own: things count as said under it."},
        "match": ref("match"),
        "from": texts({"enum": [*MOMENTS]}, "A moment, or a list: the latest of them."),
        "after": ref("duration", "How long after it; 0m is at once. With `of`: after the target has ended."),
        "every": ref("duration", "Again and again, the first time one period after it."),
        "rrule": text("Again and again, at the instants of an RFC 5545 rule.", examples=["FREQ=DAILY;BYHOUR=9;BYMINUTE=0;BYSECOND=0"]),
        "max": integer("At most so many times."),
        "until": ref("duration", "No more when so long has passed."),
        "of": {"enum": [*TARGETS], "description": "A target, parts of which are used up."},
        "target": text("The target whose promise is meant, by its name; without it the ticket's SLA."),
        "at": texts({"type": "string", "pattern": "^[1-9][0-9]{0,2}%$"}, "Parts of the target: [75%, 100%]."),
        "before": ref("duration", "So long before the target ends."),
        "calendar": text("The calendar that after and every are counted in."),
        "notify": texts(ref("recipient"), "Whom to tell."),
        "notify_in": text("A calendar: the notice waits until it opens."),
        "say": ref("template", "What to tell them."),
        "call": ref("template", "A phone call that is owed: what to ask."),
        "answers": {
            "type": ["object", "null"], "propertyNames": {"pattern": r"^[^\s!-,./:-@\[-^`{-~]+$"}, "additionalProperties": _answer(),
            "description": "What may be answered, and what it leads to.",
        },
        "command": {
            "type": "array", "items": ref("template"), "minItems": 1,
            "description": "A program that the sweep runs, and its arguments; no shell.", "examples": [["page-somebody", "{id}"]],
        },
        "topic": text("Calls that share it are one: the newest stands."),
        "max_late": ref("duration", "A customer's message later than this is dropped and the desk told; without it 24h."),
        **_moves(),
    }  # fmt: skip
    return {**mapping(keys, "When, for which tickets, and what.", required=("name",)), "allOf": _whole()}


def _whole() -> list[Schema]:
    """One way of saying when, something to do, and no answers without a question."""
    repeats = {"properties": {"max": {"type": "integer", "minimum": 1}}, "required": ["max"]}
    ends = {"properties": {"until": {"type": "string"}}, "required": ["until"]}
    answers = {"properties": {"answers": {"type": "object", "minProperties": 1}}, "required": ["answers"]}
    target = {**one_of("at", "before", "after", quantity="anyOf"), "not": one_of("from", "every", "rrule", quantity="anyOf")}
    moment = {**one_of("after", "every", "rrule"), "required": ["from"], "not": one_of("at", "before", "target", quantity="anyOf")}
    return [
        {"if": {"required": ["of"]}, "then": target, "else": moment},
        one_of("notify", "call", "command", *_moves(), quantity="anyOf"),
        {"if": answers, "then": {"required": ["call"]}},
        {"if": {"anyOf": [repeats, ends]}, "then": one_of("every", "rrule", quantity="anyOf")},
    ]


def _moves() -> dict[str, Schema]:
    settable = {name: suggest(one.choices, name) for name, one in FIELDS.items() if one.settable}
    return {
        "mark": {"enum": [*MARKS], "description": "contacted, or told (of the days until it closes)."},
        **{name: {"type": "string", "description": f"{name} the ticket, with this text."} for name in _SAYS},
        **{name: {"type": "string", "description": f"{name} it to this team."} for name in _HANDS},
        "set": {"type": ["object", "null"], "properties": settable, "additionalProperties": False, "description": "Change fields."},
        "score": {"enum": [*SCORES], "description": "How content the customer is."},
    }


def _answer() -> Schema:
    several = {"type": "array", "items": ref("follow_up")}
    return {"anyOf": [ref("follow_up"), several]}


def follow_up() -> Schema:
    """What an answer leads to."""
    keys = {
        "match": ref("match"),
        "notify": texts(ref("recipient"), "Whom to tell."),
        "say": ref("template", "What to tell them."),
        "again": ref("duration", "The call comes back after this."),
        "times": integer("So many times."),
        "then": ref("follow_up", "What follows once that is used up."),
        **_moves(),
    }
    return mapping(keys, "What an answer leads to.")
