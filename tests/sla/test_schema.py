"""The JSON Schema that `itsm sla schema` prints: it knows every key that the reader knows, and refuses nothing that the reader takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from yaml12 import parse_yaml

from itsm.model.timeline import MOMENTS
from itsm.sla.hours import parse_spans
from itsm.sla.policy import MARKS, ROLES
from itsm.sla.reading import read_policy
from itsm.sla.schema import FILE, schema
from itsm.sla.spec import Spec
from tests.desk_runner import T0, DeskRunner

ROOT = Path(__file__).parents[2]
POLICIES = [*sorted((ROOT / "itsm" / "policies").glob("*.yaml")), ROOT / "sla.yaml"]
VALIDATOR = Draft202012Validator(schema())
FULL = """
schema: 1
desk: {name: Desk, prefix: INC, timezone: Europe/Berlin, language: en, sender: 'ops1:/srv', customer_hours: '08:00-21:00', hold_over: 9,
       digest_over: 9, sweep_limit: 2m, x_note: ours}
people:
  li.lei: {name: 李雷, mail: li@example.com, mobile: '139', logins: [lilei], roles: [security]}
teams:
  callcentre: {level: 0, mail: cc@example.com, mobile: '1', calendar: office}
  network: {level: 2, head: li.lei, contact: {name: A, mail: a@example.com}, members: [li.lei],
            on_call: {rota: [li.lei], start: '2026-11-02 09:00', rrule: FREQ=WEEKLY,
                      overrides: [{from: '2026-12-24 09:00', to: '2026-12-27 09:00', who: li.lei}]}}
calendars:
  office: {hours: {mon-thu: '09:00-12:00, 13:00-18:00', 'Fri, sat': ['09:00-12:00']}, holidays: ['2026-10-01', '12-24', DE-BY],
           makeup: '09:00-15:00',
           exceptions: {'2026-12-19': '10:00-14:00', '2026-12-23': ''}, timezone: Europe/Berlin}
priority: {matrix: {high: {high: P1, low: P2}, low: {medium: P3}}}
targets:
- {name: incident, match: {type: incident, age_: 1}, calendar: office, contact: 20m, update: 1d, resolve: 2h}
- {name: network, match: {team: network}, from: assigned, resolve: 4h}
rules:
- {name: a, match: {status: [new, assigned], level: '>=2', contacted: false, category: 'net*', age: '>2d'}, from: [opened, reopened],
   after: 0m, calendar: office, notify: [head, li.lei, 'role:security', x@example.com], notify_in: office, say: '{id}', max_late: 1h}
- {name: b, of: resolve, at: [50%, 100%], before: 30m, after: 1h, notify: customer, set: {priority: P1}, note: late, escalate: network}
- {name: c, from: resolved, every: 1d, max: 3, until: 1w, call: 'Is {id} done?', topic: t, answers:
   {'yes': {close: Done}, 'no': [{match: {status: resolved}, reopen: No}, {notify: head, say: '{id}'}, {assign: network}, {score: 5}],
    no-answer: {again: 30m, times: 3, then: {mark: told}}, never: {}}}
- {name: d, from: resolved, rrule: FREQ=DAILY, close: x}
- {name: e, of: resolve, target: network, at: [100%], notify: team}
- {name: f, from: opened, after: 1h, command: [page-somebody, '{id}', '{"text": "{title}"}']}
channels:
  mail: {smtp: 'localhost:25', from: a@example.com, timeout: 5}
  post: {sendmail: /usr/sbin/sendmail, from: a@example.com}
  sms: {command: [send-sms, '{mobile}']}
views:
  late: overdue -tag:vip
  mine: {filter: 'assignee:me status:open', sort: [due, -opened], columns: 'id,title,due', limit: 20}
""".replace(", age_: 1", "")


def full() -> dict[str, Any]:
    data: dict[str, Any] = parse_yaml(FULL)
    return data


def refusals(data: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(data)]


def mistakes(data: dict[str, Any]) -> list[str]:
    return [one.message for one in read_policy(data, T0)[1]]


def test_it_is_a_schema_of_draft_2020_12():
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_shipped_policies_and_our_own_are_valid(path):
    assert refusals(parse_yaml(path.read_text(encoding="utf-8"))) == []


def test_a_policy_with_every_key_is_valid_for_both():
    assert mistakes(full()) == []
    assert refusals(full()) == []


# --- the keys ---------------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Every key that the reader asks for when it reads the full policy, by place: `teams.*.on_call` → rota, start, …"""
    seen: dict[str, set[str]] = {}
    done = Spec.done

    def remembered(spec: Spec) -> None:
        seen.setdefault(place(spec.path), set()).update(spec.asked)
        done(spec)

    monkeypatch.setattr(Spec, "done", remembered)
    read_policy(full(), T0)
    return seen


