"""The notices journal, `notices/YYYY-MM.jsonl`: what was said to whom, by which channel and when. Append-only, one JSON line a fact."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from itsm.errors import ItsmError, Problem
from itsm.model.event import instant, stamp
from itsm.model.ids import is_id
from itsm.store import atomic, sharing
from itsm.values import dataclass, field

MAX_BYTES = 1 << 30  # of one month: some millions of facts
_BEGUN = b'{"at": "'
_LONGEST = 1 << 20  # bytes of a line


@dataclass
class Journal:
    """The journal of one desk. `problems` are the lines that couldn't be read, found by the last `facts`.

    `complete` says whether a line has all that others take from it.
    """

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    complete: Callable[[dict[str, Any]], bool] = field(default_factory=lambda: _complete)

    def facts(self) -> Iterator[dict[str, Any]]:
        """Every fact, oldest month first, in the order in which they were written.

        Raises ItsmError where the folder can't be listed: all would be said a second time.
        """
        self.problems = []
        for path in self.months():
            yield from self._read(path)

    def facts_of(self, ticket_id: str) -> Iterator[dict[str, Any]]:
        """The facts that bear on one ticket, in their order: its own, and those that are about no ticket alone.

        The lines of other tickets aren't read as JSON: a journal of years has hundreds of thousands. Raises as `facts` does.
        """
        own = f'"{ticket_id}/'.encode()
        # A key is spelt in one way unless something in the line is escaped; a rule may be called `key`.
        return self._facts_in(lambda line: own in line or b"\\" in line or b'"key"' not in line or b'"rules"' in line)

    def facts_between(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """The facts of this time, without its first instant, in their order; the lines of other times aren't read as JSON either."""
        first, last = stamp(since).encode(), stamp(until).encode()

        def likely(line: bytes) -> bool:
            """As we write it, a line begins with when that was, and says so once."""
            at, _, more = line.removeprefix(_BEGUN).partition(b'"')
            ours = line.startswith(_BEGUN) and len(at) == len(first) and at.endswith(b"Z") and b'"at"' not in more and b"\\" not in line
            return not ours or first < at <= last

        return (fact for fact in self._facts_in(likely) if since < instant(fact["at"]) <= until)

    def _facts_in(self, likely: Callable[[bytes], bool]) -> Iterator[dict[str, Any]]:
        """The facts in the lines that are `likely` to have some that are wanted."""
        for path in self.months():
            with suppress(FileNotFoundError, ItsmError):  # whoever reads the whole journal names what can't be read
                near = filter(likely, atomic.read(path, MAX_BYTES).split(b"\n"))
                yield from (fact for _, _, fact in parsed(b"\n".join(near), complete=self.complete) if fact is not None)

    def append(self, facts: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """Write facts and let the disk have them before this returns. Raises ItsmError where that fails."""
        if not facts:
            return
        path = self.folder / f"{at:%Y-%m}.jsonl"
        lines = "".join(json.dumps({"at": stamp(at), **fact}, ensure_ascii=False) + "\n" for fact in facts)
        try:
            self._write(path, lines.encode("utf-8"))
        except OSError as error:
            raise ItsmError(f"{path}: can't record what was said: {error.strerror}", hint="nothing was sent that isn't recorded") from error

    def mend(self) -> list[str]:
        """Take away what a crash has left of facts that nobody was told of; the next `append` does it too. The months that had some.

        A month that can't be opened is left: who reads it says why. Raises ItsmError for one that can't be mended.
        """
        mended = []
        for path in self.months():
            try:
                descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            try:
                mended += [path.name] if stat.S_ISREG(os.fstat(descriptor).st_mode) and _mended(descriptor) else []
            except OSError as error:
                raise ItsmError(f"{path}: can't be mended: {error.strerror}", hint="itsm check --fix tries again") from error
            finally:
                os.close(descriptor)
        return mended

    def _write(self, path: Path, data: bytes) -> None:
        fresh = not path.exists()
        sharing.make_folder(self.folder)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "not a regular file", str(path))
            with suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if fresh:
                sharing.give(descriptor, self.folder)
            _appended(descriptor, data)
        finally:
            os.close(descriptor)
        if fresh:
            _sync_folder(self.folder)
            _sync_folder(self.folder.parent)

    def size(self) -> int:
        """How many bytes it has."""
        return sum(os.stat(path).st_size for path in self.months())

    def months(self) -> list[Path]:
        """The months, oldest first. Hidden files are nobody's business."""
        try:
            with os.scandir(self.folder) as entries:
                return sorted(Path(one.path) for one in entries if one.name.endswith(".jsonl") and one.name[0] != ".")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise ItsmError(
                f"{self.folder}: can't be listed: {error.strerror}", hint="nothing is done while nobody knows what was said already"
            ) from error

    def _read(self, path: Path) -> Iterator[dict[str, Any]]:
        try:
            raw = atomic.read(path, MAX_BYTES)
        except FileNotFoundError:
            return
        except ItsmError as error:
            self.problems.append(Problem(str(path), 0, error.message.removeprefix(f"{path}: "), error.hint))
            return
        for number, line, fact in parsed(raw, complete=self.complete):
            if fact is not None:
                yield fact
            elif line:
                self.problems.append(no_fact(path, number))


