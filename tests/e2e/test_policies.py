"""The policies that itsm ships: each makes a desk, has no finding, and does on a small desk what its comments promise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.desk_runner import T0, DeskRunner, stamp

NAMES = ("article", "msp", "office")


@pytest.fixture
def desk(tmp_path: Path) -> Callable[[str], DeskRunner]:
    """A desk under a policy; Monday, nine o'clock."""

    def made(policy: str) -> DeskRunner:
        desk = DeskRunner(tmp_path)
        desk.ok("init", "--policy", policy)
        return desk

    return made


def told(desk: DeskRunner, at: str) -> list[str]:
    """What a sweep says and does: `rule step → to whom`."""
    data = desk.ok("sweep", "--json", at=at).data
    assert data["problems"] == []
    return [
        f"{one['rule']} {one['step']} → {', '.join(one['to']) or one['kind']}" for one in data["actions"] if one["delivery"] != "superseded"
    ]


# --- init -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_each_policy_makes_a_desk_that_sla_check_finds_in_order(desk, name):
    made = desk(name)
    assert made.ok("sla", "check", "--strict").out == "sla.yaml is in order\n"
    assert made.ok("check").exit == 0
    assert (made.root / "sla.yaml").read_text(encoding="utf-8").count("sender:") == 1


def test_without_policy_it_is_the_articles(tmp_path):
    for folder, more in (("one", []), ("two", ["--policy", "article"])):
        DeskRunner(tmp_path).ok("init", folder, *more)
    one, two = ((tmp_path / name / "sla.yaml").read_text(encoding="utf-8").replace(f"/{name}", "") for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize(
    ("name", "hint"),
    [("offce", "did you mean office?"), ("bank", "known: article, msp, office"), ("../policies/msp", "known:"), ("", "known:")],
)
def test_a_policy_that_there_is_not_makes_no_desk_and_names_those_that_there_are(tmp_path, name, hint):
    done = DeskRunner(tmp_path).do("init", "new", "--policy", name)
    assert done.exit == 2
    assert hint in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_desk_inside_another_is_made_and_said_to_lie_there(tmp_path: Path) -> None:
    """As git has repositories within repositories."""
    outer = DeskRunner.made(tmp_path)
    outer.ok("open", "Mail is down")
    made = outer.ok("init", "customers/one")
    inner = tmp_path / "customers" / "one"
    warning = f"warning: {inner} lies inside the desk {tmp_path}: from here on down, commands are about the new one\n"
    assert made.err.startswith(warning)
    assert outer.ran("open", "FTP is slow", cwd=inner).out == "T-1: FTP is slow\n"
    assert "warning" not in outer.ok("init", str(tmp_path.parent / f"{tmp_path.name}-beside")).err


@pytest.mark.parametrize("name", NAMES)
def test_a_small_desk_goes_through_a_week_and_two_sweeps_say_nothing_twice(desk, name):
    made = desk(name)
    customer = ("--name", "Ann", "--email", "ann@example.com", "--mobile", "+491701234567")
    made.ok("open", "Mail is down", "--impact", "high", "--urgency", "high", *customer)
    made.ok("open", "A new mailbox", "--type", "request", *customer, "--team", second_line(name))
    made.ok("open", "Does anybody read this?", "--type", "inquiry", *customer)
    made.ok("resolve", "3", "--how", "Yes", at="+1h")
    for hours in (0, 1, 4, *range(24, 241, 24)):  # never more than a day apart: nothing is held for a jump (sentence 21)
        told(made, f"+{hours}h")
        assert told(made, f"+{hours}h") == []
    assert [made.ticket(str(n))["status"] for n in (1, 2, 3)] == ["new", "assigned", "closed"]
    assert made.ok("check", at="+240h").exit == 0


def second_line(policy: str) -> str:
    return {"article": "network", "msp": "network", "office": "workplace"}[policy]


# --- an office --------------------------------------------------------------------------------


def test_in_an_office_no_promise_runs_at_night(desk):
    made = desk("office")
    made.ok("open", "The screen flickers", "--impact", "high", "--urgency", "high", at="+8h30m")  # half an hour before six
    assert [one["due"] for one in made.ticket()["sla"] if one["target"] == "resolve"] == [
        "2026-11-24T13:30:00Z"
    ]  # 4 h: 30 minutes, three hours, the break, 30 minutes


def test_what_is_handed_over_at_night_is_said_in_the_morning(desk):
    made = desk("office")
    made.ok("open", "The screen flickers", "--name", "Ann", "--email", "ann@example.com", at="+12h")  # nine in the evening
    made.ok("assign", "1", "helpdesk", at="+12h")
    assert told(made, "+12h") == []  # the customer, too, is told in the morning
    assert told(made, "+22h") == ["opened-notice 0m → ann@example.com"]
    assert told(made, "+23h") == ["assigned-notice 0m → helpdesk@example.com"]


def test_an_office_closes_by_itself_after_five_working_days_without_a_word(desk):
    made = desk("office")
    made.ok("open", "The screen flickers", "--team", "helpdesk")
    made.ok("resolve", "1", "--how", "A new cable", at="+1h")
    told(made, "+1h")
    for day in range(1, 8):  # four working days and a weekend, and a morning
        assert "auto-close" not in " ".join(told(made, f"+{day}d"))
    assert "auto-close 5d → close" in told(made, "+7d2h")
    assert made.ticket()["status"] == "closed"


# --- a provider -------------------------------------------------------------------------------

CHAIN = [
    ("2h", "resolve-half 50%", {"network@example.com"}),
    ("3h", "resolve-three-quarters 75%", {"head.network@example.com"}),
    ("4h", "resolve-broken 100%", {"head.network@example.com", "service.manager@example.com"}),
    ("6h", "resolve-long-broken 150%", {"service.manager@example.com", "director@example.com"}),
    ("8h", "resolve-long-broken 200%", {"service.manager@example.com", "director@example.com"}),
]


def urgent(desk: DeskRunner) -> None:
    customer = ("--name", "Ann", "--email", "ann@example.com")
    desk.ok("open", "The line is down", "--impact", "high", "--urgency", "high", *customer, "--team", "network")
    desk.ok("start", "1", "--by", "li.lei")
    desk.ok("contacted", "1")
    told(desk, "+1m")


def test_at_a_provider_the_chain_goes_up_as_the_promise_is_used_up(desk):
    made = desk("msp")
    urgent(made)
    for at, step, who in CHAIN:
        before = [line for line in told(made, f"+{span_before(at)}") if line.startswith("resolve-")]
        now = [line for line in told(made, f"+{at}") if line.startswith("resolve-")]
        assert before == []
        assert [line.partition(" → ")[0] for line in now] == [step]
        assert who <= set(now[0].partition(" → ")[2].split(", "))


def span_before(at: str) -> str:
    return f"{int(at.removesuffix('h')) - 1}h59m59s"


def test_missed_steps_of_the_chain_reach_everybody_in_it(desk):
    made = desk("msp")
    urgent(made)
    chain = [line.partition(" → ")[0] for line in told(made, "+9h") if line.startswith("resolve-")]
    assert chain == ["resolve-half 50%", "resolve-three-quarters 75%", "resolve-broken 100%", "resolve-long-broken 200%"]


def test_a_providers_customers_hear_of_what_is_urgent_every_hour(desk):
    made = desk("msp")
    urgent(made)
    assert "p1-customer-update 1 → ann@example.com" in told(made, "+1h")
    assert "p1-customer-update 5 → ann@example.com" in told(made, "+5h30m")
    made.ok("resolve", "1", "--how", "A new line", at="+6h")
    assert not [line for line in told(made, "+7h") if "customer-update" in line]


@pytest.mark.parametrize(
    ("impact", "urgency", "due"),
    [
        ("high", "high", T0 + timedelta(hours=9 + 4)),  # opened at six in the evening: around the clock
        ("high", "medium", T0 + timedelta(hours=24 + 7)),  # eight business hours from eight on: four in the afternoon
        ("medium", "medium", T0 + timedelta(hours=72 - 1)),  # two business days from eight on: at eight on Thursday
    ],
    ids=["P1", "P2", "P3"],
)  # fmt: skip
def test_a_provider_works_around_the_clock_only_on_what_is_most_urgent(desk, impact, urgency, due):
    made = desk("msp")
    made.ok("open", "x", "--impact", impact, "--urgency", urgency, at="+9h")
    promised = {one["target"]: one["due"] for one in made.ticket()["sla"]}
    assert promised["resolve"] == stamp(due)
