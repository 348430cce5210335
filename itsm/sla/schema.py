"""JSON Schema 2020-12 of sla.yaml, for editors: completion, a word on each key, and red lines while one types.

It says what the reader says, from the same constants, as far as a schema can: what it refuses, the reader refuses, too. What needs
the rest of the file (does this team exist?) is `itsm sla check`'s. A key without a value counts as absent, as it does for the reader.
"""

from __future__ import annotations

from itsm.model.columns import COLUMNS
from itsm.model.timeline import MOMENTS
from itsm.sla.hours import DAYS
from itsm.sla.policy import ROLES, TARGETS
from itsm.sla.reading_calendar import KEYS
from itsm.sla.schema_channels import channel
from itsm.sla.schema_parts import DURATION, TEXT, Schema, grades, hours, integer, listed, mapping, named, ref, suggest, text, texts
from itsm.sla.schema_rules import follow_up, match, rule
from itsm.sla.wording import PLACEHOLDERS

FILE = "sla.schema.json"
"""What the modeline of a shipped policy calls the file: `itsm sla schema > sla.schema.json`."""

_FILLED = "|".join(PLACEHOLDERS).replace(".", "[.]")
_DAY = "|".join("".join(f"[{sign.upper()}{sign}]" for sign in day) for day in DAYS)
_SOME_DAYS = rf"\s*({_DAY})\s*(-\s*({_DAY})\s*)?"