def place(path: tuple[str | int, ...]) -> str:
    """A path without the names that people give; an answer's follow-ups are all one place."""
    words = ["*" if n == 1 and path[0] != "desk" else str(word) for n, word in enumerate(path) if not isinstance(word, int) or n == 1]
    return re.sub(r"answers\..*", "answers", ".".join(words)).replace(".contact", ".head")


SECTIONS = {
    "": (), "desk": ("properties", "desk"), "people.*": ("$defs", "person"), "teams.*": ("$defs", "team"),
    "teams.*.head": ("$defs", "person"),
    "teams.*.on_call": ("$defs", "on_call"), "teams.*.on_call.overrides": ("$defs", "on_call", "properties", "overrides", "items"),
    "priority": ("properties", "priority"), "targets.*": ("$defs", "target"), "rules.*": ("$defs", "rule"),
    "rules.*.answers": ("$defs", "follow_up"), "channels.*": ("$defs", "channel"),
    "channels.*.retry": ("$defs", "channel", "properties", "retry"),
    "views.*": ("$defs", "view"),
}  # fmt: skip


def test_it_has_the_keys_that_the_reader_asks_for_and_no_others(asked):
    assert set(asked) == set(SECTIONS)
    for where, path in SECTIONS.items():
        part: Any = schema()
        for step in path:
            part = part[step]
        assert set(part["properties"]) == asked[where], f"{where or 'the top'}: itsm/sla/schema.py and the reader disagree"


def test_it_has_the_moments_roles_and_marks_that_the_reader_has():
    text = json.dumps(schema())
    for word in (*MOMENTS, *ROLES, *MARKS):
        assert f'"{word}"' in text


