"""From a text to an envelope, and from envelopes to results, by whatever channel the policy names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from itsm.model.address import clean
from itsm.model.plain import visible
from itsm.notify import command, mail
from itsm.notify.channel import Carrier, Envelope, OnResult, Result, ignore
from itsm.notify.message import Text
from itsm.notify.sendmail import Sendmail
from itsm.notify.smtp import Smtp
from itsm.sla.policy import Channel
from itsm.sla.reading_channels import needs
from itsm.sla.recipients import Recipient
from itsm.values import replace


def deliver(batch: Sequence[Envelope], channel: Channel, time_limit: float, on_result: OnResult = ignore) -> list[Result]:
    """Send by this channel, for at most `time_limit` seconds. One result for each envelope, and `on_result` hears of it at once.

    Raises nothing but what `on_result` raises.
    """
    return carrier(channel).deliver(batch, time_limit, on_result) if batch else []


def redirected(envelope: Envelope, channel: Channel) -> Envelope:
    """The envelope as this channel sends it: while a desk rehearses, to whom `redirect` names, saying whom it was for.

    As late as this, so that nothing that waits in the outbox since before can reach anybody else. What can't be redirected isn't sent:
    its address is emptied, and the channel refuses that.
    """
    if not channel.redirect:
        return envelope
    if channel.by_mail:
        try:
            raw = mail.redirected(envelope.message, envelope.to, channel.redirect)
        except ValueError:
            return replace(envelope, to="", message=b"")
        return replace(envelope, to=channel.redirect, message=raw)
    to = "mail" if "@" in channel.redirect else "mobile"
    fields = {**envelope.fields, "mail": "", "mobile": "", to: channel.redirect}
    return replace(envelope, to=channel.redirect, fields=fields, message=f"[to {envelope.to}]\n".encode() + envelope.message)


def carrier(channel: Channel) -> Carrier:
    """The way to deliver that the channel's settings name; of several the first that `sla.reading_channels.WAYS` has."""
    if channel.command:
        return command.Command(channel)
    if not channel.by_mail:
        from itsm.notify.apprise import Apprise

        return Apprise(channel)
    return Sendmail(channel) if channel.sendmail else Smtp(channel)


def reaches(channel: Channel, recipient: Recipient) -> bool:
    """Whether the channel has what it needs to reach this recipient: an address, or the fields of its command or URL."""
    return bool(recipient.mail) if channel.by_mail else all(getattr(recipient, name) for name in needs(channel))


def pack(
    text: Text, channel: Channel, *, desk_name: str, recipient: Recipient, keys: Sequence[str], ticket: str, now: datetime
) -> Envelope:
    """The envelope for one text. Raises ValueError, which says why, where an address can't be used."""
    if channel.by_mail:
        raw = mail.message(text, sender=channel.sender, desk_name=desk_name, recipient=recipient, keys=keys, ticket=ticket, now=now)
        return Envelope(mail.message_id(keys, recipient, channel.sender), clean(channel.sender), clean(recipient.mail), raw)
    filled = command.fields(text, recipient, ticket)
    id = mail.message_id(keys, recipient, f"{channel.name}@command.invalid")
    return Envelope(id, channel.sender, recipient.mobile or recipient.mail or recipient.name, visible(text.body).encode(), filled)
