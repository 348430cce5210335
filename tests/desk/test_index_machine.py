"""With an index or without: the same sweeps. Any history of commands, policies, clocks and hands in the files (metamorphic).

A wrong answer is worse than a slow one. So before each sweep the same is asked with the index as it has become, and with none at all.
"""

from __future__ import annotations

import os
import random
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from itsm.store import keys
from tests.desk_runner import DeskRunner, Done
from tests.model.test_desk_machine import MOVES, words
from tests.sla.builders import OPEN, TEAMS, sla_yaml

RULES = tuple(
    line.replace("LIVE", OPEN)
    for line in """\
{name: welcome, from: opened, after: 0m, notify: customer, say: 'Your ticket is {id}'}
{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: [head, callcentre, oncall]}
{name: old, match: {status: LIVE, age: '>3h'}, from: opened, after: 0m, notify: head}
{name: young, match: {status: LIVE, age: '<=90m'}, from: [opened, replied], after: 5m, notify: watchers, max_late: 2h}
{name: part, match: {status: LIVE}, of: resolve, at: [50%, 75%, 100%], before: 10m, after: 1h, notify: [assignee, head]}
{name: morning, from: opened, after: 10m, notify: [customer, callcentre], notify_in: office}
{name: nag, match: {status: LIVE}, from: opened, every: 1h, calendar: office, max: 4, notify: [customer, team], max_late: 1h}
{name: daily, match: {status: LIVE}, from: opened, rrule: 'FREQ=DAILY;BYHOUR=10', notify: callcentre}
{name: ask, match: {status: LIVE}, from: [opened, reopened], after: 30m, topic: word, call: 'Done?', answers: {'yes': {mark: contacted}, \
'no': {notify: head}, no-answer: {again: 30m, times: 2, then: {notify: head}}}}
{name: again, match: {status: resolved}, from: resolved, every: 6h, topic: word, call: 'Still done?', answers: {'yes': {close: Confirmed}, \
'no': {reopen: Not so}, no-answer: {again: 20m, times: 1}}}
{name: bye, match: {status: resolved}, from: [resolved, told, replied], after: 1d, close: No word, notify: customer}
{name: days, match: {status: LIVE}, from: opened, after: 3h, call: 'Open {days} days?', notify: team, say: '{days}', answers: {'yes': {}}}
{name: up, match: {status: new, age: '>1h'}, from: opened, after: 1h, assign: servicedesk}
{name: survey, match: {status: closed, scored: false}, from: closed, after: 1d, call: 'How was it?', answers: {'1': {}, no-answer: {}}}
""".splitlines()
)
TARGETS = "targets:\n- {name: all, match: {}, contact: 30m, resolve: 2h, calendar: office}\n"
CHANNELS = ("{}", "{mail: {sendmail: [/bin/true], from: desk@example.com}}", "{mail: {sendmail: [/bin/false], from: desk@example.com}}")
DESKS = ("{timezone: UTC, hold_over: 2}", "{timezone: Asia/Shanghai, customer_hours: '10:00-16:00', hold_over: 3, digest_over: 2}")
LOOKS = ("calls", "due --within 1h", "due --within 5d", "now", "handover --since 2h")
SPANS = ["1s", "1m", "5m", "20m", "31m", "1h", "2h", "6h", "1d", "3d"]


