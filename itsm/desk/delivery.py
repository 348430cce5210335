"""How a sweep reaches people: intent on disk, send, result on disk (page 3, sentence 19). Printing is the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import groupby
from typing import Any

from itsm.desk import turns
from itsm.desk.channels import channels
from itsm.desk.desk import Desk
from itsm.desk.facts import of_key, settling
from itsm.desk.packing import Packing, bundles
from itsm.desk.report import PRINT, Outcome, Report
from itsm.desk.rounds import Round
from itsm.desk.templates import templates
from itsm.errors import Busy, Invalid, ItsmError, Problem
from itsm.model.event import instant
from itsm.model.ids import number
from itsm.model.ticket import Ticket
from itsm.notify.channel import Envelope, Result
from itsm.notify.deliver import deliver, reaches, redirected
from itsm.sla.case import Action, ticket_of
from itsm.sla.policy import Channel, Policy, Retry
from itsm.sla.recipients import Recipient
from itsm.store import locks
from itsm.store.outbox import Entry
from itsm.values import dataclass, field, replace


@dataclass
class Delivery:
    """The channels of one run. Without `--mail` everything is printed."""

    desk: Desk
    policy: Policy
    report: Report
    underway: dict[str, list[Outcome]] = field(default_factory=dict)
    _earlier: dict[str, Ticket | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.report.mail and not self.policy.channels:
            raise Invalid("sla.yaml: no channel to mail by", hint="channels: {mail: {smtp: 'localhost:25', from: desk@example.com}}")
        self._turn = locks.identity(turns.lock(self.desk))

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        return channels(self.desk)

    @cached_property
    def _packing(self) -> Packing:
        """A broken template stops no notice: it goes in the built-in words, and the mistake is told."""
        found, problems = templates(self.desk, self.policy)
        self.report.problems.extend(problems)
        return Packing(self.policy, self.report.at, found)

    def channel_of(self, one: Recipient) -> str:
        """The first channel that has what it needs to reach this recipient; else the printer."""
        found = self._channels.values() if self.report.mail else ()
        return next((channel.name for channel in found if reaches(channel, one)), PRINT)

    def intend(self, outcomes: Sequence[Outcome]) -> None:
        """Have the disk know what is about to be sent: the message in the outbox, then the intent in the journal."""
        facts = []
        queued = [one for one in outcomes if one.delivery == "queued" and one.action.to and not one.held]
        for bundle in bundles(queued, self.policy.desk.digest_over):
            entry = self._entry(bundle)
            if entry is None:
                continue
            self.desk.outbox.put(entry)
            self.underway[entry.id] = bundle
            facts.extend(_facts("intended", entry))
        self.desk.journal.append(facts, self.report.at)

    def rounds(self) -> Iterator[Round]:
        """What waits, this run's and what earlier runs couldn't deliver, by channel, its intent on disk; each is sent when it is run."""
        self._unaddressed()
        self.intend(self.report.outcomes)
        waiting = list(self._to_try())
        self.report.problems.extend(self.desk.outbox.problems)
        again = [fact for entry in waiting if entry.id not in self.underway for fact in _facts("intended", entry)]
        self.desk.journal.append(again, self.report.at)  # where nothing can be written down, nothing is sent
        for name, entries in groupby(sorted(waiting, key=lambda one: (one.channel, one.queued)), key=lambda one: one.channel):
            batch = list(entries)
            channel = self._channels.get(name)
            if channel is None:
                self._gone(name, batch)
                continue
            yield Round(len(batch), sum(entry.attempts for entry in batch) / len(batch), partial(self._send, channel, batch))

    def _send(self, channel: Channel, batch: Sequence[Entry], seconds: float) -> list[Result]:
        """Send, and write down how it went."""
        self._still_mine()
        envelopes = [redirected(_envelope(entry), channel) for entry in batch]
        return deliver(envelopes, channel, seconds, partial(self._settled, channel, {entry.id: entry for entry in batch}))

    def _to_try(self) -> Iterator[Entry]:
        """What waits and may be tried now. The rest is no less undelivered: neither gone nor new at the next try (sentence 20)."""
        for entry in self.desk.outbox.waiting():
            if entry.stale(self.report.at):
                self._given_up(entry, f"too late for the customer{': ' if entry.error else ''}{entry.error}")
            elif entry.due(self.report.at, timedelta(seconds=self._retry(entry).longest.total)):
                yield entry
            elif entry.error:
                self._failed(entry, entry.error)

    def _retry(self, entry: Entry) -> Retry:
        channel = self._channels.get(entry.channel)
        return channel.retry if channel else Retry()

    def _entry(self, bundle: list[Outcome]) -> Entry | None:
        """The message for the outbox; where its address can't be used it is printed instead, and said so."""
        try:
            return self._packing.entry(bundle)
        except ValueError as error:
            recipient = bundle[0].action.to[0]
            self.report.problems.append(Problem("sla.yaml", 0, f"{recipient.name or recipient.role}: {error}", "printed instead"))
            for one in bundle:
                one.delivery, one.why = "printed", str(error)
            return None

    def _settled(self, channel: Channel, batch: Mapping[str, Entry], result: Result) -> None:
        """Called before the next message is tried, so that a kill repeats one at most."""
        entry = batch[result.envelope.id]
        outcomes = self.underway.get(entry.id) or self._again(entry)
        if result.sent:
            more = settling(entry.queued, self.report.at)
            self.desk.journal.append(_facts("sent", entry, answer=result.reason, redirected=channel.redirect, **more), self.report.at)
            self.desk.outbox.remove(entry)
            if channel.redirect:
                self.report.redirected[channel.name] = channel.redirect
            delivery = "mailed"
        elif result.state == "not-tried":
            delivery = "queued"
        else:
            later = self.desk.outbox.failed(entry, result.reason, self.report.at, channel.retry, refused=result.state == "refused")
            self.desk.journal.append(_facts("failed", entry, why=result.reason), self.report.at)
            if later.hopeless(self.report.at, channel.retry):
                self._given_up(later, result.reason)
            else:
                self._failed(entry, result.reason)
            delivery = "failed"
        for one in outcomes:
            one.delivery, one.why = delivery, "" if result.sent else result.reason
        self._still_mine()

    def _still_mine(self) -> None:
        """Before each message: who deletes `.itsm` lets another sweep begin, which sends all that this one hasn't. Raises Busy."""
        if locks.identity(turns.lock(self.desk)) != self._turn:
            raise Busy(".itsm was deleted while this sweep was at work, and another may have begun", hint="the next sweep goes on")

    def _failed(self, entry: Entry, reason: str) -> None:
        self.report.failures.append(Problem(entry.channel, 0, f"{entry.to}: {reason}", "it will be tried again"))

    def _given_up(self, entry: Entry, why: str) -> None:
        """First the journal: killed before the message is laid aside, it is tried once more, and never lost."""
        self.desk.journal.append(_facts("dead", entry, why=why, **settling(entry.queued, self.report.at)), self.report.at)
        self.desk.outbox.give_up(replace(entry, error=why))

    def _again(self, entry: Entry) -> list[Outcome]:
        """An earlier run's message, in this run's report."""
        found = [
            Outcome(_of_key(key, entry.to, entry.queued), self._ticket(ticket_of(key)), "queued", entry.channel) for key, _ in entry.keys
        ]
        self.report.outcomes.extend(found)
        return found

    def _ticket(self, ticket_id: str) -> Ticket | None:
        """The ticket of an earlier run's message, for who reads of it; None where it can't be read, which stops no message."""
        if ticket_id not in self._earlier:
            try:
                self._earlier[ticket_id] = self.desk.tickets.read(ticket_id).ticket
            except ItsmError:
                self._earlier[ticket_id] = None
        return self._earlier[ticket_id]

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


def _facts(kind: str, entry: Entry, **more: str) -> list[dict[str, Any]]:
    """A line of the journal for each notice that the message brings; what there is no word for is left out."""
    return [of_key(kind, key, who, entry.channel, address=entry.to, id=entry.id, **more) for key, who in entry.keys]


def _of_key(key: str, address: str, queued: datetime) -> Action:
    """An action of an earlier run, as far as its key tells: (ticket, rule, step, kind, armed)."""
    ticket, rule, step, kind, armed = [*key.split("/"), "", "", "", ""][:5]
    try:
        at = instant(armed)
    except ValueError:  # somebody's hand was in the outbox: the message is sent, what it was is anybody's guess
        at = queued
    to = (Recipient(address, "", mail=address),)
    return Action(ticket, rule, step, kind, key, at, at, "an earlier sweep could not deliver it", to)
