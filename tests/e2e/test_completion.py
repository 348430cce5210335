"""TAB: what a shell offers next. Asked as the shells' scripts ask, and in bash, zsh and fish themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from itsm.cli.main import COMMANDS
from tests.desk_runner import ITSM, DeskRunner
from tests.terminal import at_a_terminal


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """T-1 with network and a call owed, T-2 new, T-12 new; li.lei is in network; a view."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("desk"))
    desk.policy("people: {}", "people: {li.lei: {name: 李雷, mail: li.lei@example.com}}\nviews: {late: {filter: overdue}}")
    desk.policy("network: {level: 2,", "network: {level: 2, members: [li.lei],")
    desk.ok("open", "Mail server does not answer", "--team", "network")
    desk.ok("open", "文件服务器很慢 \x1b[31m")
    text = desk.file("T-2").read_text(encoding="utf-8")
    desk.file("T-12").write_text(text.replace("T-2", "T-12").replace("文件服务器很慢", "FTP"), encoding="utf-8")
    desk.now = desk.moment("1h")
    return desk


def offered(desk: DeskRunner, line: str) -> dict[str, str]:
    """What is offered behind these words, and what each is said to be."""
    done = desk.do(*line.split(" "), env={"ITSM_COMPLETE": "bash"})
    assert (done.exit, done.err) == (0, "")
    return dict(one.split("\t") for one in done.out.splitlines())


OFFERED = {
    "": ["assign", "calendar", "list", "now", "show"],
    "as": ["assign"],
    "--desk . as": ["assign"],
    "--json show 1": ["1", "12"],
    "sla ": ["arm", "check", "explain", "schema", "show", "simulate"],
    "show ": ["T-1", "T-12", "T-2"],
    "show 1": ["1", "12"],
    "show t-1": ["t-1", "t-12"],
    "show T-2": ["T-2"],
    "show --json T-": ["T-1", "T-12", "T-2"],
    "assign 1 ": ["callcentre", "li.lei", "network", "servicedesk", "systems"],
    "assign 1 network --to l": ["li.lei"],
    "assign 1 network --t": ["--to"],
    "pend 1 --for ": ["change", "customer", "vendor"],
    "open x --type in": ["incident", "inquiry"],
    "set 1 pri": ["priority="],
    "set 1 impact=": ["impact=high", "impact=low", "impact=medium"],
    "set 1 ci=x priority=P1": ["priority=P1"],
    "answer 1 ": ["no", "no-answer", "yes"],
    "answer 1 yes --rule eng": ["engineer-contact"],
    "sla arm auto": ["auto-close"],
    "list te": ["team:", "text:"],
    "list l": ["late", "level:"],
    "list team:n": ["team:network", "team:none"],
    "list team:network,sys": ["team:network,systems"],
    "list -team:net": ["-team:network"],
    "list --sort id,pri": ["id,priority"],
    "notices rel": ["release"],
    "completion ": ["bash", "fish", "zsh"],
    "calendar due of": ["office"],
    "help exit": ["exit-codes"],
    "help sla che": ["check"],
    "open x --from ": [":files"],
    "init ": [":files"],
    "frobnicate ": [],
    "show 1 ": [],
    "open ": [],
}


@pytest.mark.parametrize("line", OFFERED, ids=lambda line: line or "nothing yet")
def test_what_fits_is_offered(desk: DeskRunner, line: str) -> None:
    found = sorted(offered(desk, line))
    assert found == OFFERED[line] if line else set(OFFERED[line]) <= set(found) == set(COMMANDS)


def test_tickets_have_their_titles_and_commands_what_they_do(desk: DeskRunner) -> None:
    found = offered(desk, "show ")
    assert found["T-1"] == "Mail server does not answer"
    assert found["T-2"].startswith("文件服务器很慢")
    assert "\x1b" not in "".join(found.values())
    assert offered(desk, "resol")["resolve"] == COMMANDS["resolve"][1]
    assert offered(desk, "assign 1 ")["li.lei"] == "李雷"


def test_an_archived_ticket_is_offered_where_no_live_one_fits(desk: DeskRunner, tmp_path: Path) -> None:
    desk = desk.copied(tmp_path)
    (desk.root / "tickets" / "archive" / "2025").mkdir(parents=True)
    desk.file("T-2").rename(desk.root / "tickets" / "archive" / "2025" / "T-2.yaml")
    assert sorted(offered(desk, "show ")) == ["T-1", "T-12"]
    assert sorted(offered(desk, "reopen 2")) == ["2"]