def parsed(
    raw: bytes, first: int = 1, complete: Callable[[dict[str, Any]], bool] | None = None
) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
    """Each line of a journal's bytes with its number, and the fact that it is: None for one that is none, or blank."""
    complete = complete or _complete
    for number, line in enumerate(raw.split(b"\n"), first):
        bare = line.strip()
        try:
            fact = json.loads(bare) if bare else None
        except (ValueError, RecursionError):
            fact = None
        yield number, bare, fact if isinstance(fact, dict) and complete(fact) else None


def no_fact(path: Path, number: int) -> Problem:
    """What is wrong with a line that is no fact."""
    remedy = "delete it; one that a crash has cut short, check --fix deletes"
    return Problem(str(path), number, "this line is no fact of the journal", remedy)


def _complete(fact: dict[str, Any]) -> bool:
    """Whether a fact has all that others take from it, so that one bad line is one problem and not every sweep's end."""
    try:
        instant(fact["at"])
        kind = fact.get("fact")
        if kind == "rules":
            return all(since is None or bool(instant(since)) for since in fact["since"].values())
        if kind == "passed":
            first, last = fact["tickets"]
            return is_id(first) and is_id(last) and bool(instant(fact["until"]))
        texts = (kind, fact["key"], fact.get("to", ""), fact.get("channel", ""))
        return all(isinstance(text, str) for text in texts) and ("decided" not in fact or bool(instant(fact["decided"])))
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return False


def _appended(descriptor: int, data: bytes) -> None:
    """Whole lines on the disk, or none: what fails half way is taken back."""
    size = os.fstat(descriptor).st_size
    try:
        size -= len(cut := _cut_short(descriptor, size))
        if cut and not _is_fact(cut):
            os.ftruncate(descriptor, size)
        elif cut:
            data, size = b"\n" + data, size + len(cut)
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, "only a part could be written")
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _cut_short(descriptor: int, size: int) -> bytes:
    """The file's last line, if it has no end. One that is no fact is what a crash has left of one that nobody was told of."""
    start = max(0, size - _LONGEST)
    _, newline, last = os.pread(descriptor, size - start, start).rpartition(b"\n")
    return last if newline or start == 0 else b""


def _mended(descriptor: int) -> bool:
    with suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    size = os.fstat(descriptor).st_size
    cut = _cut_short(descriptor, size)
    if not cut or _is_fact(cut):
        return False
    os.ftruncate(descriptor, size - len(cut))
    os.fsync(descriptor)
    return True


def _is_fact(line: bytes) -> bool:
    try:
        fact = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(fact, dict) and _complete(fact)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
