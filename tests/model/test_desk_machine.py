"""Any sequence of commands, by the program itself on a real desk: `check` is clean, and nobody is told the same thing twice."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.desk_runner import DeskRunner, Done

MOVES = [
    "assign {} servicedesk", "assign {} network --to li.lei", "escalate {}", "escalate {} systems", "start {}", "contacted {}",
    "pend {} --for vendor", "pend {} --for customer --until 'in 3h'", "resume {}", "note {} hello", "note {} 'no # yes' --from-customer",
    "resolve {} --how done", "reopen {} --why 'not so'", "close {}", "close {} --how answered --score 3", "cancel {} --why twice",
    "set {} impact=high", "set {} urgency=low", "set {} priority=P1", "set {} priority=", "set {} type=request tags=+vip",
    "set {} mobile=+8613800000000", "link {} --caused-by 1", "calls take {}",
]  # fmt: skip
SPANS = [timedelta(0), timedelta(minutes=1), timedelta(minutes=20), timedelta(hours=2), timedelta(hours=5), timedelta(days=1)]
_THRESHOLDS = "resolve-target"  # the one that may be said again: a longer target moves its moment past the last time [12]


def words(line: str) -> list[str]:
    import shlex

    return shlex.split(line)


class Commands(RuleBasedStateMachine):
    """A desk whose clock only goes forward. A command is done, or refused for a reason; nothing else may happen."""

    @initialize()
    def founded(self) -> None:
        self.folder = Path(mkdtemp(prefix="itsm-machine-"))
        self.desk = DeskRunner.made(self.folder)
        self.count = 0
        self.open("The first", "13800000000")

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def do(self, *args: str) -> Done:
        before = self.desk.files()
        done = self.desk.do(args[0], "--json", *args[1:])
        assert done.exit in (0, 2, 3, 4), done
        if done.exit:
            assert done.error["message"]
            assert self.desk.files() == before, f"{done} was refused and changed something"
        return done

    @rule(span=st.sampled_from(SPANS))
    def time_goes_by(self, span: timedelta) -> None:
        self.desk.now += span

    @precondition(lambda self: self.count < 4)
    @rule(title=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), mobile=st.sampled_from(["", "13800000000"]))
    def open(self, title: str, mobile: str) -> None:
        done = self.do("open", "--mobile", mobile, "--", title)
        if done.exit == 0:
            self.count += 1
            assert done.data["id"] == f"T-{self.count}"
        else:
            assert not title.strip() or "\n" in title or "\r" in title, done

    @rule(line=st.sampled_from(MOVES), which=st.integers(1, 4))
    def move(self, line: str, which: int) -> None:
        done = self.do(*words(line.format(which)))
        assert (done.exit == 3) == (which > self.count)

    @rule(line=st.sampled_from(MOVES), which=st.integers(1, 4), ago=st.sampled_from(["1m", "30m", "1d"]))
    def move_entered_later(self, line: str, which: int, ago: str) -> None:
        done = self.do(*words(line.format(which)), "--at", ago)
        if done.exit == 0 and not line.startswith("calls"):
            assert done.data["history"][-1]["at"] <= done.data["history"][-1].get("recorded", done.data["history"][-1]["at"])

    @rule(data=st.data())
    def answer(self, data: Any) -> None:
        owed = self.desk.ok("calls", "--json").data
        if owed:
            call = data.draw(st.sampled_from(owed))
            done = self.do("answer", call["ticket"], data.draw(st.sampled_from(call["answers"])), "--rule", call["rule"])
            assert done.exit == 0, done  # a call that stands takes each of its answers

    @rule()
    def sweep(self) -> None:
        dry = self.desk.ok("sweep", "--dry-run", "--json").data["actions"]
        done = self.desk.ok("sweep", "--json").data["actions"]
        assert [action["key"] for action in dry] == [action["key"] for action in done]  # what it would do is what it does
        assert self.desk.ok("sweep", "--json").data["actions"] == []  # [17]

    @rule(which=st.integers(1, 4), comment=st.sampled_from(["# by hand\n", "\n", "x_mine: {a: 1, b: 'no'}\n"]))
    def a_person_writes_in_the_file(self, which: int, comment: str) -> None:
        path = self.desk.file(f"T-{which}")
        if path.is_file() and comment not in (text := path.read_text(encoding="utf-8")):
            path.write_text(text.replace("opened: ", f"{comment}opened: ", 1), encoding="utf-8")

    @invariant()
    def check_is_clean(self) -> None:
        done = self.desk.do("check")
        assert (done.exit, done.out) == (0, f"{self.count} {'ticket' if self.count == 1 else 'tickets'}: all is well\n"), done

    @invariant()
    def nobody_is_told_the_same_thing_twice(self) -> None:
        lines = [line for path in (self.folder / "notices").glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
        said = Counter((fact["key"], fact["to"]) for fact in map(json.loads, lines) if fact["fact"] == "printed")
        assert {who: times for who, times in said.items() if times > 1 and _THRESHOLDS not in who[0]} == {}

    @invariant()
    def the_calls_and_the_tickets_tell_the_same(self) -> None:
        owed = self.desk.ok("calls", "--json").data
        shown = [call for which in range(1, self.count + 1) for call in self.desk.ticket(str(which))["calls"]]
        assert sorted((call["ticket"], call["rule"]) for call in owed) == sorted((call["ticket"], call["rule"]) for call in shown)


TestCommands = Commands.TestCase
TestCommands.settings = settings(max_examples=int(os.environ.get("ITSM_EXAMPLES", "12")), stateful_step_count=20)
