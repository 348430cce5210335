"""`itsm sla simulate`: another policy tried on the tickets that are there, before customers learn of it (page 3, sentence 23)."""

import pytest

from itsm.desk import hands, simulating
from tests.desk_runner import DeskRunner


@pytest.fixture
def desk(tmp_path):
    """Three tickets: one solved within the two hours, one after them, one that nobody looks at. `new.yaml` lies beside the desk."""
    desk = DeskRunner.made(tmp_path / "desk")
    for number in range(1, 4):
        desk.ok("open", f"Mail is down at {number}", "--name", "Wang Fang", "--mobile", "13800000000", "--urgency", "high", at="0m")
    desk.ok("assign", "1", "network", at="10m")
    desk.ok("contacted", "1", at="20m")
    desk.ok("resolve", "1", "--how", "Restarted", at="1h")
    desk.ok("assign", "2", "network", at="10m")
    desk.ok("resolve", "2", "--how", "Restarted", at="2h50m")
    return desk


def other(desk, *changes, name="new.yaml"):
    """The desk's policy with some texts changed, as a file beside it."""
    text = (desk.root / "sla.yaml").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = desk.root.parent / name
    path.write_text(text)
    return str(path)


def everything(root):
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in sorted(root.rglob("*"))}


def rows(found, of, *names):
    return {tuple(row[name] for name in names): (row["present"], row["new"]) for row in found[of]}


def test_another_target_and_another_call_show_in_breaches_rules_hours_and_tickets(desk):
    policy = other(desk, ("contact: 20m, resolve: 2h", "contact: 1h, resolve: 4h"), ("after: 20m", "after: 50m"))
    found = desk.ok("sla", "simulate", "--policy", policy, "--until", "2026-11-23T13:30:00Z", "--json").json
    assert found["kind"] == "simulate"
    data = found["data"]
    assert (data["tickets"], data["since"], data["until"]) == (3, "2026-11-23T09:00:00Z", "2026-11-23T13:30:00Z")
    assert rows(data, "breaches", "promise", "target", "priority") == {
        ("contact", "incident", "P2"): (1, 1),  # T-2: 09:30, 10:10
        ("resolve", "incident", "P2"): (2, 1),  # T-2, T-3 at 11:00; T-3 at 13:00
    }
    per_rule = rows(data, "rules", "kind", "rule")
    assert per_rule["call", "engineer-contact"] == (1, 1)
    assert per_rule["notify", "resolve-target"] == (4, 2)
    assert per_rule["notify", "unresolved-4h"] == (1, 1)
    hours = rows(data, "hours", "kind", "rule", "hour")
    assert hours["call", "engineer-contact", 9] == (1, 0)
    assert hours["call", "engineer-contact", 10] == (0, 1)
    assert data["totals"]["breaches"] == {"present": 3, "new": 2}
    differ = {one["ticket"]: one for one in data["differ"]}
    assert sorted(differ) == ["T-2", "T-3"]
    assert differ["T-2"]["breaches"] == {"present": 2, "new": 1}


def test_a_policy_compared_with_itself_shows_no_difference(desk):
    done = desk.ok("sla", "simulate", "--policy", other(desk), "--until", "2026-12-01")
    assert done.out.endswith("no ticket differs\n")
    data = desk.ok("sla", "simulate", "--policy", "article", "--until", "2026-12-01", "--json").data
    assert data["differ"] == []
    assert all(row["present"] == row["new"] for part in ("breaches", "rules", "hours") for row in data[part])
    assert data["totals"]["moves"] == {"present": 2, "new": 2}


def test_the_table_for_people(desk):
    policy = other(desk, ("contact: 20m, resolve: 2h", "contact: 20m, resolve: 4h"), ("after: 3d\n  close", "after: 5d\n  close"))
    done = desk.ok("sla", "simulate", "--policy", policy, "--until", "2026-11-28T09:00:00Z")
    lines = done.out.splitlines()
    assert lines[:2] == [f"3 tickets under sla.yaml and {policy}", "2026-11-23T09:00:00Z to 2026-11-28T09:00:00Z, 5.0 days"]
    assert lines[3].split() == ["sla.yaml", "new"]
    table = {" ".join(line.split()) for line in lines}
    assert {"breaches 3 2 -1", "resolve incident P2 2 1 -1", "moves 2 0 -2", "auto-close (close) 2 0 -2"} <= table
    assert {"still-resolved 4 8 +4", "3 tickets differ"} <= table


