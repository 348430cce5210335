"""The outbox, `.itsm/outbox/`: messages on their way, one JSON file each, until a server has taken them (page 3, sentences 19 and 20).

In `dead/` lie those that were given up, whole, until a person has them tried again or drops them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from itsm.errors import ItsmError, Problem
from itsm.model.event import NOTHING, instant, stamp
from itsm.sla.policy import Retry
from itsm.store import atomic, sharing
from itsm.store.locks import own_folder
from itsm.values import dataclass, field, replace

LONGEST_PAUSE = timedelta(minutes=60)
DEAD = "dead"
_MAX_BYTES = 16 * 1024 * 1024
_MOST_ATTEMPTS = 10**9
_MOST_DOUBLINGS = 20  # 2**20 of the shortest pause, a second, are more than the longest, a day
_INSTANTS = ("queued", "next_try", "not_before", "since", "not_after")
_LATER_KEYS: dict[str, Any] = {"since": None, "not_after": None, "refused": False}  # what messages of earlier versions don't have
_TEXTS = ("id", "channel", "sender", "to", "recipient", "message", "error")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message on its way by one channel to one address. `keys` are the (notice, recipient) pairs that it brings.

    `next_try` is when it may be tried (again); `not_before` holds it back whatever happens. It is tried from `since` on (else
    `queued`) and no more after `not_after`. `refused`: the other side's last word was final. Instants are UTC.
    """

    id: str
    channel: str
    sender: str
    to: str
    recipient: str
    keys: tuple[tuple[str, str], ...]
    message: str
    queued: datetime
    next_try: datetime
    fields: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    attempts: int = 0
    not_before: datetime | None = None
    error: str = ""
    since: datetime | None = None
    not_after: datetime | None = None
    refused: bool = False

    def due(self, now: datetime, longest: timedelta = LONGEST_PAUSE) -> bool:
        """Whether it may be tried now. A pause longer than any comes from a clock that was wrong, and counts no more (sentence 21)."""
        if self.not_before is not None and self.not_before > now:
            return False
        return not resting(self.next_try, now, longest)

    def hopeless(self, now: datetime, retry: Retry) -> bool:
        """Whether it was tried long enough. One that was never tried is not: days without cron are no fault of its own."""
        return self.attempts > 0 and retry.over(self.since or self.queued, now, refused=self.refused)

    def stale(self, now: datetime) -> bool:
        """Whether it is too late to be of use to its reader (sentence 16)."""
        return self.not_after is not None and now > self.not_after


@dataclass
class Outbox:
    """The outbox of one desk. `problems` are the files that couldn't be read, found by the last `waiting` or `dead`."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)

    def put(self, entry: Entry) -> None:
        """Have the disk keep it before this returns; an entry with the same ID is replaced. Raises ItsmError where that fails."""
        self._make_folder(self.folder)
        atomic.replace(self._path(entry.id), _encode(entry))

    def waiting(self) -> list[Entry]:
        """Every message on its way, oldest first. A file that is none is a problem, and the others go on."""
        self.problems = []
        return self._read(self.folder)

    def dead(self) -> list[Entry]:
        """Every message that was given up, oldest first. A file that is none is a problem, as for `waiting`."""
        self.problems = []
        return self._read(self.folder / DEAD)

    def _read(self, folder: Path) -> list[Entry]:
        found = []
        for path in sorted(folder.glob("*.json")):
            try:
                entry = _decode(atomic.read(path, _MAX_BYTES))
                if path.name != self._path(entry.id).name:
                    raise ValueError("its name doesn't belong to its id")
            except FileNotFoundError:
                continue  # another run has sent it meanwhile
            except (ItsmError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                what = str(error).removeprefix(f"{path}: ") or type(error).__name__
                self.problems.append(
                    Problem(str(path), 0, f"not a message of the outbox: {what}", "delete it; `itsm notices` tells what was said")
                )
            else:
                found.append(entry)
        return sorted(found, key=lambda entry: (entry.queued, entry.keys, entry.id))

    def remove(self, entry: Entry) -> None:
        """It has arrived. Removing it twice does no harm. Raises ItsmError."""
        self._removed(self._path(entry.id))

    def forget(self, entry: Entry) -> None:
        """A dead one that nobody wants to have tried again. Raises ItsmError."""
        self._removed(self._grave(entry.id))

    def _removed(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
            if path.parent.is_dir():
                atomic.sync_folder(path.parent)
        except OSError as error:
            raise ItsmError(f"{path}: can't be removed: {error.strerror}", hint="or it would be sent again") from error

    def failed(self, entry: Entry, reason: str, now: datetime, retry: Retry | None = None, *, refused: bool = False) -> Entry:
        """Count one more failed attempt: tried again at the next sweep, then after 1, 2, 4, … minutes, at last every hour."""
        pausing = pause(entry.attempts + 1, retry)
        later = replace(entry, attempts=entry.attempts + 1, next_try=now + pausing, error=reason, refused=refused)
        self.put(later)
        return later

    def give_up(self, entry: Entry) -> None:
        """Lay it aside, where no sweep tries it. Raises ItsmError."""
        self.put(entry)
        self._moved(self._path(entry.id), self._grave(entry.id))

    def lay_aside(self, entry: Entry) -> None:
        """The same of what was never on its way by this outbox: a rule's command. Raises ItsmError."""
        self._make_folder(self.folder / DEAD)
        atomic.replace(self._grave(entry.id), _encode(entry))

    def revive(self, entry: Entry, now: datetime) -> None:
        """Have the next mail sweep try it again, from the start, under the same ID. Raises ItsmError."""
        fresh = replace(entry, attempts=0, next_try=now, since=now, not_after=None, refused=False)
        atomic.replace(self._grave(entry.id), _encode(fresh))
        self._moved(self._grave(entry.id), self._path(entry.id))

    def hurry(self, entry: Entry, now: datetime) -> None:
        """Have the next mail sweep try it, whatever pause it was to make; what it was tried still counts. Raises ItsmError."""
        self.put(replace(entry, next_try=min(entry.next_try, now)))

    def _moved(self, here: Path, there: Path) -> None:
        try:
            sharing.make_folder(there.parent)
            here.rename(there)
            for folder in (there.parent, here.parent):
                atomic.sync_folder(folder)
        except OSError as error:
            raise ItsmError(f"{here}: can't be moved to {there}: {error.strerror}", hint="look at the rights of both folders") from error

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        try:
            own_folder(self.folder.parent.parent)
            for one in dict.fromkeys((self.folder, folder)):
                sharing.make_folder(one)
            for above in {self.folder.parent.parent, self.folder.parent, folder.parent}:
                atomic.sync_folder(above)
        except OSError as error:
            raise ItsmError(f"{folder}: can't be made: {error.strerror}", hint="look at the rights of the folder above it") from error

    def _path(self, message_id: str) -> Path:
        return self.folder / _name(message_id)

    def _grave(self, message_id: str) -> Path:
        return self.folder / DEAD / _name(message_id)


