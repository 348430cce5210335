"""Killed at every system call: what each changing command, and a sweep that mails, leaves behind.

    python -m tests.faults.killed            the table, every point

A command is run once to its end under strace. Then, for each of its calls that can change the disk, a lock or a peer, the desk is put
back, and the command is run again and killed right before that call. Being killed after a call is being killed before the next one:
what lies between two of them changes nothing that anybody could see. Killed after the last one is done. `between`: of several files
some are old and some new, each whole (an import, a sweep). `left`: points that leave a temporary file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.desk_runner import DeskRunner
from tests.faults.launch import Call, Ended, Starter
from tests.faults.scenes import SCENES, Scene, Stage, leftovers, seen, torn
from tests.faults.table import SWEEP, Row, print_table
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

COLUMNS = ("points", "old", "new", "between", "torn", "lost", "doubled", "left")
RULES = (
    "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: [head, callcentre], say: '{id} is late: {title}'}",
    "{name: bye, match: {status: resolved}, from: resolved, after: 3d, close: No word, notify: callcentre, say: '{id} is closed'}",
)
NOTICES = 3  # that those rules owe


INDEX = ("pwrite64", "fdatasync")  # SQLite's; of the first we have a few, too


def killed(starter: Starter, desk: DeskRunner, scene: Scene, call: Call) -> Ended:
    """The command, killed right before this call; or the one of its name and turn, where the index wrote a page more or less.

    It may have come to its end before that; nothing is to be seen of it then but that it is done.
    """
    ended = starter.run(scene.args, desk.root, desk.environment(scene.at), f"--inject={call.name}:signal=KILL:when={call.turn}")
    last = ended.calls[-1]
    assert (ended.code, last.name) == (-9, call.name) or (ended.code == 0 and call.name in INDEX), (call, ended.code, last, ended.err)
    return ended


def commands(folder: Path, starter: Starter, names: list[str], step: int = 1, first: int = 0) -> Iterator[Row]:
    """A row for each of these commands, with every `step`-th of its points."""
    for name in names:
        scene, row = SCENES[name], Row(name, COLUMNS)
        stage = Stage(folder / name.replace(" ", "-"), scene.made)
        desk = stage.desk
        before = seen(desk)
        whole = starter.run(scene.args, desk.root, desk.environment(scene.at))
        assert whole.code == 0, (name, whole.err)
        after = seen(desk)
        points = [call for call in whole.calls if call.changes]
        for call in points[first % min(step, len(points)) :: step]:
            stage.back()
            ended = killed(starter, desk, scene, call)
            row.counts["points"] += 1
            where = f"{name}, killed before {call.text}"
            _judge(row, desk, scene, where, before, after)
            if scene.once and not ended.out and seen(desk) != after:
                row.faults.append(f"{where}: the same command then has gone on: {seen(desk)}")
        yield row


def _judge(row: Row, desk: DeskRunner, scene: Scene, where: str, before: dict[str, str], after: dict[str, str]) -> None:
    found = seen(desk)
    row.stands(found, before, after)
    row.counts["left"] += bool(leftovers(desk))
    broken = torn(desk)
    row.counts["torn"] += bool(broken)
    row.faults += [f"{where}: {one}" for one in broken]
    for name, content in found.items():
        if content not in (before.get(name, ""), after.get(name, "")) and not _begun(name, content, after.get(name, "")):
            row.faults.append(f"{where}: {name} is neither old nor new:\n{content}")
    looked = desk.do("check", "--json", at=scene.at)
    meant = 5 if scene.mends and found != after else 0
    if looked.exit not in (0, meant):
        row.faults.append(f"{where}: {looked}")
    again = desk.do(*scene.args, at=scene.at)
    if again.exit not in (scene.again if found != before else (0,)):
        row.faults.append(f"{where}: the same command then: {again}")
    if (looked := desk.do("check", at=scene.at)).exit:
        row.faults.append(f"{where}: after the same command: {looked}")
    if row.name == "init" and (opened := desk.do("open", "x", "--desk", "fresh")).exit:
        row.faults.append(f"{where}: {opened}")


def _begun(name: str, content: str, after: str) -> bool:
    """The journal grows by whole facts."""
    return name.startswith("notices/") and after.startswith(content)


def mailing(folder: Path, starter: Starter, step: int = 1, first: int = 0) -> Row:
    """`sweep --mail`: what arrived at the server, over a kill and the two sweeps after it."""
    row, scene = Row(SWEEP, COLUMNS), Scene(("sweep", "--mail"), at="3d")
    with Smtpd() as server:
        stage = Stage(folder / "sweep-mail", lambda root: with_mail(root, server.address))
        desk = stage.desk
        whole = starter.run(scene.args, desk.root, desk.environment(scene.at))
        assert (whole.code, len(server.received)) == (0, NOTICES), whole.err
        for call in [call for call in whole.calls if call.changes][first % step :: step]:
            stage.back()
            settled(server)
            server.received.clear()
            killed(starter, desk, scene, call)
            where = f"sweep --mail, killed before {call.text}"
            row.counts["points"] += 1
            row.counts["left"] += bool(leftovers(desk))
            row.counts["torn"] += len(torn(desk))
            if (looked := desk.do("check", at=scene.at)).exit:
                row.faults.append(f"{where}: {looked}")
            row.counts["old" if status(desk) == "resolved" else "new"] += 1
            for at in ("3d1m", "3d2m"):
                settled(server)
                if (again := desk.do("sweep", "--mail", at=at)).exit:
                    row.faults.append(f"{where}: the sweep then: {again}")
            settled(server)
            count(row, where, server)
            if status(desk) != "closed":
                row.faults.append(f"{where}: T-1 is {status(desk)}")
            if (looked := desk.do("check", at="3d2m")).exit:
                row.faults.append(f"{where}: after two sweeps: {looked}")
    return row


def with_mail(root: Path, address: str) -> DeskRunner:
    """A desk that owes three mails, one of them because a ticket is to be closed."""
    (root / "tickets").mkdir(parents=True)
    (root / "sla.yaml").write_bytes(sla_yaml(*RULES, channels=f"{{mail: {{smtp: '{address}', from: desk@example.com, timeout: 5}}}}"))
    desk = DeskRunner(root)
    desk.ok("open", "FTP is slow")
    desk.ok("resolve", "1", "--how", "done")
    desk.ok("sweep", "--mail", at="2d1h")  # less than a day before: nothing is held for a jump of the clock (page 3, sentence 21)
    desk.ok("open", "Mail is down", "--name", "王芳", at="2d12h")
    return desk


def status(desk: DeskRunner) -> str:
    """Where the ticket is that is to be closed."""
    return str(desk.ticket("1", at="3d2m")["status"])


def settled(server: Smtpd) -> None:
    """Until the server has read what dead clients have sent."""
    end = time.monotonic() + 10
    while server._transports and time.monotonic() < end:
        time.sleep(0.002)
    assert not server._transports


def count(row: Row, where: str, server: Smtpd) -> None:
    """Each notice at least once and at most twice, twins with one Message-ID; one kill repeats one mail at most."""
    by_notice: dict[tuple[str, str], list[str]] = {}
    for mail in server.received:
        by_notice.setdefault((mail.to[0], str(mail.message["Subject"])), []).append(str(mail.message["Message-ID"]))
    row.counts["lost"] += NOTICES - len(by_notice)
    row.counts["doubled"] += len(server.received) - len(by_notice)
    if len(by_notice) != NOTICES or len(server.received) > NOTICES + 1 or any(len(set(ids)) > 1 for ids in by_notice.values()):
        row.faults.append(f"{where}: {by_notice}")


if __name__ == "__main__":
    sys.exit(print_table("killed in", COLUMNS, commands, mailing))