def schema() -> Schema:
    """The whole schema."""
    sections = {
        "schema": {"const": 1, "description": "The version of this file."},
        "desk": _desk(),
        "people": named(ref("person"), "Who is li.lei: where notices for an assignee, a member or a head go."),
        "teams": named(ref("team"), "Level 0 is the call centre, 1 the first line, 2 and up the specialists."),
        "calendars": named(ref("calendar"), "Working time. 24x7 is always there."),
        "priority": mapping({"matrix": grades(grades(text("What it makes.")))}, "Impact, then urgency."),
        "targets": listed(ref("target"), "The first that matches is the ticket's SLA."),
        "rules": listed(ref("rule"), "When something is due, for which tickets, and what then happens."),
        "channels": named(ref("channel"), "How notices travel with sweep --mail: the first that reaches somebody is taken."),
        "views": named({"anyOf": [TEXT, ref("view")]}, "Lists that have a name: itsm list NAME. A text is just filters."),
    }
    parts = {
        "person": mapping(_person(), "Somebody who can be told."), "team": _team(), "calendar": _calendar(), "match": match(),
        "target": _target(), "rule": rule(), "follow_up": follow_up(), "channel": channel(), "on_call": _on_call(),
        "view": _view(),
        "duration": {"type": ["string", "null"], "pattern": f"^{DURATION}", "examples": ["20m", "1h30m", "2d"]},
        "template": {"type": ["string", "null"], "not": {"type": "string", "pattern": rf"\{{(?!({_FILLED})\}})[^{{}}]*\}}"}},
        "recipient": suggest((*ROLES, "role:"), "A role, a person, a team, role:NAME or a mail address."),
        "hours": {"anyOf": [hours(), {"type": "array", "items": hours()}]},
    }  # fmt: skip
    whole = {**mapping(sections, "What a desk promises, and who is told.", required=("schema",)), "type": "object"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sla.yaml of itsm", **whole, "$defs": parts}


# --- the sections -----------------------------------------------------------------------------


def _desk() -> Schema:
    keys = {
        "name": text("Who signs the mail."),
        "prefix": text("What ticket IDs begin with.", pattern="^[A-Z][A-Z0-9]{0,9}$"),
        "timezone": text("What people see and write, an IANA name.", examples=["UTC", "Europe/Berlin", "Asia/Shanghai"]),
        "language": text("Kept for later."),
        "sender": text("host:/path of the only copy that acts and sends; itsm sender take writes it."),
        "customer_hours": {**hours(), "type": ["string", "null"], "description": "Messages to customers wait for these hours."},
        "hold_over": integer("More messages to customers than this in one sweep are held."),
        "digest_over": integer("More notices than this to one address in one sweep go as one.", least=1),
        "heartbeat": texts(TEXT, "Told after each sweep: an https URL, or a program with its arguments."),
        "sweep_limit": ref("duration", "How long a sweep may wait for servers and programs altogether."),
    }
    return mapping(keys, "The desk itself.")


def _person() -> Schema:
    return {
        "name": text("What people call them."), "mail": text("The mail address."), "mobile": text("The mobile number, for SMS."),
        "logins": texts(TEXT, "Names on this host: who acts is told by them."),
        "roles": texts(TEXT, "What role:NAME in notify finds them by."),
    }  # fmt: skip


def _team() -> Schema:
    somebody = {"anyOf": [{"type": ["string", "null"]}, ref("person")]}
    keys = {
        "level": integer("0 is the call centre, 1 the first line, 2 and up the specialists. Without it: 1."),
        "mail": text("The team's mail address."),
        "mobile": text("The team's mobile number."),
        "calendar": text("Only the call centre's matters: calls fall due in it."),
        "head": {**somebody, "description": "Who is told when a promise is broken: a person, or a mapping of their own."},
        "contact": {**somebody, "description": "The contact person; without one the team is told."},
        "members": texts(TEXT, "People of the team."),
        "on_call": ref("on_call", "Who is on call, in turn: the recipient oncall."),
    }
    return mapping(keys, "A department.")


def _on_call() -> Schema:
    when = {"type": "string", "description": "A time on the desk's clock: '2026-11-02 09:00'."}
    shift = mapping({"from": when, "to": when, "who": {"type": "string"}}, "Somebody stands in.", required=("from", "to", "who"))
    keys = {
        "rota": texts(TEXT, "The people, in the order of their turns."),
        "start": {**when, "description": "When the first one's first turn begins."},
        "rrule": text("An RFC 5545 rule of the hand-overs. Without it: FREQ=WEEKLY.", examples=["FREQ=WEEKLY;BYDAY=MO;BYHOUR=9"]),
        "overrides": listed(shift, "Who stands in, from when to when."),
    }
    return mapping(keys, "A rota.", required=("rota", "start"))


def _calendar() -> Schema:
    day = r"^\s*([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}-[0-9]{1,2}|[^0-9\s].*)\s*$"
    holiday = {"type": "string", "pattern": day, "examples": ["2026-10-01", "12-24", "CN", "DE-BY"]}
    keys = {
        "hours": {
            "type": "object", "propertyNames": {"pattern": f"^{_SOME_DAYS}(,{_SOME_DAYS})*$"}, "additionalProperties": ref("hours"),
            "description": "Windows of wall-clock time by weekday: {mon-fri: '09:00-12:00, 13:00-18:00'}.",
        },
        "holidays": {
            "anyOf": [holiday, {"type": "array", "items": holiday}],
            "description": "Dates, yearly dates (12-24), and codes of countries.",
        },
        "makeup": {
            "anyOf": [{"enum": list(DAYS)}, ref("hours")],
            "description": "Hours of the weekend days that the country works to make up for a holiday: a weekday's (mon), or of their own.",
        },
        "exceptions": {
            "type": "object", "propertyNames": {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}, "additionalProperties": ref("hours"),
            "description": "Dates with hours of their own; '' is closed.",
        },
        "timezone": {"type": "string", "description": "Without it the desk's."},
    }  # fmt: skip
    return {"type": "object", "properties": {key: keys[key] for key in KEYS}, "required": ["hours"], "additionalProperties": False}


def _target() -> Schema:
    promised = {
        "contact": "From hand-over until somebody has been in touch.",
        "update": "From the customer's oldest unanswered word until the answer.",
        "resolve": "From opened until resolved.",
    }
    keys = {
        "name": {"type": "string", "minLength": 1, "description": "What it is called."},
        "match": ref("match"),
        "from": texts({"enum": [*MOMENTS]}, "What a team owes another: counted from this moment, and beside the ticket's SLA."),
        "calendar": text("The calendar that its times are counted in; 24x7 without one."),
    }
    keys |= {kind: ref("duration", promised[kind]) for kind in TARGETS}
    return mapping(keys, "What is promised to the tickets that match.", required=("name",))


def _view() -> Schema:
    keys = {
        "filter": text("Which tickets, as on the command line.", examples=["assignee:me", "team:network overdue -tag:vip"]),
        "sort": texts(TEXT, "Columns to sort by; - in front of one begins with its last."),
        "columns": texts(suggest(tuple(COLUMNS), "A column."), "What is shown of each ticket."),
        "limit": integer("No more than this; 0 is all."),
    }
    return mapping(keys, "A list that has a name.")
