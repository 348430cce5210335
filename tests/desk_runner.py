"""A desk in a temporary folder, and the two ways to command it: the installed `itsm` in a process of its own, and the same in this one.

`run` is what cron, scripts and people have: a process, exit code, bytes on two pipes, no terminal. `do` takes a tenth of the time and
goes through the same boundary (`itsm.cli.main.run`); it is for what a process would prove no better.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ITSM = str(Path(sys.executable).with_name("itsm"))
T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday morning, inside the customers' hours of the policy that init writes
_PATIENCE = 60  # seconds; a command that asks something without a terminal would hang for ever


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    args: tuple[str, ...]
    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The envelope on stdout: one object, and nothing else."""
        envelope: dict[str, Any] = json.loads(self.out)
        assert set(envelope) == {"schema", "kind", "data"}
        assert envelope["schema"] == 1
        return envelope

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def error(self) -> dict[str, str]:
        """The envelope of an error, on the last line of stderr."""
        envelope = json.loads(self.err.splitlines()[-1])
        assert (envelope["schema"], envelope["kind"]) == (1, "error")
        error: dict[str, str] = envelope["error"]
        return error

    def __str__(self) -> str:
        return f"itsm {' '.join(self.args)}\nexit {self.exit}\n--- stdout\n{self.out}--- stderr\n{self.err}"


def stamp(moment: datetime) -> str:
    """An instant as files and ITSM_NOW have it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def span(text: str) -> timedelta:
    """`3d10h`, `24m59s` as a timedelta, worked out here and not by the program."""
    total, number = timedelta(), ""
    units = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
    for sign in text.lstrip("+"):
        if sign.isdigit():
            number += sign
        else:
            total, number = total + int(number) * units[sign], ""
    return total


@dataclass
class DeskRunner:
    """A desk at `root`. `now` is where its clock stands; each command may be given another instant."""

    root: Path
    now: datetime = T0
    by: str = "mei"
    env: dict[str, str] = field(default_factory=dict)

    @classmethod
    def made(cls, root: Path, **given: Any) -> DeskRunner:
        """A desk as `itsm init` makes it, its policy untouched. `init` itself runs once a process: it takes as long as twenty commands."""
        desk = cls(root, **given)
        root.mkdir(parents=True, exist_ok=True)
        for name, content in _founded().items():
            (root / name).write_bytes(content.replace(_HERE, os.fsencode(root.resolve())))
        (root / "tickets").mkdir()
        return desk

    def copied(self, root: Path) -> DeskRunner:
        """The same desk at another place, where it is the copy that acts: what `cp -r` and `sender take` make of it."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        policy = root / "sla.yaml"
        policy.write_bytes(policy.read_bytes().replace(os.fsencode(self.root.resolve()), os.fsencode(root.resolve())))
        return replace(self, root=root)

    # --- commands

    def run(self, *args: str, at: str | datetime | None = None, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Done:
        """The installed command in a process of its own, with nothing to read on stdin and pipes for the rest."""
        done = subprocess.run(
            [ITSM, *args], cwd=cwd or self.root, env=self.environment(at, env), stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_PATIENCE, check=False,
        )  # fmt: skip
        return Done(args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))

    def do(self, *args: str, at: str | datetime | None = None, env: Mapping[str, str] | None = None) -> Done:
        """The same command in this process."""
        from itsm.cli.main import run

        out, err = _pipe(), _pipe()
        with _in(self.root, self.environment(at, env)), Path(os.devnull).open(encoding="utf-8") as nothing:
            stdin, sys.stdin = sys.stdin, nothing
            try:
                with redirect_stdout(out), redirect_stderr(err):
                    code = run(list(args))
            finally:
                sys.stdin = stdin
        return Done(args, code, _read(out), _read(err))

    def ok(self, *args: str, **how: Any) -> Done:
        """`do`, which must end well."""
        done = self.do(*args, **how)
        assert done.exit == 0, done
        return done

    def ran(self, *args: str, **how: Any) -> Done:
        """`run`, which must end well."""
        done = self.run(*args, **how)
        assert done.exit == 0, done
        return done

    def environment(self, at: str | datetime | None = None, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """All that the command gets to know: the hour, who acts, and a locale."""
        told = {"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8", "COLUMNS": "80", "ITSM_NOW": stamp(self.moment(at))}
        if self.by:
            told["ITSM_USER"] = self.by
        return {**told, **self.env, **(more or {})}

    def moment(self, at: str | datetime | None) -> datetime:
        """`+25m` counts from T0; None is where the desk's clock stands."""
        return at if isinstance(at, datetime) else self.now if at is None else T0 + span(at)

    # --- what is there

    def ticket(self, which: str = "1", **how: Any) -> dict[str, Any]:
        """A ticket as `show --json` gives it."""
        data: dict[str, Any] = self.ok("show", which, "--json", **how).data
        return data

    def file(self, ticket_id: str = "T-1") -> Path:
        return self.root / "tickets" / f"{ticket_id}.yaml"

    def files(self) -> dict[str, bytes]:
        """Everything that the desk keeps for good: `.itsm/` is this clone's own."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and ".itsm" not in path.parts
        }

    def policy(self, old: str, new: str) -> None:
        """Change sla.yaml by hand."""
        path = self.root / "sla.yaml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in sla.yaml"
        path.write_text(text.replace(old, new), encoding="utf-8")


_HERE = b"/the/desk's/own/path"


@cache
def _founded() -> dict[str, bytes]:
    """What `itsm init` writes, with a mark where the path of the desk is."""
    with TemporaryDirectory() as folder:
        desk = DeskRunner(Path(folder).resolve())
        desk.ok("init", ".")
        files = {name: content.replace(os.fsencode(desk.root), _HERE) for name, content in desk.files().items()}
    assert sorted(files) == ["sla.yaml"]
    assert _HERE in files["sla.yaml"]
    return files


def _pipe() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="", write_through=True)


def _read(pipe: io.TextIOWrapper) -> str:
    pipe.flush()
    buffer = pipe.buffer
    assert isinstance(buffer, io.BytesIO)
    text = buffer.getvalue().decode("utf-8")
    pipe.close()
    return text


@contextmanager
def _in(folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """This process in another's place: its folder and its environment."""
    before, here = dict(os.environ), os.getcwd()  # noqa: PTH109 - chdir's counterpart
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
