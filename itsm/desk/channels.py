"""The desk's channels with the places of their secrets found: a file named in sla.yaml is looked for from the desk's folder. Whom an URL
reaches that is kept elsewhere stands there, too.
"""

from __future__ import annotations

from pathlib import Path

from itsm.desk.desk import Desk
from itsm.sla.policy import Channel
from itsm.values import replace


def channels(desk: Desk) -> dict[str, Channel]:
    """By name, ready to send."""
    return {name: _placed(one, desk.root) for name, one in desk.policy.channels.items()}


def _placed(channel: Channel, root: Path) -> Channel:
    placed = replace(channel, password_file=_path(channel.password_file, root), url_file=_path(channel.url_file, root))
    if channel.apprise or not (channel.url_file or channel.url_env):
        return placed
    from itsm.notify.secret import wanted

    return replace(placed, wants=wanted(placed))


def _path(text: str, root: Path) -> str:
    return str(root / Path(text).expanduser()) if text else ""
