"""What is due, put into messages for the outbox: which notices share one, what it says, how long it is of use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from itsm.desk.report import Outcome
from itsm.model.event import NOTHING
from itsm.notify.channel import Envelope
from itsm.notify.deliver import pack
from itsm.notify.digest import digest
from itsm.notify.message import Text, compose
from itsm.sla.policy import Channel, Policy
from itsm.sla.recipients import Recipient
from itsm.sla.weighing import lateness
from itsm.sla.wording import Template
from itsm.store.outbox import Entry
from itsm.values import dataclass, field


def bundles(outcomes: Iterable[Outcome], digest_over: int) -> list[list[Outcome]]:
    """One message each, but a digest where more than twenty go to one address (sentence 15). What is said of no ticket goes alone."""
    by_address: dict[tuple[str, str, bool], list[Outcome]] = {}
    for one in outcomes:
        by_address.setdefault((one.channel, one.action.to[0].address, one.ticket is None), []).append(one)
    found: list[list[Outcome]] = []
    for group in by_address.values():
        found.extend([group] if len(group) > digest_over else [[one] for one in group])
    return found


@dataclass(frozen=True)
class Packing:
    """How messages of one run are made; `templates` are the desk's own words for them, by name."""

    policy: Policy
    now: datetime
    templates: Mapping[str, Template] = field(default_factory=lambda: NOTHING)

    def entry(self, bundle: list[Outcome]) -> Entry:
        """The message for the outbox. Raises ValueError, which says why, where its address can't be used."""
        first = bundle[0]
        recipient, channel = first.action.to[0], self.policy.channels[first.channel]
        envelope = self._envelope(bundle, recipient, channel)
        return Entry(
            id=envelope.id, channel=channel.name, sender=envelope.sender, to=envelope.to, recipient=recipient.id,
            keys=tuple((one.action.key, one.action.to[0].id) for one in bundle),
            message=envelope.message.decode("ascii" if channel.by_mail else "utf-8"), queued=self.now, next_try=self.now,
            fields=envelope.fields, not_after=self._not_after(bundle),
        )  # fmt: skip

    def _envelope(self, bundle: list[Outcome], recipient: Recipient, channel: Channel) -> Envelope:
        ids = {one.action.ticket for one in bundle}
        keys = [one.action.key for one in bundle]
        return pack(
            self._text(bundle, recipient), channel, desk_name=self.policy.desk.name, recipient=recipient, keys=keys,
            ticket=ids.pop() if len(ids) == 1 else "", now=self.now,
        )  # fmt: skip

    def _text(self, bundle: list[Outcome], recipient: Recipient) -> Text:
        about = [(one.action, one.ticket) for one in bundle if one.ticket is not None]
        if not about:
            return Text(f"[{self.policy.desk.name}] {bundle[0].action.text}", f"{bundle[0].action.text}\n")
        if len(bundle) == 1:
            return compose(*about[0], self.policy, recipient, self.now, self.templates)
        return digest(about, self.policy, recipient, self.now, self.templates)

    def _not_after(self, bundle: list[Outcome]) -> datetime | None:
        """When a customer has no use for it any more (sentence 16). What a person has released late counts from now."""
        if bundle[0].action.to[0].role != "customer":
            return None
        return min(self._useful_until(one) for one in bundle)

    def _useful_until(self, one: Outcome) -> datetime:
        rule = self.policy.rule(one.action.rule)
        limit = lateness(rule)
        end = one.action.due_at + limit
        return end if end > self.now else self.now + limit
