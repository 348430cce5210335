"""`notices`, `notices release|retry|drop`."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from itsm.cli import options, output
from itsm.cli.run import Run, command
from itsm.errors import Invalid, NotFound, Problem, Usage

if TYPE_CHECKING:
    from itsm.desk.postmaster import Verdict

app = typer.Typer()

_WORDS = ("held", "waiting", "dead", "release", "retry", "drop")
_INDENT = " " * 18  # below what was said, beside when
What = Annotated[
    str, typer.Argument(metavar="[TICKET|held|waiting|dead|release|retry|drop]", help="One ticket's; what is on its way; or decide.")
]
Which = Annotated[str, typer.Argument(metavar="[TICKET|KEY|held|waiting|dead|all]", help="Release, retry or drop only these.")]


# What may be decided over messages, and what then becomes of them.
_DECISIONS: dict[str, tuple[Verdict, str]] = {
    "release": ("release", "the next sweep says them"),
    "retry": ("retry", "the next sweep --mail tries again"),
    "drop": ("drop", "they won't be said"),
}


@command(app, "notices")
def notices(run: Run, what: What = "", which: Which = "", by: options.By = None) -> None:
    """What was said to whom, when and how; decide over what a sweep has held back, still tries or has given up.

    Example: itsm notices 42

    Example: itsm notices release

    Example: itsm notices retry 42
    """
    if what in _DECISIONS:
        from itsm.desk.notices import unreadable
        from itsm.desk.postmaster import decide

        _warn(run, unreadable(run.desk))
        verdict, words = _DECISIONS[what]
        count = decide(run.desk, verdict, which, run.desk.person(by), run.now, run.note)
        run.show("notices", {"decided": verdict, "count": count}, lambda: f"{count} {'message' if count == 1 else 'messages'}: {words}")
        return
    if which:
        raise Usage(f"notices {what} {which}: what is to be done?", hint="itsm notices T-42, or itsm notices release T-42")
    facts = _facts(run, what)
    run.show("notices", facts, lambda: "\n".join(_line(run, fact) for fact in facts))


def _facts(run: Run, what: str) -> list[Any]:
    from itsm.desk import notices as desk_notices

    if what in ("waiting", "dead"):
        _warn(run, desk_notices.unreadable(run.desk))
        return desk_notices.underway(run.desk, run.now, dead_only=what == "dead")
    try:
        found = desk_notices.held(run.desk) if what == "held" else desk_notices.said(run.desk, what)
    except NotFound:
        from itsm.model.suggest import near

        if close := near(what, _WORDS, most=1):
            raise Usage(f"notices {what}: what is to be done?", hint=f"did you mean {close[0]}? itsm notices --help") from None
        raise
    _warn(run, run.desk.journal.problems)
    return found


def _warn(run: Run, problems: list[Problem]) -> None:
    output.put_problems(problems)
    run.exit_code = Invalid.exit_code if problems else 0


def _line(run: Run, fact: Mapping[str, Any]) -> str:
    from itsm.model.event import instant

    what = " ".join(str(fact["key"]).split("/")[1:4])  # rule, step, kind
    more = len(fact.get("keys", ())) - 1
    first = (
        f"{run.local(instant(fact['at']))}  {fact['fact']:8}  {fact.get('ticket', ''):6}  {what}{f' and {more} more' if more > 0 else ''}"
    )
    return _laid_out([first, f"→ {fact.get('address') or fact.get('to', '')}{_redirected(fact)}", _how(run, fact)])


def _redirected(fact: Mapping[str, Any]) -> str:
    return f" (redirected to {fact['redirected']})" if fact.get("redirected") else ""


def _how(run: Run, fact: Mapping[str, Any]) -> str:
    """How it went: who decided so; how often it was tried, when it is tried next, and the other side's last word."""
    from itsm.model.event import instant

    words = str(fact.get("text") or fact.get("why") or "")
    if fact.get("by"):
        return f"by {fact['by']}"
    if fact["fact"] == "waiting":
        return f"not before {run.local(instant(fact['next_try']))}"
    if not fact.get("attempts"):
        return words
    tries = f"{fact['attempts']} {'try' if fact['attempts'] == 1 else 'tries'}"
    following = f", next {run.local(instant(fact['next_try']))}" if fact.get("next_try") else ""
    return f"{tries}{following}{': ' if words else ''}{words}"


def _laid_out(parts: list[str]) -> str:
    """On one line where nobody looks; for people in the width of their terminal, nothing cut."""
    shown = [output.one_line(part) for part in parts if part]
    if not sys.stdout.isatty():
        return "  ".join(shown).replace("  →", " →")
    width = max(40, shutil.get_terminal_size().columns)
    lines = [" ".join(shown[:2])] if len(" ".join(shown[:2])) <= width else [shown[0], _INDENT + shown[1]]
    told = textwrap.wrap(" ".join(shown[2:]), width, initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)
    return "\n".join([*lines, *told])
