"""A disk that says no: each call that writes fails, once or from then on, in each changing command and in a sweep that mails.

    python -m tests.faults.failing           the table, every point

strace answers the call in the kernel's place. What must hold: the command says which file it was and ends with a status that isn't 0,
what is on the disk is old (or new, where only the last step failed), and no fsync that failed is tried again: the kernel may have
dropped the data and say "fine" the second time. `unharmed`: the command did without what failed and said that it was done; then it was.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tests.desk_runner import DeskRunner
from tests.faults.killed import count, settled, status, with_mail
from tests.faults.launch import Call, Ended, Starter
from tests.faults.scenes import SCENES, Scene, Stage, seen, torn
from tests.faults.table import SWEEP, Row, print_table
from tests.smtpd import Smtpd

ERRORS = ("ENOSPC", "EIO", "EDQUOT", "EACCES")
CALLS = frozenset(("openat", "write", "pwrite64", "fsync", "rename", "linkat", "mkdir", "fchmod", "ftruncate"))
COLUMNS = ("points", "refused", "unharmed", "old", "new", "between", "torn", "lost", "doubled")
# What a command may do without: who holds the lock, the highest number given, that sla.yaml was found right, both indexes, its own words.
NICETIES = re.compile(r"/\.itsm/(?:lock|sweep\.lock|import|last-number|\.?sla\.ok|\.gitignore|index|words)|/desk\.trace/|fchmod")


def commands(folder: Path, starter: Starter, names: list[str], step: int = 1, first: int = 0) -> Iterator[Row]:
    """A row for each of these commands, with every `step`-th of its faults."""
    for name in names:
        scene, row = SCENES[name], Row(name, COLUMNS)
        stage = Stage(folder / name.replace(" ", "-"), scene.made)
        desk = stage.desk
        before = seen(desk)
        whole = starter.run(scene.args, desk.root, desk.environment(scene.at), "-y")
        assert whole.code == 0, (name, whole.err)
        after = seen(desk)
        points = [call for call in whole.calls if call.changes and not call.failed and call.name in CALLS]
        for call, error, more in list(product(points, ERRORS, ("", "+")))[first % step :: step]:
            stage.back()
            how = f"--inject={call.name}:error={error}:when={call.turn}{more}"
            ended = starter.run(scene.args, desk.root, desk.environment(scene.at), "-y", how)
            row.counts["points"] += 1
            where = f"{name}: {error}{' for good' if more else ''} at {call.text}"
            row.faults += [f"{where}: {fault}" for fault in _judged(row, desk, (scene, call, how), ended, (before, after))]
        yield row


def mailing(folder: Path, starter: Starter, step: int = 1, first: int = 0) -> Row:
    """`sweep --mail`: two sweeps after the disk is well again everything has arrived, with one mail repeated at most."""
    row, args, at = Row(SWEEP, COLUMNS), ("sweep", "--mail"), "3d"
    with Smtpd() as server:
        stage = Stage(folder / "sweep-mail", lambda root: with_mail(root, server.address))
        desk = stage.desk
        whole = starter.run(args, desk.root, desk.environment(at), "-y")
        points = [call for call in whole.calls if call.changes and not call.failed and call.name in CALLS]
        for call, error, more in list(product(points, ("ENOSPC", "EIO"), ("", "+")))[first % step :: step]:
            stage.back()
            settled(server)
            server.received.clear()
            ended = starter.run(args, desk.root, desk.environment(at), "-y", f"--inject={call.name}:error={error}:when={call.turn}{more}")
            where = f"{SWEEP}: {error}{' for good' if more else ''} at {call.text}"
            row.counts["points"] += 1
            row.counts["refused" if ended.code else "unharmed"] += 1
            row.counts["old" if status(desk) == "resolved" else "new"] += 1
            if "Traceback" in ended.err or "a defect" in ended.err or (ended.code == 0 and not NICETIES.search(call.text)):
                row.faults.append(f"{where}: exit {ended.code}: {ended.err}")
            row.faults += [f"{where}: {one}" for one in (*torn(desk), *_synced_again(ended))]
            for minute in ("3d1m", "3d2m"):
                settled(server)
                if (again := desk.do("sweep", "--mail", at=minute)).exit:
                    row.faults.append(f"{where}: the sweep then: {again}")
            settled(server)
            count(row, where, server)
            if (looked := desk.do("check", at="3d2m")).exit or status(desk) != "closed":
                row.faults.append(f"{where}: {status(desk)}: {looked}")
    return row


def _judged(
    row: Row, desk: DeskRunner, fault: tuple[Scene, Call, str], ended: Ended, allowed: tuple[dict[str, str], dict[str, str]]
) -> Iterator[str]:
    (scene, call, how), (before, after) = fault, allowed
    found = seen(desk)
    row.counts["refused" if ended.code else "unharmed"] += 1
    row.stands(found, before, after)
    for one in torn(desk):
        row.counts["torn"] += 1
        yield one
    for name, content in found.items():
        if content not in (before.get(name, ""), after.get(name, "")) and not _facts(name, content, after.get(name, "")):
            yield f"{name} is neither old nor new:\n{content}"
    said = ended.out + ended.err
    if "Traceback" in said or "a defect" in said or ended.code not in (0, 1, 5):
        yield f"exit {ended.code}: {said}"
    if ended.code == 0 and found != after:
        yield f"exit 0, and not done: {said}"
    if ended.code == 0 and not NICETIES.search(call.text):
        yield f"exit 0: {said}"
    mute = call.name == "write" and how.endswith("+")
    if ended.code and not mute and not re.search(r"(/|fresh|tickets|sla\.yaml|notices|standard output)", ended.err):
        yield f"no file is named: {said}"
    yield from _synced_again(ended)
    if (looked := desk.do("check", at=scene.at)).exit and not scene.mends:
        yield str(looked)
    again = desk.do(*scene.args, at=scene.at)
    if again.exit not in (scene.again if found != before else (0,)):
        yield f"the same command then: {again}"


def _facts(name: str, content: str, after: str) -> bool:
    """A journal without what couldn't be done: whole lines, in their order."""
    lines = iter(after.splitlines(keepends=True))
    return name.startswith("notices/") and all(line in lines for line in content.splitlines(keepends=True))


def _synced_again(ended: Ended) -> Iterator[str]:
    refused: set[str] = set()
    for call in ended.calls:
        if call.name == "fsync":
            if call.args in refused:
                yield f"tried again: {call.args}"
            if "INJECTED" in call.result and ".tmp>" in call.args:
                refused.add(call.args)


if __name__ == "__main__":
    sys.exit(print_table("failing in", COLUMNS, commands, mailing))
