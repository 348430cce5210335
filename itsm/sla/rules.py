"""What is due, for whom, under which key, and why: a pure function of (ticket, policy, what was said, now). Page 3, 12–18."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from itsm.model.event import Event
from itsm.model.replay import apply, as_it_was
from itsm.sla.calls import Attempt, attempt, follow_ups, newest
from itsm.sla.case import Action, Case, Verdict, key
from itsm.sla.clocks import calendar_of
from itsm.sla.duration import Duration
from itsm.sla.match import Condition, unmet
from itsm.sla.policy import Do, Policy, Rule
from itsm.sla.reasons import plain, reason
from itsm.sla.recipients import Recipient, callcentre, recipients
from itsm.sla.steps import Step, steps
from itsm.sla.weighing import event_of, weigh
from itsm.sla.wording import arguments, fill, shown
from itsm.values import replace

# `pend --until`: the next sweep resumes the ticket and tells the assignee (page 4).
UNTIL = Rule(
    name="pend-until",
    match=(Condition("status", "in", ("pending",)),),
    moments=("until",),
    after=Duration(0, 0, "0m"),
    notify=("assignee",),
    say="{id} goes on: the time it was to wait for is over",
    moves=(Do("resume", None),),
)

_HAND_OVERS = frozenset({"assigned", "escalated", "started"})


def due(case: Case) -> list[Action]:
    """What is due now."""
    return due_of(judge(case))


def due_of(verdicts: Iterable[Verdict]) -> list[Action]:
    """What these verdicts say is due. Moves come first and alone: the rest is decided on the moved ticket (sentence 13)."""
    found = [verdict.action for verdict in verdicts if verdict.state == "due" and verdict.action]
    return [action for action in found if action.do] or found


def standing_calls(case: Case) -> list[Action]:
    """The calls that stand on this ticket now, said already or not, oldest first (page 2)."""
    calling = (rule for rule in case.policy.rules if rule.call and not unmet(rule.match, case.ticket, case.now))
    attempts = [one for rule in calling for one in _attempts(case, rule, steps(rule, case.line, case.clocks, case.policy, case.now))]
    return standing(_calls(case, attempts))


def standing(verdicts: Iterable[Verdict]) -> list[Action]:
    """The calls that stand by these verdicts on one ticket, oldest first."""
    found = [one.action for one in verdicts if one.action and one.action.kind == "call" and one.state in ("due", "said")]
    return sorted(found, key=lambda action: action.due_at)


def judge(case: Case) -> list[Verdict]:
    """Every rule's verdict on this ticket, in the order of the policy; calls last of their rule."""
    verdicts: list[Verdict] = []
    attempts: list[Attempt] = []
    for rule in (UNTIL, *case.policy.rules):
        if rule.name in case.ruled:
            verdicts.extend(_told_by_history(case, rule))
        missed = unmet(rule.match, case.ticket, case.now)
        if missed:
            verdicts.append(Verdict(rule.name, "idle", (missed.failure, case.ticket)))
            continue
        found = steps(rule, case.line, case.clocks, case.policy, case.now)
        if not found:
            verdicts.append(Verdict(rule.name, "idle", f"nothing to count from: {rule.of or ' or '.join(rule.moments)}"))
        verdicts.extend(_moves_and_notices(case, rule, found))
        if rule.call:
            attempts.extend(_attempts(case, rule, found))
    return [*verdicts, *_calls(case, attempts)]


def _moves_and_notices(case: Case, rule: Rule, found: Sequence[Step]) -> Iterator[Verdict]:
    reached = [step for step in found if step.moment <= case.now]
    for step in [*reached[-1:], *found[len(reached) :]]:
        lower = tuple(reached[:-1]) if reached and step is reached[-1] else ()
        for do in rule.moves:
            yield weigh(case, rule, _action(case, rule, step, do.kind, do=do))
        if rule.notify and not rule.moves:
            yield from _notices(case, rule, step, rule.notify, rule.say, lower)
        if rule.command and not rule.moves:
            yield _command(case, rule, step, lower)


def _notices(
    case: Case, rule: Rule, step: Step, words: Iterable[str], say: str, lower: tuple[Step, ...] = (), label: str = ""
) -> Iterator[Verdict]:
    """One notice to everybody whose hour it is; those who are told later get one of their own."""
    by_hour: dict[datetime, list[Recipient]] = {}
    for one in recipients(words, case.ticket, case.policy, step.moment):
        by_hour.setdefault(_hour(case.policy, rule, one, step.moment), []).append(one)
    for moment, group in by_hour.items():
        later = max(case.now, moment)
        says = (fill, say, case.ticket, rule.name, step.armed, later) if say else (plain, case.ticket, rule, step)
        since = step.moment if moment > step.moment else None
        action = _action(case, rule, step, "notify", label, due_at=moment, to=tuple(group), says=says, missed=lower, since=since)
        yield from _by_now(case, rule, weigh(case, rule, action, step.moment))


def _command(case: Case, rule: Rule, step: Step, lower: tuple[Step, ...] = ()) -> Verdict:
    """A program to run, once, whoever sweeps."""
    filled = arguments(rule.command, case.ticket, rule.name, step.armed, max(case.now, step.moment))
    return weigh(case, rule, _action(case, rule, step, "command", command=filled, says=(shown, filled), missed=lower))


