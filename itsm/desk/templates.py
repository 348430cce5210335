"""The desk's own words for its messages, as far as they can be used."""

from __future__ import annotations

from collections.abc import Mapping

from itsm.desk.desk import Desk
from itsm.errors import Problem
from itsm.notify.message import DIGESTS, KINDS
from itsm.sla.policy import Policy
from itsm.sla.wording import IN_DIGESTS, IN_TEMPLATES, Template
from itsm.store.templates import read_templates


def templates(desk: Desk, policy: Policy) -> tuple[Mapping[str, Template], list[Problem]]:
    """The templates by name, and what is wrong with the others: the built-in words stand in for those."""
    rules = [rule.name for rule in policy.rules]
    known = dict.fromkeys((*KINDS, *rules, *(f"{name}.call" for name in rules)), IN_TEMPLATES) | dict.fromkeys(DIGESTS, IN_DIGESTS)
    return read_templates(desk.root, known, others=desk.settings.policy is None)  # then nobody can say which rules there are
