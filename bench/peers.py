"""What people would pick instead, doing the same work on as many tasks, where it is installed: PATH says which are.

Each peer fills a store of its own in a folder, as fast as it can be filled, and says which of its commands match ours.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from desks import NOW
from stopwatch import PLAIN


@dataclass(frozen=True)
class Task:
    """A ticket as a peer's task: it has a number, a title, and may be done."""

    number: int
    title: str
    live: bool


def tasks(count: int, live: int) -> Iterator[Task]:
    """As many tasks as the desk has tickets, the last `live` of them open."""
    for n in range(1, count + 1):
        yield Task(n, f"Mail server does not answer ({n})", n > count - live)


@dataclass
class Peer(ABC):
    """Another tool, with its store in `folder`. `most`: the largest store worth waiting for."""

    folder: Path
    name = ""
    program = ""
    most = 100_000
    env: dict[str, str] = field(default_factory=lambda: dict(PLAIN))

    @classmethod
    def installed(cls) -> bool:
        """Whether this machine has it."""
        return shutil.which(cls.program) is not None

    @abstractmethod
    def fill(self, count: int, live: int) -> None:
        """Make the store, with `count` tasks."""

    @abstractmethod
    def commands(self, count: int) -> Mapping[str, list[str]]:
        """Our command → theirs, for a store of `count` tasks."""

    def _run(self, *words: str, text: str | None = None) -> None:
        subprocess.run(words, cwd=self.folder, env=self.env, check=True, capture_output=True, text=True, input=text)


class Taskwarrior(Peer):
    """Taskwarrior: C++, text files that are read whole."""

    name = "Taskwarrior"
    program = "task"

    def fill(self, count: int, live: int) -> None:
        """By its import."""
        rc = self.folder / "taskrc"
        rc.write_text(f"data.location={self.folder}\nconfirmation=off\nverbose=nothing\n")
        self.env["TASKRC"] = str(rc)
        born = f"{NOW - timedelta(hours=1):%Y%m%dT%H%M%SZ}"
        rows = [
            {"description": task.title, "entry": born, **({"due": born} if task.live else {"end": born, "status": "completed"})}
            for task in tasks(count, live)
        ]
        self._run("task", "import", "-", text=json.dumps(rows))

    def commands(self, count: int) -> Mapping[str, list[str]]:  # noqa: ARG002 - it numbers the open ones from 1
        """What it calls them."""
        return {
            "open": ["task", "add", "Mail is down"],
            "show": ["task", "1", "info"],
            "note": ["task", "1", "annotate", "The third floor has it too"],
            "list --json": ["task", "status:pending", "export"],
            "sweep, idle": ["task", "overdue"],
        }


class Todoman(Peer):
    """todoman: Python, a file a task, an SQLite cache."""

    name = "todoman"
    program = "todo"
    most = 10_000

    def fill(self, count: int, live: int) -> None:
        """By writing its files; the first list fills the cache."""
        tasks_folder = self.folder / "lists" / "desk"
        tasks_folder.mkdir(parents=True)
        lines = [f'path = "{self.folder}/lists/*"', f'cache_path = "{self.folder}/cache.sqlite3"', 'default_list = "desk"']
        (self.folder / "config.py").write_text("\n".join(lines))
        for task in tasks(count, live):
            status = "NEEDS-ACTION" if task.live else "COMPLETED\nCOMPLETED:20261101T080000Z"
            (tasks_folder / f"{task.number}.ics").write_text(
                "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:bench\nBEGIN:VTODO\nCREATED:20261101T080000Z\nDTSTAMP:20261101T080000Z\n"
                f"STATUS:{status}\nSUMMARY:{task.title}\nUID:{task.number}@bench\nEND:VTODO\nEND:VCALENDAR\n"
            )
        self._run("todo", "--config", str(self.folder / "config.py"), "list")

    def commands(self, count: int) -> Mapping[str, list[str]]:
        """What it calls them."""
        todo = ["todo", "--config", str(self.folder / "config.py")]
        return {
            "open": [*todo, "new", "Mail is down"],
            "show": [*todo, "show", str(count)],
            "list --json": [*todo, "--porcelain", "list"],
        }


