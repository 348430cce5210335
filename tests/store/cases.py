"""What the tests of the store share: a ticket as page 2 shows it, and tickets with everything that a stranger may write."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from itsm.model.event import FIELDS as PARTICULARS
from itsm.model.event import Event
from itsm.model.ids import ulid
from itsm.model.ticket import CHANNELS, CONTACT, GRADES, PENDING_FOR, STATUSES, TYPES, Ticket
from itsm.store import shape, strict

EXAMPLES = int(os.environ.get("ITSM_EXAMPLES", "50"))  # of each property; a thousand before a release

CANONICAL = """\
id: T-42
type: incident
title: Mail server does not answer
status: resolved
priority: P2
impact: medium
urgency: high
category: mail
ci: mail-01
channel: phone
contact: {name: 王芳, mobile: '+8613800000000', email: wang.fang@example.com, organization: 华东分公司}
team: network
level: 2
assignee: li.lei
description: |
  Outlook says the server can't be reached, since about nine.
opened: 2026-11-22T01:16:00Z
contacted: 2026-11-22T01:41:00Z
resolved: 2026-11-22T02:40:12Z
history:
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FA, at: 2026-11-22T01:16:00Z, by: mei, event: opened}
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FB, at: 2026-11-22T01:17:00Z, by: mei, event: assigned, team: servicedesk, level: 1}
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FC, at: 2026-11-22T01:20:00Z, by: han, event: escalated, team: network, level: 2, assignee: li.lei}
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FD, at: 2026-11-22T01:41:00Z, by: mei, event: answered, rule: engineer-contact, answer: 'yes'}
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FE, at: 2026-11-22T01:41:00Z, by: mei, event: contacted}
- {id: 01KARZ3NDEKTSV4RRFFQ69G5FF, at: 2026-11-22T02:40:12Z, by: li.lei, event: resolved, resolution: Restarted the IMAP service}
"""

OPENED = datetime(2026, 11, 22, 1, 16, tzinfo=UTC)
MINIMAL = "id: T-1\ntype: incident\ntitle: Slow FTP\nstatus: new\nopened: 2026-11-22T01:16:00Z\nhistory: []\n"


def strictly(raw: bytes, stem: str = "T-42") -> Ticket:
    """The ticket by the strict reader alone. Raises Unreadable, or AssertionError for what is YAML and no ticket."""
    ticket, faults = shape.build(strict.to_data(strict.load(raw, f"{stem}.yaml")), stem)
    assert ticket is not None, faults
    return ticket


def event(number: int, kind: str = "noted", **data: Any) -> Event:
    """The event with this number: a minute after the one before it."""
    return Event(ulid(1_763_774_160_000, number), OPENED + timedelta(minutes=number), "mei", kind, data)


# --- tickets with everything that a stranger may write ----------------------------------------

TRAPS = (
    "no", "On", "y", "~", "null", "", " ", "true", "12:30", "12:30:45", "0042", "8e287857", "1_000", "0x1F", "0o17", "0b11", "+12", "-0",
    ".inf", "-.INF", ".nan", "1e400", "1.", ".5", "1,000", "2026-11-22", "2026-11-22T01:16:00Z", "2026-11-22 1:16:00 +8", "=",
    "<<", "- a",
    "-", "---", "...", "--- a", "? a", "?", ": a", ":", "a:", "a: b", "a :b", "a #b", "#b", "a#b", "&a", "*a", "!a", "!!str a",
    "|", ">", "%a",
    "@a", "`a`", "'a'", "it's", '"a"', "{a: b}", "[a]", "a, b", "a]", "}", "disk [/var] full", " a", "a ", "a\tb", "\ta", "a\t", "a\nb",
    "a\nb\n", "\na", "a\n\n", "  a\nb", "a\n  \nb", "a\n  ", "\n", "\n\n", " \na", "a\r\nb", "a\rb", "a\x85b", "a\u2028b",
    "a\u2029b", "\x00",
    "\x1b[31m", "\x7f", "\x9f", "\u202eabc", "\u200b", "\ufeff", "\ufffe", "\uffff", "\U0001f468\u200d\U0001f469",
    "\U0001fffe", "\u3000a\u3000",
    "\xa0", "王芳", "<<<<<<< a", "=======", "a\n=======\nb", "http://a.b/c?d=e&f#g", "C:\\temp", "a\\nb", "10.0.0.1", "٣", "１２",
    "x" * 2000,
    "y " * 700, "01E23456789012345678901234",
)  # fmt: skip

texts = st.one_of(
    st.sampled_from(TRAPS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("ab:#-?,[]{}&*!|>'\"%@` \t\n\r\\=<~.019_eTZ\u2028\x85\x00王", max_size=12),
)
words = texts.filter(bool)
keys = texts.map(lambda text: text[:90])
instants = st.integers(0, 2**31).map(lambda second: datetime.fromtimestamp(second, UTC))
numbers = st.integers(-(2**53), 2**53)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)
foreign = st.dictionaries(texts.map(lambda text: f"x_{text[:20]}"), plain, max_size=2)
changes = st.fixed_dictionaries(
    {}, optional={"priority": texts, "tags": st.lists(texts, max_size=2).map(tuple), "description": texts, "ci": texts}
)


def _particulars(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    readers = {
        "level": numbers,
        "score": numbers,
        "attempt": numbers,
        "by_seconds": numbers,
        "until": instants,
        "due": instants,
        "set": changes,
        "was": changes,
    }
    own = st.fixed_dictionaries({}, optional={name: readers.get(name, texts) for name in sorted(PARTICULARS[kind])})
    return st.builds(lambda a, b: {**a, **b}, own, foreign)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(PARTICULARS)))
    name = ulid(draw(st.integers(0, 2**40)), draw(st.integers(0, 2**80)))
    return Event(name, draw(instants), draw(words), kind, draw(_particulars(kind)), draw(st.none() | instants))


tickets = st.builds(
    Ticket,
    id=st.just("T-42"),
    title=words,
    opened=instants,
    type=st.sampled_from(TYPES),
    status=st.sampled_from(STATUSES),
    priority=texts,
    impact=st.sampled_from(("", *GRADES)),
    channel=st.sampled_from(("", *CHANNELS)),
    tags=st.lists(texts, max_size=3).map(tuple),
    contact=st.dictionaries(st.sampled_from((*CONTACT, "x_vip")), words, max_size=3),
    reference=texts,
    team=texts,
    level=st.none() | numbers,
    parent=st.sampled_from(("", "T-7")),
    pending_for=st.sampled_from(("", *PENDING_FOR)),
    until=st.none() | instants,
    score=st.none() | st.integers(1, 5),
    description=texts,
    resolved=st.none() | instants,
    extra=foreign,
    history=st.lists(events(), max_size=3, unique_by=lambda one: one.id).map(tuple),
)
