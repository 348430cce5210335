"""`itsm sla check` beyond mistakes: what may be written and can't be meant, each with its line, its column and what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.errors import ItsmError
from itsm.model import lifecycle
from itsm.model.ticket import STATUSES, Ticket
from itsm.model.timeline import MOMENTS, timeline
from itsm.sla.lint import lint
from itsm.sla.lives import moment_can_be, tickets
from itsm.sla.match import Condition, condition
from itsm.sla.policy import Policy
from itsm.sla.reading import read_policy
from itsm.store.strict import line_of, load, to_data
from tests.desk_runner import T0, DeskRunner

POLICIES = sorted((Path(__file__).parents[2] / "itsm" / "policies").glob("*.yaml"))
SOUND = """\
schema: 1
people:
  li.lei: {mail: li.lei@example.com}
teams:
  callcentre: {level: 0, mail: cc@example.com}
  servicedesk: {level: 1, mail: l1@example.com, head: {mail: head1@example.com}}
  network: {level: 2, mail: l2@example.com, members: [li.lei], head: li.lei}
calendars:
  office: {hours: {mon-fri: '09:00-18:00'}}
priority: {matrix: {high: {high: P1, low: P2}, low: {high: P2, low: P3}}}
targets:
- {name: urgent, match: {type: incident, priority: P1}, resolve: 2h}
- {name: incident, match: {type: incident}, contact: 20m, resolve: 4h}
- {name: rest, update: 1d}
rules:
- RULE
"""


def found(text: str) -> list[str]:
    """The findings as `sla check` prints them, without the file's name."""
    tree = load(text.encode(), "sla.yaml")
    policy, mistakes = read_policy(to_data(tree), T0)
    assert policy is not None, mistakes
    rows = [(*line_of(tree, one.path), one.message, one.remedy) for one in lint(policy, T0)]
    return [f"{line}:{column}: {message} ({remedy})" for line, column, message, remedy in sorted(rows)]


def with_rule(rule: str) -> str:
    return SOUND.replace("RULE", rule)


# --- what is right is left in peace -----------------------------------------------------------


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_the_shipped_policies_have_no_findings(path):
    assert found(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "rule",
    [
        "{name: a, from: opened, after: 0m, notify: customer}",
        "{name: a, match: {status: [new, assigned]}, from: [opened, reopened], after: 4h, notify: head}",
        "{name: reopened-and-new-again, match: {status: new}, from: resolved, after: 1h, notify: callcentre}",
        "{name: a, match: {status: closed}, from: pending, after: 1h, notify: callcentre}",  # it was pending before it was closed
        "{name: a, match: {status: closed, resolved: false}, from: closed, after: 1h, notify: head}",  # close --how
        "{name: a, match: {status: new, contacted: true}, from: contacted, after: 1h, notify: head}",  # somebody has phoned
        "{name: a, match: {level: '>=2'}, from: escalated, after: 20m, notify: head}",
        "{name: a, match: {category: 'net*', tags: vip, organization: Example Ltd, ci: mail-01}, from: opened, after: 1h, notify: head}",
        "{name: a, match: {priority: [P1, P2], impact: 'h*'}, of: resolve, at: [50%, 150%], notify: head}",
        "{name: a, of: resolve, before: 3h, notify: head}",  # sooner than the shorter target begins, but not the longer
        "{name: a, from: opened, rrule: FREQ=WEEKLY;BYDAY=MO;BYHOUR=9, notify: head}",
        "{name: a, match: {age: '>2d'}, from: opened, after: 0m, notify: oncall}",
        "{name: a, match: {status: resolved}, from: [resolved, told], after: 3d, close: no word}",
        "{name: a, match: {status: resolved}, from: resolved, after: 1h, reopen: not yet, assign: network}",  # one after the other
        "{name: a, from: opened, after: 0m, notify: [watchers, customer, someone@example.com]}",
    ],
)  # fmt: skip
def test_what_can_happen_is_no_finding(rule):
    assert found(with_rule(rule)) == []


