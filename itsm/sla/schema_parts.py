"""What the JSON Schema of sla.yaml is made of: texts, lists, mappings, each with the word that an editor shows.

A key without a value counts as absent for the reader, so null is allowed wherever a key may be left out.
"""

from __future__ import annotations

from typing import Any

from itsm.model.ticket import GRADES

Schema = dict[str, Any]

DURATION = r"\s*([0-9]+\s*[smhdw]\s*)+$"
_TIME = r"[0-9]{1,2}:[0-5][0-9](:[0-5][0-9])?"
_WINDOW = rf"\s*{_TIME}\s*-\s*{_TIME}\s*"

TEXT: Schema = {"type": "string"}


def ref(name: str, description: str = "") -> Schema:
    """One of the named parts."""
    return {"$ref": f"#/$defs/{name}"} | ({"description": description} if description else {})


def text(description: str, **more: Any) -> Schema:
    """A text."""
    return {"type": ["string", "null"], "description": description, **more}


def integer(description: str, least: int = 0) -> Schema:
    """A whole number from `least` up."""
    return {"type": ["integer", "null"], "minimum": least, "description": description}


def texts(one: Schema, description: str) -> Schema:
    """One, or a list of them."""
    return {"anyOf": [one, {"type": "array", "items": one}, {"type": "null"}], "description": description}


def suggest(values: tuple[str, ...], description: str) -> Schema:
    """Any text, but editors offer these."""
    return {"type": ["string", "null"], "examples": [*values], "description": description}


def hours() -> Schema:
    """Windows of a day in one text; `''` is closed."""
    return {"type": "string", "pattern": rf"^({_WINDOW}(,{_WINDOW})*|\s*)$", "examples": ["09:00-12:00, 13:00-18:00"]}


def listed(items: Schema, description: str) -> Schema:
    """A list of mappings (`rules: [{…}]`)."""
    return {"type": ["array", "null"], "items": items, "description": description}


def named(items: Schema, description: str) -> Schema:
    """Mappings by name (`teams: {network: {…}}`)."""
    return {"type": ["object", "null"], "additionalProperties": items, "description": description}


def grades(items: Schema) -> Schema:
    """Something for each of high, medium and low."""
    return {"type": ["object", "null"], "properties": dict.fromkeys(GRADES, items), "additionalProperties": False}


def mapping(keys: Schema, description: str, required: tuple[str, ...] = ()) -> Schema:
    """A mapping that has these keys and the owner's (`x_…`), and no others."""
    found = {"type": ["object", "null"], "description": description, "properties": keys}
    return {**found, "patternProperties": {"^x_": True}, "additionalProperties": False, **({"required": [*required]} if required else {})}


def one_of(*keys: str, quantity: str = "oneOf") -> Schema:
    """Just one of these keys is there; `anyOf`: one at least."""
    return {quantity: [{"required": [key]} for key in keys]}
