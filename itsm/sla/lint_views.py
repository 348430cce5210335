"""Views that ask for a team or somebody that sla.yaml doesn't have: they would be empty, and nobody would wonder."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from itsm.model.query import ME, NONE
from itsm.model.suggest import did_you_mean
from itsm.sla.policy import Policy
from itsm.sla.spec import Mistake


def unknown(policy: Policy) -> Iterator[Mistake]:
    """Teams and people that there aren't. What was there once may still be on old tickets, so it is no mistake."""
    known: dict[str, Collection[str]] = {"team": policy.teams, "assignee": (*policy.people, ME)}
    for view in policy.views.values():
        for term in view.query.terms:
            names = known.get(term.name, ())
            for value in term.values if names else ():
                if not value.op and value.text not in (*names, NONE):
                    path = ("views", view.name, "filter")
                    yield Mistake(path, f"view {view.name}: no such {term.name}: {value.text}", did_you_mean(value.text, names))