def _name(message_id: str) -> str:
    """A digest and not the ID itself: a Message-ID may hold what no file name may."""
    from hashlib import sha256

    return f"{sha256(message_id.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}.json"


def resting(next_try: datetime, now: datetime, longest: timedelta = LONGEST_PAUSE) -> bool:
    """Whether what failed isn't tried again yet. A pause longer than any comes from a clock that was wrong, and counts no more."""
    return now < next_try <= now + longest


def pause(attempts: int, retry: Retry | None = None) -> timedelta:
    """How long what has failed so often is left alone: not at all, 1, 2, 4, … minutes, at last an hour (sentence 20)."""
    retry = retry or Retry()
    if attempts <= 1:
        return timedelta(0)
    return timedelta(seconds=min(retry.longest.total, retry.pause.total * 2 ** min(attempts - 2, _MOST_DOUBLINGS)))


def _encode(entry: Entry) -> bytes:
    facts = {name: getattr(entry, name) for name in Entry.__slots__}
    facts["fields"] = dict(entry.fields)
    facts |= {name: stamp(moment) for name in _INSTANTS if (moment := facts[name]) is not None}
    return (json.dumps(facts, indent=1) + "\n").encode("ascii")


def _decode(data: bytes) -> Entry:
    """Raises ValueError, TypeError, KeyError or AttributeError for anything that isn't a whole entry: nothing is sent on a guess."""
    facts: dict[str, Any] = json.loads(data)
    facts = {**_LATER_KEYS, **facts}
    if sorted(facts) != sorted(Entry.__slots__):
        raise ValueError("its keys are not those of a message")
    wrong = [name for name in _TEXTS if not isinstance(facts[name], str)]
    if wrong or type(facts["attempts"]) is not int or type(facts["refused"]) is not bool:
        raise TypeError(f"{(wrong or ['attempts or refused'])[0]} is of a wrong type")
    if not 0 <= facts["attempts"] <= _MOST_ATTEMPTS:
        raise ValueError("nobody has tried anything so often")
    json.dumps(facts, ensure_ascii=False).encode()  # half a character, which JSON can say, no journal and no mail can
    keys = tuple((str(key), str(recipient)) for key, recipient in facts["keys"])
    fields = {str(name): str(value) for name, value in facts["fields"].items()}
    given = {name: moment for name in _INSTANTS if (moment := facts[name]) is not None or name in ("queued", "next_try")}
    moments = {name: instant(moment) for name, moment in given.items()}
    return Entry(**{**facts, "keys": keys, "fields": fields, **moments})
