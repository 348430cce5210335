"""When a rule is due, and under which key: page 2, *Moments* and *Durations*; page 3, sentences 12, 13 and 15."""

from __future__ import annotations

from typing import Any

import pytest

from itsm.model.event import stamp
from tests.sla.builders import OPEN, Pure, policy, when

LATE = "{name: late, from: opened, after: 20m, notify: head}"


def desk(*rules: str, **given: Any) -> Pure:
    return Pure(policy(*rules, **given))


# --- keys (12) -------------------------------------------------------------------------------


def test_a_key_is_ticket_rule_step_kind_and_the_instant_that_armed_it() -> None:
    action = desk(LATE).open().due("20m")[0]
    assert action.key == f"T-1/late/20m/notify/{stamp(when('0m'))}"
    assert (action.armed, action.due_at) == (when("0m"), when("20m"))


@pytest.mark.parametrize(
    ("at", "said"),
    [
        pytest.param("19m59s", [], id="a second early"),
        pytest.param("20m", ["T-1 late 20m notify head:servicedesk"], id="on the dot"),
        pytest.param("9d", ["T-1 late 20m notify head:servicedesk"], id="nine days late"),
    ],
)
def test_a_step_is_due_from_its_moment_on(at: str, said: list[str]) -> None:
    assert desk(LATE).open().sweep(at) == said


def test_what_was_said_under_its_key_is_not_said_again() -> None:
    one = desk(LATE).open()
    assert one.sweep("20m")
    assert one.sweep("20m") == one.sweep("21m") == one.sweep("400d") == []


def test_a_clock_set_back_says_nothing_twice() -> None:
    """Sentence 21."""
    one = desk(LATE).open()
    assert one.sweep("2d")
    assert one.sweep("30m") == one.sweep("2d") == []


def test_reopening_arms_a_rule_anew_under_a_new_key() -> None:
    """Sentence 12 (zammad#4348: the day was in the key, and what fell due again that day was not said)."""
    one = desk("{name: done, match: {status: resolved}, from: resolved, after: 0m, notify: callcentre}").open()
    one.do("resolve", "1h")
    first = one.actions("1h")
    one.do("reopen", "2h").do("resolve", "3h")
    second = one.actions("3h")
    assert [action.key for action in first] == [f"T-1/done/0m/notify/{stamp(when('1h'))}"]
    assert [action.key for action in second] == [f"T-1/done/0m/notify/{stamp(when('3h'))}"]


def test_two_tickets_and_two_rules_have_keys_of_their_own() -> None:
    one = desk(LATE, LATE.replace("late", "later")).open().open(id="T-2")
    keys = [action.key for action in one.actions("20m")]
    assert len(set(keys)) == len(keys) == 4


@pytest.mark.parametrize(
    ("longer", "again"),
    [
        pytest.param("30m", [], id="its moment is not past what was said at: at 90 % of 30m it was 22m30s"),
        pytest.param("4h", ["T-1 part 75% notify head:servicedesk"], id="a longer target moves the moment past it: due once more"),
    ],
)
def test_a_longer_target_makes_a_step_due_again_a_pause_can_not(longer: str, again: list[str]) -> None:
    """Sentence 12: said at S is due again only if the moment has since moved past S."""
    rule = "{name: part, of: resolve, at: [75%], notify: head}"

    def target(limit: str) -> str:
        return f"[{{name: all, match: {{type: incident}}, resolve: {limit}}}]"

    one = desk(rule, targets=target("20m")).open()
    assert one.sweep("25m") == ["T-1 part 75% notify head:servicedesk"]
    one.policy = policy(rule, targets=target(longer))
    assert one.sweep("26m") == []
    assert one.sweep("3h") == again
    assert one.sweep("5h") == []


def test_a_pause_after_it_was_said_makes_nothing_due_again() -> None:
    one = desk("{name: part, of: resolve, at: [75%, 100%], notify: head}", targets="[{name: all, match: {}, resolve: 2h}]").open()
    assert one.sweep("90m") == ["T-1 part 75% notify head:servicedesk"]
    one.do("pend", "100m", **{"for": "customer"}).do("resume", "10h")
    assert one.sweep("10h") == one.sweep("10h19m") == []
    assert one.sweep("10h20m") == ["T-1 part 100% notify head:servicedesk"]
    assert one.sweep("20h") == []


