"""sla.yaml on disk: read strictly with the line of every mistake, and quickly once it has been found right."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from itsm.errors import Invalid, ItsmError, Problem
from itsm.sla.policy import Policy
from itsm.sla.reading import read_policy
from itsm.store import atomic
from itsm.store.locks import own_folder
from itsm.values import dataclass, replace

FILE = "sla.yaml"


@dataclass(frozen=True, slots=True)
class Settings:
    """The policy, or None with the problems that keep it from being one: nothing acts on half a policy."""

    policy: Policy | None
    problems: list[Problem]
    raw: bytes = b""  # the file that says so


def read_settings(root: Path, now: datetime) -> Settings:
    """What sla.yaml in this folder says. A desk without the file promises nothing."""
    path = root / FILE
    try:
        raw = atomic.read(path)
    except FileNotFoundError:
        return Settings(Policy(), [])
    except ItsmError as error:  # a link, a pipe, a folder, too large, not to be read
        return Settings(None, [Problem(FILE, 0, error.message.removeprefix(f"{path}: "), error.hint)])
    mark = root / ".itsm" / "sla.ok"
    data = _quick(raw, mark)
    if data is not None:
        policy, mistakes = read_policy(data)
        if policy and not mistakes:
            return Settings(policy, [], raw)
    return _strict(raw, mark, now)


def parse_settings(raw: bytes, now: datetime, name: str = FILE) -> Settings:
    """A policy from bytes, strictly; each problem with its line."""
    from itsm.store import mistyped
    from itsm.store.strict import EMPTY, Unreadable, line_of, load, to_data

    try:
        tree = load(raw, name)
    except Unreadable as unreadable:
        begin = "restore it from git, or begin it with schema: 1"  # to delete it would leave no desk
        return Settings(None, [replace(one, remedy=begin) if one.message == EMPTY else one for one in unreadable.problems])
    data = to_data(tree)
    if not isinstance(data, dict):
        return Settings(None, [mistyped.anywhere(raw.decode(), name) or Problem(name, 1, "this is no mapping", "it begins with schema: 1")])
    policy, mistakes = read_policy(data, now)
    problems = [Problem(name, *line_of(tree, m.path)[:1], m.message, m.remedy, line_of(tree, m.path)[1]) for m in mistakes]
    return Settings(policy, sorted(problems, key=lambda p: (p.line, p.column)), raw)


def write_sender(root: Path, sender: str, now: datetime) -> None:
    """Write `desk.sender` into sla.yaml and leave every other byte as it is. Raises Invalid or Refused where it can't."""
    path = root / FILE
    raw = atomic.read(path)
    atomic.replace(path, with_sender(raw, sender, now), raw)


def with_sender(raw: bytes, sender: str, now: datetime) -> bytes:
    """The file with this `desk.sender`, every other byte as it is. Raises Invalid where it can't be."""
    value = f"'{sender.replace(chr(39), chr(39) * 2)}'"
    changed = _spliced_in(raw, value)
    settings = parse_settings(changed, now)
    if not settings.policy or settings.policy.desk.sender != sender:
        found = f": {settings.problems[0]}" if settings.problems else ""
        raise Invalid(f"{FILE}: can't find where to write the sender{found}", hint=f"write it by hand, under desk: sender: {value}")
    return changed


def _spliced_in(raw: bytes, value: str) -> bytes:
    """The file with this sender: in the old one's place, else as the first of `desk`, else with a `desk` of its own."""
    from itsm.store.nodes import Mapping
    from itsm.store.strict import Unreadable, load

    try:
        tree = load(raw, FILE)
    except Unreadable:
        return raw
    text, line = raw.decode("utf-8"), f"sender: {value}"
    newline = "\r\n" if "\r\n" in text else "\n"
    pair = tree.get("desk") if isinstance(tree, Mapping) else None
    if pair is None:
        schema = tree.get("schema") if isinstance(tree, Mapping) else None
        place = _line_end(text, schema[1].end if schema else 0)
        return _spliced(text, place, place, f"{newline}desk:{newline}  {line}")
    desk = pair[1]
    if not isinstance(desk, Mapping):
        place = _line_end(text, pair[0].end)
        return _spliced(text, place, place, f"{newline}  {line}")
    old = desk.get("sender")
    if old:
        empty = old[1].start == old[1].end
        return _spliced(text, old[1].start, old[1].end, f" {value}" if empty else value)
    if desk.flow:
        return _spliced(text, desk.start + 1, desk.start + 1, f"{line}, " if desk.pairs else line)
    return _spliced(text, desk.start, desk.start, f"{line}{newline}{text[text.rfind(chr(10), 0, desk.start) + 1 : desk.start]}")


def _line_end(text: str, place: int) -> int:
    """Where the line of this place ends, before its line break."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end - (text[end - 1] == "\r")


def _spliced(text: str, start: int, end: int, new: str) -> bytes:
    return f"{text[:start]}{new}{text[end:]}".encode()


def _quick(raw: bytes, mark: Path) -> dict[str, Any] | None:
    """The data by the fast reader, only if the strict one has passed these very bytes before."""
    try:
        passed = atomic.read(mark)
    except (OSError, ItsmError):
        return None
    if passed != raw:  # the bytes themselves, no digest of them: to import hashlib takes longer than all this
        return None
    from yaml12 import parse_yaml

    data: Any = parse_yaml(raw.decode("utf-8"))
    return data if isinstance(data, dict) else None


def _strict(raw: bytes, mark: Path, now: datetime) -> Settings:
    settings = parse_settings(raw, now)
    if settings.policy and _readers_agree(raw):
        with suppress(OSError, ItsmError):  # a note for speed only; a desk that can't be written to must still be read
            own_folder(mark.parent.parent)
            atomic.replace(mark, raw)
    return settings


def _readers_agree(raw: bytes) -> bool:
    from yaml12 import parse_yaml

    from itsm.store.strict import load, to_data

    try:
        return bool(parse_yaml(raw.decode("utf-8")) == to_data(load(raw, FILE)))
    except ValueError:
        return False
