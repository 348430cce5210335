"""`open --from` and `open --edit`: a ticket from what a program or a person has written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.desk_runner import ITSM, DeskRunner


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    return DeskRunner.made(tmp_path)


def piped(desk: DeskRunner, text: str | bytes, *args: str) -> subprocess.CompletedProcess[bytes]:
    given = text if isinstance(text, bytes) else text.encode()
    return subprocess.run(
        [ITSM, "open", "--from", "-", *args], cwd=desk.root, env=desk.environment(), input=given, capture_output=True, check=False
    )


FIELDS = """\
title: The backup failed
type: request
name: 王芳
mobile: 13800000000
ci: bak-01
team: network
description: |
  disk full
  on bak-01
"""
TEXTS = {
    "plain: the first line is the title": (
        "The backup failed\n\ndisk full\non bak-01\n",
        {"title": "The backup failed", "description": "disk full\non bak-01"},
    ),
    "plain, with a colon": ("Re: the backup\n", {"title": "Re: the backup"}),
    "fields": (
        FIELDS,
        {
            "title": "The backup failed", "type": "request", "ci": "bak-01", "team": "network", "description": "disk full\non bak-01",
            "contact": {"name": "王芳", "mobile": "13800000000"},
        },
    ),
    "words that YAML takes for others": ("title: 0042\ncategory: no\nci: 12:30\n", {"title": "0042", "category": "no", "ci": "12:30"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "fields"), TEXTS.values(), ids=TEXTS)
def test_a_text_becomes_a_ticket(desk: DeskRunner, text: str, fields: dict[str, object]) -> None:
    done = piped(desk, text, "--quiet")
    assert (done.returncode, done.stdout) == (0, b"T-1\n"), done.stderr
    ticket = desk.ticket()
    assert {name: ticket[name] for name in fields} == fields


def test_options_say_what_the_text_does_not_and_with_a_title_all_of_it_is_the_description(desk: DeskRunner) -> None:
    assert piped(desk, "one\ntwo\n", "The job failed", "--urgency", "high").returncode == 0
    ticket = desk.ticket()
    assert (ticket["title"], ticket["description"], ticket["urgency"]) == ("The job failed", "one\ntwo", "high")


WRONG = {
    "nothing": (b"", "title"),
    "no such field": (b"title: x\ncolour: red\n", "colour"),
    "a choice": (b"title: x\nimpact: huge\n", "huge"),
    "a list": (b"title: x\nname: [a]\n", "name"),
    "not YAML": (b"title: [\n", "form"),
    "not UTF-8": (b"\xff\xfe", "UTF-8"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_text_that_is_no_ticket_opens_none_and_says_why(desk: DeskRunner, text: bytes, told: str) -> None:
    done = piped(desk, text)
    assert (done.returncode, done.stdout) == (5, b"")
    assert told in done.stderr.decode()
    assert list((desk.root / "tickets").iterdir()) == []


def test_a_file_can_be_read_too(desk: DeskRunner, tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text("FTP is slow\n", encoding="utf-8")
    desk.ok("open", "--from", str(tmp_path / "mail.txt"))
    assert desk.ticket()["title"] == "FTP is slow"
    assert desk.do("open", "--from", "nowhere.txt").exit == 2


def test_the_form_in_the_editor_has_what_is_known_and_opens_again_with_what_is_wrong(desk: DeskRunner, tmp_path: Path) -> None:
    script = tmp_path / "fill"
    script.write_text(
        '#!/bin/sh\ncp "$1" "$0.$(ls "$0".* 2>/dev/null | wc -l)"\n'
        'if grep -q huge "$1"; then sed -i \'s/huge/high/\' "$1"\n'
        "else sed -i 's/^impact:.*/impact: huge/; s/^name:.*/name: 王芳/' \"$1\"; fi\n"
    )
    script.chmod(0o755)
    done = desk.ok("open", "FTP is slow", "--category", "ftp", "--edit", env={"EDITOR": str(script)})
    assert done.out == "T-1: FTP is slow\n"
    ticket = desk.ticket()
    assert (ticket["category"], ticket["impact"], ticket["contact"]) == ("ftp", "high", {"name": "王芳"})
    first, second = (Path(f"{script}.{n}").read_text(encoding="utf-8") for n in range(2))
    assert "title: FTP is slow\n" in first
    assert "category: ftp\n" in first
    assert "no such impact: huge" in second.splitlines()[1]


def test_a_form_that_is_left_empty_opens_nothing(desk: DeskRunner) -> None:
    done = desk.do("open", "--edit", env={"EDITOR": "truncate -s 0"})
    assert done.exit == 1
    assert "no ticket was opened" in done.err
    assert list((desk.root / "tickets").iterdir()) == []
