"""Whole outputs, as a person sees them: what a change does to them is read in the diff of `tests/golden/*.txt`.

To renew them after a change that was meant: `ITSM_RENEW_GOLDEN=1 pytest tests/golden`, then look at `git diff tests/golden`.
A test that renews a file is skipped and says so, so that nobody takes it for one that has passed; CI must never set the variable.
"""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests.desk_runner import T0, DeskRunner

HERE = Path(__file__).parent
RENEW = bool(os.environ.get("ITSM_RENEW_GOLDEN"))

OUTPUTS = {
    "show": "show 2",
    "show-resolved": "show 3",
    "list": "list",
    "list-tsv": "list status:all --sort -opened --columns id,opened,organization,mobile,title --format tsv",
    "list-doubt": "list team:netwrok",
    "search": "search minutes afternoon",
    "several": "start 2,3,99",
    "log": "log 2",
    "sweep": "sweep",
    "calls": "calls",
    "due": "due --within 1d",
    "explain": "sla explain 2",
    "help-open": "open --help",
    "error-move": "start 3",
    "error-policy": "list",
}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """The article's cases on a desk in Shanghai, seen at 20:45 there: a host down, slow FTP, one of three UPSs, a reboot, a price."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("golden"))
    desk.policy("timezone: UTC ", "timezone: Asia/Shanghai ")
    desk.policy("people: {}", "people: {li.lei: {name: 李雷, mail: li.lei@example.com}}")
    wang = ["--name", "王芳", "--mobile", "+8613800000000", "--org", "华东分公司"]
    steps: list[tuple[str, list[str]]] = [
        ("0m", ["open", "Host db-01 is down", *wang, "--ci", "db-01", "--impact", "high", "--urgency", "high", "--channel", "phone"]),
        (
            "5m",
            [
                "open",
                "文件服务器很慢",
                *wang,
                "--description",
                "FTP takes minutes\nsince nine.",
                "--category",
                "ftp",
                "--team",
                "servicedesk",
            ],
        ),
        ("10m", ["escalate", "2", "network", "--to", "li.lei"]),
        ("20m", ["open", "One of three UPSs is broken", "--name", "Zhao", "--phone", "021-5555", "--team", "systems", "--urgency", "low"]),
        ("25m", ["note", "2", "It is worse in the afternoon", "--from-customer"]),
        ("30m", ["open", "Reboot hosted server h-17", "--type", "request", "--team", "servicedesk"]),
        ("31m", ["open", "What does a mailbox cost?", "--type", "inquiry", "--answered", "5 a month"]),
        ("1h", ["contacted", "2", "--at", "15m"]),
        ("2h", ["pend", "4", "--for", "customer", "--until", "in 4h"]),
        ("3h", ["resolve", "3", "--how", "A new battery", "--by", "han"]),
        ("3h30m", ["open", "disk [/var] full \x1b[31m", "--name", "Bob"]),
    ]
    for at, args in steps:
        desk.ok(*args, at=at)
    desk.now = T0 + timedelta(hours=3, minutes=45)
    return desk


@pytest.mark.parametrize(("name", "line"), OUTPUTS.items(), ids=OUTPUTS)
def test_the_whole_output_is_what_it_was(day: DeskRunner, tmp_path: Path, name: str, line: str) -> None:
    desk = day.copied(tmp_path)
    if name == "error-policy":
        desk.policy("  after: 20m", "  aftr: 20m")
    done = desk.do(*line.split())
    place = re.escape(str(desk.root.resolve()))
    seen = re.sub(place, "/srv/desk", f"$ itsm {line}\n{done.out}--- exit {done.exit}\n{done.err}")
    golden = HERE / f"{name}.txt"
    if RENEW:
        golden.write_text(seen, encoding="utf-8")
        pytest.skip(f"{golden.name} renewed: look at git diff")
    assert seen == golden.read_text(encoding="utf-8"), f"if this was meant: ITSM_RENEW_GOLDEN=1 pytest {Path(__file__).name}"