# --- rules that never fire --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{name: a, match: {status: new, team: network}, from: opened, after: 1h, notify: head}",
         "16:13: rule a never fires: no ticket has status new and team network (one of them excludes the other)"),
        ("{name: a, match: {status: [assigned, in-progress], closed: true}, from: opened, after: 1h, notify: head}",
         "no ticket has status assigned or in-progress and a closed"),
        ("{name: a, match: {status: pending, resolved: true}, from: opened, after: 1h, notify: head}", "status pending and a resolved"),
        ("{name: a, match: {status: new, pending_for: vendor}, from: opened, after: 1h, notify: head}", "new and pending_for vendor"),
        ("{name: a, match: {level: '>=3'}, from: opened, after: 1h, notify: head}",
         "16:21: rule a never fires: no ticket has level >=3 (the teams are of level 0, 1, 2)"),
        ("{name: a, match: {team: network, level: 1}, from: opened, after: 1h, notify: head}", "no ticket has team network and level 1"),
        ("{name: a, match: {team: netwrok}, from: opened, after: 1h, notify: head}", "no ticket has team netwrok (did you mean network?)"),
        ("{name: a, match: {priority: P9}, from: opened, after: 1h, notify: head}", "no ticket has priority P9 (one of P1, P2, P3)"),
        ("{name: a, match: {priority: [P1, P9]}, from: opened, after: 1h, notify: head}", "16:21: no ticket has priority P9"),
        ("{name: a, match: {type: 'in*t', urgency: 'x*'}, from: opened, after: 1h, notify: head}", "no ticket has urgency x* (one of high"),
        ("{name: a, match: {score: 5}, from: closed, after: 1h, notify: head}", "no ticket has score 5 (true or false: whether it is set)"),
        ("{name: a, match: {resolved: '2026-11-23'}, from: opened, after: 1h, notify: head}", "no ticket has resolved 2026-11-23"),
        ("{name: a, match: {contacted: false}, from: contacted, after: 1h, notify: head}", "no ticket that it matches was ever contacted"),
        ("{name: a, match: {status: new}, from: [assigned, escalated], after: 1h, notify: head}", "was ever assigned or escalated"),
        ("{name: a, match: {status: resolved}, from: told, after: 3d, close: x}",
         "was ever told (told happens where an answer has mark: told)"),
        ("{name: a, match: {type: change}, of: resolve, at: [100%], notify: head}",
         "16:36: rule a never fires: what it matches has no time to resolve, which urgent, incident promise"),
        ("{name: a, match: {status: new}, of: contact, at: [100%], notify: head}", "has no time to contact"),
        ("{name: a, match: {status: cancelled}, of: resolve, at: [100%], notify: head}", "has no time to resolve"),
        ("{name: a, of: resolve, before: 4h, notify: head}", "4h before the end of 4h is before it begins"),
        ("{name: a, of: resolve, at: [], notify: head}", "it names no part of the target (at: [75%, 100%])"),
        ("{name: a, from: opened, rrule: FREQ=DAILY;UNTIL=20200101T000000, notify: head}", "20200101T000000 names no time that comes"),
        ("{name: a, from: opened, every: 1d, until: 12h, notify: head}", "until is over before the first 1d"),
    ],
)  # fmt: skip
def test_a_rule_that_never_fires_is_named_with_the_reason(rule, says):
    findings = found(with_rule(rule))
    assert len(findings) == 1, findings
    assert says in findings[0]


def test_a_target_that_nobody_promises_is_named():
    text = with_rule("{name: a, of: contact, at: [100%], notify: head}").replace("contact: 20m, ", "")
    assert found(text) == ["16:13: rule a never fires: no target promises contact (targets: [{name: …, contact: 4h}])"]


def test_no_ticket_is_escalated_where_no_team_is_above_another():
    text = with_rule("{name: a, from: escalated, after: 1h, notify: head}").replace("level: 2", "level: 1").replace("level: 0", "level: 1")
    assert "was ever escalated (escalated wants a team above the first level)" in found(text)[0]