class Roundup(Peer):
    """roundup: Python, an issue tracker on SQLite."""

    name = "roundup"
    program = "roundup-admin"
    most = 10_000
    _FILL = (
        "import sys, roundup.instance\n"
        "db = roundup.instance.open(sys.argv[1]).open('admin')\n"
        "for n in range(1, int(sys.argv[2]) + 1):\n"
        "    db.issue.create(title=f'Mail server does not answer ({n})', status='1' if n > int(sys.argv[3]) else '8')\n"
        "db.commit()\n"
    )

    @property
    def tracker(self) -> str:
        """Its folder."""
        return str(self.folder / "tracker")

    def fill(self, count: int, live: int) -> None:
        """By its own Python interface, in one transaction."""
        admin = ["roundup-admin", "-i", self.tracker]
        self._run(
            *admin,
            "install",
            "classic",
            "sqlite",
            "admin_email=a@example.com,tracker_web=http://localhost/,mail_host=localhost,mail_domain=example.com",
        )
        self._run(*admin, "initialise", "secret")
        python = Path(shutil.which("roundup-admin") or "").resolve().with_name("python")
        self._run(str(python if python.exists() else sys.executable), "-c", self._FILL, self.tracker, str(count), str(count - live))

    def commands(self, count: int) -> Mapping[str, list[str]]:
        """What it calls them."""
        admin = ["roundup-admin", "-i", self.tracker]
        return {
            "open": [*admin, "create", "issue", "title=Mail is down"],
            "show": [*admin, "display", f"issue{count}"],
            "assign": [*admin, "set", f"issue{count}", "assignedto=admin"],
            "list, 25 found": [*admin, "filter", "issue", "title=(999)"],
        }


class Backlog(Peer):
    """Backlog.md: TypeScript, a Markdown file a task."""

    name = "Backlog.md"
    program = "backlog"
    most = 1_000

    def fill(self, count: int, live: int) -> None:
        """By writing its files."""
        self._run("git", "init", "--quiet")
        quiet = ["--check-branches", "false", "--include-remote", "false", "--auto-open-browser", "false", "--integration-mode", "none"]
        self._run("backlog", "init", "bench", *quiet, "--defaults")
        folder = self.folder / "backlog" / "tasks"
        folder.mkdir(parents=True, exist_ok=True)
        for task in tasks(count, live):
            (folder / f"task-{task.number} - Mail.md").write_text(
                f"---\nid: TASK-{task.number}\ntitle: {task.title}\nstatus: {'To Do' if task.live else 'Done'}\nassignee: []\n"
                "created_date: '2026-11-01 08:00'\nlabels: []\ndependencies: []\n---\n\n## Description\n\nSince about nine\n"
            )

    def commands(self, count: int) -> Mapping[str, list[str]]:
        """What it calls them."""
        return {
            "open": ["backlog", "task", "create", "Mail is down"],
            "show": ["backlog", "task", "view", str(count), "--plain"],
            "assign": ["backlog", "task", "edit", str(count), "--assignee", "li.lei"],
            "list --json": ["backlog", "task", "list", "--json"],
        }


class Issuedb(Peer):
    """issuedb: Python, SQLite only."""

    name = "issuedb"
    program = "issuedb-cli"

    def fill(self, count: int, live: int) -> None:
        """By its bulk command."""
        rows = [{"title": task.title, "status": "open" if task.live else "closed", "priority": "medium"} for task in tasks(count, live)]
        self._run(*self._program, "bulk-create", text=json.dumps(rows))

    @property
    def _program(self) -> list[str]:
        return ["issuedb-cli", "--db", str(self.folder / "issues.sqlite")]

    def commands(self, count: int) -> Mapping[str, list[str]]:
        """What it calls them."""
        return {
            "open": [*self._program, "create", "-t", "Mail is down"],
            "show": [*self._program, "get", str(count)],
            "note": [*self._program, "comment", str(count), "-t", "The third floor has it too"],
            "assign": [*self._program, "update", str(count), "--priority", "high"],
            "list --json": [*self._program, "--json", "list", "--status", "open"],
        }


PEERS: tuple[type[Peer], ...] = (Taskwarrior, Todoman, Roundup, Backlog, Issuedb)
