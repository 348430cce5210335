"""Whether an action is due, was done, is still ahead, or belongs to the past (page 3, sentences 12, 16 and 21)."""

from __future__ import annotations

from datetime import datetime, timedelta

from itsm.model.lifecycle import MOVES
from itsm.sla import reasons
from itsm.sla.case import Action, Case, Verdict
from itsm.sla.ledger import ANYHOW, COMMAND, EVERYONE
from itsm.sla.policy import FINAL, Do, Rule
from itsm.sla.recipients import Recipient, callcentre
from itsm.values import replace

_MAX_LATE = timedelta(hours=24)  # a customer's message later than this is stale (page 3, sentence 16)


def weigh(case: Case, rule: Rule, action: Action, moment: datetime | None = None) -> Verdict:
    """Whether an action is due, was done, is still ahead, or belongs to the past.

    `moment` is when it would have been due at any hour: what has only waited for the morning belongs to the past, too.
    """
    past = case.book.passed_over(action.ticket, rule.name, moment or action.due_at, imported=bool(case.ticket.reference))
    if past:
        return Verdict(rule.name, "passed", past, action)
    if action.do:
        left: tuple[Recipient, ...] = ()
        done = case.book.said_at(action.key, EVERYONE, EVERYONE) is not None or _was_done(case, action, action.do)
    elif action.command:
        left, ran = (), case.book.said_at(action.key, EVERYONE, COMMAND)
        done = ran is not None and ran >= action.due_at
    else:
        left = tuple(one for one in action.to if not _was_said(case, rule, action, one))
        done = not left
    if done:
        return Verdict(rule.name, "said", "said already" if action.to else "done already", action)
    if action.due_at > case.now:
        return Verdict(rule.name, "waiting", action=action)
    if action.do and action.do.kind in FINAL and case.idle_since and not case.book.was_put_off(action.key, action.due_at):
        return Verdict(rule.name, "held", reasons.held(case.idle_since), action)
    return Verdict(rule.name, "due", action.because, _not_stale(case, rule, action if left == action.to else replace(action, to=left)))


def _was_done(case: Case, action: Action, do: Do) -> bool:
    """A move is done once, whoever sweeps: the history says so on every copy of the desk."""
    kind = event_of(do)
    return any(e.kind == kind and e.data.get("rule") == action.rule and e.at >= action.due_at for e in case.ticket.history)


def _was_said(case: Case, rule: Rule, action: Action, one: Recipient) -> bool:
    """Said at S is said, unless the moment has since moved past S (sentence 12). What is too late for a customer
    only counts as not said, and so as stale, if no channel has said it.
    """
    if rule.of and case.ticket.status in ("resolved", "closed") and case.book.said_to_anybody(action.key, case.channel_of(one)):
        return True  # a promise that is over is no news to those who have come since
    late = one.role == "customer" and _too_late(case, rule, action)
    said = case.book.said_at(action.key, one.id, ANYHOW if late else case.channel_of(one))
    return said is not None and said >= action.due_at


def lateness(rule: Rule | None) -> timedelta:
    """How late a customer may still be told (page 3, sentence 16)."""
    return timedelta(seconds=rule.max_late.total) if rule and rule.max_late else _MAX_LATE


def _too_late(case: Case, rule: Rule, action: Action) -> bool:
    return case.now - action.due_at > lateness(rule) and (action.key, "customer") not in case.book.released


def _not_stale(case: Case, rule: Rule, action: Action) -> Action:
    """A customer's message that comes too late is dropped, and the desk is told instead (sentence 16)."""
    stale = tuple(one for one in action.to if one.role == "customer")
    if not stale or not _too_late(case, rule, action):
        return action
    desk = replace(callcentre(case.policy), id="callcentre:stale")
    told = reasons.stale(case.ticket, action.text)
    return replace(action, to=(*(one for one in action.to if one not in stale), desk), says=told, dropped=stale)


def event_of(do: Do) -> str:
    """The kind of event that a move leaves in the history."""
    return str(do.value) if do.kind == "mark" else MOVES[do.kind].event if do.kind in MOVES else do.kind
