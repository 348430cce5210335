"""A new ticket as text: for `open --edit`, where a person fills it in, and `open --from`, where a program has written it."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from itsm.desk.drafts import Mistaken
from itsm.desk.tickets import Form, check
from itsm.errors import Problem, Usage
from itsm.model.suggest import did_you_mean
from itsm.model.ticket import CHANNELS, CONTACT, GRADES, TYPES
from itsm.store.emit import block_text
from itsm.store.strict import Mapping, Scalar, Unreadable, load, to_data
from itsm.values import replace

NAME = "form"
_OWN = tuple(one.name for one in fields(Form) if one.name not in ("contact", "answered"))
_KEYS = (*_OWN[:1], *CONTACT, *_OWN[1:])
_CHOICES = {"type": TYPES, "impact": GRADES, "urgency": GRADES, "channel": CHANNELS}
_KEY = re.compile(r"[a-z_]+:( |$)")


def as_text(form: Form) -> str:
    """The form to fill in: a line each, the description last, for it may have many."""
    lines = ["# A new ticket: save it to open it, empty it to give up. Only the title is needed."]
    for key in _KEYS:
        value = form.contact.get(key, "") if key in CONTACT else getattr(form, key)
        if key != "description":
            choices = f"  # {', '.join(_CHOICES[key])}" if key in _CHOICES else ""
            lines.append(f"{key}: {block_text(value) if value else ''}".rstrip() + choices)
    body = "".join(f"  {line}\n" for line in form.description.splitlines())
    return "\n".join([*lines, "description: |", body or "  \n"])


def parsed(raw: bytes, given: Form) -> Form:
    """The form in a text: `key: value` lines as YAML, or plain text, whose first line is the title and whose rest the
    description; where the title is given, all of it is the description.

    What the text doesn't say is as in `given`. Raises Mistaken with everything that is wrong.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Mistaken([Problem(NAME, 0, "not UTF-8", "save it as UTF-8")]) from None
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    known = _KEY.match(first) and first.partition(":")[0] in (*_KEYS, "contact")
    form = _from_yaml(raw, given) if known else _from_plain(text, given)
    try:
        check(form)
    except Usage as error:
        raise Mistaken([Problem(NAME, 0, error.message, error.hint)]) from None
    return form


def _from_plain(text: str, given: Form) -> Form:
    title, _, rest = (given.title, "", text.strip("\n")) if given.title else text.strip().partition("\n")
    return replace(given, title=title.strip(), description=rest.strip("\n") or given.description)


def _from_yaml(raw: bytes, given: Form) -> Form:
    try:
        tree = load(raw, NAME)
    except Unreadable as error:
        raise Mistaken(error.problems) from None
    if not isinstance(tree, Mapping):
        raise Mistaken([Problem(NAME, 1, "not a form", "lines like `title: Mail server does not answer`")])
    problems = [
        Problem(NAME, key.line, f"no such field: {key.text}", did_you_mean(key.text, _KEYS))
        for key, value in tree.pairs
        if key.text not in _KEYS
    ] + [Problem(NAME, key.line, f"{key.text} is text", "put it into quotes") for key, value in tree.pairs if not isinstance(value, Scalar)]
    if problems:
        raise Mistaken(problems)
    said = {key.text: _said(value, to_data(value)) for key, value in tree.pairs}
    contact = {**given.contact, **{key: text for key, text in said.items() if key in CONTACT}}
    return replace(given, contact=contact, **{key: text.rstrip("\n") for key, text in said.items() if key in _OWN})


def _said(node: Any, value: Any) -> str:
    """What was written, though YAML would take it for a number or a truth: a form holds words."""
    return "" if value is None else value.strip() if isinstance(value, str) else str(node.text)
