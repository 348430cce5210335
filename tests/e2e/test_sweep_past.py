"""Nobody is flooded by the past: held messages, new rules, digests. Page 3, sentences 15 and 16 (zammad#3006, zammad#539: a trigger made
today mailed the customers of years); the issue's last lines.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.desk_runner import DeskRunner
from tests.sla.builders import sla_yaml
from tests.smtpd import Smtpd

OPENED = "{name: opened-notice, match: {status: new}, from: opened, after: 0m, notify: customer, say: 'Your ticket is {id}: {title}'}"
LATE = "{name: late, match: {status: [new, assigned]}, from: opened, after: 20m, notify: callcentre}"


def made(folder: Path, *rules: str, **given: str) -> DeskRunner:
    (folder / "tickets").mkdir(parents=True)
    (folder / "sla.yaml").write_bytes(sla_yaml(*rules, **given))
    return DeskRunner(folder)


def customers(desk: DeskRunner, count: int, at: str = "0m") -> None:
    """So many tickets of so many customers, as `open` makes them, but quicker."""
    from itsm.clock import new_event_id
    from itsm.desk.desk import Desk
    from itsm.desk.tickets import Form, open_
    from itsm.model.lifecycle import Signature

    here = Desk(desk.root)
    for number in range(count):
        contact = {"name": f"Customer {number}", "email": f"c{number}@example.org"}
        open_(here, Form(f"Title {number}", contact=contact), Signature("mei", desk.moment(at), new_event_id))


def acts(done: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done.data["actions"]
    return found


def mailing(server: Smtpd) -> str:
    return f"{{mail: {{smtp: '{server.address}', from: desk@example.com, timeout: 5}}}}"


# --- held (16) ---------------------------------------------------------------------------------


@pytest.fixture
def flooded(tmp_path: Path) -> DeskRunner:
    desk = made(tmp_path / "desk", OPENED, LATE)
    customers(desk, 60)
    return desk


def test_60_customers_messages_due_at_once_are_held_and_the_desk_is_told_once(flooded: DeskRunner) -> None:
    found = acts(flooded.ok("sweep", "--json"))
    held = [action for action in found if action["rule"] == "opened-notice"]
    assert len(held) == 60
    assert {action["delivery"] for action in held} == {"queued"}
    [told] = [action for action in found if action["rule"] != "opened-notice"]
    assert (told["to"], told["delivery"]) == (["cc@example.com"], "printed")
    assert told["text"] == "60 messages to customers are held: look at them with itsm notices, then itsm notices release or drop"
    assert acts(flooded.ok("sweep", "--json", at="1m")) == []
    assert len(flooded.ok("notices", "held", "--json", at="1m").data) == 60


def test_people_read_that_they_are_held_and_no_message_itself(flooded: DeskRunner) -> None:
    out = flooded.ran("sweep").out
    assert "60 messages to customers are held" in out
    assert "Customer 7" not in out


@pytest.mark.parametrize(("count", "held"), [(50, False), (51, True)])
def test_more_than_fifty_are_too_many(tmp_path: Path, count: int, held: bool) -> None:
    desk = made(tmp_path / "desk", OPENED)
    customers(desk, count)
    found = acts(desk.ok("sweep", "--json"))
    assert any(action["rule"] == "hold-over" for action in found) == held
    assert {action["delivery"] for action in found if action["rule"] == "opened-notice"} == {"queued" if held else "printed"}


def test_how_many_are_too_many_is_the_desks_own_to_say(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", OPENED, desk="{timezone: UTC, hold_over: 2}")
    customers(desk, 3)
    assert [action["rule"] for action in acts(desk.ok("sweep", "--json"))].count("hold-over") == 1


def test_what_is_released_is_said_by_the_next_sweep_once_though_it_is_late_by_then(flooded: DeskRunner) -> None:
    flooded.ok("sweep")
    assert flooded.ok("notices", "release", "--json", at="2d").data == {"decided": "release", "count": 60}
    found = [action for action in acts(flooded.ok("sweep", "--json", at="2d")) if action["rule"] != "late"]
    assert len(found) == 60
    assert {(action["to"][0][-12:], action["delivery"]) for action in found} == {("@example.org", "printed")}
    assert acts(flooded.ok("sweep", "--json", at="2d")) == []


def test_what_is_dropped_is_never_said(flooded: DeskRunner) -> None:
    flooded.ok("sweep")
    assert flooded.ok("notices", "drop", "--json").data["count"] == 60
    assert [action["rule"] for action in acts(flooded.ok("sweep", "--json", at="2d"))] == ["late"] * 60
    assert flooded.ok("notices", "held", "--json", at="2d").data == []


def test_one_tickets_message_may_be_decided_over_alone(flooded: DeskRunner) -> None:
    flooded.ok("sweep")
    flooded.ok("notices", "release", "7")
    assert [action["ticket"] for action in acts(flooded.ok("sweep", "--json", at="1m"))] == ["T-7"]
    released = [fact for fact in flooded.ok("notices", "7", "--json").data if fact["fact"] == "released"]
    assert [(fact["by"], fact["to"]) for fact in released] == [("mei", "customer")]
    assert len(flooded.ok("notices", "held", "--json").data) == 59


@pytest.mark.parametrize("verdict", ["release", "drop"])
def test_where_nothing_is_held_there_is_nothing_to_decide(tmp_path: Path, verdict: str) -> None:
    done = made(tmp_path / "desk", OPENED).do("notices", verdict, "--json")
    assert (done.exit, done.error["code"]) == (4, "refused")


def test_held_messages_are_not_mailed_and_the_desk_is_even_in_a_digest(tmp_path: Path) -> None:
    with Smtpd() as server:
        desk = made(tmp_path / "desk", OPENED, LATE.replace("20m", "0m"), channels=mailing(server))
        customers(desk, 60)
        desk.ok("sweep", "--mail")
        assert {mail.to[0] for mail in server.received} == {"cc@example.com"}
        assert any("60 messages to customers are held" in mail.text for mail in server.received)
        desk.ok("sweep", "--mail", at="1m")
        before = len(server.received)
        desk.ok("notices", "release", at="2m")
        desk.ok("sweep", "--mail", at="2m")
        assert sorted(mail.to[0] for mail in server.received[before:]) == sorted(f"c{number}@example.org" for number in range(60))
        desk.ok("sweep", "--mail", at="3m")
        assert len(server.received) == before + 60


def test_what_moves_say_to_customers_is_held_as_well(tmp_path: Path) -> None:
    rule = "{name: bye, match: {status: new}, from: opened, after: 1h, close: Over, notify: customer, say: '{id} is closed'}"
    with Smtpd() as server:
        desk = made(tmp_path / "desk", rule, channels=mailing(server))
        customers(desk, 60)
        found = acts(desk.ok("sweep", "--mail", "--json", at="1h"))
        assert [action["kind"] for action in found].count("close") == 60
        assert {mail.to[0] for mail in server.received} == {"cc@example.com"}
        desk.ok("notices", "release", at="2h")
        desk.ok("sweep", "--mail", at="2h")
        assert len({mail.to[0] for mail in server.received}) == 61
        assert len(server.received) == 61


# --- new rules (16) ----------------------------------------------------------------------------


@pytest.fixture
def swept(tmp_path: Path) -> DeskRunner:
    desk = made(tmp_path / "desk", LATE)
    customers(desk, 3)
    desk.ok("sweep", at="1h")
    return desk


NEW = "- {name: brand-new, match: {status: new}, from: opened, after: 30m, notify: head}\n"


def add(desk: DeskRunner, rule: str = NEW) -> None:
    with (desk.root / "sla.yaml").open("a", encoding="utf-8") as file:
        file.write(rule)


def test_a_rule_added_to_a_desk_that_has_swept_says_nothing_of_the_past_and_tells_how_much(swept: DeskRunner) -> None:
    add(swept)
    done = swept.ran("sweep", at="2h")
    assert done.out == ""
    assert done.err == ("rule brand-new is new: 3 moments before the last sweep are passed over (itsm sla arm brand-new to have them)\n")
    again = swept.ran("sweep", at="3h")
    assert (again.out, again.err) == ("", "")


def test_it_is_in_the_json_too(swept: DeskRunner) -> None:
    add(swept)
    assert swept.ok("sweep", "--json", at="2h").data["passed_over"] == {"brand-new": 3}


def test_a_dry_run_tells_of_it_and_learns_nothing(swept: DeskRunner) -> None:
    add(swept)
    for _ in range(2):
        assert "3 moments" in swept.ok("sweep", "-n", at="2h").err
    assert "3 moments" in swept.ok("sweep", at="2h").err


def test_a_new_rule_says_what_comes_after_the_last_sweep(swept: DeskRunner) -> None:
    customers(swept, 1, "40m")  # its moment is 70m, after the sweep at 60m
    add(swept)
    assert [(action["ticket"], action["rule"]) for action in acts(swept.ok("sweep", "--json", at="2h"))] == [
        ("T-4", "late"), ("T-4", "brand-new"),
    ]  # fmt: skip


def test_arming_it_gives_what_was_passed_over(swept: DeskRunner) -> None:
    add(swept)
    swept.ok("sweep", at="2h")
    swept.ok("sla", "arm", "brand-new", at="2h")
    assert [action["ticket"] for action in acts(swept.ok("sweep", "--json", at="2h"))] == ["T-1", "T-2", "T-3"]
    assert acts(swept.ok("sweep", "--json", at="2h")) == []


def test_arming_what_is_no_rule_is_a_mistake(swept: DeskRunner) -> None:
    done = swept.do("sla", "arm", "brandnew")
    assert done.exit == 2
    assert "no such rule: brandnew" in done.err


def test_explain_says_that_a_moment_was_passed_over(swept: DeskRunner) -> None:
    add(swept)
    swept.ok("sweep", at="2h")
    [row] = [row for row in swept.ok("sla", "explain", "1", "--json", at="2h").data if row["rule"] == "brand-new"]
    assert (row["state"], row["why"]) == ("passed", "the rule is newer than that (known since 2026-11-23 10:00 UTC)")


def test_a_changed_rule_of_the_same_name_is_not_new(swept: DeskRunner) -> None:
    swept.policy("after: 20m", "after: 25m")
    assert acts(swept.ok("sweep", "--json", at="2h")) != []


def test_the_first_sweep_of_a_desk_has_no_past(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", LATE)
    customers(desk, 2)
    done = desk.ok("sweep", "--json", at="30d")
    assert (len(acts(done)), done.data["passed_over"]) == (2, {})


def test_without_its_own_state_the_journal_still_tells_when_the_desk_was_last_swept(swept: DeskRunner) -> None:
    for path in (swept.root / ".itsm").iterdir():
        path.unlink()
    add(swept)
    assert "3 moments" in swept.ok("sweep", at="2h").err


# --- stale (16) --------------------------------------------------------------------------------


def test_a_stale_message_is_dropped_and_the_desk_is_told_once(tmp_path: Path) -> None:
    desk = made(tmp_path / "desk", OPENED)
    customers(desk, 1)
    [action] = acts(desk.ok("sweep", "--json", at="25h"))
    assert (action["to"], action["delivery"]) == (["cc@example.com"], "printed")
    assert "is stale and was dropped: Your ticket is T-1: Title 0" in action["text"]
    assert acts(desk.ok("sweep", "--json", at="26h")) == []


# --- digests (15) ------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "mails"), [(20, 20), (21, 1), (60, 1)])
def test_more_than_twenty_notices_to_one_address_are_one_digest(tmp_path: Path, count: int, mails: int) -> None:
    with Smtpd() as server:
        desk = made(tmp_path / "desk", LATE, channels=mailing(server))
        customers(desk, count)
        found = acts(desk.ok("sweep", "--mail", "--json", at="20m"))
        assert {(action["rule"], action["delivery"]) for action in found} == {("late", "mailed")}
        assert len(found) == count
        assert len(server.received) == mails
        text = "".join(mail.text for mail in server.received)
        assert all(f"T-{number}" in text for number in range(1, count + 1))
        desk.ok("sweep", "--mail", at="21m")
        assert len(server.received) == mails


def test_a_digest_is_for_one_address_the_others_have_their_own_mails(tmp_path: Path) -> None:
    with Smtpd() as server:
        desk = made(tmp_path / "desk", LATE.replace("callcentre", "[callcentre, customer]"), channels=mailing(server))
        customers(desk, 25)
        desk.ok("sweep", "--mail", at="20m")
        assert sorted(mail.to[0] for mail in server.received) == sorted(["cc@example.com", *(f"c{n}@example.org" for n in range(25))])


def test_notices_of_moved_tickets_go_into_the_digest_too(tmp_path: Path) -> None:
    rule = "{name: bye, match: {status: new}, from: opened, after: 1h, close: Over, notify: callcentre, say: '{id} is closed'}"
    with Smtpd() as server:
        desk = made(tmp_path / "desk", rule, channels=mailing(server))
        customers(desk, 25)
        desk.ok("sweep", "--mail", at="1h")
        assert len(server.received) == 1
