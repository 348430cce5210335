"""The changing commands, each on a desk that is ready for it; and how a desk is put back to where it was."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from itsm.store import codec
from tests.desk_runner import DeskRunner
from tests.faults.launch import steady

ALL = os.environ.get("ITSM_FAULTS") == "all"  # `make test-faults`: every point; `make test`: a share of them

CSV = """\
Number,Title,Type,Status,Priority,Opened,Resolved,Closed,Team,Assignee,Name,Phone,Email,Organization,Description,Resolution
A-1,Printer is on fire,Incident,Open,P1,2026-11-23T08:00:00Z,,,network,,Li,138,,,,
A-2,Mouse is dead,Incident,Open,P4,2026-11-23T08:10:00Z,,,network,,Li,138,,,,
"""


@dataclass(frozen=True)
class Scene:
    """A command, what came before it (each with its instant), and when it is given. `again`: codes that its repetition may end with."""

    args: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    at: str = "1h"
    prepare: Callable[[DeskRunner], None] = lambda desk: None
    again: tuple[int, ...] = (0, 4)  # 4: it was done already

    def made(self, root: Path) -> DeskRunner:
        """The desk before the command."""
        desk = DeskRunner.made(root)
        for line in (("open", "Mail is down", "--name", "王芳", "--email", "wang@example.org"), *self.before):
            desk.ok(*line, at="10m")
        self.prepare(desk)
        return desk


def _held(desk: DeskRunner) -> None:
    desk.policy("  language: en\n", "  language: en\n  hold_over: 0\n")
    desk.ok("sweep", at="11m")
    assert desk.ok("notices", "held", "--json", at="12m").data


def _new_rule(desk: DeskRunner) -> None:
    desk.ok("sweep", at="20m")
    rule = "- {name: late, match: {status: new}, from: opened, after: 1m, notify: callcentre, say: '{id} is late'}\n"
    desk.policy("rules:\n", f"rules:\n{rule}")
    desk.ok("sweep", at="30m")


def _import_files(desk: DeskRunner) -> None:
    (desk.root.parent / "log.csv").write_text(CSV)


def _elsewhere(desk: DeskRunner) -> None:
    path = desk.root / "sla.yaml"
    path.write_bytes(path.read_bytes().replace(os.fsencode(desk.root), b"/elsewhere"))


def _disagreeing(desk: DeskRunner) -> None:
    path = desk.file()
    path.write_text(path.read_text().replace("status: new", "status: assigned"))


def _archived(desk: DeskRunner) -> None:
    archive = desk.root / "tickets" / "archive" / "2026"
    archive.mkdir(parents=True)
    desk.file().rename(archive / "T-1.yaml")


ASSIGNED = (("assign", "1", "servicedesk"),)
AT_L2 = (("escalate", "1", "network"),)
RESOLVED = (("resolve", "1", "--how", "Restarted it"),)

SCENES: dict[str, Scene] = {
    "open": Scene(("open", "FTP is slow", "--team", "network"), again=(0,)),
    "assign": Scene(("assign", "1", "servicedesk")),
    "start": Scene(("start", "1"), ASSIGNED),
    "contacted": Scene(("contacted", "1"), AT_L2),
    "escalate": Scene(("escalate", "1", "network"), ASSIGNED),
    "pend": Scene(("pend", "1", "--for", "vendor", "--until", "in 2d")),
    "resume": Scene(("resume", "1"), (("pend", "1", "--for", "vendor"),)),
    "note": Scene(("note", "1", "Phoned the vendor"), again=(0,)),
    "resolve": Scene(("resolve", "1", "--how", "Restarted it")),
    "reopen": Scene(("reopen", "1", "--why", "Still down"), RESOLVED),
    "reopen an archived one": Scene(("reopen", "1", "--why", "Still down"), (*RESOLVED, ("close", "1")), prepare=_archived),
    "close": Scene(("close", "1", "--score", "4"), RESOLVED),
    "cancel": Scene(("cancel", "1", "--why", "A test")),
    "set": Scene(("set", "1", "priority=P1", "ci=mail-01"), again=(0,)),
    "link": Scene(("link", "1", "--parent", "2"), (("open", "The whole network"),)),
    "answer": Scene(("answer", "1", "yes", "--rule", "engineer-contact"), AT_L2),
    "calls take": Scene(("calls", "take", "1"), AT_L2),
    "notices release": Scene(("notices", "release"), prepare=_held),
    "notices drop": Scene(("notices", "drop"), prepare=_held),
    "sla arm": Scene(("sla", "arm", "late"), prepare=_new_rule),
    "import": Scene(("import", "../log.csv", "--map", "tickets"), prepare=_import_files, again=(0,)),
    "init": Scene(("init", "fresh")),
    "sender take": Scene(("sender", "take"), prepare=_elsewhere, again=(0,)),
    "check --fix": Scene(("check", "--fix"), prepare=_disagreeing, again=(0,)),
    "sweep": Scene(("sweep",), (*RESOLVED, ("open", "FTP is slow")), at="4d", again=(0,)),
}


class Stage:
    """A desk at a fixed place that can be put back to where it was: its path is in sla.yaml, and in what was found right about it."""

    def __init__(self, folder: Path, build: Callable[[Path], DeskRunner]) -> None:
        self.desk = build(folder / "desk")
        self._kept = folder / "kept"
        shutil.copytree(self.desk.root, self._kept, symlinks=True)
        self.back()

    def back(self) -> DeskRunner:
        """The desk as it was."""
        shutil.rmtree(self.desk.root)
        shutil.copytree(self._kept, self.desk.root, symlinks=True)
        return self.desk


def seen(desk: DeskRunner) -> dict[str, str]:
    """What the desk holds for good, and who is dialling whom, without what differs from run to run. A ticket is the same in the archive:
    one that were in both places, `check` would tell.
    """
    files = {name: content for name, content in desk.files().items() if not _hidden(name)}
    if (dialling := desk.root / ".itsm" / "dialling.json").exists():
        files["dialling"] = dialling.read_bytes()
    return {re.sub(r"archive/\d+/", "", name): steady(content.decode()) for name, content in files.items()}


def leftovers(desk: DeskRunner) -> list[Path]:
    """Unfinished writes of dead processes, everywhere in the desk."""
    return [path for path in desk.root.rglob(".*.tmp") if re.fullmatch(r"\..+\.\d+\.[0-9a-f]{8}\.tmp", path.name)]


def torn(desk: DeskRunner) -> list[str]:
    """Tickets that can't be read."""
    found = []
    for path in desk.root.glob("tickets/**/T-*.yaml"):
        try:
            codec.decode(path.read_bytes(), str(path.relative_to(desk.root)))
        except codec.Unreadable as error:
            found.append(str(error))
    return found


def _hidden(name: str) -> bool:
    return any(part.startswith(".") for part in Path(name).parts)
