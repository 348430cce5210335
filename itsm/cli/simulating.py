"""What `sla simulate` shows: a table for people, `--json` for scripts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from itsm.cli import output
from itsm.cli.bar import Bar
from itsm.cli.run import Run
from itsm.errors import Invalid, Usage

if TYPE_CHECKING:
    from itsm.desk.simulating import Comparison, Difference

_SHOWN = 20  # differing tickets that people are shown
_WHAT = 44  # columns of the table's first column


def simulate(run: Run, policy: str, since: str | None, until: str | None) -> None:
    """Compare, and show; exit 5 where a ticket can't be read. Raises Usage for a window that ends before it begins."""
    from itsm.desk import simulating
    from itsm.sla.counts import Window

    desk = simulating.look_only(run.desk, run.now)
    window = Window(run.when(since) if since is not None else None, run.when(until, future=True))
    if window.since is not None and window.since > window.until:
        raise Usage("--until lies before --since", hint="--since 2026-10-01 --until 2026-11-01")
    with Bar(shown=not (run.quiet or run.json) and output.is_terminal(sys.stderr)) as bar:
        found = simulating.compare(desk, policy, window, run.now, bar.told)
    begins = window.since or found.first or window.until
    report = _Report(found, policy, begins, window.until)
    run.show("simulate", report.as_json(), lambda: output.visible("\n".join(report.lines(run))))
    output.put_problems(found.problems)
    run.exit_code = Invalid.exit_code if found.problems else 0


class _Report:
    """Both sides of a comparison, row by row."""

    def __init__(self, found: Comparison, policy: str, begins: datetime, ends: datetime) -> None:
        self.found = found
        self.policy = policy
        self.begins = begins
        self.ends = ends
        self.days = (ends - begins) / timedelta(days=1)

    def as_json(self) -> dict[str, Any]:
        """The data of the envelope. A row is `present` and `new`; by rule and hour, `hour` is that of the desk's zone."""
        found = self.found
        return {
            "policy": self.policy, "since": self.begins, "until": self.ends, "days": round(self.days, 2), "tickets": found.new.tickets,
            "totals": {name: {"present": a, "new": b} for name, a, b in self._totals()},
            "breaches": _rows(("promise", "target", "priority"), found.present.breaches, found.new.breaches),
            "rules": _rows(("kind", "rule"), _by_rule(found.present.actions), _by_rule(found.new.actions)),
            "hours": _rows(("kind", "rule", "hour"), found.present.actions, found.new.actions),
            "differ": [
                {"ticket": one.ticket, **{name: {"present": one.present[name], "new": one.new[name]} for name in _groups()}}
                for one in found.differ
            ],
            "problems": [output.problem_json(problem) for problem in found.problems],
        }  # fmt: skip

    def lines(self, run: Run) -> Iterator[str]:
        """The table for people."""
        yield f"{self.found.new.tickets:,} tickets under sla.yaml and {self.policy}"
        yield f"{run.local(self.begins)} to {run.local(self.ends)}, {self.days:,.1f} days"
        yield ""
        yield f"{'':{_WHAT}} {'sla.yaml':>10} {'new':>10}"
        for name, present, new in self._totals():
            if name not in ("commands", "refused") or present or new:
                yield _line(name, present, new)
                yield from self._parts(name)
        yield from self._hours()
        yield ""
        yield from self._differing()

    def _parts(self, name: str) -> Iterator[str]:
        """What a total is made of."""
        found = self.found
        if name == "breaches":
            for (promise, target, priority), present, new in _pairs(found.present.breaches, found.new.breaches):
                yield _line(f"  {promise} {target} {priority}", present, new)
            return
        days = self.days or 1
        yield from (f"{'  a day':{_WHAT}} {a / days:10,.1f} {b / days:10,.1f}" for one, a, b in self._totals() if one == name)
        from itsm.desk.simulating import group

        for (kind, rule), present, new in _pairs(_by_rule(found.present.actions), _by_rule(found.new.actions)):
            if group(kind) == name:
                yield _line(f"  {rule}" + (f" ({kind})" if name == "moves" else ""), present, new)

    def _totals(self) -> Iterator[tuple[str, int, int]]:
        sides = [_by_group(side.actions) | {("breaches",): side.breaches.total()} for side in (self.found.present, self.found.new)]
        yield from ((name, sides[0].get((name,), 0), sides[1].get((name,), 0)) for name in _groups())

    def _hours(self) -> Iterator[str]:
        """Notices, calls and moves by the hour of the desk's day, those hours in which something is said."""
        names = ("notices", "calls", "moves")
        present, new = _by_hour(self.found.present.actions), _by_hour(self.found.new.actions)
        if not (present or new):
            return
        yield ""
        yield "hour  " + "".join(f"{name:>24}" for name in names)
        for hour in range(24):
            cells = [(present.get((name, hour), 0), new.get((name, hour), 0)) for name in names]
            if any(map(any, cells)):
                yield f"{hour:02}    " + "".join(f"{f'{a:,} → {b:,}':>24}" for a, b in cells)

    def _differing(self) -> Iterator[str]:
        differ = sorted(self.found.differ, key=lambda one: one.present == one.new)
        shown = differ[: _SHOWN if output.is_terminal(sys.stdout) else len(differ)]
        yield f"{len(differ):,} tickets differ" if differ else "no ticket differs"
        yield from map(_difference, shown)
        if len(differ) > len(shown):
            yield f"and {len(differ) - len(shown):,} more: --json has them all"


def _difference(one: Difference) -> str:
    parts = [f"{name} {one.present[name]} → {one.new[name]}" for name in _groups() if one.present[name] != one.new[name]]
    return f"  {one.ticket:10} {', '.join(parts) or 'the same at other times'}"


def _groups() -> tuple[str, ...]:
    from itsm.desk.simulating import GROUPS

    return GROUPS


Key = tuple[Any, ...]


def _by_rule(actions: Mapping[tuple[str, str, int], int]) -> Counter[Key]:
    return _summed(((kind, rule), n) for (kind, rule, _), n in actions.items())


def _by_group(actions: Mapping[tuple[str, str, int], int]) -> Counter[Key]:
    from itsm.desk.simulating import group

    return _summed(((group(kind),), n) for (kind, _, _), n in actions.items())


def _by_hour(actions: Mapping[tuple[str, str, int], int]) -> Counter[Key]:
    from itsm.desk.simulating import group

    return _summed(((group(kind), hour), n) for (kind, _, hour), n in actions.items())


def _summed(rows: Iterator[tuple[Key, int]] | Any) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for key, n in rows:
        found[key] += n
    return found


def _pairs(present: Mapping[Any, int], new: Mapping[Any, int]) -> Iterator[tuple[Key, int, int]]:
    yield from ((key, present.get(key, 0), new.get(key, 0)) for key in sorted({*present, *new}))


def _rows(names: tuple[str, ...], present: Mapping[Any, int], new: Mapping[Any, int]) -> list[dict[str, Any]]:
    return [{**dict(zip(names, key, strict=True)), "present": a, "new": b} for key, a, b in _pairs(present, new)]


def _line(what: str, present: int, new: int) -> str:
    change = f"{new - present:+,}" if new != present else ""
    return f"{what:{_WHAT}} {present:10,} {new:10,} {change:>9}".rstrip()
