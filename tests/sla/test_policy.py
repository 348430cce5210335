"""Reading sla.yaml: each mistake with its line, what to write instead, and never half a policy. Page 2, *sla.yaml*; page 3, sentence 4."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.sla.policy import Policy
from itsm.store.settings import parse_settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ARTICLE = Path(__file__).parents[2] / "itsm" / "policies" / "article.yaml"
GOOD = """\
schema: 1
desk:
  name: Service desk
  prefix: T
  timezone: Asia/Shanghai
  customer_hours: '08:00-21:00'
people:
  li.lei: {name: 李雷, mail: li.lei@example.com}
teams:
  callcentre: {level: 0, mail: cc@example.com, calendar: office}
  network: {level: 2, members: [li.lei], head: li.lei}
calendars:
  office: {hours: {mon-fri: '09:00-12:00, 13:00-18:00'}}
priority:
  matrix: {high: {high: P1, low: P2}, low: {high: P2, low: P3}}
targets:
- {name: incident, match: {type: incident}, calendar: office, contact: 20m, resolve: 2h}
rules:
- name: late
  match: {status: [new, assigned], level: '>=2'}
  from: opened
  after: 20m
  notify: [head, audit@example.com]
  say: '{id} is late: {title}'
- name: ask
  from: [opened, reopened]
  after: 1h30m
  topic: confirmation
  call: Is {id} done?
  answers:
    'yes': {mark: contacted}
    no-answer: {again: 30m, times: 3, then: {notify: head}}
- name: part
  of: resolve
  at: [75%, 100%]
  notify: assignee
channels:
  mail: {smtp: 'localhost:25', from: desk@example.com}