def _by_now(case: Case, rule: Rule, verdict: Verdict) -> Iterator[Verdict]:
    """What fell due by day and comes to be said at night, because no sweep came earlier, waits for the next hours (sentence 18)."""
    action = verdict.action
    if action is None or verdict.state != "due":
        yield verdict
        return
    later: dict[datetime, list[Recipient]] = {}
    for one in action.to:
        if (hour := _hour(case.policy, rule, one, case.now)) > case.now:
            later.setdefault(hour, []).append(one)
    if not later:
        yield verdict
        return
    awake = tuple(one for one in action.to if not any(one in group for group in later.values()))
    if awake:
        yield replace(verdict, action=replace(action, to=awake))
    for hour, group in later.items():
        since = action.since or action.due_at
        yield Verdict(verdict.rule, "waiting", verdict.because, replace(action, due_at=hour, to=tuple(group), dropped=(), since=since))


def _hour(policy: Policy, rule: Rule, one: Recipient, moment: datetime) -> datetime:
    """When this recipient may be told: customers within their hours, others as `notify_in` says (sentence 18)."""
    if rule.notify_in:
        moment = calendar_of(policy, rule.notify_in).next_open(moment)
    if one.role == "customer" and policy.desk.customer_hours:
        moment = policy.desk.customer_hours.next_open(moment)
    return moment


def _told_by_history(case: Case, rule: Rule) -> Iterator[Verdict]:
    """Notices and commands that something in the history calls for, whatever became of it since: an answer, or the rule's own move."""
    for event in case.ruled[rule.name]:
        if event.kind == "answered":
            yield from _answer(_in_the_hands_of(case, event), rule, event)
        elif event.kind in {event_of(do) for do in rule.moves}:
            step = Step(event.kind, event.at, event.at, event.kind)
            if rule.notify:
                yield from _notices(_in_the_hands_of(case, event), rule, step, rule.notify, rule.say, label=event.kind)
            if rule.command:
                yield _command(case, rule, step)


def _in_the_hands_of(case: Case, event: Event) -> Case:
    """The case with the ticket in the hands that it was in after this event: who was to be told then is told, and not who has it since."""
    history = case.ticket.history
    since = history[history.index(event) + 1 :]
    if not any(one.kind in _HAND_OVERS for one in since):
        return case
    then = apply(as_it_was(case.ticket, event.id), event)
    held = replace(case.ticket, team=then.team, level=then.level, assignee=then.assignee)
    return Case(held, case.policy, case.book, case.now, case.channel_of, case.idle_since)


def _answer(case: Case, rule: Rule, event: Event) -> Iterator[Verdict]:
    name = f"answer:{event.data.get('answer')}"
    for follow in follow_ups(rule, str(event.data.get("answer")), event.data.get("attempt", 1)):
        if follow.notify and not unmet(follow.match, as_it_was(case.ticket, event.id), event.at):
            yield from _notices(case, rule, Step(name, event.at, event.at), follow.notify, follow.say, label=name)


def _attempts(case: Case, rule: Rule, found: Sequence[Step]) -> Iterator[Attempt]:
    """The call of the latest step that is reached, and of the next one, in the call centre's calendar."""
    team = case.policy.callcentre
    calendar = calendar_of(case.policy, team.calendar) if team and team.calendar else None
    topic = case.topics[rule.topic] if rule.topic else frozenset({rule.name})
    moments = [Step(one.name, one.armed, calendar.next_open(one.moment), one.cause) for one in found] if calendar else found
    reached = [step for step in moments if step.moment <= case.now]
    for step in [*reached[-1:], *moments[len(reached) :][:1]]:
        yield attempt(rule, step, case.ticket, topic)


def _calls(case: Case, attempts: Sequence[Attempt]) -> Iterator[Verdict]:
    reached = [one for one in attempts if one.step.moment <= case.now]
    standing = newest(reached)
    for one in attempts:
        action = _call(case, one)
        if one.due is None:
            yield Verdict(one.rule.name, "settled", "it was answered", action)
        elif one.step.moment <= case.now and not any(one is other for other in standing):
            yield Verdict(one.rule.name, "superseded", "a newer call on the same topic stands", action)
        else:
            yield weigh(case, one.rule, action)


def _call(case: Case, one: Attempt) -> Action:
    ask = (fill, one.rule.call, case.ticket, one.rule.name, one.step.armed, case.now)
    return _action(
        case, one.rule, one.step, "call", one.name,
        due_at=one.due or one.step.moment, to=(callcentre(case.policy),), says=ask, answers=tuple(one.rule.answers),
    )  # fmt: skip


def _action(case: Case, rule: Rule, step: Step, kind: str, label: str = "", **more: Any) -> Action:
    """An action of a step; `label` where it isn't called after the step."""
    name = label or step.name
    more.setdefault("due_at", step.moment)
    return Action(
        case.ticket.id, rule.name, name, kind, key(case.ticket.id, rule.name, step, kind, label),
        armed=step.armed, because=(reason, rule, step, name), **more,
    )  # fmt: skip
