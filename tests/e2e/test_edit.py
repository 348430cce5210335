"""`edit`: a ticket's file in a person's editor, with the checks of the file; the editors here are small programs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.desk_runner import DeskRunner, Done
from tests.terminal import at_a_terminal


@pytest.fixture
def desk(tmp_path: Path) -> DeskRunner:
    desk = DeskRunner.made(tmp_path / "desk")
    desk.ok("open", "Mail server does not answer", "--name", "王芳", "--mobile", "+8613800000000", "--description", "Since nine.\nNo mail.")
    desk.ok("assign", "1", "network")
    return desk


def editor(desk: DeskRunner, *steps: str) -> str:
    """An editor that does one step, Python on `text`, each time that it is opened, and keeps what it saw."""
    program = desk.root.parent / "editor.py"
    program.write_text(
        "import pathlib, sys\n"
        f"steps = {list(steps)!r}\n"
        "path, seen = pathlib.Path(sys.argv[-1]), pathlib.Path(__file__).with_suffix('.seen')\n"
        "times = len(list(seen.parent.glob('editor.seen*')))\n"
        "text = path.read_text(encoding='utf-8')\n"
        "pathlib.Path(f'{seen}{times}').write_text(text, encoding='utf-8')\n"
        "told = {'text': text}\n"
        "exec(steps[min(times, len(steps) - 1)], told)\n"
        "path.write_text(told['text'], encoding='utf-8')\n",
        encoding="utf-8",
    )
    return f"{sys.executable} {program}"


def seen(desk: DeskRunner, time: int) -> str:
    """What stood in the editor the n-th time that it was opened."""
    return (desk.root.parent / f"editor.seen{time}").read_text(encoding="utf-8")


def edit(desk: DeskRunner, *steps: str, more: tuple[str, ...] = ()) -> Done:
    return desk.do("edit", "1", *more, env={"EDITOR": editor(desk, *steps)})


def drafts(desk: DeskRunner) -> list[Path]:
    return sorted((desk.root / ".itsm" / "drafts").glob("*"))


SETTABLE = {
    "a title": ("text = text.replace('Mail server does not', 'Mailserver does not')", {"title": "Mailserver does not answer"}),
    "a category that wasn't there": ("text = text.replace('status:', 'category: mail\\nstatus:')", {"category": "mail"}),
    "a number of the customer": (
        "text = text.replace('+8613800000000', '+8613811111111')",
        {"contact": {"name": "王芳", "mobile": "+8613811111111"}},
    ),
    "the description": ("text = text.replace('No mail.', 'No mail at all.')", {"description": "Since nine.\nNo mail at all."}),
}


@pytest.mark.parametrize(("step", "fields"), SETTABLE.values(), ids=SETTABLE)
def test_what_set_may_change_may_be_edited_and_becomes_the_same_event(desk: DeskRunner, step: str, fields: dict[str, object]) -> None:
    done = edit(desk, step)
    assert (done.exit, done.out) == (0, "T-1: edited\n"), done
    ticket = desk.ticket()
    event = ticket["history"][-1]
    assert (event["event"], event["by"], event["set"]) == ("set", "mei", fields)
    assert {name: ticket[name] for name in fields} == fields
    assert desk.ok("check").out.endswith("all is well\n")
    assert drafts(desk) == []


def test_impact_and_urgency_decide_the_priority_by_hand_too(desk: DeskRunner) -> None:
    edit(desk, "text = text.replace('impact: medium', 'impact: high').replace('urgency: medium', 'urgency: high')")
    assert desk.ticket()["priority"] == "P1"
    assert [event["event"] for event in desk.ticket()["history"][-2:]] == ["set", "prioritized"]
    assert desk.ok("check").out.endswith("all is well\n")


def test_comments_and_keys_of_ones_own_are_the_person_s_and_no_event(desk: DeskRunner) -> None:
    done = edit(desk, "text = '# ask for Mrs Wang\\n' + text.replace('status:', 'x_room: 3.14  # third floor\\nstatus:')")
    assert done.out == "T-1: edited\n"
    assert desk.file().read_text(encoding="utf-8").startswith("# ask for Mrs Wang\n")
    assert len(desk.ticket()["history"]) == 2
    done = edit(desk, "text = text.replace('third floor', 'fourth').replace('answer', 'respond')")
    text = desk.file().read_text(encoding="utf-8")
    assert "# fourth\n" in text
    assert desk.ticket()["history"][-1]["set"] == {"title": "Mail server does not respond"}


def test_nothing_changed_is_said_so_and_touches_no_file(desk: DeskRunner) -> None:
    before = desk.files()
    for step in ("pass", "text = ''", "text = '#! mine\\n' + text"):
        done = edit(desk, step)
        assert (done.exit, done.out) == (0, "T-1: nothing has changed\n"), step
    assert desk.files() == before
    assert drafts(desk) == []


BY_COMMANDS = {
    "status": ("text = text.replace('status: assigned', 'status: closed')", "itsm resolve T-1"),
    "team": ("text = text.replace('\\nteam: network', '\\nteam: systems')", "itsm assign T-1"),
    "level": ("text = text.replace('\\nlevel: 2', '\\nlevel: 1')", "itsm escalate T-1"),
    "opened": ("text = text.replace('opened: 2026-11-23T09:00', 'opened: 2026-11-22T09:00')", "opened"),
    "history": ("text = text[:text.rindex('- {')]", "the history is only ever added to"),
    "a fact of it": ("text = text.replace('by: mei', 'by: han')", "the history is only ever added to"),
    "id": ("text = text.replace('id: T-1', 'id: T-9', 1)", "T-9"),
    "a key that there isn't": ("text = text.replace('title:', 'titel:')", "did you mean title?"),
    "YAML": ("text = text.replace('title: ', 'title: [')", "line"),
    "a priority that the matrix doesn't know": ("text = text.replace('priority: P3', 'priority: P9')", "no such priority"),
}


@pytest.mark.parametrize(("step", "told"), BY_COMMANDS.values(), ids=BY_COMMANDS)
def test_what_may_not_be_is_told_above_the_draft_and_what_is_then_mended_counts(desk: DeskRunner, step: str, told: str) -> None:
    before = desk.file().read_bytes()
    undo = f"text = {before.decode()!r}.replace('does not answer', 'is slow')"
    done = edit(desk, step, undo)
    assert (done.exit, done.out) == (0, "T-1: edited\n"), done
    assert told in "".join(line for line in seen(desk, 1).splitlines(keepends=True) if line.startswith("#! "))
    assert "#!" not in desk.file().read_text(encoding="utf-8")
    assert desk.ticket()["title"] == "Mail server is slow"


def test_mistakes_that_nobody_mends_end_with_5_and_the_draft_is_kept(desk: DeskRunner) -> None:
    before = desk.files()
    done = edit(desk, "text = text.replace('status: assigned', 'status: closed')", "pass")
    assert done.exit == 5
    assert "status isn't changed by hand" in done.err
    [draft] = drafts(desk)
    assert str(draft) in done.err
    assert "status: closed" in draft.read_text(encoding="utf-8")
    assert desk.files() == before


def test_a_file_that_changed_underneath_is_not_overwritten_and_the_draft_is_kept(desk: DeskRunner) -> None:
    sneak = f"import subprocess; subprocess.run([{sys.executable!r}, '-m', 'itsm', 'note', '1', 'meanwhile'], check=True)"
    done = edit(desk, f"{sneak}\ntext = text.replace('answer', 'respond')")
    assert done.exit == 4
    assert "changed underneath" in done.err
    assert desk.ticket()["history"][-1]["text"] == "meanwhile"
    assert desk.ticket()["title"] == "Mail server does not answer"
    [draft] = drafts(desk)
    assert str(draft) in done.err
    assert "does not respond" in draft.read_text(encoding="utf-8")


def test_an_editor_that_fails_leaves_all_as_it_is(desk: DeskRunner) -> None:
    before = desk.files()
    done = desk.do("edit", "1", env={"EDITOR": "false"})
    assert (done.exit, desk.files(), drafts(desk)) == (1, before, [])
    for wrong in ("/no/such/editor", "'", ""):
        done = desk.do("edit", "1", env={"EDITOR": wrong})
        assert (done.exit, desk.files(), drafts(desk)) == (2, before, []), wrong
    assert desk.do("edit", "1", "--no-input", env={"EDITOR": "true"}).exit == 2


def test_visual_comes_before_editor_and_may_have_options(desk: DeskRunner) -> None:
    done = desk.do("edit", "1", env={"EDITOR": "false", "VISUAL": f"{editor(desk, 'pass')} --wait"})
    assert done.out == "T-1: nothing has changed\n"


def test_a_broken_file_can_be_mended_too_if_its_history_bears_it_out(desk: DeskRunner) -> None:
    good = desk.file().read_text(encoding="utf-8")
    desk.file().write_text(good.replace("title:", "titel:"), encoding="utf-8")
    done = edit(desk, "text = text.replace('titel:', 'title:').replace('status: assigned', 'status: closed')",
                "text = text.replace('status: closed', 'status: assigned')")  # fmt: skip
    assert (done.exit, done.out) == (0, "T-1: edited\n"), done
    assert "the history makes it assigned" in seen(desk, 1)
    assert desk.file().read_text(encoding="utf-8") == good


def test_what_the_editor_prints_is_no_data(desk: DeskRunner) -> None:
    done = desk.run("edit", "1", "--json", env={"EDITOR": "sh -c 'echo noise; sed -i s/answer/respond/ \"$0\"'"})
    assert done.data["title"] == "Mail server does not respond"
    assert "noise" in done.err


def test_at_a_terminal_the_editor_has_the_screen(desk: DeskRunner) -> None:
    script = desk.root.parent / "ask"
    script.write_text('#!/bin/sh\nprintf \'new title: \'\nread -r title </dev/tty\nsed -i "s/^title: .*/title: $title/" "$1"\n')
    script.chmod(0o755)
    with at_a_terminal(desk, "edit", "1", env={"EDITOR": str(script)}) as person:
        person.answers("new title", "FTP is slow")
        assert person.left() == 0
    assert desk.ticket()["title"] == "FTP is slow"


def test_a_note_without_words_is_written_in_the_editor_where_somebody_is_there_to(desk: DeskRunner) -> None:
    script = desk.root.parent / "write"
    script.write_text("#!/bin/sh\nprintf 'Two lines\\nof it\\n' >\"$1\"\n")
    script.chmod(0o755)
    with at_a_terminal(desk, "note", "1", env={"EDITOR": str(script)}) as person:
        assert person.left() == 0
    assert desk.ticket()["history"][-1]["text"] == "Two lines\nof it"
    assert desk.do("note", "1", env={"EDITOR": str(script)}).exit == 2
    with at_a_terminal(desk, "note", "1", env={"EDITOR": "true"}) as person:
        assert person.left() == 2