class Desks(RuleBasedStateMachine):
    """One desk; its index is put aside for a moment before each sweep."""

    @initialize()
    def founded(self) -> None:
        self.folder = Path(mkdtemp(prefix="itsm-index-"))
        self.racy, keys.RACY = keys.RACY, -(10**15)  # as if all that is there had been there for long
        self.desk = DeskRunner(self.folder, by="mei")
        (self.folder / "tickets").mkdir()
        self.count = 0
        self.mails = False
        self.policy(rules=tuple(range(len(RULES))), channel=1, desk=0)
        self.open("13800000000")

    def teardown(self) -> None:
        keys.RACY = self.racy
        shutil.rmtree(self.folder)

    def do(self, *args: str) -> Done:
        done = self.desk.do(*args)
        assert done.exit in (0, 2, 3, 4, 5, 7), done
        return done

    # --- what happens on a desk

    @rule(spans=st.lists(st.sampled_from(SPANS), min_size=1, max_size=3), mail=st.booleans())
    def time_goes_by_and_cron_sweeps(self, spans: list[str], mail: bool) -> None:
        for span in spans:
            self.desk.now += _span(span)
            self.sweep(mail, real=True)

    @rule(span=st.sampled_from(SPANS))
    def the_clock_is_set_back(self, span: str) -> None:
        self.desk.now -= _span(span)

    @precondition(lambda self: self.count < 6)
    @rule(mobile=st.sampled_from(["", "13800000000"]))
    def open(self, mobile: str) -> None:
        self.count += self.do("open", "Mail is down", "--mobile", mobile, "--email", "c@example.com").exit == 0

    @rule(line=st.sampled_from(MOVES), which=st.integers(1, 6), ago=st.sampled_from(["", "", "3m", "5h"]))
    def somebody_works(self, line: str, which: int, ago: str) -> None:
        if not line.startswith("calls"):
            self.do(*words(line.format(which)), *(("--at", ago) if ago else ()))

    @rule(data=st.data())
    def a_customer_answers(self, data: Any) -> None:
        owed = self.desk.do("calls", "--json").data
        if owed:
            call = data.draw(st.sampled_from(owed))
            self.do("answer", call["ticket"], data.draw(st.sampled_from(call["answers"])), "--rule", call["rule"])

    @rule(verdict=st.sampled_from(["release", "drop"]))
    def somebody_decides_over_what_is_held(self, verdict: str) -> None:
        self.do("notices", verdict)

    @rule(which=st.integers(0, len(RULES) - 1))
    def a_rule_is_armed(self, which: int) -> None:
        self.do("sla", "arm", RULES[which].partition("name: ")[2].partition(",")[0])

    @rule(
        rules=st.lists(st.integers(0, len(RULES) - 1), min_size=1, unique=True).map(tuple),
        channel=st.integers(0, 2),
        desk=st.integers(0, 1),
    )
    def policy(self, rules: tuple[int, ...], channel: int, desk: int) -> None:
        text = sla_yaml(*(RULES[n] for n in rules), channels=CHANNELS[channel], desk=DESKS[desk], teams=TEAMS + TARGETS)
        (self.folder / "sla.yaml").write_bytes(text)
        self.mails = channel > 0

    @rule(which=st.integers(1, 6), wrong=st.booleans())
    def what_somebody_did_is_undone(self, which: int, wrong: bool) -> None:
        self.do("note", f"T-{which}", "To the wrong ticket")
        self.do("undo", "--yes", *([f"T-{which}"] if wrong else []))

    @rule(old=st.sampled_from(["1s", "2h", "1d"]))
    def ended_tickets_are_archived(self, old: str) -> None:
        self.do("archive", "--closed-before", old, "--yes")

    @rule(who=st.sampled_from(["T-1", "T-2", "--contact=13800000000"]))
    def a_customer_wants_to_be_forgotten(self, who: str) -> None:
        self.do("redact", who, "--yes")

    @precondition(lambda self: self.count < 6)
    @rule(number=st.integers(1, 3), ago=st.sampled_from(SPANS), arm=st.booleans())
    def old_tickets_are_imported(self, number: int, ago: str, arm: bool) -> None:
        opened = f"{self.desk.now - _span(ago):%Y-%m-%dT%H:%M:%SZ}"
        rows, by = self.folder / "old.csv", self.folder / "old.yaml"
        rows.write_text(f"no,what,when\nR-{number},Mail was down,{opened}\n", "utf-8")
        by.write_text("schema: 1\nrows: ticket\ncolumns: {number: no, title: what, opened: when}\ndefaults: {type: incident}\n", "utf-8")
        done = self.do("import", str(rows), "--map", str(by), *(["--arm"] if arm else []))
        self.count += "T-" in done.out

    # --- hands in the files

    @rule(which=st.integers(1, 6), how=st.sampled_from(["status: new", "# seen\n", "gone", "broken", "back"]))
    def a_person_is_in_the_ticket(self, which: int, how: str) -> None:
        path, aside = self.desk.file(f"T-{which}"), self.folder / f"T-{which}.aside"
        if how == "back":
            if aside.exists() and not path.exists():
                aside.rename(path)
        elif path.is_file():
            text = path.read_text("utf-8")
            if how == "gone":
                path.rename(aside)
            elif how == "broken":
                path.write_text(text.replace("status:", "statsu:") if "status:" in text else text.replace("statsu:", "status:"), "utf-8")
            else:
                path.write_text(how + text if how.startswith("#") else text.replace("status: assigned", how), "utf-8")

    @rule(what=st.sampled_from(["cut", "torn", "moved", "gone", "shuffled"]), seed=st.integers(0, 9))
    def a_hand_is_in_the_journal(self, what: str, seed: int) -> None:
        months = sorted((self.folder / "notices").glob("*.jsonl"))
        if not months:
            return
        path = random.Random(seed).choice(months)
        lines = path.read_bytes().splitlines(keepends=True)
        if what == "gone":
            path.unlink()
        elif what == "torn":
            path.write_bytes(b"".join(lines)[:-5])
        elif what == "moved":
            path.rename(path.with_name("2026-01.jsonl"))
        elif what == "cut":
            path.write_bytes(b"".join(lines[: len(lines) // 2]))
        else:
            random.Random(seed).shuffle(lines)
            path.write_bytes(b"".join(lines))

    @rule(what=st.sampled_from(["outbox", "last-sweep", "sla.ok"]))
    def something_of_the_desks_own_is_deleted(self, what: str) -> None:
        path = self.folder / ".itsm" / what
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    # --- what must be

    @rule(which=st.sampled_from(LOOKS), span=st.sampled_from(["0s", *SPANS]))
    def somebody_looks(self, which: str, span: str) -> None:
        at = self.desk.now + _span(span)
        args = (*which.split(), "--json")
        found, plain = self.desk.do(*args, at=at), self.without_index(*args, at=at)
        assert (found.out, found.err, found.exit) == (plain.out, plain.err, plain.exit)

    @rule(mail=st.booleans(), real=st.sampled_from([True, True, True, False]))
    def sweep(self, mail: bool, real: bool) -> None:
        how = ["--mail"] if mail and self.mails else []
        plain = self.without_index("sweep", "--dry-run", "--json", *how)
        dry = self.do("sweep", "--dry-run", "--json", *how)
        assert (dry.out, dry.err, dry.exit) == (plain.out, plain.err, plain.exit)
        self.lists()
        if real:
            done = self.do("sweep", "--json", *how)
            assert _decided(done) == _decided(plain), (done, plain)

    def lists(self) -> None:
        args = ("list", "--json", "--archived", "status:all", "mail")
        found, plain = self.do(*args), self.without_index(*args)
        assert (found.out, found.err, found.exit) == (plain.out, plain.err, plain.exit)

    def without_index(self, *args: str, at: datetime | None = None) -> Done:
        own, aside = self.folder / ".itsm", self.folder / "aside"
        aside.mkdir()
        for path in own.glob("index.sqlite*"):
            path.rename(aside / path.name)
        (own / "index.sqlite").mkdir(parents=True)  # where a folder stands there can't be any
        done = self.desk.do(*args, at=at)
        (own / "index.sqlite").rmdir()
        for path in aside.iterdir():
            path.rename(own / path.name)
        aside.rmdir()
        return done


def _decided(done: Done) -> Any:
    """What a sweep has decided; what earlier ones had decided and couldn't deliver is no decision of this one."""
    if not done.out:
        return done.exit, done.error["message"]
    actions = [one for one in done.data["actions"] if not one["reason"].startswith("an earlier sweep")]
    return sorted((one["key"], to) for one in actions for to in one["to"] or [""])


def _span(text: str) -> timedelta:
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    return timedelta(**{units[text[-1]]: int(text[:-1])})


TestDesks = Desks.TestCase
TestDesks.settings = settings(max_examples=int(os.environ.get("ITSM_EXAMPLES", "15")), stateful_step_count=30)
