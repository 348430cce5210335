"""`redact`: a person's data erased from tickets, live and archived, from the journal, the outbox and the shift notes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from itsm.desk.desk import Desk
from itsm.desk.facts import of_key
from itsm.errors import Busy, NotFound, Problem
from itsm.model.lifecycle import Signature
from itsm.model.redaction import MARK, of_person, redacted, traces, without
from itsm.model.replay import apply
from itsm.model.ticket import Ticket
from itsm.sla.case import ticket_of
from itsm.store import atomic, codec, locks
from itsm.store.codec import Document
from itsm.store.outbox import Entry
from itsm.values import dataclass, field, replace

JOURNAL_BYTES = 1 << 30


@dataclass
class Erasure:
    """What is, or would be, erased: the person's own tickets, others that name them, lines of the journal and of shift notes, messages.

    `unread` are files that can't be read and may hold more.
    """

    marks: frozenset[str] = frozenset()
    own: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    unread: list[Problem] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape of `redact --json`."""
        return {
            "tickets": self.own, "mentioned": self.others, "lines": self.lines, "messages": self.messages,
            "unread": [one.as_json() for one in self.unread],
        }  # fmt: skip


def erase(desk: Desk, which: str, names: Iterable[str], hand: Signature, *, person: bool, dry: bool) -> Erasure:
    """Erase the data of one ticket's customer, or of a person everywhere; with `dry` only say where it is. Raises NotFound, Busy."""
    chosen = tuple(names)
    with ExitStack() as stack:
        if not dry:
            if holder := stack.enter_context(locks.try_lock(desk.state / "sweep.lock", "redact")):
                raise Busy(f"{holder} is at work", hint="try again when it is done")
            stack.enter_context(desk.tickets.locked("redact"))
        done = Erasure()
        documents = list(_documents(desk, done))
        mine = [one for one in documents if (of_person(one.ticket, which) if person else one.ticket.id == which)]
        if not mine:
            raise NotFound(f"no ticket's customer is {which}", hint="the whole name, number or address: itsm list customer:… finds them")
        done.marks = frozenset().union(*(traces(one.ticket, chosen) for one in mine)) | ({which} if person and "name" in chosen else set())
        done.own = [one.ticket.id for one in mine]
        for document in documents if person else mine:
            new = redacted(document.ticket, chosen if document.ticket.id in done.own else (), done.marks)
            if new != document.ticket:
                if document.ticket.id not in done.own:
                    done.others.append(document.ticket.id)
                if not dry:
                    _save(desk, document, new, hand)
        _said(desk, done, hand.at, dry=dry)
        if not dry:
            _forget(desk, done)
    return done


def _documents(desk: Desk, done: Erasure) -> Iterator[Document]:
    for archived in (False, True):
        for one in desk.tickets.read_all(archived=archived):
            if isinstance(one, Document):
                yield one
            else:
                done.unread.extend(one.problems)


def _save(desk: Desk, document: Document, new: Ticket, hand: Signature) -> None:
    """The whole file is written anew: a comment may have held the name, too."""
    told = apply(new, replace(hand, at=max(hand.at, new.opened)).event("redacted", {}))
    desk.tickets.put(document, codec.written(told, document.name))


def _said(desk: Desk, done: Erasure, at: datetime, *, dry: bool) -> None:
    """The journal keeps its facts, for nothing may be said twice; addresses and words go. Messages about their tickets go whole."""
    outbox = desk.outbox
    waiting, dead = ([one for one in found if _is_about(one, done.own)] for found in (outbox.waiting(), outbox.dead()))
    gone = [*waiting, *dead]
    done.messages = len(gone)
    if gone and not dry:
        dropped = [of_key("dropped", key, to, entry.channel, why="redacted") for entry in gone for key, to in entry.keys]
        desk.journal.append(dropped, at)
        for entry in waiting:
            outbox.remove(entry)
        for entry in dead:
            outbox.forget(entry)
    for folder in ("notices", "shifts"):
        for path in sorted((desk.root / folder).glob("*.jsonl")):
            count = _lines(path, done, dry=dry)
            if count:
                done.lines[f"{folder}/{path.name}"] = count


def _is_about(entry: Entry, ticket_ids: Sequence[str]) -> bool:
    return any(ticket_of(key) in ticket_ids for key, _ in entry.keys)


def _lines(path: Path, done: Erasure, *, dry: bool) -> int:
    raw = atomic.read(path, JOURNAL_BYTES)
    lines = raw.split(b"\n")
    new = [_line(line, done) for line in lines]
    changed = sum(one != was for one, was in zip(new, lines, strict=True))
    if changed and not dry:
        atomic.replace(path, b"\n".join(new), raw)
    return changed


def _line(line: bytes, done: Erasure) -> bytes:
    try:
        fact = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fact, dict):
        return line
    kept = {name: fact[name] for name in ("at", "fact", "key", "ticket", "rule", "to", "channel") if name in fact}
    clean = {**without(fact, done.marks), **kept}
    if fact.get("ticket") in done.own and fact.get("to") == "customer":
        clean |= {name: MARK for name in ("address", "text") if fact.get(name)}
    return line if clean == fact else json.dumps(clean, ensure_ascii=False).encode()


def _forget(desk: Desk, done: Erasure) -> None:
    """What this clone keeps for itself and can make anew: the index, drafts of these tickets."""
    for path in (*desk.state.glob("index*"), *(one for own in done.own for one in (desk.state / "drafts").glob(f"{own}.*"))):
        if path.is_file():
            path.unlink(missing_ok=True)
