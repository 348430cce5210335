"""`help`: a command's help page, or a short text on a topic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from itsm.cli import output
from itsm.cli.run import Run, command
from itsm.errors import Usage
from itsm.model.suggest import did_you_mean

app = typer.Typer()

_TOPICS = Path(__file__).parent.parent / "topics"
What = Annotated[list[str] | None, typer.Argument(metavar="[TOPIC|COMMAND…]", help="A topic, or a command: help sla check.")]


def topics() -> dict[str, str]:
    """The topics, each with its first line."""
    return {path.stem: path.read_text(encoding="utf-8").partition("\n")[0] for path in sorted(_TOPICS.glob("*.txt"))}


def text_of(topic: str) -> str:
    """The text on a topic."""
    return (_TOPICS / f"{topic}.txt").read_text(encoding="utf-8")


@command(app, "help")
def help_(run: Run, what: What = None) -> None:
    """Explain a topic (filters, dates, exit-codes, …) or show a command's help page; without one, list the topics.

    Example: itsm help dates

    Example: itsm help sla check
    """
    from itsm.cli.main import COMMANDS

    words = what or []
    known = topics()
    if not words:
        lines = ["itsm --help lists the commands, itsm help COMMAND explains one. Topics:", ""]
        run.show("help", known, lambda: "\n".join([*lines, *(f"  {name:11} {head}" for name, head in known.items())]))
    elif len(words) == 1 and words[0] in known and words[0] not in COMMANDS:
        run.show("help", {words[0]: text_of(words[0])}, lambda: text_of(words[0]).rstrip("\n"))
    elif words[0] in COMMANDS:
        page = _page(words)
        about = text_of(words[0]) if words[0] in known and len(words) == 1 else ""
        run.show("help", {" ".join(words): page + about}, lambda: "\n\n".join(filter(None, (page, about.rstrip("\n")))))
    else:
        raise Usage(f"no help on {output.one_line(' '.join(words))}", hint=did_you_mean(words[0], {*known, *COMMANDS}))


def _page(words: list[str]) -> str:
    """What `--help` of this command prints."""
    from typing import Any

    from itsm.cli.main import built

    one: Any = built(words[0])
    names = {"help_option_names": ["-h", "--help"], "resilient_parsing": True}  # as the top level has them
    context = one.make_context(f"itsm {words[0]}", [], **names)
    for word in words[1:]:
        inner = getattr(one, "commands", {})
        if word not in inner:
            raise Usage(f"itsm {words[0]} has no {word}", hint=did_you_mean(word, inner) or f"itsm help {words[0]}")
        one = inner[word]
        context = one.make_context(word, [], parent=context, **names)
    return str(one.get_help(context))
