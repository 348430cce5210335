"""What a Chinese keyboard types in place of YAML's own signs is named where it stands, and not where the parser gave up."""

from __future__ import annotations

from datetime import UTC, datetime
from time import process_time

import pytest

from itsm.store.settings import parse_settings
from itsm.store.strict import Unreadable, load

COLON = "a full-width colon (：) (write a plain colon and a space)"

NO_MAPPING = "wants a mapping (key: value), not the text '1}'"
IN_IT = "a full-width colon in it, write a plain colon and a space)"
SPACE = "(there is a no-break space in it, write a plain space)"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("schema：1\n", f"sla.yaml:1:7: {COLON}"),
        ("schema: 1\ndesk：\n  name: x\n", f"sla.yaml:2:5: {COLON}"),
        ("schema: 1\ndesk:\n  name：x\n  prefix: T\n", f"sla.yaml:3:7: {COLON}"),
        ("schema: 1\nteams:\n  a：{level: 1}\n  b: {level: 2}\n", f"sla.yaml:3:3: a：{{level {NO_MAPPING} (there is {IN_IT}"),
        ("schema: 1\ndesk: {name: x, prefix：T}\n", f"sla.yaml:2:17: unknown key prefix：T (there is {IN_IT}"),
        ("schema: 1\ndesk: {prefix:\u00a0T}\n", "sla.yaml:2:8: unknown key prefix:\u00a0T " + SPACE),
        ("schema: 1\ndesk: {name: x， prefix: T}\n", "sla.yaml:2:15: a full-width comma (，) (write a plain ,)"),
        ("schema: 1\ndesk: ｛name: x, prefix: T｝\n", "sla.yaml:2:7: a full-width brace (｛) (write a plain {)"),
        ("schema: 1\ndesk: {name: “x: y”}\n", 'sla.yaml:2:14: a curly quote (“) (write a plain ")'),
    ],
    ids=["the first key", "a section", "a key of a block", "a name", "in braces", "a no-break space", "a comma", "braces", "quotes"],
)  # fmt: skip
def test_a_sign_of_a_chinese_keyboard_is_named_with_its_place(text: str, says: str) -> None:
    settings = parse_settings(text.encode(), datetime(2026, 11, 23, tzinfo=UTC))
    assert [str(one) for one in settings.problems] == [says]


@pytest.mark.parametrize(
    "text",
    [
        "title: 邮件：收不到\n",
        "title: '邮件：收不到'\n# 注意：\n",
        "description: |\n  现象：收不到邮件\n  Outlook：打不开\n",
        "title: “引号”，逗号\n",
    ],
)
def test_in_text_they_are_what_the_writer_means(text: str) -> None:
    load(text.encode(), "T-1.yaml")


def test_a_mistake_of_another_kind_is_not_blamed_on_chinese_text_above_it() -> None:
    with pytest.raises(Unreadable) as raised:
        load("description: |\n  现象：收不到，邮件\n title: x\n".encode(), "T-1.yaml")
    assert "full-width" not in str(raised.value)
    assert raised.value.problems[0].line == 3


def test_a_policy_of_many_lines_that_is_no_mapping_is_told_of_in_a_moment() -> None:
    """Whatever has overwritten it: each line is looked at once. It took the square of that, a quarter of an hour at 1 MiB."""
    began = process_time()
    [problem] = parse_settings(b"x\n" * 50_000, datetime(2026, 11, 23, tzinfo=UTC)).problems
    assert str(problem) == "sla.yaml:1: this is no mapping (it begins with schema: 1)"
    assert process_time() - began < 10
