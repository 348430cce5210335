"""Which files and folders of a desk a command opens or lists: an audit hook in a process of its own sees each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from tests.desk_runner import DeskRunner

_WATCHED = """\
import os, sys
from itsm.cli.main import run
seen = []
sys.addaudithook(lambda event, args: seen.append(args[0]) if event in ("open", "os.scandir", "os.listdir") else None)
code = run(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    print(*(os.fsdecode(one) for one in seen if isinstance(one, (str, bytes, os.PathLike))), sep="\\n", file=file)
sys.exit(code)
"""


def opened(desk: DeskRunner, *args: str, env: Mapping[str, str] | None = None) -> list[str]:
    """The paths from the desk's folder, sorted; each as often as it was opened or listed. The command must end well."""
    told = desk.root.parent / "opened.txt"
    done = subprocess.run(
        [sys.executable, "-c", _WATCHED, str(told), *args], cwd=desk.root, env=desk.environment(None, env), capture_output=True, check=False
    )
    assert done.returncode == 0, done
    here = f"{desk.root}/"
    return sorted(one.removeprefix(here) for one in told.read_text("utf-8").splitlines() if one.startswith(here))
