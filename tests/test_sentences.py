"""Every numbered sentence of the page on time, promises and the sweep has tests that cite it; so has every report that it names.

The table is the way from a sentence to its proof. A test that is renamed or no longer says what it proves is missed here.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent

PROOFS = {
    1: {"sla/test_calendar.py": ["test_sentence_1_a_day_has_its_weekdays_windows_minus_holidays_or_its_own"]},
    2: {
        "sla/test_calendar.py": [
            "test_sentence_2_working_time_is_real_elapsed_time",
            "test_sentence_2_where_clocks_go_back_over_midnight_the_new_date_has_begun_for_good",
        ],
        "sla/test_calendar_oracle.py": ["test_sentences_1_to_4_working_time_between_is_what_counting_minutes_gives"],
    },
    3: {
        "sla/test_calendar.py": ["test_sentence_3_a_promise_is_due_when_its_working_seconds_are_used_up"],
        "sla/test_calendar_oracle.py": ["test_sentence_3_a_due_time_is_what_counting_minutes_gives"],
    },
    4: {
        "sla/test_calendar.py": [
            "test_sentence_4_windows_are_half_open",
            "test_sentence_4_a_calendar_without_working_time_in_400_days_is_refused_and_never_loops",
        ],
        "sla/test_calendar_parsing.py": ["test_sentence_4_windows_are_several_a_day_to_24_00_and_over_midnight_and_overlaps_merge"],
    },
    5: {"sla/test_published.py": ["test_sentence_5_a_due_time_is_what_other_projects_publish"]},
    6: {
        "sla/test_clocks.py": [
            "test_contact_runs_from_hand_over_to_contacted",
            "test_update_runs_from_the_oldest_unanswered_word_to_the_desks_answer",
            "test_resolve_runs_from_opened_to_resolved_and_stands_still_while_pending",
        ]
    },
    7: {
        "sla/test_clocks.py": [
            "test_only_working_time_of_a_pause_is_given_back",
            "test_what_is_left_while_it_stands_still_is_the_limit_less_what_was_worked",
        ]
    },
    8: {"e2e/test_breaches.py": ["test_the_sweep_puts_a_breach_on_record_once_with_what_was_due_and_by_how_much"]},
    9: {
        "sla/test_repriced.py": [
            "test_a_change_moves_the_deadline_as_if_it_had_held_from_the_start",
            "test_a_longer_promise_says_again_what_now_lies_ahead_and_nothing_that_is_still_behind",
        ]
    },
    10: {"sla/test_repriced.py": ["test_reopening_goes_on_with_the_clock_and_the_time_it_was_resolved_does_not_count"]},
    11: {"sla/test_clocks.py": ["test_sentence_11_a_teams_target_runs_from_its_hand_over_beside_what_the_customer_was_promised"]},
    12: {
        "sla/test_rules.py": ["test_a_key_is_ticket_rule_step_kind_and_the_instant_that_armed_it"],
        "sla/test_rules_told.py": [
            "test_printing_does_not_count_as_mailing",
            "test_a_move_is_done_once_whoever_sweeps_and_by_whatever_channel",
        ],
    },
    13: {
        "sla/test_rules.py": ["test_moves_come_first_and_the_rest_is_decided_on_the_moved_ticket"],
        "e2e/test_sweep.py": ["test_a_dry_run_shows_what_is_due_and_writes_nothing"],
    },
    14: {
        "e2e/test_sweep_locks.py": [
            "test_sentence_14_while_a_mail_server_hangs_tickets_can_be_changed_at_once",
            "test_sentence_14_a_ticket_that_changed_after_it_was_looked_at_is_decided_again_under_the_lock",
        ]
    },
    15: {
        "sla/test_rules.py": ["test_of_several_missed_thresholds_only_the_highest_is_said"],
        "e2e/test_sweep.py": ["test_three_days_without_cron_say_each_thing_once"],
        "e2e/test_sweep_past.py": ["test_more_than_twenty_notices_to_one_address_are_one_digest"],
    },
    16: {
        "e2e/test_import.py": ["test_the_first_sweep_after_an_import_is_silent_unless_it_was_armed"],
        "e2e/test_sweep_past.py": [
            "test_a_rule_added_to_a_desk_that_has_swept_says_nothing_of_the_past_and_tells_how_much",
            "test_a_stale_message_is_dropped_and_the_desk_is_told_once",
            "test_60_customers_messages_due_at_once_are_held_and_the_desk_is_told_once",
        ],
    },
    17: {
        "e2e/test_sweep.py": ["test_while_another_sweep_is_at_work_one_leaves_at_once_with_exit_0"],
        "e2e/test_sender.py": ["test_a_copy_mails_nobody"],
    },
    18: {
        "sla/test_rules_told.py": [
            "test_customers_messages_wait_for_the_customers_hours_in_the_desks_zone",
            "test_any_notice_can_wait_for_an_opening",
            "test_calls_fall_due_in_the_call_centres_calendar",
        ]
    },
    19: {"e2e/test_mail.py": ["test_killed_in_the_middle_of_a_mail_nothing_is_lost_and_at_most_one_repeated"]},
    20: {
        "e2e/test_broken_files.py": ["test_sweep_and_list_go_on_with_the_rest_and_leave_with_5"],
        "e2e/test_mail.py": ["test_it_tries_again_with_growing_pauses_and_cron_stays_readable_meanwhile"],
    },
    21: {
        "sla/test_rules.py": ["test_a_clock_set_back_says_nothing_twice"],
        "e2e/test_sweep_jump.py": ["test_after_a_jump_of_more_than_a_day_a_close_is_held_once_and_done_by_the_next_sweep"],
    },
    22: {
        "e2e/test_looking_ahead.py": [
            "test_what_due_announces_for_an_instant_is_what_a_sweep_does_then_and_not_a_second_earlier",
            "test_explain_says_of_each_rule_whether_it_is_due_why_since_when_and_until_when",
        ]
    },
    23: {"e2e/test_simulate.py": ["test_another_target_and_another_call_show_in_breaches_rules_hours_and_tickets"]},
}
REPORTS = {
    "glpi#6010": 4, "zammad#3140": 6, "glpi#10594": 7, "frappe/helpdesk#2449": 7, "glpi#24481": 9, "chatwoot#10178": 8, "glpi#6902": 9,
    "glpi#15605": 9, "zammad#4348": 12, "alertmanager#3473": 12, "zammad#3329": 14, "bcgov/entity#2253": 15, "zammad#3006": 16,
    "zammad#539": 16, "zammad#1223": 17, "zammad#4432": 18, "glpi#15569": 18,
}  # fmt: skip

_CITED = re.compile(r"sentences?[ _]((?:[0-9]+)(?:(?:–|-|_to_| to |, and |, | and )[0-9]+)*)", re.IGNORECASE)


def cited(text: str) -> set[int]:
    """The numbers in `sentences 6 to 11`, `sentence 7`, `12, 13 and 15`."""
    found: set[int] = set()
    for match in _CITED.finditer(text):
        found |= {int(number) for number in re.findall(r"[0-9]+", match[1])}
        for first, last in re.findall(r"([0-9]+)(?:–|-|_to_| to )([0-9]+)", match[1]):
            found |= set(range(int(first), int(last) + 1))
    return found


@cache
def proofs_in(file: str) -> dict[str, set[int]]:
    """Each test of a file with the sentences that it, or the page's first words, cite."""
    source = (HERE / file).read_text(encoding="utf-8")
    tree = ast.parse(source)
    common = cited(ast.get_docstring(tree) or "")
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return {one.name: common | cited(one.name) | cited(ast.get_docstring(one) or "") for one in functions}


