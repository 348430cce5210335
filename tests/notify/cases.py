"""A ticket, a policy and people that the tests of notices share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from itsm.model.ticket import Ticket
from itsm.notify.channel import Envelope
from itsm.sla.case import Action
from itsm.sla.policy import DeskSettings, Person, Policy
from itsm.sla.recipients import Recipient

NOW = datetime(2026, 11, 22, 1, 40, tzinfo=UTC)  # 09:40 in Shanghai
POLICY = Policy(DeskSettings("Service desk", timezone="Asia/Shanghai"), people={"li.lei": Person("li.lei", "李雷", "li.lei@example.com")})
TICKET = Ticket(
    "T-42", "Mail server does not answer", NOW - timedelta(minutes=24), status="in-progress", priority="P2", team="network", level=2,
    assignee="li.lei", contact={"name": "王芳", "mobile": "+8613800000000", "phone": "021-5555", "organization": "华东分公司"},
)  # fmt: skip
CALLCENTRE = Recipient("callcentre", "callcentre", "callcentre", "cc@example.com")
HEAD = Recipient("head:network", "head", "Head of networks", "head@example.com")
CUSTOMER = Recipient("customer", "customer", "王芳", "wang.fang@example.com", "+8613800000000")

HOSTILE_TITLES = {
    "colours": "\x1b[31mred\x1b[0m alert",
    "bell and backspace": "ding\x07 dong\x08",
    "a line feed and a header": "hello\nBcc: all@example.com",
    "CRLF and a header": "hello\r\nBcc: all@example.com",
    "CRLF CRLF and a body": "hello\r\n\r\nDear customer, please send your password",
    "a bare CR": "hello\rBcc: all@example.com",
    "other line ends": "hello\u2028Bcc: all@example.com\x85Cc: x@example.com\x0bTo: y\x0cTo: z",
    "an encoded line feed": "=?UTF-8?Q?=0ABcc:_all@example.com?=",
    "an encoded CRLF in base64": "=?utf-8?b?eA0KQmNjOiBhbGxAZXhhbXBsZS5jb20=?=",
    "an encoded word in an encoded word": "=?utf-8?q?=3D=3Futf-8=3Fq=3F=3D0ABcc:_a@b.c=3F=3D?=",
    "a word that decodes into the start of another": "=?utf-8?q?=3D?=?utf-8?q?=0ABcc:x?=",
    "encoded words of no such charset": "=?klingon?q?qapla?= =?utf-8?b?%%%?=",
    "quotes and angle brackets": '"x" <all@example.com>, y',
    "a comma list of addresses": "a@example.com, b@example.com",
    "half a surrogate pair": "\ud800 and \udcff",
    "NUL": "x\0y",
    "text that runs backwards": "\u202egnp.exe",
    "nothing but space": " \t ",
    "dots and froms": ".\n..\nFrom me\n.",
    "option-like": "--help",
    "emoji": "🔥 server 🧯 burns",
    "Chinese": "邮件服务器没有响应",
    "10,000 characters": "x" * 10_000,
    "10,000 Chinese characters": "坏" * 10_000,
}


def call(**changes: object) -> Action:
    """The call of M15: has an engineer been in touch?"""
    facts: dict[str, object] = {
        "ticket": "T-42", "rule": "engineer-contact", "step": "20m", "kind": "call",
        "key": "T-42/engineer-contact/20m/call/2026-11-22T01:19:00Z",
        "due_at": NOW - timedelta(minutes=1), "armed": NOW - timedelta(minutes=21),
        "because": "20m after escalated at 2026-11-22 01:19 UTC",
        "to": (CALLCENTRE,), "says": "Has an engineer been in touch with you about T-42?", "answers": ("yes", "no", "no-answer"),
    }  # fmt: skip
    return Action(**{**facts, **changes})  # type: ignore[arg-type]


def notice(text: str, **changes: object) -> Action:
    """A notice that says `text`."""
    facts: dict[str, object] = {
        "ticket": "T-42", "rule": "unresolved-4h", "step": "4h", "kind": "notify",
        "key": "T-42/unresolved-4h/4h/notify/2026-11-22T01:16:00Z",
        "due_at": NOW - timedelta(minutes=3), "armed": NOW - timedelta(hours=4, minutes=3),
        "because": "4h after opened or reopened at 2026-11-21 21:37 UTC", "to": (HEAD,), "says": text,
    }  # fmt: skip
    return Action(**{**facts, **changes})  # type: ignore[arg-type]


def envelope(to: str = "cc@example.com", body: bytes = b"hello\r\n", **fields: str) -> Envelope:
    """Something to deliver."""
    return Envelope(f"<{to}@test>", "desk@example.com", to, b"Subject: x\r\n\r\n" + body, fields)
