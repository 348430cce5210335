"""Commands in real processes that strace holds from their first step on, without paying for Python's start each time.

A starter process imports the whole program once. For each command it forks a child that waits on a pipe until strace has taken
hold of it; from there on the child does what the installed `itsm` does: `cli.main.run`, then the end of the process. What is left
out is the interpreter's own start, which touches no file of a desk.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

# What can change a disk, a lock or a peer. Between two of these nothing changes that anybody else could see.
STATE = (
    "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "link",
    "linkat", "symlink", "flock", "ftruncate", "fchmod", "chmod", "fchown", "connect", "sendto", "sendmsg",
)  # fmt: skip
_CALL = re.compile(r"(?P<name>\w+)\((?P<args>.*?)(?:\) += (?P<result>.*)| <unfinished \.\.\.>| = \?.*|)$")
PATIENCE = 120  # seconds; a busy machine is no defect


@dataclass(frozen=True)
class Call:
    """One system call of a trace. `turn`: how many of this name there were up to and with it, as strace's `when=` counts."""

    name: str
    args: str
    result: str
    turn: int

    @property
    def changes(self) -> bool:
        """Whether it may change what others see. Opening a file for reading doesn't."""
        return self.name != "openat" or "O_CREAT" in self.args or "O_TRUNC" in self.args

    @property
    def failed(self) -> bool:
        return self.result.startswith("-1")

    @property
    def text(self) -> str:
        """The call, without what differs from run to run: process, random names, IDs."""
        return steady(f"{self.name}({self.args})")


def steady(text: str) -> str:
    """A text without what differs from run to run."""
    text = re.sub(r"\.\d+\.[0-9a-f]{8}\.tmp", ".PID.RANDOM.tmp", text)
    text = re.sub(r'"\.\.\., \d+', '"..., LENGTH', text)  # a PID is a part of the text
    return re.sub(r"process \d+", "process PID", re.sub(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "ULID", text))


@dataclass(frozen=True)
class Ended:
    """How a traced command ended. `code` is negative where a signal ended it."""

    code: int
    out: str
    err: str
    calls: list[Call]


class Starter:
    """The process that starts commands. One at a time."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], text=True
        )
        assert self._heard() == "ready"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(PATIENCE)

    def run(self, args: Sequence[str], cwd: Path, env: dict[str, str], *strace: str) -> Ended:
        """Run `itsm args` under strace with these options, and wait for its end. What the command starts itself isn't traced."""
        scratch = cwd.parent / f"{cwd.name}.trace"
        scratch.mkdir(exist_ok=True)
        log, out, err = (scratch / name for name in ("log", "out", "err"))
        self._say({"args": list(args), "cwd": str(cwd), "env": env, "out": str(out), "err": str(err)})
        pid = self._heard()
        line = ["strace", "-o", str(log), "-s", "12", "-e", f"trace={','.join(STATE)}", *strace, "-p", pid]
        with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as tracer:
            told = tracer.stderr.readline()
            assert "attached" in told, told
            self._say("go")
            code = int(self._heard())
            tracer.wait(PATIENCE)
            told = tracer.stderr.read()
        assert tracer.returncode in (0, code, 128 - code), (tracer.returncode, code, told)
        return Ended(code, out.read_text(), err.read_text(), calls_of(log))

    def run_as(self, who: tuple[int, int, int], args: Sequence[str], cwd: Path, env: dict[str, str]) -> Ended:
        """Run `itsm args` as another user (uid, gid, umask), who needn't be able to read the interpreter's files. Only root may."""
        scratch = cwd.parent / f"{cwd.name}.said"
        scratch.mkdir(exist_ok=True)
        out, err = scratch / "out", scratch / "err"
        self._say({"args": list(args), "cwd": str(cwd), "env": env, "out": str(out), "err": str(err), "who": who})
        self._heard()
        self._say("go")
        return Ended(int(self._heard()), out.read_text(), err.read_text(), [])

    def _say(self, what: Any) -> None:
        print(json.dumps(what), file=self._process.stdin, flush=True)

    def _heard(self) -> str:
        line: str = self._process.stdout.readline()
        assert line, "the starter has died"
        return line.strip()


def calls_of(log: Path) -> list[Call]:
    """The calls of a trace, in their order."""
    found, turns = [], {}
    for line in log.read_text(errors="replace").splitlines():
        if match := _CALL.match(line):
            name = match["name"]
            turns[name] = turns.get(name, 0) + 1
            found.append(Call(name, match["args"], match["result"] or "?", turns[name]))
    return found


def have_strace() -> bool:
    """Whether strace is here and may trace."""
    try:
        return subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


_STARTER = """
import codecs, importlib, json, os, pkgutil, sys
import itsm
for module in pkgutil.walk_packages(itsm.__path__, "itsm."):
    if module.name != "itsm.__main__":
        importlib.import_module(module.name)
import yaml12, ruamel.yaml, smtplib, email.policy, holidays, dateutil.parser, pwd, sqlite3
from itsm.cli.main import run
for name in ("ascii", "latin-1", "idna", "utf-16", "unicode_escape"):
    codecs.lookup(name)
print("ready", flush=True)
while line := sys.stdin.readline():
    order = json.loads(line)
    wait, go = os.pipe()
    set_up, up = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.environ.clear()
        os.environ.update(order["env"])
        os.chdir(order["cwd"])
        for number, path in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
            os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        sys.stdin = open(0, closefd=False)
        sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        if "who" in order:
            uid, gid, mask = order["who"]
            os.umask(mask)
            os.setgroups([gid])
            os.setgid(gid)
            os.setuid(uid)
        os.write(up, b"u")
        os.close(up)
        os.close(set_up)
        os.read(wait, 1)
        os.close(wait)
        code = 99
        try:
            code = run(order["args"])
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    os.close(up)
    os.read(set_up, 1)
    os.close(set_up)
    os.close(wait)
    print(pid, flush=True)
    sys.stdin.readline()
    os.write(go, b"g")
    os.close(go)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
