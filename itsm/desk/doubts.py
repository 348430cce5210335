"""What was taken although it can hardly be meant: a person whom sla.yaml doesn't know, an address that nothing reaches.

Never a refusal: a colleague may be new, and the customer is on the phone (M8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from itsm.sla.policy import Policy


def of_person(name: str, policy: Policy) -> Iterator[str]:
    """Why no notice reaches somebody of this name; nothing where sla.yaml doesn't say who there is."""
    if not name or not policy.people or name in policy.people:
        return
    from itsm.model.suggest import near

    known = {one.name: one.id for one in policy.people.values() if one.name}
    known |= {login: one.id for one in policy.people.values() for login in one.logins} | {one: one for one in policy.people}
    meant = "".join(f"did you mean {known[one]}?" for one in near(name, known, most=1))
    yield f"{name} is nobody of sla.yaml's people: no notice reaches them; {meant or 'if they are new, add them there'}"


def of_watcher(name: str, policy: Policy) -> Iterator[str]:
    """The same of who may be a team or a plain address, too."""
    if name not in policy.teams and "@" not in name and _no_number(name):
        yield from of_person(name, policy)


def of_contact(ticket_id: str, contact: Mapping[str, str]) -> Iterator[str]:
    """What of a customer's addresses can't be one, and how to mend it."""
    for name, value in contact.items():
        if value and name in _DOUBTS and (why := _DOUBTS[name](value)):
            yield f"{ticket_id}: {name} {value!r}: {why}; to mend it: itsm set {ticket_id} {name}=…"


def _no_address(text: str) -> str:
    """Why no mail goes there. A local user's bare name is an address of the host's own people, not a customer's."""
    from itsm.model.address import clean

    if "@" not in text:
        return "it has no @"
    try:
        clean(text)
    except ValueError as error:
        return str(error).rpartition(": ")[2]
    return ""


def _no_number(text: str) -> str:
    return "" if any(sign.isdigit() for sign in text) else "it has no digit"


_DOUBTS = {"email": _no_address, "mobile": _no_number, "phone": _no_number}
