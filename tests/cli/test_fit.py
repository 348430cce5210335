"""Words on a screen of so many columns: nothing is lost, nothing runs over, Chinese characters are two columns wide."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from itsm.cli.fit import wrapped
from tests.desk_runner import DeskRunner
from tests.terminal import at_a_terminal

LONG = "华东分公司三楼的打印机完全不能打印，而且每次打印都会卡纸，换了墨盒也没用，请尽快派人来看看"

# The text, the columns, the indent, and the lines.
WRAPPED = {
    "what fits stays": ("Mail is down", 20, 4, ["Mail is down"]),
    "in a pipe all stays": (LONG, 0, 4, [LONG]),
    "between words": ("Mail server does not answer", 12, 2, ["Mail server", "  does not", "  answer"]),
    "Chinese anywhere": ("打印机不能打印", 8, 2, ["打印机不", "  能打印"]),
    "but no line begins with a comma": ("打印机不，能打印", 8, 0, ["打印机", "不，能打", "印"]),
    "colours take no room": ("\x1b[1mMail server\x1b[0m does", 11, 2, ["\x1b[1mMail server\x1b[0m", "  does"]),
    "a long word stays whole": ("see https://example.com/a/b/c", 12, 2, ["see", "  https://example.com/a/b/c"]),
}


@pytest.mark.parametrize(("text", "columns", "indent", "lines"), WRAPPED.values(), ids=WRAPPED)
def test_text_is_wrapped(text: str, columns: int, indent: int, lines: list[str]) -> None:
    assert wrapped(text, columns, indent).split("\n") == lines


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    desk = DeskRunner.made(tmp_path_factory.mktemp("desk"))
    desk.ok("open", LONG, "--name", "欧阳小明", "--org", "华东分公司信息技术部和其他一些部门的联合办公室" * 2, "--team", "network")
    desk.ok("note", "1", LONG, "--from-customer", "--by", "李雷")
    return desk


PAGES = [
    "show 1",
    "log 1",
    "search 打印机",
    "due",
    "sweep --dry-run",
    "sla show",
    "sla explain 1",
    "calendar list",
    "set 1 标题=x",
    "undo",
    "note 1 x",
    "list",
    "now",
]


@pytest.mark.parametrize("line", PAGES)
def test_a_page_keeps_to_the_80_columns_of_the_screen_and_loses_no_word(line: str, desk: DeskRunner) -> None:
    with at_a_terminal(desk, *line.split(), "--no-input", env={"TERM": "xterm", "NO_COLOR": "1", "ITSM_HINTS": "0"}) as person:
        person.left()
    seen = person.seen.replace("\r", "").splitlines()
    assert seen
    assert [one for one in seen if cell_len(one) > 80] == []
    if line in ("show 1", "log 1", "search 打印机"):
        assert LONG in "".join(one.strip() for one in seen)


def test_where_there_is_no_desk_the_welcome_fits_too(tmp_path: Path) -> None:
    with at_a_terminal(DeskRunner(tmp_path), env={"TERM": "xterm"}) as person:
        assert person.left() == 0
    assert max(map(cell_len, person.seen.splitlines())) <= 80
