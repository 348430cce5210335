"""`init`: make a desk in a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.errors import Refused, Usage
from itsm.store import atomic
from itsm.store.settings import FILE, write_sender

POLICIES = Path(__file__).parent.parent / "policies"


def init(folder: Path, now: datetime, policy: str = "article") -> Desk:
    """Make a desk: sla.yaml with the article's workflow, a folder for tickets. Raises Refused where there is a desk already."""
    source = POLICIES / f"{policy}.yaml"
    if not source.is_file():
        raise Usage(f"no such policy: {policy}", hint=f"known: {', '.join(sorted(path.stem for path in POLICIES.glob('*.yaml')))}")
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / FILE).exists():
        raise Refused(f"{folder / FILE} is there already", hint="this is a desk: itsm open")
    (folder / "tickets").mkdir(exist_ok=True)
    atomic.create(folder / FILE, source.read_bytes())
    desk = Desk(folder.resolve())
    write_sender(desk.root, desk.place, now)
    return Desk(desk.root)
