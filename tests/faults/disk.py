"""What a disk may hold after the power went, worked out from a trace of system calls.

The model is harder than any file system in use. What was fsynced is there. Of what wasn't, each name of a folder and each file's
content is old or new on its own, in any combination, whatever the order in which it was done: a rename may be there and the unlink
before it not. (But a rename loses no file: POSIX has it that one of the two names is always there.) Of an unsynced write all, half or
nothing is there. A new name in a folder is safe only when that folder was fsynced.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

OPTIONS = ("-y", "-xx", "-s", "10000000")
_STRING = r'"((?:\\x[0-9a-f]{2})*)"'
_FD = r"\d+<((?:\\x[0-9a-f]{2})*)(?:<[^>]*>)?(?:\(deleted\))?>"
_FORMS = {
    "openat": re.compile(rf"openat\(AT_FDCWD<[^>]*>, {_STRING}, ([A-Z_|]+)(?:, 0\d+)?\) += {_FD}"),
    "write": re.compile(rf"write\({_FD}, {_STRING}, \d+()\) += \d+"),
    "pwrite64": re.compile(rf"pwrite64\({_FD}, {_STRING}, \d+, (\d+)\) += \d+"),
    "ftruncate": re.compile(rf"ftruncate\({_FD}, (\d+)\) += 0"),
    "fsync": re.compile(rf"fsync\({_FD}\) += 0"),
    "rename": re.compile(rf"rename\({_STRING}, {_STRING}\) += 0"),
    "linkat": re.compile(rf"linkat\(AT_FDCWD<[^>]*>, {_STRING}, AT_FDCWD<[^>]*>, {_STRING}, 0\) += 0"),
    "unlink": re.compile(rf"unlink\({_STRING}\) += 0"),
    "mkdir": re.compile(rf"mkdir\({_STRING}, 0\d+\) += 0"),
    "sendto": re.compile(rf"sendto\(\d+<[^>]*>*, {_STRING},"),
}
_LINE = re.compile(r"(\w+)\(")
FOLDER = None  # what a folder's entry leads to, in a tree

Tree = dict[str, bytes | None]


@dataclass
class _File:
    """A file's content as the disk has it for sure, and each later one that it may have."""

    safe: bytes = b""
    pending: list[bytes] = field(default_factory=list)
    now: bytes = b""

    def becomes(self, content: bytes) -> None:
        """A write: of one that grows, half may be there."""
        if len(content) > len(self.now) and content.startswith(self.now):
            self.pending.append(content[: (len(self.now) + len(content)) // 2])
        self.pending.append(content)
        self.now = content

    def synced(self) -> None:
        self.safe, self.pending = self.now, []


@dataclass
class Disk:
    """A folder's files and folders, by their path below `root`. `calls` are those of the trace that were understood."""

    root: Path
    files: dict[int, _File] = field(default_factory=dict)
    names: dict[str, int | None] = field(default_factory=dict)  # path → file; None: a folder
    pending: dict[str, list[int | str | None]] = field(default_factory=dict)  # path → what its name may still lead to; "": nothing
    moved: list[tuple[str, str, int | None]] = field(default_factory=list)  # from, to, which file
    said: int = 0  # words that were shown
    mails: int = 0

    @classmethod
    def of(cls, root: Path) -> Disk:
        """What is there, all of it safe."""
        disk = cls(root)
        for path in sorted(root.rglob("*")):
            name = str(path.relative_to(root))
            disk.names[name] = disk._new(path.read_bytes()) if path.is_file() else None
        return disk

    def played(self, trace: Path) -> Iterator[Disk]:
        """The disk after each call of the trace that changes what may be on it; and once before the first."""
        yield self
        for line in trace.read_text(encoding="ascii").splitlines():
            call = _LINE.match(line)
            form = _FORMS.get(call[1]) if call else None
            if form and (match := form.search(line)) and getattr(self, f"_{call[1]}")(*match.groups()):
                yield self

    def states(self, wanted: Callable[[str], bool]) -> Iterator[Tree]:
        """Every tree that a crash now may leave, as far as names are wanted."""
        targets = {name: dict.fromkeys(may) for name, may in self._targets().items() if wanted(name)}
        for picked in product(*targets.values()):
            picked_names = dict(zip(targets, picked, strict=True))
            if any(picked_names.get(old) == "" and picked_names.get(new) != file and old in self.pending for old, new, file in self.moved):
                continue
            names = _rooted(picked_names)
            used = sorted({target for target in names.values() if isinstance(target, int)})
            for content in product(*(dict.fromkeys([self.files[one].safe, *self.files[one].pending]) for one in used)):
                held = dict(zip(used, content, strict=True))
                yield {name: held[target] if isinstance(target, int) else None for name, target in names.items()}

    def now(self) -> Tree:
        """What is there if all of it came to the disk."""
        return {name: self.files[target].now if isinstance(target, int) else None for name, target in self.names.items()}

    def safe(self) -> Tree:
        """What is there if nothing came to the disk that needn't."""
        names = _rooted({name: may[0] for name, may in self._targets().items()})
        return {name: self.files[target].safe if isinstance(target, int) else None for name, target in names.items()}

    def _targets(self) -> dict[str, list[int | str | None]]:
        """What each name may lead to, the safe one first."""
        return {name: [target] for name, target in self.names.items() if name not in self.pending} | self.pending

    # --- calls, each by its name; True where it may have changed the disk

    def _openat(self, _: str, flags: str, path: str) -> bool:
        name = self._name(path)
        if name is None or "O_CREAT" not in flags or name in self.names:
            return False
        self._leads(name, self._new(b""))
        return True

    def _write(self, path: str, data: str, at: str) -> bool:
        name = self._name(path)
        if name is None:
            self.said += Path(_text(path)).name == "out"
            return False
        file = self._file(name)
        offset = int(at) if at else len(file.now)  # a fresh file, or one that is appended to
        file.becomes(file.now[:offset] + _bytes(data) + file.now[offset + len(_bytes(data)) :])
        return True

    _pwrite64 = _write

    def _ftruncate(self, path: str, size: str) -> bool:
        file = self._file(str(self._name(path)))
        file.becomes(file.now[: int(size)])
        return True

    def _fsync(self, path: str) -> bool:
        name = self._name(path)
        if name is None:
            return False
        if name in self.names and self.names[name] is not None:
            self._file(name).synced()
        else:
            for one in [one for one in self.pending if str(Path(one).parent) == name]:
                del self.pending[one]
        return True

    def _rename(self, old: str, new: str) -> bool:
        one, other = str(self._name(old)), str(self._name(new))
        self.moved.append((one, other, self.names[one]))
        self._leads(other, self.names[one])
        return self._unlink(old)

    def _linkat(self, old: str, new: str) -> bool:
        self._leads(str(self._name(new)), self.names[str(self._name(old))])
        return True

    def _unlink(self, path: str) -> bool:
        name = str(self._name(path))
        self.pending.setdefault(name, [self.names[name]]).append("")
        del self.names[name]
        return True

    def _mkdir(self, path: str) -> bool:
        self._leads(str(self._name(path)), FOLDER)
        return True

    def _sendto(self, data: str) -> bool:
        self.mails += _bytes(data).endswith(b"\r\n.\r\n")
        return False

    # --- parts

    def _leads(self, name: str, target: int | None) -> None:
        self.pending.setdefault(name, [self.names.get(name, "")]).append(target)
        self.names[name] = target

    def _new(self, content: bytes) -> int:
        number = len(self.files)
        self.files[number] = _File(content, [], content)
        return number

    def _file(self, name: str) -> _File:
        target = self.names[name]
        assert isinstance(target, int)
        return self.files[target]

    def _name(self, path: str) -> str | None:
        """The path below the root, "." for the root itself; None outside of it."""
        full = os.path.normpath(self.root / _text(path))
        return os.path.relpath(full, self.root) if f"{full}/".startswith(f"{self.root}/") else None


def _rooted(names: dict[str, int | str | None]) -> dict[str, int | str | None]:
    """Those that lead somewhere, and whose folders do."""
    there = {name for name, target in names.items() if target != ""}
    return {name: names[name] for name in sorted(there) if there.issuperset(str(up) for up in Path(name).parents if str(up) != ".")}


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _text(escaped: str) -> str:
    return _bytes(escaped).decode()