def test_since_counts_from_then_on(desk):
    data = desk.ok("sla", "simulate", "--policy", other(desk), "--since", "2026-11-23T11:00:01Z", "--json", at="6h").data
    assert data["totals"]["breaches"]["present"] == 0
    assert data["until"] == "2026-11-23T15:00:00Z"


def test_archived_tickets_are_history_too_and_broken_ones_are_named(desk):
    archive = desk.root / "tickets" / "archive" / "2026"
    archive.mkdir(parents=True)
    desk.file("T-1").rename(archive / "T-1.yaml")
    desk.file("T-2").write_text("id: T-2\n<<<<<<< HEAD\n")
    done = desk.do("sla", "simulate", "--policy", "article", "--json")
    assert done.exit == 5
    assert done.data["tickets"] == 2
    assert "T-2" in done.err


def test_it_writes_nothing_at_all(desk):
    (mark,) = desk.root.glob(".itsm/sla.ok")
    mark.unlink()  # even the note that sla.yaml was found right is for others to write
    before = everything(desk.root)
    policy = other(desk)
    desk.ran("sla", "simulate", "--policy", policy, "--since", "2026-11-01", "--until", "2026-12-01")
    desk.ran("sla", "simulate", "--policy", policy, "--json")
    assert everything(desk.root) == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("schema: 1\ntargts: []\nrules:\n- {name: late, from: opened, after: 20x, notify: head}\n", ["bad.yaml:2:1: ", "bad.yaml:4:30: "]),
        ("schema: 1\nschema: 1\n", ["bad.yaml:2:"]),
        ("rules: [\n", ["bad.yaml:"]),
    ],
    ids=["each mistake", "a key twice", "no YAML"],
)
def test_a_broken_policy_is_refused_with_the_line_of_each_mistake(desk, text, told):
    path = desk.root.parent / "bad.yaml"
    path.write_text(text)
    done = desk.do("sla", "simulate", "--policy", str(path))
    assert done.exit == 5
    assert done.out == ""
    for place in told:
        assert place in done.err
    assert desk.do("sla", "simulate", "--policy", str(path), "--json").error["code"] == "invalid"


def test_a_broken_policy_of_the_desk_itself_is_refused_too(desk):
    policy = other(desk)
    (desk.root / "sla.yaml").write_text("schema: 2\n")
    done = desk.do("sla", "simulate", "--policy", policy)
    assert done.exit == 5
    assert "sla.yaml:1:1: " in done.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--policy", "artcle"), "did you mean article?"),
        (("--policy", "."), "can't be read"),
        ((), "--policy"),
        (("--policy", "article", "--since", "2026-11-22", "--until", "2026-11-21"), "--until lies before --since"),
        (("--policy", "article", "--since", "in 2h"), "in the future"),
    ],
    ids=["no such policy", "a folder", "no policy", "ends before it begins", "counts from the future"],
)
def test_what_cannot_be_understood_is_exit_2_and_says_so(desk, args, told):
    done = desk.do("sla", "simulate", *args)
    assert done.exit == 2, done
    assert told in done.err


def test_several_processes_find_what_one_does(desk, monkeypatch):
    """Two at once, a ticket at a time."""
    for _ in range(3):
        desk.ok("open", "One more", at="2h")
    alone = desk.ok("sla", "simulate", "--policy", "article", "--until", "2026-11-30", "--json").data
    monkeypatch.setattr(simulating, "_WORTHWHILE", 0)
    monkeypatch.setattr(simulating, "_BATCH", 1)
    monkeypatch.setattr(hands.os, "cpu_count", lambda: 2)
    assert desk.ok("sla", "simulate", "--policy", "article", "--until", "2026-11-30", "--json").data == alone


def test_a_desk_without_tickets(tmp_path):
    desk = DeskRunner.made(tmp_path / "desk")
    done = desk.ok("sla", "simulate", "--policy", "article")
    assert done.out.startswith("0 tickets")
    assert done.out.endswith("no ticket differs\n")