@pytest.mark.parametrize("line", ["show ", "assign 1 ", "list team:", "answer 1 ", "", "show --", "sla arm "])
def test_whatever_is_wrong_a_tab_says_nothing_and_fails_nothing(tmp_path: Path, line: str) -> None:
    offered(DeskRunner(tmp_path), line)  # no desk
    desk = DeskRunner.made(tmp_path / "broken")
    (desk.root / "sla.yaml").write_text("schema: [", encoding="utf-8")
    (desk.root / "tickets" / "T-1.yaml").write_bytes(b"\xff")
    (desk.root / "tickets" / "T-2.yaml").symlink_to("/etc/passwd")
    offered(desk, line)


def test_nothing_slow_is_loaded_to_offer_ids(desk: DeskRunner) -> None:
    code = (
        "import sys; from itsm.cli.main import run; run(['show', 'T-']);"
        "print([name for name in ('ruamel', 'rich', 'dateutil', 'holidays', 'smtplib', 'itsm.sla.rules') if name in sys.modules])"
    )
    environment = desk.environment(more={"ITSM_COMPLETE": "bash"})
    done = subprocess.run([sys.executable, "-c", code], cwd=desk.root, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_completion_prints_a_script_for_each_shell(desk: DeskRunner) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert "ITSM_COMPLETE" in desk.ok("completion", shell).out
    assert desk.do("completion", "tcsh").exit == 2


# --- in the shells themselves -----------------------------------------------------------------


def shell(desk: DeskRunner, *command: str) -> str:
    environment = desk.environment(more={"PATH": f"{Path(ITSM).parent}:/usr/bin:/bin"})
    done = subprocess.run(command, cwd=desk.root, env=environment, capture_output=True, encoding="utf-8", timeout=30, check=False)
    assert done.returncode == 0, done
    return done.stdout


IN_BASH = {
    "itsm as": "assign",
    "itsm show T-1": "T-1 T-12",
    "itsm list team:n": "network none",  # behind the colon only: bash takes it for the end of a word
    "itsm set 1 impact=h": "high",
    "itsm assign 1 ": "callcentre li.lei network servicedesk systems",
    "itsm show": "show",
}


@pytest.mark.parametrize("line", IN_BASH)
def test_bash_puts_them_in_their_place(desk: DeskRunner, line: str) -> None:
    script = 'eval "$(itsm completion bash)"; COMP_LINE=$1 COMP_POINT=${#1}; _itsm; echo "${COMPREPLY[*]}"'
    assert shell(desk, "bash", "--norc", "-c", script, "bash", line).strip() == IN_BASH[line]


def test_the_second_tab_of_bash_shows_the_titles(desk: DeskRunner) -> None:
    script = (
        "eval \"$(itsm completion bash)\"; COMP_LINE='itsm show ' COMP_POINT=10 COMP_TYPE=63; _itsm; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    assert "T-1  -- Mail server does not answer" in shell(desk, "bash", "--norc", "-c", script).splitlines()


@pytest.mark.parametrize(("name", "args"), [("bash", ["--norc", "--noprofile", "-i"]), ("zsh", ["-f", "-i"])])
def test_at_a_prompt_tab_completes(desk: DeskRunner, name: str, args: list[str]) -> None:
    path = shutil.which(name) or pytest.skip(f"no {name} here")
    more = {"PATH": f"{Path(ITSM).parent}:/usr/bin:/bin", "TERM": "dumb", "PS1": "ready> "}
    with at_a_terminal(desk, *args, program=path, env=more) as person:
        person.waits_for("ready> ")
        if name == "zsh":
            person.types("autoload -Uz compinit && compinit -u -D; PS1='set> '\n")
            person.waits_for("set> ")
        person.types(f'eval "$(itsm completion {name})"; PS1="go> "\n')
        person.waits_for("go> ")
        person.waits_for("go> ") if name == "bash" else None
        person.types("itsm contac\t --help\n")
        person.waits_for("Usage: itsm contacted")
        person.types("exit\n")
        person.left()


@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish_shows_the_titles(desk: DeskRunner) -> None:
    found = shell(desk, "fish", "--no-config", "-c", "itsm completion fish | source; complete -C 'itsm show T-1'").splitlines()
    assert "T-1\tMail server does not answer" in found
    found = shell(desk, "fish", "--no-config", "-c", "itsm completion fish | source; complete -C 'itsm list team:n'").splitlines()
    assert [line.split("\t")[0] for line in found] == ["team:network", "team:none"]
