"""How often one sweeps changes nothing of what is said: on histories that hypothesis makes (page 3, sentences 12, 13, 15)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.model.lifecycle import MOVES
from tests.sla.builders import OPEN, Pure, policy, when

# One-step rules whose match lasts: what is due at a moment is due at every later sweep, too.
ONE_STEP = (
    "{name: opened, from: opened, after: 20m, notify: [callcentre, audit@example.com]}",
    "{name: working, from: opened, after: 3h, calendar: office, notify: callcentre}",
    "{name: pending, from: pending, after: 15m, notify: callcentre}",
    "{name: any, from: [opened, resolved, reopened], after: 90m, notify: callcentre}",
    "{name: told, from: replied, after: 0m, notify: callcentre}",
)
END = 4 * 1440
STEPS = st.lists(
    st.tuples(
        st.integers(1, 400), st.sampled_from(["assign", "start", "pend", "resume", "resolve", "reopen", "close", "note", "contacted"])
    ),
    max_size=8,
)


def play(one: Pure, steps: list[tuple[int, str]], every: int, *, key_ends: bool = True) -> set[str]:
    """The history step by step, with a sweep every so many minutes and one at the end: all keys that were said."""
    one.open()
    said: set[str] = set()
    clock, at = 0, 0
    for pause, command in [*steps, (END, "")]:
        at = min(END, at + pause)
        while clock + every <= at:
            clock += every
            said |= keys(one, clock)
        if key_ends:
            said |= keys(one, at)  # what a change would take out of reach is said before it
        if (
            command
            and one.tickets["T-1"].status in MOVES[command].start
            and (command != "close" or one.tickets["T-1"].status == "resolved")
        ):
            do(one, command, at)
    return said | keys(one, END)


def do(one: Pure, command: str, minute: int) -> None:
    at = f"{minute}m"
    if command == "assign":
        one.assign("network", at, "li.lei")
    elif command == "note":
        one.customer_writes(at)
    else:
        one.do(command, at, **{"pend": {"for": "customer"}, "reopen": {"why": "no"}}.get(command, {}))


def keys(one: Pure, minute: int) -> set[str]:
    return {f"{action.key} {who.id}" for action in one.actions(when("0m") + timedelta(minutes=minute)) for who in action.to}


@settings(max_examples=15)
@given(STEPS)
def test_sweeping_every_ten_minutes_every_hour_or_at_each_change_says_the_same(steps: list[tuple[int, str]]) -> None:
    often = play(Pure(policy(*ONE_STEP)), steps, 10)
    assert play(Pure(policy(*ONE_STEP)), steps, 60) == often
    assert play(Pure(policy(*ONE_STEP)), steps, END) == often


@settings(max_examples=15)
@given(STEPS)
def test_nothing_is_said_twice_and_the_last_sweep_leaves_nothing(steps: list[tuple[int, str]]) -> None:
    rules = (
        *ONE_STEP,
        f"{{name: part, match: {{status: {OPEN}}}, of: resolve, at: [50%, 75%, 100%], notify: [assignee, head]}}",
        "{name: daily, match: {status: resolved}, from: resolved, every: 6h, notify: callcentre}",
        "{name: bye, match: {status: resolved}, from: resolved, after: 1d, close: No word, notify: callcentre}",
    )
    one = Pure(policy(*rules, targets="[{name: all, match: {}, resolve: 2h, calendar: office}]"))
    play(one, steps, 60)
    counted = [(fact["key"], fact["to"]) for fact in one.facts if fact["fact"] == "printed"]
    assert len(counted) == len(set(counted))
    assert one.sweep(f"{END}m") == []


@settings(max_examples=15)
@given(STEPS, st.permutations(range(len(ONE_STEP))))
def test_the_order_of_rules_and_tickets_changes_nothing(steps: list[tuple[int, str]], order: list[int]) -> None:
    one, other = Pure(policy(*ONE_STEP)), Pure(policy(*(ONE_STEP[n] for n in order)))
    assert play(one, steps, 60) == play(other, steps, 60)
    assert one.tickets["T-1"].status == other.tickets["T-1"].status


@settings(max_examples=15)
@given(STEPS)
def test_a_late_sweep_says_no_more_than_punctual_ones_and_of_a_series_only_the_last(steps: list[tuple[int, str]]) -> None:
    """Sentence 15: three days without cron."""
    daily = "{name: daily, from: opened, every: 6h, notify: callcentre}"
    punctual = play(Pure(policy(daily)), steps, 30)
    late = play(Pure(policy(daily)), steps, END, key_ends=False)
    assert late <= punctual
    assert {key.split("/")[2] for key in late} == {str(END // 360)}