# --- targets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "later", "hidden"),
    [
        ("{}", "{type: incident}", True),
        ("{type: incident}", "{type: incident, priority: P1}", True),
        ("{type: [incident, request]}", "{type: incident}", True),
        ("{type: [incident, request, change, inquiry]}", "{}", True),
        ("{level: '>=1'}", "{level: [1, 2]}", True),
        ("{team: network}", "{level: 2, team: network}", True),
        ("{category: 'n*'}", "{category: [net*, nas]}", True),
        ("{organization: true}", "{organization: Example Ltd}", True),
        ("{status: ['*']}", "{}", True),
        ("{type: incident, priority: P1}", "{type: incident}", False),
        ("{type: incident}", "{type: [incident, request]}", False),
        ("{category: 'net*'}", "{category: 'n*'}", False),
        ("{category: 'ne?'}", "{category: 'ne*'}", False),
        ("{organization: Example Ltd}", "{organization: true}", False),
        ("{tags: vip}", "{}", False),
        ("{priority: [P1, P2, P3]}", "{}", False),  # what has no priority
    ],
)  # fmt: skip
def test_a_target_behind_a_wider_one_is_never_chosen(earlier, later, hidden):
    text = (
        SOUND[: SOUND.index("targets:")]
        + f"targets:\n- {{name: one, match: {earlier}, resolve: 1h}}\n- {{name: two, match: {later}, resolve: 2h}}\n"
    )
    says = "13:3: target two is never chosen: all that it matches goes to one, which comes first (put it before one)"
    assert found(text) == ([says] if hidden else [])


def test_a_target_that_no_ticket_can_meet_is_never_chosen():
    text = SOUND[: SOUND.index("targets:")] + "targets:\n- {name: one, match: {status: new, level: 2}, resolve: 1h}\n"
    assert found(text) == ["12:15: target one is never chosen: no ticket has status new and level 2 (one of them excludes the other)"]


# --- who can't be reached ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "notify", "says"),
    [
        ("mail: l2@example.com, ", "", "team", "7:3: rule a tells team, and network has no address (mail: name@example.com, or mobile)"),
        ("mail: l2@example.com, ", "", "network", "7:3: rule a tells network, and network has no address"),
        ("head: {mail: head1@example.com}", "head: {name: Han}", "head", "6:49: rule a tells head, and Han has no address"),
        ("{mail: li.lei@example.com}", "{name: 李雷}", "head", "3:3: rule a tells head, and 李雷 has no address"),
        ("{mail: li.lei@example.com}", "{name: 李雷}", "assignee", "3:3: rule a tells assignee, and 李雷 has no address"),
        ("{mail: li.lei@example.com}", "{name: 李雷}", "li.lei", "3:3: rule a tells li.lei, and 李雷 has no address"),
        ("{mail: li.lei@example.com}", "{roles: [security]}", "role:security",
         "3:3: rule a tells role:security, and li.lei has no address"),
        (", mail: cc@example.com", "", "callcentre", "5:3: rule a tells callcentre, and callcentre has no address"),
        ("  callcentre: {level: 0, mail: cc@example.com}\n", "", "callcentre",
         "15:38: rule a tells callcentre, and call centre has no address"),
        ("{mail: li.lei@example.com}", "{mobile: '139'}", "head", ""),
    ],
)  # fmt: skip
def test_who_is_told_and_has_no_address_is_named_where_it_is_missing(old, new, notify, says):
    text = with_rule(f"{{name: a, from: opened, after: 1h, notify: '{notify}'}}")
    assert old in text
    findings = found(text.replace(old, new))
    assert [one[: len(says)] for one in findings] == ([says] if says else [])


def test_who_has_only_a_mobile_is_not_reached_by_mail():
    text = with_rule("{name: a, from: opened, after: 1h, notify: head}").replace("{mail: li.lei@example.com}", "{mobile: '139'}")
    mail, sms = "\nchannels:\n  mail: {smtp: 'localhost:25', from: a@example.com}", "\n  sms: {command: [send-sms, '{mobile}']}"
    assert "3:3: rule a tells head, and li.lei has no address" in found(text + mail)[0]
    assert found(text + mail + sms) == []


