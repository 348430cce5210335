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
from tests.sla.builders import sla_yaml

ALL = os.environ.get("ITSM_FAULTS") == "all"  # `make test-faults`: every point; `make test`: a share of them

CSV = """\
Number,Title,Type,Status,Priority,Opened,Resolved,Closed,Team,Assignee,Name,Phone,Email,Organization,Description,Resolution
A-1,Printer is on fire,Incident,Open,P1,2026-11-23T08:00:00Z,,,network,,Li,138,,,,
A-2,Mouse is dead,Incident,Open,P4,2026-11-23T08:10:00Z,,,network,,Li,138,,,,
"""


@dataclass(frozen=True)
class Scene:
    """A command, what came before it, and when it is given. `again`: codes that its repetition may end with. `mends`: until it is done,
    `check` has something to say. `says`: after so many words all is done; of several tickets each is told of when it is. `once`: given
    again before it has said that it is done, it does nothing more.
    """

    args: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    at: str = "1h"
    prepare: Callable[[DeskRunner], None] = lambda desk: None
    again: tuple[int, ...] = (0, 4)  # 4: it was done already
    mends: bool = False
    says: int = 1
    once: bool = False

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


def _everything_to_mend(desk: DeskRunner) -> None:
    """A state that the history contradicts, a twin in the archive, half a line in the journal, and a dead process's file."""
    desk.ok("sweep", at="30m")
    [month] = (desk.root / "notices").glob("*.jsonl")
    month.write_bytes(month.read_bytes() + b'{"at": "2026-11-')
    _archived(desk)
    shutil.copy2(desk.root / "tickets" / "archive" / "2026" / "T-1.yaml", desk.file())
    path = desk.file("T-2")
    path.write_text(path.read_text().replace("status: new", "status: assigned"))


def _edited(desk: DeskRunner) -> None:
    desk.env["EDITOR"] = "sed -i '/^title:/s/is down/is up/'"


def _given_up(desk: DeskRunner, *tries: str) -> None:
    rule = "{name: late, match: {status: new}, from: opened, after: 20m, notify: [head, callcentre], say: '{id} is late'}"
    (desk.root / "sla.yaml").write_bytes(sla_yaml(rule, channels="{mail: {command: ['false'], retry: {for: 1h, refused: 1h}}}"))
    for minute in tries or ("30m", "31m", "1h31m"):
        desk.do("sweep", "--mail", at=minute)
    found = desk.do("notices", "waiting", "--json", at="2h").data
    assert [row["fact"] for row in found] == ["failed" if tries else "dead"] * 2


def _put_off(desk: DeskRunner) -> None:
    """Two messages, tried in vain and tried again."""
    _given_up(desk, "30m", "31m")


def _command_given_up(desk: DeskRunner) -> None:
    """What a rule runs has failed for five days."""
    rule = "- {name: page, match: {status: new}, from: opened, after: 1m, command: ['false']}\n"
    desk.policy("rules:\n", f"rules:\n{rule}")
    for at in ("20m", "5d21m"):
        desk.do("sweep", at=at)
    assert len(desk.do("notices", "dead", "--json", at="6d").data) == 1


def _told(desk: DeskRunner) -> None:
    """The person's name and address are in the ticket, in another one, in the journal and in a shift note."""
    desk.ok("note", "2", "As 王芳 said", at="11m")
    desk.ok("shift-note", "Phone wang@example.org", at="11m")
    desk.ok("sweep", at="12m")


def _text(desk: DeskRunner) -> None:
    (desk.root.parent / "mail.txt").write_text("FTP is slow\n\nSince nine.\n")


ASSIGNED = (("assign", "1", "servicedesk"),)
AT_L2 = (("escalate", "1", "network"),)
RESOLVED = (("resolve", "1", "--how", "Restarted it"),)
OVER = (*RESOLVED, ("close", "1"))
TWO = (("open", "FTP is slow"),)