# --- moments ---------------------------------------------------------------------------------


def story(one: Pure) -> Pure:
    """Each moment once, each at an instant of its own."""
    one.open("1m").assign("servicedesk", "2m").assign("network", "3m", command="escalate").do("contacted", "4m")
    one.do("pend", "5m", **{"for": "customer"}).do("resume", "6m").do("resolve", "7m").do("reopen", "8m", why="no")
    one.do("resolve", "9m").do("told", "10m").customer_writes("11m").do("close", "12m")
    return one.do("note", "13m", text="called back")


@pytest.mark.parametrize(
    ("moment", "armed"),
    [
        ("opened", "1m"), ("assigned", "3m"), ("escalated", "3m"), ("contacted", "4m"), ("pending", "5m"), ("resumed", "6m"),
        ("resolved", "9m"), ("reopened", "8m"), ("told", "10m"), ("replied", "11m"), ("updated", "13m"), ("closed", "12m"),
        ("[opened, reopened]", "8m"), ("[resolved, told, replied]", "11m"), ("[closed, escalated]", "12m"),
    ],
)  # fmt: skip
def test_a_rule_counts_from_the_last_time_its_moment_happened_a_list_from_the_latest(moment: str, armed: str) -> None:
    one = story(desk(f"{{name: rule, from: {moment}, after: 1h, notify: team}}"))
    assert [action.armed for action in one.due("20d")] == [when(armed)]


@pytest.mark.parametrize(
    "moment", ["assigned", "escalated", "contacted", "pending", "resumed", "resolved", "reopened", "told", "replied", "closed"]
)
def test_a_moment_that_has_not_happened_arms_nothing_and_explain_says_so(moment: str) -> None:
    one = desk(f"{{name: rule, from: {moment}, after: 0m, notify: callcentre}}").open()
    assert one.sweep("9d") == []
    assert one.why("9d", "rule") == f"nothing to count from: {moment}"


@pytest.mark.parametrize(
    ("moves", "armed"),
    [
        pytest.param([("assign", "servicedesk", "1m")], None, id="to the first line is no escalation"),
        pytest.param([("assign", "network", "1m")], "1m", id="a direct assign to L2 is one"),
        pytest.param([("assign", "servicedesk", "1m"), ("escalate", "network", "2m")], "2m", id="escalate"),
        pytest.param([("assign", "network", "1m"), ("assign", "systems", "2m")], "1m", id="from L2 to L2 is none"),
        pytest.param(
            [("assign", "network", "1m"), ("assign", "servicedesk", "2m"), ("assign", "network", "3m")], "3m", id="down and up again"
        ),
        pytest.param([("assign", "callcentre", "1m"), ("assign", "servicedesk", "2m")], "2m", id="from the call centre to L1"),
    ],
)
def test_escalated_is_when_a_higher_level_was_last_reached_by_any_command(moves: list[tuple[str, str, str]], armed: str | None) -> None:
    one = desk("{name: rule, from: escalated, after: 0m, notify: callcentre}").open()
    for command, team, at in moves:
        one.assign(team, at, command=command)
    assert [action.armed for action in one.due("1h")] == ([when(armed)] if armed else [])


def test_contacted_is_reset_when_the_ticket_changes_hands() -> None:
    one = desk("{name: rule, match: {contacted: false}, from: escalated, after: 20m, call: Has he?, answers: {'yes': {mark: contacted}}}")
    one.open().assign("network", "0m").do("contacted", "10m")
    assert one.sweep("20m") == []
    one.assign("systems", "30m")
    assert one.sweep("50m") == ["T-1 rule 20m call callcentre"]