def test_teams_that_a_rule_never_meets_need_no_address():
    rule = "{name: a, match: {team: servicedesk}, from: opened, after: 1h, notify: team}"
    assert found(with_rule(rule).replace("mail: l2@example.com, ", "")) == []


# --- moves, answers, keys without effect ------------------------------------------------------

CALL = "{name: a, match: {status: resolved}, from: resolved, after: 0m, call: Is it?, answers: ANSWERS}"


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{name: a, match: {status: closed}, from: closed, after: 1h, close: x}",
         "16:63: close is never possible: what is matched is closed (it wants new or assigned or in-progress or pending or resolved)"),
        ("{name: a, match: {status: new}, from: opened, after: 1h, reopen: x}", "reopen is never possible: what is matched is new"),
        ("{name: a, match: {status: new}, from: opened, after: 1h, assign: netwrok}", "no such team: netwrok (did you mean network?)"),
        ("{name: a, match: {status: assigned, level: 2}, from: opened, after: 1h, escalate: servicedesk}",
         "servicedesk is level 1, which is above no ticket that is matched"),
        ("{name: a, match: {status: new}, from: opened, after: 1h, set: {priority: P9}}", "priority is never P9"),
        ("{name: a, from: opened, after: 1h, close: x, say: Hello}", "say has no effect in rule a (notify says to whom)"),
        ("{name: a, from: opened, after: 1h, close: x, notify_in: office}", "notify_in has no effect in rule a"),
        ("{name: a, from: opened, after: 1h, notify: head, topic: b}", "topic has no effect in rule a (calls have a topic)"),
        ("{name: a, of: resolve, at: 50%, notify: head, calendar: office}",
         "calendar has no effect in rule a (a target's own calendar counts)"),
        ("{name: a, from: opened, rrule: FREQ=DAILY, notify: head, calendar: office}", "calendar has no effect in rule a (rrule goes by"),
        (CALL.replace("ANSWERS", "{b: {match: {status: new}, mark: told}}"),
         "leads to nothing: the call stands only while its rule matches, and no ticket has status resolved and status new"),
        (CALL.replace("ANSWERS", "{b: [{mark: told}, {match: {level: 7}, notify: head}]}"),
         "16:118: this answer to a leads to nothing: no ticket has level 7"),
        (CALL.replace("ANSWERS", "{b: {assign: network}}"), "16:95: assign is never possible: what is matched is resolved"),
    ],
)  # fmt: skip
def test_what_changes_nothing_or_would_be_refused_is_named(rule, says):
    findings = found(with_rule(rule))
    assert len(findings) == 1, findings
    assert says in findings[0]


def test_customers_who_can_never_be_told_anything():
    text = "schema: 1\ndesk: {customer_hours: ' '}\n"
    assert found(text) == ["2:8: customers can never be told anything (customer_hours: '08:00-21:00')"]


# --- the table of lives, held against the lifecycle -------------------------------------------

STEPS = (
    "assign network",
    "escalate network",
    "assign servicedesk",
    "start",
    "pend",
    "resume",
    "resolve",
    "reopen",
    "close",
    "cancel",
    "contacted",
)
# Anybody may be given a ticket or nobody; what a ticket waits for may be left unsaid.
FREE = {(status, "assignee") for status in STATUSES if status != "new"} | {("pending", "pending_for"), ("pending", "until")}
FACTS = ("team", "contacted", "resolved", "closed", "pending_for", "until", "opened", "assignee")


def lived(length: int) -> list[Ticket]:
    """What so many commands of the real lifecycle can make of a ticket; of those that teach nothing new none."""
    first = lifecycle.opened(Ticket("T-1", "x", T0), lifecycle.Signature("mei", T0, lambda: "01"))
    known, found, ahead = news(first), [first], [first]
    for _ in range(length):
        beyond = []
        for one in (one for ticket in ahead for step in STEPS if (one := after(ticket, step)) is not None):
            if news(one) - known:
                known |= news(one)
                beyond.append(one)
        found, ahead = [*found, *beyond], beyond
    return found


