"""`notify test`: one real message by one channel, and what the other side said to it."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import Any

from itsm.desk.channels import channels
from itsm.desk.desk import Desk
from itsm.errors import Usage
from itsm.model.event import stamp
from itsm.model.suggest import did_you_mean
from itsm.notify.deliver import carrier, pack, reaches, redirected
from itsm.notify.message import Text
from itsm.patterns import pattern
from itsm.sla.policy import Channel
from itsm.sla.recipients import Recipient, named

_LIMIT = 60.0  # seconds
_NUMBER = pattern(r"\+?[0-9][0-9 ()/.-]{1,30}")


def trial(desk: Desk, name: str, to: str, now: datetime) -> dict[str, Any]:
    """Send it, at once and only once. Nothing is recorded: it is no notice. Raises Usage where nothing can be sent to begin with."""
    known = channels(desk)
    if name not in known:
        raise Usage(f"no such channel: {name}", hint=did_you_mean(name, known) or "channels: in sla.yaml")
    channel, recipient = known[name], _recipient(desk, to)
    if not reaches(channel, recipient):
        raise Usage(
            f"channel {name} can't reach {to}: no {_missing(channel, recipient)} is known", hint=f"itsm notify test {name} --to ADDRESS"
        )
    text = Text(
        f"[{desk.policy.desk.name}] Test of the channel {name}",
        f"This is a test of the channel {name}, sent at {stamp(now)} from {desk.place}.\nNothing needs to be done.\n",
    )
    try:
        parcel = pack(text, channel, desk_name=desk.policy.desk.name, recipient=recipient, keys=[f"test/{stamp(now)}"], ticket="", now=now)
    except ValueError as error:
        raise Usage(str(error), hint="look at --to, and at from in sla.yaml") from None
    way, began = carrier(channel), monotonic()
    result = way.deliver([redirected(parcel, channel)], _LIMIT)[0]
    seconds = round(monotonic() - began, 2)
    facts = {"channel": name, "to": parcel.to, "redirected": channel.redirect, "sent": result.sent, "answer": result.reason}
    return {**facts, "connection": way.connection, "seconds": seconds}


def _recipient(desk: Desk, to: str) -> Recipient:
    policy = desk.policy
    if "@" not in to and to not in policy.people and to not in policy.teams and not _NUMBER.fullmatch(to):
        hint = did_you_mean(to, {*policy.people, *policy.teams})
        raise Usage(f"{to} is neither an address nor a number nor anybody in sla.yaml", hint=hint or "--to me@example.com")
    return named(to, policy)


def _missing(channel: Channel, recipient: Recipient) -> str:
    if channel.by_mail or (recipient.mobile and not recipient.mail):
        return "mail address"
    return "mobile" if not recipient.mobile else "name"
