"""How a sweep reaches people: intent on disk, send, result on disk (page 3, sentence 19). Printing is the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby

from itsm.desk.desk import Desk
from itsm.desk.report import Outcome, Report
from itsm.errors import Invalid, Problem
from itsm.model.event import instant
from itsm.model.ids import number
from itsm.notify.channel import Envelope, Result
from itsm.notify.deliver import deliver, pack, reaches
from itsm.notify.message import Text, compose, digest
from itsm.sla.case import Action
from itsm.sla.policy import Channel, Policy
from itsm.sla.recipients import Recipient
from itsm.store.outbox import Entry
from itsm.values import dataclass, field

SENDING = 60.0  # seconds that one run may spend on each channel: a server that hangs must not pile up cron's jobs
PRINT = "print"


@dataclass
class Delivery:
    """The channels of one run. Without `--mail` everything is printed."""

    desk: Desk
    policy: Policy
    report: Report
    underway: dict[str, list[Outcome]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.report.mail and not self.policy.channels:
            raise Invalid("sla.yaml: no channel to mail by", hint="channels: {mail: {smtp: 'localhost:25', from: desk@example.com}}")

    def channel_of(self, one: Recipient) -> str:
        """The first channel that has what it needs to reach this recipient; else the printer."""
        channels = self.policy.channels.values() if self.report.mail else ()
        return next((channel.name for channel in channels if reaches(channel, one)), PRINT)

    def intend(self, outcomes: Sequence[Outcome]) -> None:
        """Have the disk know what is about to be sent: the message in the outbox, then the intent in the journal."""
        facts = []
        queued = [one for one in outcomes if one.delivery == "queued" and one.action.to and not one.held]
        for bundle in self._bundles(queued):
            entry = self._entry(bundle)
            if entry is None:
                continue
            self.desk.outbox.put(entry)
            self.underway[entry.id] = bundle
            facts.extend(_facts("intended", entry))
        self.desk.journal.append(facts, self.report.at)

    def send(self) -> None:
        """Send what waits, this run's and what earlier runs couldn't deliver, and write down how it went."""
        self._unaddressed()
        self.intend(self.report.outcomes)
        waiting = []
        for entry in self.desk.outbox.waiting():
            if entry.due(self.report.at):
                waiting.append(entry)
            elif entry.error:  # between two tries it is no less undelivered: neither gone nor new at the next one (sentence 20)
                self._failed(entry, entry.error)
        self.report.problems.extend(self.desk.outbox.problems)
        again = [fact for entry in waiting if entry.id not in self.underway for fact in _facts("intended", entry)]
        self.desk.journal.append(again, self.report.at)  # where nothing can be written down, nothing is sent
        for name, entries in groupby(sorted(waiting, key=lambda one: (one.channel, one.queued)), key=lambda one: one.channel):
            batch = list(entries)
            channel = self.policy.channels.get(name)
            if channel is None:
                self._gone(name, batch)
                continue
            deliver([_envelope(entry) for entry in batch], channel, SENDING, partial(self._settled, {entry.id: entry for entry in batch}))

    def _bundles(self, outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
        """One message each, but a digest where more than twenty go to one address (sentence 15). What is said of no ticket goes alone."""
        by_address: dict[tuple[str, str, bool], list[Outcome]] = {}
        for one in outcomes:
            by_address.setdefault((one.channel, one.action.to[0].address, one.ticket is None), []).append(one)
        found: list[list[Outcome]] = []
        for group in by_address.values():
            found.extend([group] if len(group) > self.policy.desk.digest_over else [[one] for one in group])
        return found

    def _entry(self, bundle: list[Outcome]) -> Entry | None:
        """The message for the outbox; where its address can't be used it is printed instead, and said so."""
        first = bundle[0]
        recipient, channel = first.action.to[0], self.policy.channels[first.channel]
        try:
            envelope = self._envelope(bundle, recipient, channel)
        except ValueError as error:
            self.report.problems.append(Problem("sla.yaml", 0, f"{recipient.name or recipient.role}: {error}", "printed instead"))
            for one in bundle:
                one.delivery, one.why = "printed", str(error)
            return None
        keys = tuple((one.action.key, one.action.to[0].id) for one in bundle)
        return Entry(
            id=envelope.id, channel=channel.name, sender=envelope.sender, to=envelope.to, recipient=recipient.id, keys=keys,
            message=envelope.message.decode("ascii" if not channel.command else "utf-8"), queued=self.report.at, next_try=self.report.at,
            fields=envelope.fields,
        )  # fmt: skip

    def _envelope(self, bundle: list[Outcome], recipient: Recipient, channel: Channel) -> Envelope:
        ids = {one.action.ticket for one in bundle}
        keys = [one.action.key for one in bundle]
        return pack(
            self._text(bundle, recipient), channel, desk_name=self.policy.desk.name, recipient=recipient, keys=keys,
            ticket=ids.pop() if len(ids) == 1 else "", now=self.report.at,
        )  # fmt: skip

    def _text(self, bundle: list[Outcome], recipient: Recipient) -> Text:
        about = [(one.action, one.ticket) for one in bundle if one.ticket is not None]
        if not about:
            return Text(f"[{self.policy.desk.name}] {bundle[0].action.text}", f"{bundle[0].action.text}\n")
        if len(bundle) == 1:
            return compose(*about[0], self.policy, recipient, self.report.at)
        return digest(about, self.policy, recipient, self.report.at)

    def _settled(self, batch: Mapping[str, Entry], result: Result) -> None:
        """Called before the next message is tried, so that a kill repeats one at most."""
        entry = batch[result.envelope.id]
        outcomes = self.underway.get(entry.id) or self._again(entry)
        if result.sent:
            self.desk.journal.append(_facts("sent", entry), self.report.at)
            self.desk.outbox.remove(entry)
            delivery = "mailed"
        elif result.state == "not-tried":
            delivery = "queued"
        else:
            self.desk.outbox.failed(entry, result.reason, self.report.at)
            self.desk.journal.append([{**fact, "why": result.reason} for fact in _facts("failed", entry)], self.report.at)
            self._failed(entry, result.reason)
            delivery = "failed"
        for one in outcomes:
            one.delivery, one.why = delivery, result.reason

    def _failed(self, entry: Entry, reason: str) -> None:
        self.report.failures.append(Problem(entry.channel, 0, f"{entry.to}: {reason}", "it will be tried again"))

    def _again(self, entry: Entry) -> list[Outcome]:
        """An earlier run's message, in this run's report."""
        found = [Outcome(_of_key(key, entry.to, entry.queued), None, "queued", entry.channel) for key, _ in entry.keys]
        self.report.outcomes.extend(found)
        return found

    def _gone(self, name: str, batch: Sequence[Entry]) -> None:
        self.report.failures.append(
            Problem("sla.yaml", 0, f"{len(batch)} messages wait for channel {name}, which isn't there any more", "add it again")
        )

    def _unaddressed(self) -> None:
        """Who can be reached by no channel is named (page 2)."""
        lost = [one for one in self.report.outcomes if one.channel == PRINT]
        told = {(one.action.ticket, one.action.to[0]) for one in lost}
        for ticket, who in sorted(told, key=lambda pair: (number(pair[0]) if pair[0] else 0, pair[1].id)):
            file = f"tickets/{ticket}.yaml" if who.role == "customer" else "sla.yaml"
            what = "a mobile, but no channel takes mobiles" if who.mobile else "no address"
            self.report.unaddressed.append(Problem(file, 0, f"{who.name or who.role or who.id} has {what}", "printed instead"))


def _envelope(entry: Entry) -> Envelope:
    return Envelope(entry.id, entry.sender, entry.to, entry.message.encode(), entry.fields)


def _facts(kind: str, entry: Entry) -> list[dict[str, str]]:
    return [
        {"fact": kind, "key": key, "ticket": key.split("/")[0], "to": who, "channel": entry.channel, "address": entry.to, "id": entry.id}
        for key, who in entry.keys
    ]


def _of_key(key: str, address: str, queued: datetime) -> Action:
    """An action of an earlier run, as far as its key tells: (ticket, rule, step, kind, armed)."""
    ticket, rule, step, kind, armed = [*key.split("/"), "", "", "", ""][:5]
    try:
        at = instant(armed)
    except ValueError:  # somebody's hand was in the outbox: the message is sent, what it was is anybody's guess
        at = queued
    to = (Recipient(address, "", mail=address),)
    return Action(ticket, rule, step, kind, key, at, at, "an earlier sweep could not deliver it", to)
