"""`make demo`: the article's day on a desk of its own, played with the real `itsm` command at given instants.

Each step is a command line as somebody would type it, at a time (`ITSM_NOW`) and by a person (`ITSM_USER`). It says what its output must
hold, so that the demo fails where the program no longer does what the article wants. `M15` and the like are the rows of that article,
in docs/architecture.md.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WIDTH = 78  # columns; two are left for the names that are written in wide characters
ITSM = Path(sys.executable).with_name("itsm")
_PARTS = re.compile(r"(?:--[a-z]+ )?(?:'[^']*'|[^ ])+")  # an option stays with its value


@dataclass(frozen=True)
class Step:
    """One command: on which day (Monday is 0), when, who types it, what, and what its output must hold. `""`: it must be silent."""

    day: int
    time: str
    who: str
    line: str
    holds: Sequence[str]


def step(day: int, time: str, who: str, line: str, *holds: str) -> Step:
    return Step(day, time, who, line, holds)


PLAY: list[str | Step] = [
    "A desk is a folder. `itsm init` writes its sla.yaml: the article's teams, promises and rules. The one engineer of this play goes in.",
    step(0, "08:50", "mei", "itsm init desk", "a desk in"),
    step(0, "08:51", "mei", "sed -i 's/^people: .*/people: {li.lei: {name: 李雷, mail: li.lei@example.com}}/' sla.yaml", ""),
    step(0, "08:52", "mei", "itsm sla check", "in order"),
    "M8, M9: A customer phones. Mei of the call centre opens a ticket while they talk, and tells the customer its ID.",
    step(
        0,
        "09:00",
        "mei",
        "itsm open 'Host web-03 is down' --channel phone --urgency high --ci web-03 --name 王芳 --mobile +8613800000001"
        " --email wang.fang@example.com --org 华东分公司",
        "T-1: Host web-03 is down",
    ),
    "M10: It goes to the first line. Cron runs `itsm sweep` every minute; what it prints, cron mails. We look at some of these sweeps.",
    step(0, "09:00", "mei", "itsm assign 1 servicedesk", "servicedesk, level 1"),
    step(0, "09:01", "cron", "itsm sweep", "Your ticket is T-1", "T-1 is yours"),
    "M10: The first line can't mend it: on to the second line.",
    step(0, "09:05", "han", "itsm escalate 1 network", "network, level 2"),
    step(0, "09:05", "cron", "itsm sweep", "tell network"),
    "M15: 20 minutes later the call centre is to ask the customer: has an engineer been in touch? Not a second earlier, and only once.",
    step(0, "09:24:59", "cron", "itsm sweep", ""),
    step(0, "09:25", "cron", "itsm sweep", "phone 王芳", "Has an engineer been in touch with you about T-1?"),
    step(0, "09:26", "cron", "itsm sweep", ""),
    "Mei takes the call, so that nobody else dials too. The customer says no. M15: then the head of the department is told.",
    step(0, "09:26", "mei", "itsm calls take 1", "you are dialling"),
    step(0, "09:28", "mei", "itsm answer 1 no --note 'Nobody has called yet'", "answered no"),
    step(0, "09:29", "cron", "itsm sweep", "tell Head of networks", "no engineer has been in touch"),
    "An engineer begins, phones the customer, and marks it.",
    step(0, "09:35", "li.lei", "itsm start 1", "in progress"),
    step(0, "09:40", "li.lei", "itsm contacted 1", "has been contacted"),
    "M17: A fault is to be mended within 2 hours. Who works on it and the head hear when three quarters of that are used up, and all.",
    step(0, "10:30", "cron", "itsm sweep", "75%"),
    step(0, "11:00", "cron", "itsm sweep", "100%"),
    "M16: 4 hours after the incident began it isn't solved: the head is told, and the call centre phones the customer again.",
    step(0, "13:00", "cron", "itsm sweep", "not resolved after 4 hours", "Is T-1 done?"),
    step(0, "13:04", "mei", "itsm answer 1 unconfirmed", "answered unconfirmed"),
    step(0, "13:05", "cron", "itsm sweep", "not done, says the customer"),
    "M13: The engineer writes down what was done. M18: the call centre is told, and asks the customer.",
    step(0, "14:00", "li.lei", "itsm resolve 1 --how 'Replaced the power supply'", "is resolved"),
    step(0, "14:00", "cron", "itsm sweep", "T-1 is resolved", "solved to your satisfaction"),
    "M19: The customer wants to watch it. They are told that the ticket stays valid for 3 days and then closes by itself.",
    step(0, "14:10", "mei", "itsm answer 1 unconfirmed --note 'Wants to watch it for a while'", "the ticket is resolved"),
    "M12: What is still open, and what comes next, if nobody does anything?",
    step(0, "14:11", "mei", "itsm list", "Host web-03 is down"),
    step(0, "14:11", "mei", "itsm due --within 4d", "close", "T-1 was resolved"),
    "M20: Every day the call centre gets a notice, and phones once more. Nobody answers: the call comes back after half an hour.",
    step(1, "14:00", "cron", "itsm sweep", "T-1 was resolved 1 day ago and is not closed yet", "phone 王芳"),
    step(1, "14:05", "mei", "itsm answer 1 no-answer", "answered no-answer"),
    step(1, "14:34", "cron", "itsm sweep", ""),
    step(1, "14:35", "cron", "itsm sweep", "phone 王芳"),
    step(1, "14:37", "mei", "itsm answer 1 no-answer", "answered no-answer"),
    step(2, "14:00", "cron", "itsm sweep", "T-1 was resolved 2 days ago and is not closed yet"),
    "M19: No word in 3 days since they were told: the ticket closes by itself. Not a second earlier.",
    step(3, "14:00", "cron", "itsm sweep", "T-1 was resolved 3 days ago and is not closed yet"),
    step(3, "14:09:59", "cron", "itsm sweep", ""),
    step(3, "14:10", "cron", "itsm sweep", "closed: No word from the customer for 3 days"),
    "M14: A day after the end the customer is asked how content they are.",
    step(4, "14:10", "cron", "itsm sweep", "How content are you"),
    step(4, "14:12", "mei", "itsm answer 1 4", "answered 4"),
    "The whole story stands in the ticket's file, and the file is in order.",
    step(4, "14:15", "mei", "itsm show 1", "closed", "score      4"),
    step(4, "14:16", "mei", "itsm check", "all is well"),
]


def main() -> int:
    """Play it in a temporary folder. 0, or 1 where a command failed or said something else than it must."""
    with tempfile.TemporaryDirectory(prefix="itsm-demo-") as folder:
        place, day, story = Path(folder), -1, ""
        for one in PLAY:
            if isinstance(one, str):
                story = one
                continue
            if one.day != day:
                day = one.day
                print(f"\n---- {MONDAY + timedelta(days=day):%A, %-d %B %Y} ".ljust(WIDTH, "-"))
            if story:
                print("\n" + textwrap.fill(story, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False))
                story = ""
            print()
            fault = perform(one, place)
            if fault:
                print(f"\nThe demo has failed: {fault}", file=sys.stderr)
                return 1
            place = Path(folder, "desk")
    return 0


def perform(one: Step, place: Path) -> str:
    """Show the command line, run it, show what it says. Gives what is wrong, "" if nothing."""
    print(command_line(f"{one.time} {one.who} $ ", one.line), flush=True)
    said, code = run(one, place)
    print("\n".join(folded(line) for line in said.splitlines()) if said else "(silence)", flush=True)
    if code != 0:
        return f"exit {code}"
    missing = [text for text in one.holds if text not in said]
    if "" in one.holds and said:
        return "it should have been silent"
    return f"it doesn't say {missing[0]!r}" if missing else ""


def run(one: Step, place: Path) -> tuple[str, int]:
    """What the command prints, and its exit code. People have a terminal, cron a pipe."""
    words = shlex.split(one.line)
    hour, minute, second = (*map(int, one.time.split(":")), 0)[:3]
    now = MONDAY + timedelta(days=one.day, hours=hour, minutes=minute, seconds=second)
    told = {"ITSM_NOW": f"{now:%Y-%m-%dT%H:%M:%SZ}", "ITSM_USER": one.who, "HOME": str(place), "LANG": "C.UTF-8", "NO_COLOR": "1"}
    ours, theirs = os.pipe() if one.who == "cron" else os.openpty()
    program = [str(ITSM) if words[0] == "itsm" else words[0], *words[1:]]
    environment = {"PATH": os.environ["PATH"], "COLUMNS": str(WIDTH), "TERM": "xterm", **told}
    with subprocess.Popen(program, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while chunk := part(ours):
            said += chunk
        os.close(ours)
    # Cron's sweeps with nothing to say are left out here: the desk must not take cron for dead.
    (place / ".itsm" / "swept-by-cron").unlink(missing_ok=True)
    return said.decode("utf-8").replace("\r\n", "\n"), process.returncode


def part(descriptor: int) -> bytes:
    """The next bytes, none at the end."""
    try:
        return os.read(descriptor, 65_536)
    except OSError:  # how Linux says that a terminal's other end was closed
        return b""


def command_line(prompt: str, line: str) -> str:
    r"""The command behind its prompt, cut before an option or an argument, with `\` at the end of a line that goes on."""
    first, *parts = _PARTS.findall(line)
    rows = [prompt + first]
    for part in parts:
        if len(rows[-1]) + len(part) > WIDTH - 3:
            rows[-1] += " \\"
            rows.append(f"    {part}")
        else:
            rows[-1] += f" {part}"
    return "\n".join(rows)


def folded(line: str) -> str:
    """A long line on several, what follows further in."""
    indent = len(line) - len(line.lstrip())
    return textwrap.fill(line, WIDTH, subsequent_indent=" " * (indent + 4), break_on_hyphens=False) if line else ""


if __name__ == "__main__":
    sys.exit(main())
