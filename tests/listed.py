"""A line of a list made of plain data, as `desk.rows` makes it of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from itsm.model.row import Head, Row


def listed(fields: Mapping[str, Any], sla: Sequence[Mapping[str, Any]] = (), *, updated: str = "", words: str = "") -> Row:
    """A ticket with these fields and promises, `updated` when it was opened unless said; `words` are found besides its title."""
    head = Head(fields["id"], fields["status"], fields.get("priority", ""), fields["opened"], updated or fields["opened"])
    return Row(head, lambda: fields, lambda: sla, f"{fields['id']}\n{fields['title']}\n{words}".casefold)
