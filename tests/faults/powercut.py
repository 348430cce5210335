"""The power goes while a command is at work: every disk that this may leave is put in place, looked over and worked with.

    python -m tests.faults.powercut          the table, every state

See `disk` for what may be left. What doesn't need the disk (locks, notes for speed) is there as a whole or not at all, or the number
of states would say more about them than about tickets; big ones are sampled.
"""

from __future__ import annotations

import random
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tests.desk_runner import DeskRunner
from tests.faults.disk import OPTIONS, Disk, Tree
from tests.faults.killed import NOTICES, settled, with_mail
from tests.faults.launch import Starter
from tests.faults.scenes import SCENES, Scene, Stage, seen, torn
from tests.faults.table import SWEEP, Row, print_table
from tests.smtpd import Smtpd

COLUMNS = ("cuts", "states", "old", "new", "between", "torn", "lost", "doubled")
NICETIES = re.compile(r"\.itsm/(?!outbox|dialling)")
MOST = 400  # states of one cut; of more, so many are drawn


def commands(folder: Path, starter: Starter, names: list[str], most: int = MOST, step: int = 1) -> Iterator[Row]:
    """A row for each of these commands; of each cut at most so many states, of all states every `step`-th."""
    for name in names:
        scene, row = SCENES[name], Row(name, COLUMNS)
        stage = Stage(folder / name.replace(" ", "-"), scene.made)
        desk, before = stage.desk, seen(stage.desk)
        disk = Disk.of(desk.root)
        whole = starter.run(scene.args, desk.root, desk.environment(scene.at), *OPTIONS)
        assert whole.code == 0, whole.err
        after = seen(desk)
        for cut, tree in _states(row, disk, desk.root, most, step):
            where = f"{name}, cut {row.counts['cuts']}{' after it was said to be done' if cut.said else ''}"
            row.faults += [f"{where}: {fault}" for fault in _judged(row, desk, scene, (tree, cut.said), (before, after))]
        yield row


def _states(row: Row, disk: Disk, root: Path, most: int, step: int) -> Iterator[tuple[Disk, Tree]]:
    """Each disk that a cut may leave, laid out in place and counted: once, unless more was said or sent before another cut."""
    tried = set()
    for cut in disk.played(root.parent / "desk.trace" / "log"):
        row.counts["cuts"] += 1
        for number, tree in enumerate(_drawn(cut, most)):
            key = (cut.said, cut.mails, frozenset(tree.items()))
            if key not in tried and number % step == 0:
                tried.add(key)
                _laid(root, tree)
                row.counts["states"] += 1
                yield cut, tree


def _drawn(cut: Disk, most: int) -> list[Tree]:
    """The states of one cut; at most so many of them, always the same. The niceties are all there, or as far as they are safe, or gone."""
    niceties = [{name: content for name, content in tree.items() if NICETIES.match(name)} for tree in (cut.now(), cut.safe(), {})]
    found: dict[frozenset[tuple[str, bytes | None]], Tree] = {}
    for tree in islice(cut.states(lambda name: not NICETIES.match(name)), 50 * most):
        for kept in niceties:
            one = tree | (kept if ".itsm" in tree else {})
            found[frozenset(one.items())] = one
    states = list(found.values())
    return states if len(states) <= most else random.Random(1).sample(states, most)


def _laid(root: Path, tree: Tree) -> None:
    """Have the disk hold this and nothing else."""
    shutil.rmtree(root)
    root.mkdir()
    for name, content in sorted(tree.items()):
        path = root / name
        if content is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(content)


def _judged(
    row: Row, desk: DeskRunner, scene: Scene, cut: tuple[Tree, int], allowed: tuple[dict[str, str], dict[str, str]]
) -> Iterator[str]:
    (tree, said), (before, after) = cut, allowed
    found = seen(desk)
    row.stands(found, before, after)
    for one in torn(desk):
        row.counts["torn"] += 1
        yield one
    if scene.args != ("sweep",) and not _kept(found, before, after, scene, said):  # a sweep shows first, then records
        row.counts["lost"] += 1
        yield f"it was said to be done: {found}"
    yield from _well(desk, scene.at, harmless=scene.mends and found != after)
    _laid(desk.root, tree)  # whoever just gives the command again hasn't asked check --fix first
    again = desk.do(*scene.args, at=scene.at)
    told = again.exit == 5 and "one that a crash has cut short" in again.err  # a line of the journal, and what is written next mends it
    if not told and again.exit not in (scene.again if found != before else (0,)):
        yield f"the same command then: {again}"
    yield from _well(desk, scene.at)


def _kept(found: dict[str, str], before: dict[str, str], after: dict[str, str], scene: Scene, said: int) -> bool:
    """Whether what was said to be done is there: all of it, or as many of several tickets as were told of."""
    if said >= scene.says:
        return found == after
    changed = [name for name in sorted(after) if name.startswith("tickets/") and before.get(name) != after[name]]
    return all(found.get(name) == after[name] for name in changed[:said])


def _well(desk: DeskRunner, at: str, *, harmless: bool = False) -> Iterator[str]:
    """`check` is clean, or `check --fix` makes it so."""
    looked = desk.do("check", at=at)
    if looked.exit and not harmless and desk.do("check", "--fix", at=at).exit:
        yield str(looked)


def mailing(folder: Path, starter: Starter, most: int = MOST, step: int = 1) -> Row:
    """`sweep --mail`: what arrived before the cut and in the two sweeps after it."""
    row, args, at = Row(SWEEP, COLUMNS), ("sweep", "--mail"), "3d"
    with Smtpd() as server:
        stage = Stage(folder / "sweep-mail", lambda root: with_mail(root, server.address))
        desk, disk = stage.desk, Disk.of(stage.desk.root)
        assert starter.run(args, desk.root, desk.environment(at), *OPTIONS).code == 0
        sent = [_notice(mail) for mail in server.received]
        assert len(sent) == NOTICES
        for cut, _ in _states(row, disk, desk.root, most, step):
            server.received.clear()
            where = f"{SWEEP}, cut {row.counts['cuts']} after {cut.mails} mails"
            row.faults += [f"{where}: {one}" for one in (*torn(desk), *_well(desk, at))]
            for minute in ("3d1m", "3d2m"):
                if (again := desk.do("sweep", "--mail", at=minute)).exit:
                    row.faults.append(f"{where}: the sweep then: {again}")
                settled(server)
            _count(row, where, [*sent[: cut.mails], *map(_notice, server.received)])
            row.faults += [f"{where}: {one}" for one in _well(desk, "3d2m")]
    return row


def _notice(mail: object) -> tuple[str, str, str]:
    message = mail.message  # type: ignore[attr-defined]
    return mail.to[0], str(message["Subject"]), str(message["Message-ID"])  # type: ignore[attr-defined]


def _count(row: Row, where: str, arrived: list[tuple[str, str, str]]) -> None:
    notices = {(to, subject) for to, subject, _ in arrived}
    row.counts["lost"] += NOTICES - len(notices)
    row.counts["doubled"] += len(arrived) - len(notices)
    if len(notices) != NOTICES or len(set(arrived)) != NOTICES or len(arrived) > NOTICES + 1:
        row.faults.append(f"{where}: {arrived}")


if __name__ == "__main__":
    sys.exit(print_table("power cut in", COLUMNS, commands, mailing))
