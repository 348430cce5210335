"""sla.yaml on disk: the quick way and the strict one say the same, and `sender take` changes one value. Page 2; page 3, sentence 17."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from itsm.errors import Invalid
from itsm.sla.policy import Policy
from itsm.store import settings as module
from itsm.store.settings import parse_settings, read_settings, write_sender

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ARTICLE = Path(__file__).parents[2] / "itsm" / "policies" / "article.yaml"
ODD = """\
schema: 1
people: {no: {name: 'no', mobile: '0042'}, on: {name: "12:30"}, x: {name: 8e2x}}
teams: {callcentre: {level: 0}, a: {level: 0x1F}, b: {level: 1, mobile: '+86139'}}
calendars: {cn: {hours: {mon-fri: '09:00-18:00', sat: ''}, holidays: [CN, '12-24', '2026-10-01']}}
targets: [{name: all, match: {}, resolve: 1h30m, calendar: cn}]
rules:
- {name: r, from: opened, after: 20m, call: "a: b # c", answers: {yes: {mark: told}, 'no': {}, on: {}, '1': {score: 1}}}
- name: folded
  from: opened
  after: 0m
  notify: head
  say: >-
    one line
    and another
"""


def desk(folder: Path, text: str | bytes) -> Path:
    (folder / "sla.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


# --- the quick way -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [ARTICLE.read_text("utf-8"), ODD, "schema: 1\n"], ids=["the article", "odd scalars", "nothing"])
def test_the_second_reading_is_the_quick_one_and_gives_the_same_policy(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(tmp_path, text)
    strict = read_settings(tmp_path, NOW)
    assert strict.policy is not None, strict.problems
    assert (tmp_path / ".itsm" / "sla.ok").is_file()

    def never(*_: object) -> None:
        raise AssertionError("the strict reader was asked")

    monkeypatch.setattr(module, "_strict", never)
    assert read_settings(tmp_path, NOW) == strict


def test_another_byte_is_read_strictly_again(tmp_path: Path) -> None:
    desk(tmp_path, ODD)
    read_settings(tmp_path, NOW)
    desk(tmp_path, ODD.replace("after: 20m", "after: 2Om"))
    found = read_settings(tmp_path, NOW)
    assert found.policy is None
    assert [(problem.line, "2Om" in problem.message) for problem in found.problems] == [(7, True)]


@pytest.mark.parametrize("mark", [b"", b"\xff", b"0" * 64], ids=["empty", "not ASCII", "another file's"])
def test_a_mark_that_is_not_this_files_is_not_believed(tmp_path: Path, mark: bytes) -> None:
    desk(tmp_path, "schema: 1\nschema: 1\n")  # the quick reader takes the last of two keys without a word
    (tmp_path / ".itsm").mkdir()
    (tmp_path / ".itsm" / "sla.ok").write_bytes(mark)
    assert read_settings(tmp_path, NOW).policy is None


def test_a_broken_file_leaves_no_mark(tmp_path: Path) -> None:
    desk(tmp_path, "schema: 2\n")
    read_settings(tmp_path, NOW)
    assert not (tmp_path / ".itsm" / "sla.ok").exists()


def test_what_it_leaves_is_closed_to_git(tmp_path: Path) -> None:
    """Page 2: `.itsm/` never in git."""
    read_settings(desk(tmp_path, ODD), NOW)
    assert (tmp_path / ".itsm" / ".gitignore").read_text() == "*\n"


def test_a_desk_without_the_file_promises_nothing(tmp_path: Path) -> None:
    assert read_settings(tmp_path, NOW).policy == Policy()


# --- the sender ----------------------------------------------------------------------------------

NEW = "ops2:/srv/desk"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("schema: 1\n", "schema: 1\ndesk:\n  sender: 'ops2:/srv/desk'\n", id="no desk"),
        pytest.param(
            "# ours\nschema: 1  # one\nrules: []\n",
            "# ours\nschema: 1  # one\ndesk:\n  sender: 'ops2:/srv/desk'\nrules: []\n",
            id="no desk, comments",
        ),
        pytest.param("schema: 1\ndesk:\n  name: A\n", "schema: 1\ndesk:\n  sender: 'ops2:/srv/desk'\n  name: A\n", id="block"),
        pytest.param(
            "schema: 1\ndesk:   # us\n    name: A\n",
            "schema: 1\ndesk:   # us\n    sender: 'ops2:/srv/desk'\n    name: A\n",
            id="block, four spaces",
        ),
        pytest.param(
            "schema: 1\ndesk:\n  sender: old:/x\n  name: A\n",
            "schema: 1\ndesk:\n  sender: 'ops2:/srv/desk'\n  name: A\n",
            id="block, old sender",
        ),
        pytest.param(
            "schema: 1\ndesk:\n  name: A\n  sender: old:/x     # the one that acts\nrules: []\n",
            "schema: 1\ndesk:\n  name: A\n  sender: 'ops2:/srv/desk'     # the one that acts\nrules: []\n",
            id="block, a comment behind it",
        ),
        pytest.param("schema: 1\ndesk: {name: A}\n", "schema: 1\ndesk: {sender: 'ops2:/srv/desk', name: A}\n", id="flow"),
        pytest.param("schema: 1\ndesk: {}\n", "schema: 1\ndesk: {sender: 'ops2:/srv/desk'}\n", id="empty flow"),
        pytest.param("schema: 1\ndesk:\n", "schema: 1\ndesk:\n  sender: 'ops2:/srv/desk'\n", id="empty block"),
        pytest.param(
            "schema: 1\ndesk: {name: A, sender: old:/x, prefix: T}\n",
            "schema: 1\ndesk: {name: A, sender: 'ops2:/srv/desk', prefix: T}\n",
            id="flow, old sender",
        ),
        pytest.param(
            "schema: 1\ndesk: {name: A, language: en,\n       sender: ops1:/srv/desk,    # only this copy acts\n       prefix: T}\n",
            "schema: 1\ndesk: {name: A, language: en,\n       sender: 'ops2:/srv/desk',    # only this copy acts\n       prefix: T}\n",
            id="flow over lines with a comment, as page 2 has it",
        ),
        pytest.param(
            "schema: 1\ndesk: {name: A, sender: 'a, b:/x'}\n",
            "schema: 1\ndesk: {name: A, sender: 'ops2:/srv/desk'}\n",
            id="a comma in the old one",
        ),
        pytest.param(
            "# sender: who acts, as ever\nschema: 1\ndesk: {name: A}\n",
            "# sender: who acts, as ever\nschema: 1\ndesk: {sender: 'ops2:/srv/desk', name: A}\n",
            id="the word in a comment",
        ),
        pytest.param(
            "schema: 1\nchannels:\n  mail: {smtp: a, from: b}\nx_old: {sender: mine}\ndesk:\n  name: A\n",
            "schema: 1\nchannels:\n  mail: {smtp: a, from: b}\nx_old: {sender: mine}\ndesk:\n  sender: 'ops2:/srv/desk'\n  name: A\n",
            id="somebody else's sender",
        ),
        pytest.param(
            "schema: 1\r\ndesk:\r\n  sender: old\r\n  name: A\r\n",
            "schema: 1\r\ndesk:\r\n  sender: 'ops2:/srv/desk'\r\n  name: A\r\n",
            id="CRLF",
        ),
        pytest.param(
            "schema: 1\ndesk:\n  name: 王\n  sender: ''\n", "schema: 1\ndesk:\n  name: 王\n  sender: 'ops2:/srv/desk'\n", id="empty sender"
        ),
    ],
)
def test_taking_the_sender_leaves_every_other_byte(tmp_path: Path, before: str, after: str) -> None:
    assert parse_settings(before.encode(), NOW).problems == []
    desk(tmp_path, before.encode())
    write_sender(tmp_path, NEW, NOW)
    assert (tmp_path / "sla.yaml").read_bytes().decode() == after
    policy = read_settings(tmp_path, NOW).policy
    assert policy is not None
    assert policy.desk.sender == NEW


@pytest.mark.parametrize("place", ["ops:/srv/o'neill", "ops:/srv/a, b}", "ops:/srv/#1", "ops:/srv/服务台", "ops:/srv/a: b"])
def test_any_path_can_be_a_sender(tmp_path: Path, place: str) -> None:
    desk(tmp_path, ARTICLE.read_bytes())
    for _ in range(2):
        write_sender(tmp_path, place, NOW)
    policy = read_settings(tmp_path, NOW).policy
    assert policy is not None
    assert policy.desk.sender == place
    old, new = ARTICLE.read_text("utf-8").splitlines(), (tmp_path / "sla.yaml").read_text("utf-8").splitlines()
    assert [line for line in new if line not in old] == [line for line in new if "sender:" in line]
    assert len(new) == len(old) + 1


@pytest.mark.parametrize("text", ["schema: 2\n", "schema: 1\ndesk: [a]\n", "schema: 1\nrules: [\n"])
def test_a_broken_file_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    desk(tmp_path, text)
    with pytest.raises(Invalid):
        write_sender(tmp_path, NEW, NOW)
    assert (tmp_path / "sla.yaml").read_text() == text


# --- what is no file ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("link", "not a regular file"),
        ("folder", "not a regular file"),
        ("pipe", "not a regular file"),
        ("large", "larger than 1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_a_problem_like_others(tmp_path: Path, kind: str, message: str) -> None:
    """`open`, `show`, `list` and `note` still work, and say it."""
    path = tmp_path / "sla.yaml"
    if kind == "link":
        (tmp_path / "elsewhere.yaml").write_text("schema: 1\n")
        path.symlink_to("elsewhere.yaml")
    else:
        {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "large": lambda: path.write_text("#" * 2**20 + "\n")}[kind]()
    settings = read_settings(tmp_path, NOW)
    assert settings.policy is None
    assert [(one.file, one.line, one.message) for one in settings.problems] == [("sla.yaml", 0, message)]
    assert settings.problems[0].remedy


def test_a_file_without_rights_is_a_problem_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    desk(tmp_path, "schema: 1\n")
    monkeypatch.setattr(os, "open", refused)
    assert [str(one) for one in read_settings(tmp_path, NOW).problems] == [
        "sla.yaml: can't be read: Permission denied (look at the rights of the file and its folder)"
    ]
