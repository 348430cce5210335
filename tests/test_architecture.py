"""The page on the house tells of every room: docs/architecture.md's table of modules and the folders of itsm/ are the same."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text()
ROW = re.compile(r"^\| (?P<names>(?:\*\*\w+\*\*|`\w+`)[^|]*) \| (?P<job>[^|]+) \|$")
NAMED_TOGETHER = "cli"  # "the others: one file a group of commands", which `itsm --help` lists


def told() -> dict[str, list[str]]:
    """The modules that the table names, a package each; "" for those that lie in itsm/ itself."""
    table = PAGE[PAGE.index("| module | its job |") : PAGE.index("Beside the code")]
    found: dict[str, list[str]] = {"": []}
    package = ""
    for line in table.splitlines():
        row = ROW.match(line)
        if row and (begun := re.match(r"\*\*(\w+)\*\*", row["names"])):
            found[package := begun[1]] = []
        elif row:
            found[package] += re.findall(r"`(\w+)`", row["names"])
    return found


def there() -> dict[str, list[str]]:
    packages = {"": ROOT / "itsm"} | {path.parent.name: path.parent for path in (ROOT / "itsm").glob("*/__init__.py")}
    return {name: sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("__")) for name, folder in packages.items()}


def test_each_module_stands_in_the_table_under_its_package() -> None:
    told_of = told()
    missing = {name: sorted(set(modules) - set(told_of.get(name, []))) for name, modules in there().items() if name != NAMED_TOGETHER}
    assert {name: modules for name, modules in missing.items() if modules} == {}


def test_the_table_names_no_module_that_is_gone_and_none_twice() -> None:
    modules = there()
    assert {name: sorted(set(named) - set(modules[name])) for name, named in told().items() if set(named) - set(modules[name])} == {}
    assert [name for named in told().values() for name in named if named.count(name) > 1] == []