@pytest.mark.parametrize(
    ("answer", "counts"), [("yes", True), ("no", True), ("no-answer", False)], ids=["yes is a word", "no is a word", "silence is none"]
)
def test_replied_is_the_customers_word_on_the_phone_too(answer: str, counts: bool) -> None:
    one = desk(
        "{name: ask, from: opened, after: 0m, call: Well?, answers: {'yes': {mark: told}, 'no': {mark: told}, no-answer: {again: 30m}}}",
        "{name: rule, from: replied, after: 0m, notify: team}",
    )
    one.open().assign("network", "0m").answer("ask", answer, "5m")
    assert [action.armed for action in one.due("10m") if action.rule == "rule"] == ([when("5m")] if counts else [])


# --- match -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("match", "holds"),
    [
        ("{status: assigned}", True), ("{status: [new, assigned]}", True), ("{status: new}", False), ("{level: '>=2'}", True),
        ("{level: '>2'}", False), ("{level: 2}", True), ("{level: [1, 2]}", True), ("{level: '<=1'}", False), ("{level: '!=1'}", True),
        ("{contacted: false}", True), ("{contacted: true}", False), ("{assignee: true}", True), ("{category: 'mail*'}", True),
        ("{category: mail}", False), ("{tags: vip}", True), ("{tags: other}", False), ("{scored: false}", True), ("{team: network}", True),
        ("{organization: Ministry}", True), ("{type: [incident, request], team: network}", True),
        ("{type: incident, team: systems}", False),
        ("{}", True),
    ],
)  # fmt: skip
def test_a_rule_is_only_for_tickets_that_match(match: str, holds: bool) -> None:
    one = desk(f"{{name: rule, match: {match}, from: opened, after: 0m, notify: callcentre}}")
    one.open(category="mail/outlook", tags=("vip",), contact={"organization": "Ministry"}).assign("network", "1m", "li.lei")
    assert bool(one.sweep("1m")) == holds
    if not holds:
        assert one.why("1m", "rule")


# --- after, every, thresholds (12, 15) -------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "calendar", "moment"),
    [
        ("0m", "", "0m"), ("90m", "", "90m"), ("1d", "", "24h"), ("1h30m", "", "90m"), ("4h", "office", "5h"), ("8h", "office", "9h"),
        ("1d", "office", "24h"), ("5d", "office", "7d"), ("2h", "24x7", "2h"),
    ],
)  # fmt: skip
def test_after_counts_working_time_where_the_rule_has_a_calendar_else_elapsed(after: str, calendar: str, moment: str) -> None:
    one = desk(f"{{name: rule, from: opened, after: {after}, {f'calendar: {calendar}, ' if calendar else ''}notify: callcentre}}").open()
    assert [v.due_at for v in one.due("30d")] == [when(moment)]


def test_every_first_fires_one_period_after_from_and_then_each_period() -> None:
    one = desk("{name: daily, match: {status: resolved}, from: resolved, every: 1d, notify: callcentre}").open().do("resolve", "1h")
    said = {hours: one.sweep(f"{hours}h") for hours in range(1, 80)}
    assert {hours: words for hours, words in said.items() if words} == {
        25: ["T-1 daily 1 notify callcentre"],
        49: ["T-1 daily 2 notify callcentre"],
        73: ["T-1 daily 3 notify callcentre"],
    }


def test_a_daily_reminder_missed_twice_is_said_once_with_the_days_that_are_true() -> None:
    """Sentence 15 (bcgov/entity#2253: floods)."""
    rule = "{name: daily, match: {status: resolved}, from: resolved, every: 1d, notify: callcentre, say: 'resolved {days} days ago'}"
    one = desk(rule).open().do("resolve", "0m")
    (action,) = one.actions("3d2h")
    assert (action.step, action.text) == ("3", "resolved 3 days ago")
    assert [key.split("/")[2] for key in action.lower] == ["1", "2"]
    assert one.sweep("3d23h") == []
    assert one.sweep("4d") == ["T-1 daily 4 notify callcentre"]


def test_one_day_ago_is_said_in_the_singular() -> None:
    """The issue: `was resolved 1 day ago and is not closed yet`."""
    rule = "{name: daily, from: opened, every: 1d, notify: callcentre, say: '{id} was resolved {days} days ago and is not closed yet'}"
    assert [a.text for a in desk(rule).open().due("1d")] == ["T-1 was resolved 1 day ago and is not closed yet"]