SCENES: dict[str, Scene] = {
    "open": Scene(("open", "FTP is slow", "--team", "network"), again=(0,)),
    "open --from": Scene(("open", "--from", "../mail.txt"), prepare=_text, again=(0,)),
    "assign": Scene(("assign", "1", "servicedesk")),
    "assign several": Scene(("assign", "1,2", "servicedesk"), TWO, says=2),
    "start": Scene(("start", "1"), ASSIGNED),
    "contacted": Scene(("contacted", "1"), AT_L2),
    "escalate": Scene(("escalate", "1", "network"), ASSIGNED),
    "pend": Scene(("pend", "1", "--for", "vendor", "--until", "in 2d")),
    "resume": Scene(("resume", "1"), (("pend", "1", "--for", "vendor"),)),
    "note": Scene(("note", "1", "Phoned the vendor"), again=(0,)),
    "note several": Scene(("note", "1,2", "Phoned the vendor"), TWO, again=(0,), says=2),
    "edit": Scene(("edit", "1"), prepare=_edited),
    "undo": Scene(("undo", "1", "--yes"), ASSIGNED, once=True),
    "undo of the last of two": Scene(("undo", "--yes"), (("note", "1", "Phoned the vendor"), *ASSIGNED), again=(0,), once=True),
    "resolve": Scene(("resolve", "1", "--how", "Restarted it")),
    "reopen": Scene(("reopen", "1", "--why", "Still down"), RESOLVED),
    "reopen an archived one": Scene(("reopen", "1", "--why", "Still down"), OVER, prepare=_archived),
    "close": Scene(("close", "1", "--score", "4"), RESOLVED),
    "cancel": Scene(("cancel", "1", "--why", "A test")),
    "set": Scene(("set", "1", "priority=P1", "ci=mail-01"), again=(0,)),
    "link": Scene(("link", "1", "--parent", "2"), (("open", "The whole network"),)),
    "answer": Scene(("answer", "1", "yes", "--rule", "engineer-contact"), AT_L2),
    "calls take": Scene(("calls", "take", "1"), AT_L2),
    "notices release": Scene(("notices", "release"), prepare=_held),
    "notices drop": Scene(("notices", "drop"), prepare=_held),
    "notices retry": Scene(("notices", "retry"), prepare=_given_up, at="2h", mends=True),
    "notices drop of what was given up": Scene(("notices", "drop"), prepare=_given_up, at="2h", mends=True),
    "notices retry of what is being tried": Scene(("notices", "retry", "1"), prepare=_put_off, at="32m"),
    "notices drop of what is being tried": Scene(("notices", "drop", "1"), prepare=_put_off, at="32m"),
    "notices retry of a command": Scene(("notices", "retry"), prepare=_command_given_up, at="6d", mends=True),
    "shift-note": Scene(("shift-note", "The vendor comes at 14:00"), again=(0,)),
    "archive": Scene(("archive", "--closed-before", "30m"), (*OVER, *TWO, ("cancel", "2", "--why", "A test")), again=(0,)),
    "redact": Scene(("redact", "--contact", "王芳", "--yes"), TWO, prepare=_told, again=(0, 3)),
    "sla arm": Scene(("sla", "arm", "late"), prepare=_new_rule),
    "import": Scene(("import", "../log.csv", "--map", "tickets"), prepare=_import_files, again=(0,)),
    "init": Scene(("init", "fresh")),
    "sender take": Scene(("sender", "take"), prepare=_elsewhere, again=(0,)),
    "check --fix": Scene(("check", "--fix"), prepare=_disagreeing, again=(0,), mends=True),
    "check --fix of all": Scene(("check", "--fix"), TWO, prepare=_everything_to_mend, again=(0,), mends=True),
    "sweep": Scene(("sweep",), (*RESOLVED, ("open", "FTP is slow")), at="4d", again=(0,)),
    "sweep with an index": Scene(("sweep",), (*RESOLVED, ("open", "FTP is slow"), ("sweep",)), at="4d", again=(0,)),
}


class Stage:
    """A desk at a fixed place that can be put back to where it was: its path is in sla.yaml, and in what was found right about it."""

    def __init__(self, folder: Path, build: Callable[[Path], DeskRunner]) -> None:
        self.desk = build(folder / "desk")
        self._kept = folder / "kept"
        shutil.copytree(self.desk.root, self._kept, symlinks=True)
        self.back()

    def back(self) -> DeskRunner:
        """The desk as it was, in the very same folder: the index knows its desk by the inode, which a new one may happen to get or not."""
        for path in self.desk.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        shutil.copytree(self._kept, self.desk.root, symlinks=True, dirs_exist_ok=True)
        return self.desk


def seen(desk: DeskRunner) -> dict[str, str]:
    """What the desk holds for good, and who is dialling whom, without what differs from run to run. A ticket is the same in the archive,
    and where it lies is told beside it: one that were in both places, `check` would tell.
    """
    files = {name: content for name, content in desk.files().items() if not _hidden(name)}
    if (dialling := desk.root / ".itsm" / "dialling.json").exists():
        files["dialling"] = dialling.read_bytes()
    files |= {f"{Path(name).stem} is archived": b"yes" for name in files if "/archive/" in name}
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
