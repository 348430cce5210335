"""`templates/NAME.txt`: a desk's own words for its messages. A broken one is a problem; what it would have said is said in ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from itsm.errors import ItsmError, Problem
from itsm.model.suggest import did_you_mean
from itsm.sla.wording import IN_TEMPLATES, Template, parse
from itsm.store import atomic

FOLDER = "templates"
_SUFFIX = ".txt"
_MAX_BYTES = 64 * 1024


def read_templates(root: Path, known: Mapping[str, Sequence[str]], *, others: bool) -> tuple[dict[str, Template], list[Problem]]:
    """Every template of the desk by its name, and what is wrong with the others. `known` are the names that something is told by, each with
    the words that its template may fill; `others`: there may be more of them.
    """
    found: dict[str, Template] = {}
    problems: list[Problem] = []
    for path in sorted((root / FOLDER).glob(f"*{_SUFFIX}")):
        name, shown = path.name.removesuffix(_SUFFIX), f"{FOLDER}/{path.name}"
        if name not in known and not others:
            problems.append(Problem(shown, 0, f"nothing is told by a template of the name {name}", did_you_mean(name, known)))
            continue
        one = _read(path, shown, known.get(name, IN_TEMPLATES))
        if isinstance(one, Template):
            found[name] = one
        else:
            problems.extend(one)
    return found, problems


def _read(path: Path, shown: str, words: Sequence[str]) -> Template | list[Problem]:
    try:
        text = atomic.read(path, _MAX_BYTES).decode("utf-8")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        return [Problem(shown, 0, "not UTF-8", "save it as UTF-8")]
    except ItsmError as error:
        return [Problem(shown, 0, error.message.removeprefix(f"{path}: "), error.hint)]
    one = parse(text, words)
    if isinstance(one, Template):
        return one
    return [Problem(shown, slip.line, slip.message, slip.remedy, slip.column) for slip in one]