def test_every_working_day_in_a_calendar_passes_over_the_weekend() -> None:
    one = desk("{name: daily, from: opened, every: 1d, calendar: office, notify: callcentre}").open()
    assert [day for day in range(11) if one.sweep(f"{day}d")] == [1, 2, 3, 4, 7, 8, 9, 10]


def test_a_year_without_a_sweep_ends_in_one_reminder() -> None:
    one = desk("{name: minutely, from: opened, every: 1m, notify: callcentre}").open()
    assert one.sweep("500d") == [f"T-1 minutely {500 * 1440} notify callcentre"]
    assert one.sweep("500d") == []


TARGET = f"[{{name: all, match: {{status: {OPEN}}}, resolve: 2h}}]"


@pytest.mark.parametrize(
    ("at", "step", "lower"),
    [("89m", None, []), ("90m", "75%", ["50%"]), ("2h", "100%", ["50%", "75%"]), ("10d", "120%", ["50%", "75%", "100%"])],
)
def test_of_several_missed_thresholds_only_the_highest_is_said(at: str, step: str | None, lower: list[str]) -> None:
    """Sentence 15: the lower ones are recorded as superseded."""
    one = desk("{name: part, of: resolve, at: [120%, 75%, 50%, 100%], notify: callcentre}", targets=TARGET).open()
    one.sweep("1m")
    found = one.due(at) if step else []
    assert [action.step for action in found] == ([step] if step else [])
    assert [key.split("/")[2] for action in found for key in action.lower] == lower
    one.sweep(at)
    assert one.sweep(at) == []


def test_thresholds_in_turn_are_each_said_once() -> None:
    one = desk("{name: part, of: resolve, at: [75%, 100%], notify: callcentre}", targets=TARGET).open()
    said = [words for minute in range(0, 300, 10) for words in one.sweep(f"{minute}m")]
    assert said == ["T-1 part 75% notify callcentre", "T-1 part 100% notify callcentre"]


def test_a_threshold_is_not_due_while_the_clock_stands_still() -> None:
    one = desk("{name: part, of: resolve, at: [100%], notify: callcentre}", targets=TARGET).open()
    one.do("pend", "1h", **{"for": "vendor"})
    assert one.sweep("30d") == []
    one.do("resume", "30d")
    assert one.sweep("30d59m") == []
    assert one.sweep("30d1h") == ["T-1 part 100% notify callcentre"]


def test_a_target_that_was_met_says_nothing_of_later_parts() -> None:
    targets = "[{name: all, match: {}, contact: 20m}]"
    one = desk("{name: part, of: contact, at: [50%, 100%], notify: callcentre}", targets=targets).open().assign("network", "0m")
    one.do("contacted", "15m")
    assert one.sweep("9d") == ["T-1 part 50% notify callcentre"]


# --- moves first (13) ------------------------------------------------------------------------

CLOSE = "{name: auto-close, match: {status: resolved}, from: [resolved, told, replied], after: 3d, close: No word}"
REMIND = "{name: daily, match: {status: resolved}, from: resolved, every: 1d, notify: callcentre}"
SURVEY = "{name: survey, match: {status: closed}, from: closed, after: 0m, call: 'How was it?', answers: {good: {score: 5}}}"


def test_moves_come_first_and_the_rest_is_decided_on_the_moved_ticket() -> None:
    one = desk(REMIND, SURVEY, CLOSE).open().do("resolve", "0m")
    assert one.sweep("3d") == ["T-1 auto-close 3d close", "T-1 survey 0m call callcentre"]
    assert one.tickets["T-1"].status == "closed"
    assert one.sweep("3d") == []


def test_what_the_moving_rule_says_itself_is_said_with_the_move() -> None:
    one = desk(CLOSE.replace("close:", "notify: callcentre, say: 'bye {id}', close:"), REMIND).open().do("resolve", "0m")
    assert one.sweep("3d") == ["T-1 auto-close 3d close", "T-1 auto-close closed notify callcentre"]


