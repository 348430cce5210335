"""`on_call:` of a team, `oncall` and `role:` as recipients, and rules that repeat or count from the end of a target (issue 3, item 3)."""

from datetime import UTC, datetime, timedelta

import pytest

from itsm.model import lifecycle
from itsm.model.lifecycle import Signature
from itsm.model.ticket import Ticket
from itsm.sla.case import Case
from itsm.sla.ledger import Ledger
from itsm.sla.on_call import on_call
from itsm.sla.reading import read_policy
from itsm.sla.rules import judge

T0 = datetime(2026, 11, 2, 9, tzinfo=UTC)  # a Monday

ROTA = {
    "rota": ["li", "wang", "han"],
    "start": "2026-11-02 09:00",
    "rrule": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
    "overrides": [{"from": "2026-11-05 09:00", "to": "2026-11-06 09:00", "who": "han"}],
}


def policy(*rules, zone="UTC", on_call=ROTA, **more):
    people = {name: {"mail": f"{name}@example.com"} for name in ("li", "wang", "han")}
    people["han"]["roles"] = people["li"]["roles"] = ["security"]
    data = {
        "schema": 1,
        "desk": {"timezone": zone},
        "people": people,
        "teams": {"network": {"level": 2, "mail": "network@example.com", **({"on_call": on_call} if on_call else {})}},
        "targets": [{"name": "all", "resolve": "2h"}],
        "rules": list(rules),
        **more,
    }
    found, mistakes = read_policy(data)
    assert found, mistakes
    return found


def ticket(at=T0):
    numbers = iter(range(1000))
    hand = Signature("mei", at, lambda: f"E{next(numbers)}")
    opened = lifecycle.opened(Ticket(id="T-1", title="x", opened=at), hand)
    return lifecycle.move(opened, "assign", hand, team="network", level=2)


def addresses(one, now, at=T0):
    verdicts = judge(Case(ticket(at), one, Ledger(), now))
    return sorted(who.mail for verdict in verdicts if verdict.state == "due" and verdict.action for who in verdict.action.to)


def steps(one, now):
    return [(v.action.step, v.action.due_at - T0, v.state) for v in judge(Case(ticket(), one, Ledger(), now)) if v.action]


@pytest.mark.parametrize(
    ("zone", "at", "who"),
    [
        pytest.param("UTC", "2026-11-02T08:59Z", "", id="before the rota begins nobody is"),
        pytest.param("UTC", "2026-11-02T09:00Z", "li", id="the first of the rota begins"),
        pytest.param("UTC", "2026-11-09T08:59Z", "li", id="until the next hand-over"),
        pytest.param("UTC", "2026-11-09T09:00Z", "wang", id="at which the second takes over"),
        pytest.param("UTC", "2026-11-23T09:00Z", "li", id="and after the last the first again"),
        pytest.param("UTC", "2026-11-05T12:00Z", "han", id="a stand-in goes before the rota"),
        pytest.param("UTC", "2026-11-06T09:00Z", "li", id="until the stand-in ends"),
        pytest.param("Asia/Shanghai", "2026-11-09T00:59Z", "li", id="the hours are the desk's own"),
        pytest.param("Asia/Shanghai", "2026-11-09T01:00Z", "wang", id="and so is the hand-over"),
    ],
)
def test_who_is_on_call(zone, at, who):
    rota = policy(zone=zone).teams["network"].on_call
    assert on_call(rota, datetime.fromisoformat(at)) == who


@pytest.mark.parametrize(
    ("words", "rota", "expected"),
    [
        pytest.param("oncall", ROTA, ["li@example.com"], id="oncall is who is on call when the step is due"),
        pytest.param("oncall", None, ["network@example.com"], id="a team without a rota is told itself"),
        pytest.param("role:security", ROTA, ["han@example.com", "li@example.com"], id="a role is everybody who has it"),
    ],
)
def test_recipients(words, rota, expected):
    rule = {"name": "tell", "from": "opened", "after": "1h", "notify": words}
    assert addresses(policy(rule, on_call=rota), T0 + timedelta(days=30)) == expected


@pytest.mark.parametrize(
    ("rule", "hours", "expected"),
    [
        pytest.param({"of": "resolve", "before": "30m"}, 1.5, [("before 30m", 1.5, "due")], id="before the end of a target"),
        pytest.param({"of": "resolve", "after": "1h"}, 2.9, [("after 1h", 3, "waiting")], id="after the end of a target"),
        pytest.param({"of": "resolve", "at": ["150%"]}, 3, [("150%", 3, "due")], id="more than the whole of it"),
        pytest.param({"from": "opened", "every": "1h", "max": 2}, 9, [("2", 2, "due")], id="no more than max times"),
        pytest.param({"from": "opened", "every": "1h", "until": "3h"}, 9, [("3", 3, "due")], id="not later than until"),
        pytest.param(
            {"from": "opened", "rrule": "FREQ=DAILY;BYHOUR=8;BYMINUTE=0;BYSECOND=0"}, 24, [("1", 23, "due"), ("2", 47, "waiting")],
            id="a recurrence rule on the desk's clock",
        ),
        pytest.param({"from": "opened", "after": "1h", "match": {"age": ">2h"}}, 1.5, [], id="not yet old enough"),
        pytest.param({"from": "opened", "after": "1h", "match": {"age": ">2h"}}, 3, [("1h", 1, "due")], id="old enough"),
    ],
)  # fmt: skip
def test_when_a_rule_is_due(rule, hours, expected):
    found = steps(policy({"name": "r", "notify": "team", **rule}), T0 + timedelta(hours=hours))
    assert found == [(name, timedelta(hours=due), state) for name, due, state in expected]
