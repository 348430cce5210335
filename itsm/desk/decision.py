"""What a sweep finds on one ticket, and what that comes to: values, before anything is done (page 3, sentence 13)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from itsm.desk.facts import of_action
from itsm.desk.report import Outcome
from itsm.model.ticket import Ticket
from itsm.sla.case import Case, Verdict
from itsm.sla.clocks import Clock
from itsm.store.document import Document
from itsm.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Judged:
    """A ticket and what the rules say of it, in the file that it was read from. The `case` is of the ticket as it will stand on record:
    with a priority that was missing, and with those promises that are `broken`.
    """

    document: Document
    case: Case
    broken: Sequence[Clock]
    verdicts: Sequence[Verdict]

    @property
    def idle(self) -> bool:
        """Whether there is nothing to write and nothing to say."""
        return self.case.ticket == self.document.ticket and not any(one.state in ("due", "held") for one in self.verdicts)


@dataclass(slots=True)
class Decision:
    """What one ticket comes to: how it is to be written, what was moved and is to be said, and what else the journal is told."""

    judged: Judged
    ticket: Ticket
    outcomes: list[Outcome] = field(default_factory=list)
    superseded: list[Outcome] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def moved(self) -> bool:
        """Whether a rule has changed the ticket."""
        return self.ticket != self.judged.case.ticket

    def done(self) -> list[dict[str, Any]]:
        """The journal's lines about its moves."""
        return [of_action("done", one.action) for one in self.outcomes if one.action.do and one.delivery == "done"]
