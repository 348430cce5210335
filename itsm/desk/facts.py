"""The journal's lines about a notice, a call or a move: which step, and to whom by which channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from itsm.model.event import stamp
from itsm.sla.case import Action, ticket_of
from itsm.sla.recipients import Recipient


def of_action(kind: str, action: Action, one: Recipient | None = None, channel: str = "") -> dict[str, Any]:
    """What became of an action: for everybody, or for one recipient by one channel."""
    who = {"to": one.id, "channel": channel, "address": one.address} if one else {}
    return {"fact": kind, "key": action.key, "ticket": action.ticket, "rule": action.rule, **who}


def of_key(kind: str, key: str, to: str, channel: str, **more: str) -> dict[str, Any]:
    """The same of a step of which only the key is left, as in the outbox. `more` that is empty isn't said."""
    said = {name: text for name, text in more.items() if text}
    return {"fact": kind, "key": key, "ticket": ticket_of(key), "to": to, "channel": channel, **said}


def settling(since: datetime, now: datetime) -> dict[str, str]:
    """What a fact says besides where it settles what was decided by a clock that was ahead: until when that was. Else nothing.

    It stands in the journal of an earlier month then, and is read first.
    """
    return {"decided": stamp(since)} if since > now else {}