def test_there_are_23_sentences():
    assert list(PROOFS) == list(range(1, 24))


@pytest.mark.parametrize("sentence", PROOFS)
def test_a_sentence_has_tests_that_cite_it(sentence: int):
    for file, names in PROOFS[sentence].items():
        for name in names:
            assert name in proofs_in(file), f"{file} has no {name}"
            assert sentence in proofs_in(file)[name], f"{file}::{name} doesn't say that it proves sentence {sentence}"


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_of_another_help_desk_is_cited_where_its_sentence_is_proved(report: str):
    short = report.replace("glpi#15605", "#15605")
    files = [path for path in HERE.rglob("test_*.py") if path.name != Path(__file__).name and short in path.read_text(encoding="utf-8")]
    proving = [path for path in files if any(REPORTS[report] in found for found in proofs_in(str(path.relative_to(HERE))).values())]
    assert proving, f"no test that cites sentence {REPORTS[report]} cites {report}"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Sentence 7: `show` gives", {7}),
        ("page 3, sentences 12 to 17 and 20; page 4", {*range(12, 18), 20}),
        ("sentences 6–10", {6, 7, 8, 9, 10}),
        ("sentences 12, 13 and 15.", {12, 13, 15}),
        ("test_sentences_1_to_4_working_time", {1, 2, 3, 4}),
        ("a sentence of 42 words", set()),
    ],
)
def test_what_counts_as_a_citation(text: str, numbers: set[int]):
    assert cited(text) == numbers
