"""What `sla check` warns of in people, teams, channels and targets, and in rules that come more often than cron does."""

from __future__ import annotations

import pytest

from itsm.store.settings import parse_settings
from tests.desk_runner import T0
from tests.sla import test_lint
from tests.sla.test_lint import SOUND, with_rule

SENDS = "{smtp: 'localhost:25', from: a@example.com}"


def found(text: str) -> list[str]:
    """What `sla check` prints, without the file's name: mistakes, or warnings where there is none."""
    settings = parse_settings(text.encode(), T0)
    return [str(one).removeprefix("sla.yaml:") for one in settings.problems] or test_lint.found(text)


def with_channel(channel: str) -> str:
    return SOUND.replace("\n- RULE", " []") + f"\nchannels:\n  way: {channel}\n"


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        (SENDS, ""),
        ("{smtp: mail.example.com, from: a@example.com}", ""),
        ("{smtp: '[::1]:2525', from: a@example.com}", ""),
        ("{sendmail: /usr/sbin/sendmail, from: root}", ""),
        ("{command: [send-sms, '{mobile}', '{name}: {subject}']}", ""),
        ("{smtp: 'localhost:abc', from: a@example.com}", "18:9: 'localhost:abc' is no mail server (host:port, for example localhost:25)"),
        ("{smtp: 'localhost:', from: a@example.com}", "18:9: 'localhost:' is no mail server"),
        ("{smtp: ':25', from: a@example.com}", "18:9: ':25' is no mail server"),
        ("{smtp: 'mail:99999', from: a@example.com}", "18:9: 'mail:99999' is no mail server"),
        ("{smtp: 'smtp://mail:25', from: a@example.com}", "18:9: 'smtp://mail:25' is no mail server"),
        ("{smtp: 'mail server:25', from: a@example.com}", "18:9: 'mail server:25' is no mail server"),
        ("{smtp: 'localhost:25', from: 'Desk <a@example.com>'}",
         "18:31: nothing can be mailed: mail address 'Desk <a@example.com>': white space or control characters in it"),
        ("{command: [send-sms, '{mobil}']}", "18:9: nothing fills {mobil} (did you mean mobile?)"),
        ("{smtp: 'localhost:25', command: [send], from: a@example.com}",
         "18:9: channel way never takes smtp: command comes first (a channel of its own)"),
    ],
)  # fmt: skip
def test_a_channel_that_can_not_send_as_it_says_is_named(channel, says):
    findings = found(with_channel(channel))
    assert len(findings) == bool(says), findings
    assert not says or says in findings[0]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{mail: li.lei@example.com}", "{mail: li.lei@}", "3:12: nothing can be mailed: mail address 'li.lei@': what stands after the @"),
        ("{mail: li.lei@example.com}", "{mail: 'a@example.com, b@example.com'}", "3:12: nothing can be mailed"),
        ("mail: l2@example.com", "mail: l2@example..com", "7:23: nothing can be mailed"),
        ("head: {mail: head1@example.com}", "head: {mail: head1 at example.com}", "6:56: nothing can be mailed"),
    ],
    ids=["half an address", "two in one", "no domain", "not an address"],
)
def test_an_address_that_no_server_takes_is_named_where_it_stands(old, new, says):
    text = SOUND.replace("\n- RULE", " []")
    assert old in text
    findings = found(text.replace(old, new))
    assert len(findings) == 1, findings
    assert says in findings[0]


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("{name: a, from: opened, every: 1s, notify: head}",
         "16:27: every 1s is more often than a sweep, which comes once a minute (every: 1m, or longer)"),
        ("{name: a, from: opened, every: 59s, notify: head}", "16:27: every 59s is more often"),
        ("{name: a, from: opened, every: 1m, notify: head}", ""),
        ("{name: a, from: opened, rrule: FREQ=SECONDLY;INTERVAL=20, notify: head}", "16:27: FREQ=SECONDLY;INTERVAL=20 comes more often"),
        ("{name: a, from: opened, rrule: FREQ=MINUTELY, notify: head}", ""),
        ("{name: a, from: opened, after: 1h, notify: 'x@'}", "16:38: nothing can be mailed: mail address 'x@'"),
        ("{name: a, from: opened, after: 1h, notify: 'role:boss'}", "16:38: no such recipient: role:boss (roles: [boss] at"),
    ],
)  # fmt: skip
def test_a_rule_that_comes_more_often_than_cron_or_tells_nobody_is_named(rule, says):
    findings = found(with_rule(rule))
    assert len(findings) == bool(says), findings
    assert not says or says in findings[0]


def test_targets_that_nobody_can_tell_apart_or_keep():
    text = SOUND[: SOUND.index("targets:")] + "targets:\n- {name: one, match: {type: incident}, resolve: 1h}\n"
    assert found(text + "- {name: one, match: {type: request}, resolve: 0m}\n") == [
        "13:4: a second target named one: nobody can tell them apart (a name of its own)",
        "13:39: resolve of target one is late at once (resolve: 4h)",
    ]


@pytest.mark.parametrize(("holidays", "idle"), [("['12-24']", True), ("CN", False)])
def test_hours_of_make_up_days_want_a_country(holidays, idle):
    text = SOUND[: SOUND.index("targets:")].replace("'09:00-18:00'}}", f"'09:00-18:00'}}, makeup: '09:00-15:00', holidays: {holidays}}}")
    says = "9:45: makeup has no effect in calendar office: no country is named (holidays: CN)"
    assert found(text) == ([says] if idle else [])


def test_a_calendar_that_is_wrong_is_named_once_and_who_refers_to_it_is_not_blamed():
    text = SOUND[: SOUND.index("targets:")].replace("09:00-18:00", "9-18")
    text += "targets:\n- {name: a, calendar: office, resolve: 1h}\n"
    assert len(found(text)) == 1
    assert "9:20: '9' is not a time of day" in found(text)[0]