def news(ticket: Ticket) -> set[tuple[object, ...]]:
    """What a ticket shows: how it stands, and each moment that a ticket of its status and team can have behind it."""
    stands = (ticket.status, ticket.team, *(bool(getattr(ticket, fact)) for fact in FACTS))
    return {stands, *((ticket.status, ticket.team, moment) for moment in timeline(ticket).moments)}


def after(ticket: Ticket, step: str) -> Ticket | None:
    command, _, team = step.partition(" ")
    data = {"pend": {"for": "vendor", "until": T0}, "close": {"how": "done"}}.get(command, {})
    if team:
        data = {"team": team, "level": {"network": 2, "servicedesk": 1}[team], "assignee": "li.lei"}
    try:
        return lifecycle.move(ticket, command, lifecycle.Signature("mei", T0, lambda: "01"), **data)
    except ItsmError:
        return None


@pytest.fixture(scope="module")
def lives() -> list[Ticket]:
    return lived(8)


@pytest.fixture(scope="module")
def policy() -> Policy:
    found, mistakes = read_policy(to_data(load(SOUND.replace("\n- RULE", " []").encode(), "sla.yaml")), T0)
    assert found is not None, mistakes
    return found


@pytest.mark.parametrize("status", STATUSES)
def test_what_can_be_set_in_a_status_is_what_the_lifecycle_can_set(lives, policy, status):
    for fact in FACTS:
        real = {bool(getattr(ticket, fact)) for ticket in lives if ticket.status == status}
        match = condition("status", status)
        said = {holds for holds in (True, False) if any(tickets(policy, (match, Condition(fact, "present", (holds,)))))}
        assert real <= said, fact
        if (status, fact) not in FREE:
            assert real == said, fact


@pytest.mark.parametrize("status", STATUSES)
def test_which_moments_lie_behind_a_status_is_what_the_lifecycle_can_make(lives, policy, status):
    behind = {moment for ticket in lives if ticket.status == status for moment in timeline(ticket).moments}
    possible = list(tickets(policy, (condition("status", status),), "contacted", "team"))
    for moment in set(MOMENTS) - {"told", "replied"}:
        assert (moment in behind) == any(moment_can_be(policy, moment, ticket) for ticket in possible), moment


# --- the command ------------------------------------------------------------------------------


def test_sla_check_names_warnings_and_still_ends_well(tmp_path):
    desk = DeskRunner(tmp_path)
    (tmp_path / "sla.yaml").write_text(with_rule("{name: a, match: {level: 7}, from: opened, after: 1h, notify: head}"), encoding="utf-8")
    done = desk.ok("sla", "check")
    assert done.out == "sla.yaml:16:21: warning: rule a never fires: no ticket has level 7 (the teams are of level 0, 1, 2)\n"
    assert desk.do("sla", "check", "--strict").exit == 5
    data = desk.ok("sla", "check", "--json").data
    assert data["problems"] == []
    assert data["warnings"] == [
        {"file": "sla.yaml", "line": 16, "message": "rule a never fires: no ticket has level 7", "remedy": "the teams are of level 0, 1, 2"}
    ]
    desk.ok("open", "A desk with a warning works")
    assert desk.ok("sweep").err == ""


def test_a_broken_policy_has_mistakes_and_no_warnings(tmp_path):
    (tmp_path / "sla.yaml").write_text(with_rule("{name: a, match: {level: 7}, from: openend, after: 1h, notify: head}"), encoding="utf-8")
    done = DeskRunner(tmp_path).do("sla", "check")
    assert (done.exit, done.out.count("\n")) == (5, 1)


def test_it_takes_no_notice_of_the_hour():
    policy, _ = read_policy(to_data(load(POLICIES[0].read_bytes(), "sla.yaml")), T0)
    assert policy is not None
    assert lint(policy, datetime(1999, 1, 1, tzinfo=UTC)) == lint(policy, T0)
