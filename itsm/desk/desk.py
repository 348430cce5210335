"""One desk: where everything of it is found. The use cases take it as their first argument."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from itsm import clock
from itsm.errors import Invalid
from itsm.sla.policy import DeskSettings, Policy
from itsm.store import glance
from itsm.store.settings import Settings, read_settings
from itsm.store.tickets import Tickets
from itsm.values import dataclass

if TYPE_CHECKING:
    from itsm.store.notices import Journal
    from itsm.store.outbox import Outbox


@dataclass
class Desk:
    """A folder with `sla.yaml` and `tickets/`."""

    root: Path

    @classmethod
    def find(cls, given: str | None = None) -> Desk:
        """The desk in `given`, else the nearest above the current folder, as git finds `.git`. Raises Usage where there is none."""
        return cls(glance.root(given))

    @cached_property
    def settings(self) -> Settings:
        """What sla.yaml says, with its problems."""
        return read_settings(self.root, clock.now())

    @property
    def policy(self) -> Policy:
        """The policy. Raises Invalid where sla.yaml is broken: nothing acts on half a policy."""
        policy = self.settings.policy
        if policy is None:
            raise Invalid(
                f"{self.settings.problems[0]}", hint="itsm sla check names everything that is wrong; open, show, list and note still work"
            )
        return policy

    @cached_property
    def policy_or_default(self) -> Policy:
        """The policy, or one that promises nothing where sla.yaml is broken."""
        return self.settings.policy or Policy(DeskSettings(prefix=self._guessed_prefix()))

    @cached_property
    def tickets(self) -> Tickets:
        """The ticket files."""
        return Tickets(self.root, self.policy_or_default.desk.prefix)

    @cached_property
    def journal(self) -> Journal:
        """What was said to whom."""
        from itsm.store.notices import Journal

        return Journal(self.root / "notices")

    @cached_property
    def shift_notes(self) -> Journal:
        """What one shift told the next."""
        from itsm.store.shifts import shift_notes

        return shift_notes(self.root)

    @cached_property
    def outbox(self) -> Outbox:
        """What is to be mailed and isn't yet."""
        from itsm.store.outbox import Outbox

        return Outbox(self.state / "outbox")

    @property
    def state(self) -> Path:
        """This clone's own state, never in git."""
        return self.root / ".itsm"

    def person(self, name: str | None) -> str:
        """Who acts: the name given, else the person with this login, else the login itself."""
        if name:
            return name
        return self.policy_or_default.person_with_login(login())

    @property
    def place(self) -> str:
        """This copy of the desk as `desk.sender` names it: `host:/path`."""
        return f"{os.uname().nodename}:{os.path.realpath(self.root)}"

    def _guessed_prefix(self) -> str:
        """What IDs begin with while sla.yaml can't say it: opening a ticket never fails for want of a number."""
        found = [one.rpartition("-")[0] for one in Tickets(self.root, "T").ids()]
        return max(set(found), key=found.count) if found else "T"


def login() -> str:
    """The login name of whoever runs this, as the system knows it."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return os.environ.get("LOGNAME") or os.environ.get("USER") or f"uid{os.getuid()}"
