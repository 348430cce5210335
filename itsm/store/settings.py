"""sla.yaml on disk: read strictly with the line of every mistake, and quickly once it has been found right."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from itsm.errors import Invalid, Problem
from itsm.sla.policy import Policy
from itsm.sla.reading import read_policy
from itsm.store import atomic
from itsm.store.strict import Unreadable, line_of, load, to_data

FILE = "sla.yaml"
_SENDER = re.compile(r"^(?P<indent>[ \t]+)sender:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Settings:
    """The policy, or None with the problems that keep it from being one: nothing acts on half a policy."""

    policy: Policy | None
    problems: list[Problem]


def read_settings(root: Path, now: datetime) -> Settings:
    """What sla.yaml in this folder says. A desk without the file promises nothing."""
    path = root / FILE
    try:
        raw = atomic.read(path)
    except FileNotFoundError:
        return Settings(Policy(), [])
    mark = root / ".itsm" / "sla.ok"
    data = _quick(raw, mark)
    if data is not None:
        policy, mistakes = read_policy(data)
        if policy and not mistakes:
            return Settings(policy, [])
    return _strict(raw, mark, now)


def parse_settings(raw: bytes, now: datetime, name: str = FILE) -> Settings:
    """A policy from bytes, strictly; each problem with its line."""
    try:
        tree = load(raw, name)
    except Unreadable as unreadable:
        return Settings(None, unreadable.problems)
    data = to_data(tree)
    if not isinstance(data, dict):
        return Settings(None, [Problem(name, 1, "this is no mapping", "it begins with schema: 1")])
    policy, mistakes = read_policy(data, now)
    problems = [Problem(name, *line_of(tree, m.path)[:1], m.message, m.remedy, line_of(tree, m.path)[1]) for m in mistakes]
    return Settings(policy, sorted(problems, key=lambda p: (p.line, p.column)))


def write_sender(root: Path, sender: str, now: datetime) -> None:
    """Write `desk.sender` into sla.yaml and leave every other byte as it is. Raises Invalid where that can't be done."""
    path = root / FILE
    text = atomic.read(path).decode("utf-8")
    line = f"sender: '{sender.replace(chr(39), chr(39) * 2)}'"
    for changed in _with_sender(text, line):
        settings = parse_settings(changed.encode("utf-8"), now)
        if settings.policy and settings.policy.desk.sender == sender:
            atomic.replace(path, changed.encode("utf-8"))
            return
    raise Invalid(f"{FILE}: can't find where to write the sender", hint=f"write it by hand, under desk: {line}")


def _with_sender(text: str, line: str) -> list[str]:
    """The ways in which the line could go in: over the old one, as the first line of `desk:`, into `desk: {…}`, as a new section."""
    without = re.sub(r"sender: *[^,}]+,? *", "", text, count=1)
    return [
        _SENDER.sub(lambda old: old["indent"] + line, text, count=1),
        re.sub(r"^(desk:[ \t]*(?:#.*)?\n)", lambda head: f"{head[1]}  {line}\n", text, count=1, flags=re.MULTILINE),
        re.sub(r"^(desk:[ \t]*\{)", lambda head: f"{head[1]}{line}, ", without, count=1, flags=re.MULTILINE),
        re.sub(r"^(schema:.*\n)", lambda head: f"{head[1]}desk:\n  {line}\n", text, count=1, flags=re.MULTILINE),
    ]


def _quick(raw: bytes, mark: Path) -> dict[str, Any] | None:
    """The data by the fast reader, only if the strict one has passed these very bytes before."""
    try:
        passed = mark.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    if passed != sha256(raw).hexdigest():
        return None
    from yaml12 import parse_yaml

    data: Any = parse_yaml(raw.decode("utf-8"))
    return data if isinstance(data, dict) else None


def _strict(raw: bytes, mark: Path, now: datetime) -> Settings:
    settings = parse_settings(raw, now)
    if settings.policy and _readers_agree(raw):
        try:
            os.makedirs(mark.parent, exist_ok=True)
            atomic.replace(mark, sha256(raw).hexdigest().encode("ascii"))
        except Exception:  # noqa: BLE001, S110 - a note for speed only; a desk that can't be written to must still be read
            pass
    return settings


def _readers_agree(raw: bytes) -> bool:
    from yaml12 import parse_yaml

    try:
        return bool(parse_yaml(raw.decode("utf-8")) == to_data(load(raw, FILE)))
    except ValueError:
        return False
