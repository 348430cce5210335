"""The index, `.itsm/index.sqlite`: what the files said when they were last read. Disposable, and never believed over a file.

Whatever is wrong with it, it is made anew or done without: old, of another version of the program or of another desk, torn, overwritten
(each row carries a checksum), locked, on a disk that is full or can't be written to. No command fails for want of it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import TZPATH

from itsm.errors import Problem
from itsm.store import locks
from itsm.store.keys import key_of

T = TypeVar("T")

SCHEMA = 2  # of the tables
_PATIENCE = 1.0  # seconds to wait for another process that writes to it
_BETWEEN = "\x1f"  # the fields of a row: no text of theirs has it
_DAMAGED = frozenset((sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_FORMAT))
_TERMS = "CREATE TABLE terms (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"


class Kind(NamedTuple):
    """One file of its own below `.itsm/`, and the tables in it."""

    file: str
    tables: str


LISTS = Kind("index.sqlite", """
CREATE TABLE rows (place TEXT, number INTEGER, id TEXT, mark TEXT, told TEXT, sum INTEGER, PRIMARY KEY (place, number, id))
    WITHOUT ROWID;
CREATE TABLE words (place TEXT, id TEXT, words TEXT, sum INTEGER, PRIMARY KEY (place, id)) WITHOUT ROWID;
CREATE TABLE entered (place TEXT, id TEXT, key TEXT, at TEXT, sum INTEGER, PRIMARY KEY (place, id)) WITHOUT ROWID;
CREATE TABLE folders (name TEXT PRIMARY KEY, key TEXT, strays TEXT, sum INTEGER) WITHOUT ROWID;
CREATE TABLE quiet (way TEXT, id TEXT, mark TEXT, told TEXT, sum INTEGER, PRIMARY KEY (way, id)) WITHOUT ROWID;
CREATE TABLE months (name TEXT PRIMARY KEY, key TEXT, size INTEGER, digest TEXT, lines INTEGER, faults TEXT, sum INTEGER) WITHOUT ROWID;
CREATE TABLE said (id TEXT, month TEXT, facts TEXT, lines TEXT, stuck INTEGER, sum INTEGER, PRIMARY KEY (id, month)) WITHOUT ROWID;
CREATE INDEX stuck ON said (id) WHERE stuck;
""")  # fmt: skip


class Damaged(Exception):
    """What the index says can't be believed: it is thrown away."""