def test_every_key_in_the_tables_of_the_page_is_in_it():
    page = (ROOT / "docs" / "sla.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| key \| meaning.*\n\|[- |]+\n((?:\|.*\n)+)", page, re.MULTILINE)
    documented = {key for table in tables for row in table.splitlines() for key in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    known = set(re.findall(r'"([a-z_]+)": \{', json.dumps(schema())))
    assert documented - known == set()


def test_every_key_tells_an_editor_what_it_is():
    parts = [
        schema()["properties"]["desk"],
        *(schema()["$defs"][name] for name in ("person", "team", "calendar", "rule", "follow_up", "channel")),
    ]
    for part in parts:
        for key, one in part["properties"].items():
            assert one.get("description") or "$ref" in one, key


# --- what it refuses, the reader refuses ------------------------------------------------------


def changed(path: str, value: Any) -> dict[str, Any]:
    """The full policy with one value set (`rules.0.after`), or, with None, taken away."""
    data = full()
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    part: Any = data
    for step in steps:
        part = part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return data


BROKEN = [
    ("schema", 2), ("schema", None), ("teem", {}), ("desk/prefix", "inc"), ("desk/nam", "x"), ("desk/hold_over", "many"),
    ("desk/hold_over", -1), ("desk/digest_over", 0), ("desk/customer_hours", "from eight"), ("desk", []), ("people/li.lei/email", "x"),
    ("people/li.lei/mobile", 139), ("people/li.lei/logins", [1]), ("teams/network/level", "two"), ("teams/network/head", {"nam": "x"}),
    ("teams/network/on_call/rota", None), ("teams/network/on_call/start", None), ("teams/network/on_call/overrides/0/who", None),
    ("calendars/office/hours", None), ("calendars/office/hours", {"mo": "09:00-18:00"}), ("calendars/office/hours", {"mon": "9-18"}),
    ("calendars/office/hours", {"mon": 9}), ("calendars/office/holidays", [20261001]), ("calendars/office/holidays", ["2026-10"]),
    ("calendars/office/exceptions", {"12-24": ""}), ("calendars/office/hour", {}), ("priority/matrix", {"huge": {}}),
    ("priority/matrix", {"high": {"huge": "P1"}}), ("priority/matrix", {"high": {"low": 1}}), ("targets", {}), ("targets/0/name", None),
    ("targets/0/resolve", "2 hours"), ("targets/0/resolve", 2), ("targets/0/solve", "2h"), ("targets/0/match", {"stauts": "new"}),
    ("targets/0/match", {"status": "nwe"}), ("targets/0/match", {"status": []}), ("targets/0/match", {"level": ">=two"}),
    ("targets/0/match", {"category": {}}), ("rules/0/match", {"age": "2d"}), ("rules", {}), ("rules/0/name", None),
    ("rules/0/name", "a b"), ("rules/0/from", "openend"), ("rules/0/from", None), ("rules/0/after", None), ("rules/0/every", "1d"),
    ("rules/0/at", ["75%"]), ("rules/0/before", "30m"), ("rules/0/max", 3), ("rules/0/until", "1d"), ("rules/0/notify", None),
    ("rules/0/notify", {}), ("rules/0/say", "{nobody}"), ("rules/0/say", 5), ("rules/0/answers", {"yes": {}}), ("rules/0/after", "-5m"),
    ("rules/0/after", "1.5h"), ("rules/0/after", "20"), ("rules/0/notfy", "head"), ("rules/1/of", "resolved"), ("rules/1/of", None),
    ("rules/1/at", ["75"]), ("rules/1/at", [75]), ("rules/1/from", "opened"), ("rules/1/every", "1d"),
    ("rules/1/set", {"status": "closed"}), ("rules/1/set", "P1"), ("rules/2/answers", {"the end": {}}),
    ("rules/2/answers", {"yes": {"makr": "told"}}), ("rules/2/answers", {"yes": {"mark": "tld"}}),
    ("rules/2/answers", {"yes": {"score": 6}}), ("rules/2/answers", {"yes": "close"}), ("rules/2/answers", {"yes": {"again": "soon"}}),
    ("rules/2/answers", {"yes": {"again": "1h", "times": "often"}}), ("rules/2/call", None), ("rules/2/rrule", "FREQ=DAILY"),
    ("channels/mail/stmp", "x"), ("channels/mail/from", None), ("channels/mail/smtp", None), ("channels/mail/timeout", 0),
    ("channels/sms/command", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), BROKEN, ids=str)
def test_what_is_broken_is_refused_by_both(path, value):
    data = changed(path, value)
    assert refusals(data), "the schema takes it"
    assert mistakes(data), "the reader takes it"


def places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value of the policy."""
    for step, value in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield (*path, step)
        yield from places(value, (*path, step))


ODD = st.sampled_from(
    [None, "", "x", "x*", 0, 1, -1, True, False, 1.5, [], ["x"], [1], [None], {}, {"x": 1}, {"x_ours": 1}, "1h", "12:00", "new", "50%"]
)


@given(st.data())
def test_whatever_one_value_becomes_what_the_schema_refuses_the_reader_refuses(data):
    policy = full()
    *steps, last = data.draw(st.sampled_from(sorted(places(policy), key=str)))
    part: Any = policy
    for step in steps:
        part = part[step]
    action = data.draw(st.sampled_from(["replace", "delete", "add"]))
    if action == "delete":
        del part[last]
    elif action == "add" and isinstance(part, dict):
        part[data.draw(st.sampled_from(["x_ours", "nonsense", "name", "match", "after", "from", "answers"]))] = data.draw(ODD)
    else:
        part[last] = data.draw(ODD)
    if refusals(policy) and not excused(policy):
        assert mistakes(deepcopy(policy)), f"{refusals(policy)} in {[*steps, last]}"


def excused(policy: dict[str, Any]) -> bool:
    """Where the schema is stricter on purpose: a move without a value, and an empty text, list or 0 where a follow-up should be."""
    listed = policy.get("rules")
    rules = [rule for rule in (listed if isinstance(listed, list) else ()) if isinstance(rule, dict)]
    answers = [answer for rule in rules if isinstance(rule.get("answers"), dict) for answer in rule["answers"].values()]
    text = json.dumps(policy)
    return any(answer in ("", 0) for answer in answers) or bool(
        re.search(r'"(mark|close|reopen|note|escalate|assign)": null|"then": (""|0|false|\[\])', text)
    )


@given(st.text(alphabet="0123456789:-, ", max_size=14))
def test_hours_are_refused_by_the_schema_only_where_they_are_by_the_calendar(text):
    part = Draft202012Validator({**schema()["$defs"]["hours"]})
    if not part.is_valid(text):
        with pytest.raises(ValueError):  # noqa: PT011 - the calendar's tests look at its words
            parse_spans(text, ())


# --- the command ------------------------------------------------------------------------------


def test_sla_schema_prints_the_bare_schema_without_any_desk(tmp_path):
    done = DeskRunner(tmp_path).ok("sla", "schema")
    assert json.loads(done.out) == schema()
    assert DeskRunner(tmp_path).ok("sla", "schema", "--json").json == {"schema": 1, "kind": "sla-schema", "data": schema()}


@pytest.mark.parametrize("path", POLICIES[:-1], ids=lambda path: path.stem)
def test_the_first_line_of_a_shipped_policy_tells_editors_where_the_schema_is(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert re.match(r"# yaml-language-server: \$schema=(\S+) ", first)[1] == FILE
    assert f"itsm sla schema > {FILE}" in first