@pytest.mark.parametrize(
    "rules", [(CLOSE, REMIND, SURVEY), (SURVEY, REMIND, CLOSE), (REMIND, CLOSE, SURVEY)], ids=["c-r-s", "s-r-c", "r-c-s"]
)
def test_the_order_of_the_rules_changes_nothing(rules: tuple[str, ...]) -> None:
    one = desk(*rules).open().do("resolve", "0m")
    assert sorted(one.sweep("3d")) == ["T-1 auto-close 3d close", "T-1 survey 0m call callcentre"]


def test_deciding_is_pure_the_same_question_has_the_same_answer() -> None:
    one = story(desk(CLOSE, REMIND, SURVEY, LATE, targets=TARGET))
    before = (one.tickets["T-1"], one.book)
    first = one.due("10d")
    assert first == one.due("10d")
    assert (one.tickets["T-1"], one.book) == before


def test_three_days_after_the_customers_last_word_it_closes_not_after_resolving() -> None:
    """M19."""
    one = desk(CLOSE).open().do("resolve", "0m").do("told", "10h").customer_writes("20h")
    assert one.sweep("3d10h") == []
    assert one.sweep("3d20h") == ["T-1 auto-close 3d close"]


def test_a_ticket_goes_on_when_its_until_is_over_and_its_assignee_is_told() -> None:
    """Page 4: at `pend --until` the next sweep resumes the ticket and tells the assignee."""
    one = desk().open().assign("network", "1m", "li.lei").do("pend", "2m", **{"for": "customer", "until": when("5h")})
    assert one.sweep("4h59m") == []
    assert one.sweep("5h") == ["T-1 pend-until 0m resume", "T-1 pend-until resumed notify assignee:li.lei"]
    assert one.tickets["T-1"].status == "assigned"
    assert one.sweep("6h") == []


@pytest.mark.parametrize(
    ("do", "field", "value"),
    [
        ("set: {category: late}", "category", "late"), ("assign: systems", "team", "systems"), ("escalate: network", "team", "network"),
        ("close: over", "status", "closed"),
    ],
)  # fmt: skip
def test_a_rule_may_move_a_ticket_in_each_of_these_ways_once(do: str, field: str, value: str) -> None:
    one = desk(f"{{name: rule, from: opened, after: 1h, {do}}}").open().assign("servicedesk", "1m")
    assert len(one.sweep("1h")) == 1
    assert getattr(one.tickets["T-1"], field) == value
    history = one.tickets["T-1"].history
    assert history[-1].data["rule"] == "rule"
    assert one.sweep("2h") == []
    assert one.tickets["T-1"].history == history


def test_a_move_undone_by_hand_is_not_made_again() -> None:
    one = desk("{name: rule, from: opened, after: 1h, set: {category: late}}").open()
    one.sweep("1h")
    one.do("set", "2h", category="mail")
    assert one.sweep("3h") == []
    assert one.tickets["T-1"].category == "mail"


@pytest.mark.parametrize("reverse", [False, True], ids=["by number", "the other way round"])
def test_the_order_of_the_tickets_changes_nothing(reverse: bool) -> None:
    one = desk(CLOSE, REMIND, SURVEY, LATE, targets=TARGET)
    for number in range(1, 6):
        one.open(f"{number}m", id=f"T-{number}")
    for number in (2, 4):
        one.do("resolve", f"{number}h", id=f"T-{number}")
    if reverse:
        one.tickets = dict(reversed(one.tickets.items()))
    assert sorted(one.sweep("4d")) == [
        "T-1 late 20m notify head:servicedesk", "T-2 auto-close 3d close", "T-2 late 20m notify head:servicedesk",
        "T-2 survey 0m call callcentre", "T-3 late 20m notify head:servicedesk", "T-4 auto-close 3d close",
        "T-4 late 20m notify head:servicedesk", "T-4 survey 0m call callcentre", "T-5 late 20m notify head:servicedesk",
    ]  # fmt: skip
