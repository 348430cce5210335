"""`sla simulate`: the desk's tickets lived again under two policies, and what differs (page 3, sentence 23). Nothing is written."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from itsm.desk.acting import act
from itsm.desk.desk import Desk
from itsm.desk.founding import POLICIES
from itsm.desk.hands import Progress, silent, spread
from itsm.errors import Invalid, ItsmError, Problem, Usage
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import Ticket
from itsm.sla.counts import BREACH, REFUSED, Counts, Fact, Window
from itsm.sla.policy import Policy
from itsm.sla.simulate import relive
from itsm.store import atomic
from itsm.store.settings import FILE, parse_settings
from itsm.store.tickets import Tickets
from itsm.values import dataclass, field

_BATCH = 50  # tickets that a process takes at a time
_WORTHWHILE = 400  # tickets from which on a second process pays
_GROUPS = {BREACH: "breaches", "notify": "notices", "call": "calls", "command": "commands", REFUSED: "refused"}
GROUPS = ("breaches", "notices", "calls", "moves", "commands", "refused")

Pair = tuple[Policy, Policy]


@dataclass(frozen=True, slots=True)
class Difference:
    """A ticket on which the policies don't say and do the same at the same moments: how much of each group (GROUPS) under each."""

    ticket: str
    present: Counter[str]
    new: Counter[str]


@dataclass(slots=True)
class Comparison:
    """What two policies come to. `first`: when the first ticket was opened. A ticket that can't be read is among the problems."""

    present: Counts = field(default_factory=Counts)
    new: Counts = field(default_factory=Counts)
    differ: list[Difference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    first: datetime | None = None

    def take(self, ticket: Ticket, policies: Pair, window: Window) -> None:
        """One more ticket. Hours of both are those of the present desk's zone."""
        if ticket.opened > window.until:
            return
        self.first = min(filter(None, (self.first, ticket.opened)))
        zone = ZoneInfo(policies[0].desk.timezone)
        present, new = (relive(ticket, policy, window, act, policies[0]) for policy in policies)
        self.present.take(present, zone)
        self.new.take(new, zone)
        if sorted(map(_told, present)) != sorted(map(_told, new)):
            self.differ.append(Difference(ticket.id, _sums(present), _sums(new)))

    def add(self, other: Comparison) -> None:
        """What the next part of the tickets came to."""
        self.present.add(other.present)
        self.new.add(other.new)
        self.differ += other.differ
        self.problems += other.problems
        self.first = min(filter(None, (self.first, other.first)), default=None)


def group(kind: str) -> str:
    """Which of GROUPS a kind of fact belongs to."""
    return _GROUPS.get(kind, "moves")


def compare(desk: Desk, policy: str, window: Window, now: datetime, progress: Progress = silent) -> Comparison:
    """The desk's tickets, archived ones too, under its own policy and another. Raises Invalid where one is broken, Usage."""
    raw, name = _read(policy)
    raws = (_present(desk), raw)
    _checked([*desk.settings.problems, *parse_settings(raw, now, name).problems])
    ids = [*desk.tickets.ids(), *desk.tickets.archived()]
    batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
    work = partial(_part, desk.root, raws, window, now)
    found = Comparison()
    for done, part in enumerate(spread(work, batches, worthwhile=len(ids) >= _WORTHWHILE), 1):
        found.add(part)
        progress("simulating", min(done * _BATCH, len(ids)), len(ids))
    return found


def look_only(desk: Desk, now: datetime) -> Desk:
    """The desk, its sla.yaml read without the note for the next reader that it was found right: simulating writes nothing at all."""
    desk.settings = parse_settings(_present(desk), now)
    return desk


def _present(desk: Desk) -> bytes:
    try:
        return atomic.read(desk.root / FILE)
    except FileNotFoundError:
        return b"schema: 1\n"  # a desk without the file promises nothing


def _read(policy: str) -> tuple[bytes, str]:
    """The policy in this file, or the shipped one of this name; and what to call it."""
    shipped = sorted(path.stem for path in POLICIES.glob("*.yaml"))
    path = Path(policy) if Path(policy).exists() or policy not in shipped else POLICIES / f"{policy}.yaml"
    try:
        return path.read_bytes(), policy  # a link or a pipe, too: --policy <(sed … sla.yaml)
    except FileNotFoundError:
        raise Usage(
            f"there is no policy {policy}", hint=f"name a file, or one of those that are shipped: {did_you_mean(policy, shipped)}"
        ) from None
    except OSError as error:
        raise Usage(f"{path}: can't be read: {error.strerror}") from error


def _checked(problems: list[Problem]) -> None:
    if problems:
        raise Invalid("\n".join(map(str, problems)), hint="nothing was simulated: nothing acts on half a policy")


# --- the work, in this process or in several ---------------------------------------------------


def _part(root: Path, raws: tuple[bytes, bytes], window: Window, now: datetime, ids: list[str]) -> Comparison:
    """A batch of tickets. Policies and tickets travel between processes as what they are in files."""
    policies, tickets, found = _policies(raws, now), Tickets(root), Comparison()
    for ticket_id in ids:
        try:
            found.take(tickets.read(ticket_id).ticket, policies, window)
        except ItsmError as error:
            found.problems.append(Problem(ticket_id, 0, error.message, error.hint))
    return found


@lru_cache(1)
def _policies(raws: tuple[bytes, bytes], now: datetime) -> Pair:
    present, new = (parse_settings(raw, now).policy or Policy() for raw in raws)
    return present, new


def _told(fact: Fact) -> tuple[datetime, str, str]:
    """What makes two facts the same to those who are told: a target's or a priority's name doesn't."""
    return fact.at, fact.kind, fact.name


def _sums(facts: list[Fact]) -> Counter[str]:
    return Counter(group(fact.kind) for fact in facts)
