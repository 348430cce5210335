"""Man pages from the help texts: `python scripts/man.py DIR` writes itsm.1, a page for each command and one for each topic (section 7)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from itsm.cli.helping import text_of, topics
from itsm.cli.main import COMMANDS, HEADINGS, built

EXITS = text_of("exit-codes").split("\n\n")[1]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pages = {"itsm.1": top(), **{f"itsm-{name}.7": topic(name, head) for name, head in topics().items() if name not in COMMANDS}}
    for name in COMMANDS:
        pages[f"itsm-{name}.1"] = page(name, built(name))
    for name, lines in pages.items():
        (folder / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    print(f"{len(pages)} pages in {folder}")


def top() -> Iterator[str]:
    yield from head("itsm", 1, "a service desk for small ops teams at the shell")
    yield from (".SH SYNOPSIS", ".B itsm", r"[\fICOMMAND\fR [\fIARGUMENT\fR...]]")
    yield from (".SH DESCRIPTION", "Every ticket is a YAML file in a folder, and a sweep by cron keeps what was promised.")
    yield from ("Without a command it shows what wants somebody now.", ".SH COMMANDS")
    for heading, group in HEADINGS.items():
        yield f".SS {safe(heading)}"
        for name, (_, text) in group.items():
            yield from (".TP", rf"\fBitsm-{safe(name)}\fR(1)", safe(text))
    yield from (".SH TOPICS", *(line for name, text in topics().items() for line in (".TP", rf"\fBitsm help {safe(name)}\fR", safe(text))))
    yield from exits()


def page(name: str, command: Any) -> Iterator[str]:
    """A command; the commands within it, `sla check`, are sections of its page."""
    yield from head(f"itsm-{name}", 1, COMMANDS[name][1].rstrip("."))
    inner = getattr(command, "commands", {})
    if inner:
        for word, one in inner.items():
            yield from (f".SH {safe(f'ITSM {name} {word}'.upper())}", *described(f"itsm {name} {word}", one, ".SS"))
    else:
        yield from described(f"itsm {name}", command, ".SH")
    yield from exits()
    yield from (".SH SEE ALSO", r"\fBitsm\fR(1)")


def described(path: str, command: Any, section: str) -> Iterator[str]:
    context = command.make_context(path, [], resilient_parsing=True, help_option_names=["-h", "--help"])
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (f"{section} SYNOPSIS", rf"\fB{safe(path)}\fR {safe(usage)}", f"{section} DESCRIPTION")
    for part in re.split(r"\n\s*\n", command.help or ""):
        words = " ".join(part.split())
        yield from (".PP", safe(words))
    rows = [one.get_help_record(context) for one in command.get_params(context)]
    if any(rows):
        yield f"{section} OPTIONS"
    for row in filter(None, rows):
        yield from (".TP", rf"\fB{safe(row[0])}\fR", safe(row[1]) or r"\&")


def topic(name: str, first: str) -> Iterator[str]:
    yield from head(f"itsm-{name}", 7, first)
    yield from (".SH DESCRIPTION", ".nf", *(safe(line) for line in text_of(name).splitlines()[2:]), ".fi", ".SH SEE ALSO", r"\fBitsm\fR(1)")


def head(name: str, section: int, text: str) -> Iterator[str]:
    yield rf'.TH "{safe(name.upper())}" "{section}" "" "itsm" "itsm manual"'
    yield from (".SH NAME", rf"{safe(name)} \- {safe(text)}")


def exits() -> Iterator[str]:
    yield from (".SH EXIT STATUS", ".nf", *(safe(line.strip()) for line in EXITS.splitlines()), ".fi")


def safe(text: str) -> str:
    """Text that roff takes for nothing else."""
    plain = text.replace("\\", r"\e").replace("-", r"\-").replace("…", "...").replace("→", "->").replace('"', r"\(dq")
    return rf"\&{plain}" if plain[:1] in (".", "'") else plain


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/man"))