"""


def test_a_policy_without_a_mistake_is_read_whole() -> None:
    settings = parse_settings(GOOD.encode(), NOW)
    assert settings.problems == []
    policy = settings.policy
    assert policy is not None
    assert [rule.name for rule in policy.rules] == ["late", "ask", "part"]
    assert (policy.desk.hold_over, policy.desk.digest_over, policy.channels["mail"].timeout) == (50, 20, 20)
    assert policy.rules[1].answers["no-answer"][0].then[0].notify == ("head",)


def test_what_init_writes_has_no_mistake_and_the_rule_names_that_are_promised() -> None:
    policy = parse_settings(ARTICLE.read_bytes(), NOW).policy
    assert policy is not None
    assert [rule.name for rule in policy.rules] == [
        "opened-notice", "assigned-notice", "engineer-contact", "resolve-target", "unresolved-4h", "callback-4h", "resolved-notice",
        "confirm-resolution", "still-resolved", "auto-close", "survey",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["schema: 1\n", "schema: 1\nrules: []\n", "schema: 1\npeople: {}\nteams:\n"])
def test_every_section_but_schema_may_be_absent_or_empty(text: str) -> None:
    assert parse_settings(text.encode(), NOW).policy == Policy()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        # the whole file
        ("schema: 1", "schema: 2", 1, "schema is 2 (this itsm reads schema: 1)"),
        ("schema: 1", "schema: true", 1, "schema is True (this itsm reads schema: 1)"),
        ("schema: 1\n", "", 1, "schema is None (this itsm reads schema: 1)"),
        ("people:", "poeple:", 7, "unknown key poeple (did you mean people?)"),
        ("people:", "teams:", 9, "teams"),
        ("schema: 1", "<<<<<<< HEAD\nschema: 1", 1, "conflict"),
        ("  prefix: T", "\tprefix: T", 4, "tab"),
        ("name: Service desk", "name: &a Service desk", 3, "anchor"),
        ("name: Service desk", "name: [unclosed", 3, "bracket"),
        # desk
        ("prefix: T", "prefix: t", 4, "'t' can't begin a ticket ID (capital letters and digits, a letter first: T, INC)"),
        ("prefix: T", "prefix: ''", 4, "can't begin a ticket ID"),
        ("prefix: T", "prefix: 42", 4, "prefix wants text, not a number (put it in quotes: '42')"),
        ("Asia/Shanghai", "Asia/Shangai", 5, "no such time zone: Asia/Shangai"),
        ("'08:00-21:00'", "'8-21'", 6, "for example '08:00-21:00'"),
        ("prefix: T", "prefx: T", 4, "unknown key prefx (did you mean prefix?)"),
        ("prefix: T", "hold_over: many", 4, "hold_over wants a whole number from 0 up, not 'many'"),
        ("prefix: T", "hold_over: -1", 4, "hold_over wants a whole number from 0 up, not -1"),
        ("prefix: T", "hold_over: true", 4, "hold_over wants a whole number"),
        ("prefix: T", "sweep_limit: 0s", 4, "sweep_limit is from a second to an hour, not 0s (sweep_limit: 1m)"),
        ("prefix: T", "sweep_limit: 2h", 4, "sweep_limit is from a second to an hour, not 2h"),
        # people, teams
        ("{name: 李雷, mail: li.lei@example.com}", "李雷", 8, "li.lei wants a mapping (key: value), not the text '李雷'"),
        ("mail: li.lei@", "mial: li.lei@", 8, "unknown key mial (did you mean mail?)"),
        ("{level: 2, m", "{level: two, m", 11, "level wants a whole number from 0 up, not 'two'"),
        ("members: [li.lei]", "members: [li.li]", 11, "no such person: li.li (did you mean li.lei?)"),
        ("head: li.lei", "head: boss", 11, "no such person: boss"),
        ("calendar: office}\n  network", "calendar: offise}\n  network", 10, "no such calendar: offise (did you mean office?)"),
        # calendars
        ("mon-fri: '09:00", "mon-fry: '09:00", 13, "fry"),
        ("13:00-18:00'", "13:00-18'", 13, "18"),
        ("{hours: {mon-fri: '09:00-12:00, 13:00-18:00'}}", "{hours: {}}", 13, "no working time"),
        ("{hours: {mon-fri: '09:00-12:00, 13:00-18:00'}}", "{hours: {mon: '09:00-12:00'}, holidays: XY}", 13, "XY"),
        # priority
        ("{high: {high: P1", "{hgih: {high: P1", 15, "no such impact: hgih (one of high, medium, low)"),
        ("{high: {high: P1, low: P2}", "{high: {hihg: P1, low: P2}", 15, "no such urgency: hihg (one of high, medium, low)"),
        ("high: P1,", "high: 1,", 15, "high wants text, not a number (put it in quotes: '1')"),
        # targets
        ("contact: 20m, ", "contact: 20, ", 17, "contact: 20 what? write 20m"),
        ("resolve: 2h}", "resolve: 2 hours}", 17, "did you mean 2h?"),
        ("resolve: 2h}", "resolv: 2h}", 17, "unknown key resolv (did you mean resolve?)"),
        ("{name: incident, match", "{match", 17, "a target wants a name"),
        ("{type: incident}", "{type: incdent}", 17, "type is never incdent; it is one of incident, request, change, inquiry"),
        # rules
        ("- name: late", "- name: ask", 25, "a second rule named ask (each rule needs a name of its own)"),
        ("- name: late", "- name: lat e", 19, "a rule wants a name of letters, digits, - and ."),
        ("- name: late", "- name: a/b", 19, "a rule wants a name of letters, digits, - and ."),
        ("{status: [new, assigned]", "{status: [new, asigned]", 20, "status is never asigned"),
        ("{status: [new, assigned]", "{stauts: [new, assigned]", 20, "no such field: stauts (did you mean status?)"),
        ("'>=2'", "'>=two'", 20, "level wants a whole number or a comparison like '>=2', not 'two'"),
        ("from: opened\n", "from: openend\n", 21, "no such moment: openend (did you mean opened?)"),
        ("  from: opened\n", "", 19, "rule late has no from (from: opened)"),
        ("  after: 20m\n", "", 19, "rule late says not when it is due (one of: after, every, rrule, of + at)"),
        ("  after: 20m\n", "  after: 20m\n  every: 1d\n", 19, "rule late says after and every when it is due"),
        ("after: 20m", "after: 20 m m", 22, "20 m m"),
        ("after: 20m", "every: 0m", 22, "every wants a time longer than nothing (every: 1d)"),
        ("after: 20m", "rrule: FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 22, "BYMONTHDAY=30 names no time that comes"),  # a sweep looked for 9 s
        ("after: 20m", "rrule: FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;UNTIL=20300101", 22, "names no time that comes"),
        ("after: 20m", "rrule: FREQ=YEARLY;BYMONTH=2", 22, "or none for what begins on the 31st"),
        ("after: 20m", "rrule: 'DTSTART:20260101T090000 FREQ=DAILY'", 22, "it is one rule, and begins when it is armed"),
        ("after: 20m", "rrule: FREQ=DAYLY", 22, "is no recurrence rule"),
        ("[head, audit@example.com]", "[haed, audit@example.com]", 23, "no such recipient: haed (did you mean head?)"),
        ("  notify: [head, audit@example.com]\n", "", 19, "rule late does nothing (notify, call, close or command)"),
        ("{id} is late", "{ID} is late", 24, "nothing fills {ID} (did you mean id?)"),
        ("  call: Is {id} done?\n", "  notify: head\n", 30, "answers without a call"),
        ("{mark: contacted}", "{mark: contcted}", 31, "no such mark: contcted (did you mean contacted?)"),
        ("{mark: contacted}", "{makr: contacted}", 31, "unknown key makr (did you mean mark?)"),
        ("{mark: contacted}", "{score: 6}", 31, "a score is a number from 1 to 5"),
        ("{mark: contacted}", "{set: {status: closed}}", 31, "status can't be set by a rule"),
        ("then: {notify: head}", "then: {notify: hed}", 32, "no such recipient: hed (did you mean head?)"),
        ("again: 30m", "again: soon", 32, "again: 'soon' is not a duration"),
        ("times: 3", "times: often", 32, "times wants a whole number from 0 up, not 'often'"),
        ("of: resolve", "of: resolved", 34, "no such target: resolved (did you mean resolve?)"),
        ("[75%, 100%]", "[75, 100%]", 35, "at wants text"),
        ("[75%, 100%]", "['0.75', 100%]", 35, "'0.75' is no part of a target (a percentage such as 75%)"),
        ("  at: [75%, 100%]\n", "", 33, "rule part doesn't say at which part of the target (at: [75%, 100%], before: 30m or after: 1h)"),
        ("rules:\n", "rules: {}\nx_old:\n", 18, "rules wants a list (- …), not a mapping"),
        # channels
        ("smtp: 'localhost:25', ", "", 38, "channel mail says no way to send"),
        ("smtp:", "stmp:", 38, "unknown key stmp (did you mean smtp?)"),
        (", from: desk@example.com", "", 38, "channel mail doesn't say whom its mail is from (from: desk@example.com)"),
        ("from: desk@example.com}", "from: desk@example.com, timeout: 0}", 38, "timeout wants a whole number from 1 up, not 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_to_write(old: str, new: str, line: int, says: str) -> None:
    assert GOOD.count(old) >= 1, old
    settings = parse_settings(GOOD.replace(old, new, 1).encode(), NOW)
    assert settings.policy is None, "half a policy"
    found = [str(problem) for problem in settings.problems]
    assert any(problem.line == line and says in str(problem) for problem in settings.problems), found


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0",
        "FREQ=DAILY;UNTIL=20200101T000000", "RRULE:FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=31", "UNTIL=20300101;FREQ=DAILY",
    ],
)  # fmt: skip
def test_a_recurrence_that_comes_however_seldom_is_taken(rule: str) -> None:
    assert parse_settings(GOOD.replace("after: 20m", f"rrule: '{rule}'").encode(), NOW).problems == []


def test_all_mistakes_are_named_in_the_order_of_their_lines() -> None:
    text = GOOD.replace("prefix: T", "prefix: t").replace("from: opened\n", "from: openend\n").replace("of: resolve", "of: resolved")
    settings = parse_settings(text.encode(), NOW)
    assert [problem.line for problem in settings.problems] == [4, 21, 34]
    assert settings.policy is None


def test_keys_that_begin_with_x_are_the_owners_business() -> None:
    assert parse_settings(GOOD.replace("  prefix: T", "  prefix: T\n  x_note: ours").encode(), NOW).problems == []


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"- 1\n", b"text\n", b"\xff\xfe", b"schema: 1\nschema: 1\n", b"schema: 1\n1: 2\n", b"schema: 1\ndesk: {1: 2}\n",
        b"schema: 1\nteams: {1: {level: 1}}\n",
    ],
    ids=["empty", "a list", "text", "not UTF-8", "twice", "a number for a key", "a number below desk", "a number for a team"],
)  # fmt: skip
def test_what_is_no_settings_file_at_all_is_said_and_raises_nothing(raw: bytes) -> None:
    settings = parse_settings(raw, NOW)
    assert settings.policy is None or raw.endswith(b"{1: {level: 1}}\n")
    assert settings.problems or settings.policy


@pytest.mark.parametrize("key", ["yes", "no", "on", "'yes'", "'1'"])
def test_an_answer_is_the_word_that_is_written_quoted_or_not(key: str) -> None:
    text = GOOD.replace("'yes': {mark", f"{key}: {{mark")
    policy = parse_settings(text.encode(), NOW).policy
    assert policy is not None
    assert [type(name) for name in policy.rules[1].answers] == [str, str]
    assert next(iter(policy.rules[1].answers)) == key.strip("'")
