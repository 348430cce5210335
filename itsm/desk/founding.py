"""`init`: make a desk in a folder."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from itsm.desk.desk import Desk
from itsm.errors import Refused, Usage
from itsm.model.suggest import did_you_mean
from itsm.store import atomic, glance, sharing
from itsm.store.settings import FILE, with_sender

POLICIES = Path(__file__).parent.parent / "policies"


def policies() -> list[str]:
    """The kinds of desk that itsm ships a policy for."""
    return sorted(path.stem for path in POLICIES.glob("*.yaml"))


def init(folder: Path, now: datetime, policy: str = "article") -> Desk:
    """Make a desk: sla.yaml from a shipped policy, a folder for tickets. Raises Refused where there is a desk already."""
    if policy not in policies():
        raise Usage(f"no such policy: {policy}", hint=did_you_mean(policy, policies()))
    path = str(folder.resolve())
    if not path.isprintable():
        raise Usage(f"{path!a} can't be a desk's folder", hint="cron's line and sla.yaml name it: letters that can be printed, please")
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / FILE).exists():
        raise Refused(f"{folder / FILE} is there already", hint="this is a desk: itsm open")
    sharing.make_folder(folder / "tickets")
    desk = Desk(folder.resolve())
    shipped = (POLICIES / f"{policy}.yaml").read_bytes()
    atomic.create(desk.root / FILE, with_sender(shipped, desk.place, now))  # at once: a desk without its sender would act in every clone
    return desk


def around(desk: Desk) -> Path | None:
    """The desk in whose folder this one lies, as one git repository may lie in another's."""
    return glance.nearest(desk.root.parent)