# What can happen to whoever reads it: SQLite's own errors, the system's, and what comes of bytes that nobody wrote.
TROUBLE = (sqlite3.Error, Damaged, OSError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


def checksum(*parts: object) -> int:
    """Of a row: whoever overwrites a page of the file can't make us believe what then stands there."""
    return zlib.crc32(_BETWEEN.join(map(str, parts)).encode("utf-8", "surrogatepass"))


def faults_text(faults: Iterable[Problem]) -> str:
    """Faults as a row keeps them; "" where there are none."""
    found = [(one.file, one.line, one.message, one.remedy, one.column) for one in faults]
    return json.dumps(found) if found else ""


def faults_of(text: str) -> list[Problem]:
    """Faults that a row has kept."""
    return [Problem(*fault) for fault in json.loads(text)] if text else []


class Index:
    """The open index. Its methods raise what TROUBLE names."""

    def __init__(self, path: Path, terms: str, tables: str = LISTS.tables, *, look_only: bool = False) -> None:
        self.path = path
        self.look_only = look_only
        if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
            raise OSError("not a regular file")
        # https://www.sqlite.org/uri.html, 3.1; `Path.as_uri` takes a module of a millisecond to say the same
        name = str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        where = f"file://{name}?{'mode=ro&immutable=1' if look_only else 'mode=rwc'}"
        self.db = sqlite3.connect(where, timeout=_PATIENCE, isolation_level=None, uri=True)
        try:
            self._prepared(terms, tables)
        except BaseException:
            self.db.close()
            raise

    def _prepared(self, terms: str, tables: str) -> None:
        """An index that was made on other terms has nothing to tell us."""
        known = self.db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] and self.term("made by")
        if known == terms:
            self.db.execute("PRAGMA synchronous = NORMAL")
            return
        if known != 0:
            raise Damaged
        self.db.execute("PRAGMA page_size = 16384")  # rows of a kilobyte: of pages of four SQLite puts each on one of its own
        self.db.execute("PRAGMA journal_mode = WAL")
        with suppress(OSError):
            os.chmod(self.path, 0o660)  # whatever the umask: others of the group use it too
        with self.writing():
            for table in f"{_TERMS}{tables}".strip().split(";\n"):
                self.db.execute(table)
            self.set_term("made by", terms)

    def term(self, name: str) -> str | None:
        """What holds for all that is in it: by which program and policy it was made."""
        found = self.db.execute("SELECT value FROM terms WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def set_term(self, name: str, value: str) -> None:
        """Have it hold from now on."""
        self.db.execute("INSERT OR REPLACE INTO terms VALUES (?, ?)", (name, value))

    def rows(self, query: str, values: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query whose last column is their checksum, without it. Raises Damaged where one isn't as it was written."""
        return list(self.each(query, values))

    def each(self, query: str, values: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The same, one after the other: more than anybody wants in memory."""
        for row in self.db.execute(query, tuple(values)):
            if checksum(*row[:-1]) != row[-1]:
                raise Damaged
            yield row[:-1]

    def marked(self, query: str, values: Iterable[Any] = ()) -> list[tuple[list[bytes], bytes]]:
        """The rows of a query for `mark`, `told` and `sum`, in UTF-8: the fields of the first, and the second whole. Thousands are read at
        a time, and whoever wants few of them takes few to pieces.
        """
        self.db.text_factory = bytes
        self.db.execute("PRAGMA cache_size = -256")  # KiB: here no page is read twice, and fresh memory costs more than the reading
        try:
            found = self.db.execute(query, tuple(values)).fetchall()
        finally:
            self.db.text_factory = str
            self.db.execute("PRAGMA cache_size = -2000")  # as it is without a word
        crc, between = zlib.crc32, _BETWEEN.encode()
        if [crc(told, crc(mark)) for mark, told, _ in found] != [one for _, _, one in found]:
            raise Damaged
        return [(mark.split(between), told) for mark, told, _ in found]

    def mark_all(self, table: str, rows: Iterable[tuple[tuple[Any, ...], Sequence[str], str]]) -> None:
        """Rows that are read so: of each its key, the fields of its mark, which have no control characters, and what it tells."""
        summed = [(*key, mark, told, checksum(mark + told)) for key, fields, told in rows for mark in [_BETWEEN.join(fields)]]
        if summed:
            marks = ", ".join("?" * len(summed[0]))
            self.db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", summed)  # noqa: S608 - our own names

    def put(self, table: str, *values: Any) -> None:
        """One row, with its checksum."""
        self.put_all(table, [values])

    def put_all(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Rows, each with its checksum."""
        if rows:
            marks = ", ".join("?" * (len(rows[0]) + 1))
            summed = [(*row, checksum(*row)) for row in rows]
            self.db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", summed)  # noqa: S608 - our own names

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing of what is written inside it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def now(self) -> int:
        """The present by the clock of the file system, in nanoseconds: files' times are compared with no other."""
        if not self.look_only:
            os.utime(self.path)
        return os.stat(self.path).st_mtime_ns

    def close(self) -> None:
        """Let go of it."""
        self.db.close()


def used(desk: Path, use: Callable[[Index], T], kind: Kind = LISTS) -> T | None:
    """What `use` makes of the index of the desk in this folder, which is empty where none was made by this program; None without.

    One that is damaged is thrown away, and `use` is called once more with a new one.
    """
    for _ in range(2):
        try:
            with closing(Index(locks.own_folder(desk) / kind.file, made_by(desk), kind.tables)) as index:
                return use(index)
        except TROUBLE as error:
            if not _thrown_away(desk / locks.OWN / kind.file, error):
                return None
    return None


def looked_up(desk: Path, use: Callable[[Index], T]) -> T | None:
    """The same for who may not write anything, the index itself least of all; None, too, where another process writes to it."""
    path = desk / locks.OWN / LISTS.file
    try:
        before = _state(path)
        with closing(Index(path, made_by(desk), look_only=True)) as index:
            found = use(index)
        return found if _state(path) == before else None
    except TROUBLE:
        return None


def _state(path: Path) -> str:
    """The key of the index's file. Raises OSError while there is a second file beside it, with what isn't yet in the first."""
    if os.path.lexists(f"{path}-wal"):
        raise OSError("it is being written to")
    return key_of(os.lstat(path))


def _thrown_away(path: Path, error: Exception) -> bool:
    """Delete an index that is damaged; one that only can't be had now is left alone. Whether it is gone."""
    if isinstance(error, OSError) or (isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 1) & 0xFF not in _DAMAGED):
        return False
    try:
        for end in ("", "-wal", "-shm"):
            path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    except OSError:
        return False
    return True


def made_by(desk: Path) -> str:
    """What an index must have been made by to be of use: this very program, for the desk in this folder. Raises OSError."""
    found = os.stat(desk)
    return f"{found.st_dev} {found.st_ino} {_program()}"


@lru_cache(1)
def _program() -> int:
    """What stands for this program, as it is when it begins to run, and for the others' data that it takes."""
    package = Path(__file__).parent.parent
    parts = [f"{SCHEMA} {sys.version_info} {sys.prefix}"]
    for folder in (package, *(package / name for name in ("model", "sla", "store", "desk"))):
        with os.scandir(folder) as entries:
            files = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".py")]
        parts += [f"{name} {found.st_size} {found.st_mtime_ns}" for name, found in sorted(files, key=lambda one: one[0])]
    for path in (*(one for one in sys.path if one.endswith("site-packages")), *TZPATH):  # holidays and time zones are others' data
        with suppress(OSError):
            parts.append(f"{path} {os.stat(path).st_mtime_ns}")
    return checksum(*parts)
