"""What tests of whole commands share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.desk_runner import T0, DeskRunner
from tests.smtpd import Smtpd


@pytest.fixture
def server() -> Iterator[Smtpd]:
    """A mail server that takes everything, unless it is told otherwise."""
    with Smtpd() as server:
        yield server


@pytest.fixture(scope="session")
def three_tickets(tmp_path_factory: pytest.TempPathFactory) -> DeskRunner:
    """T-1 with the network team, T-2 resolved, T-3 new; the clock stands at half past ten, when T-1's customer is to be phoned."""
    desk = DeskRunner.made(tmp_path_factory.mktemp("template"))
    desk.ok("open", "Mail server does not answer", "--name", "王芳", "--mobile", "+8613800000000", "--team", "network")
    desk.ok("open", "FTP is slow", "--team", "servicedesk")
    desk.ok("resolve", "2", "--how", "Restarted")
    desk.ok("open", "One of three UPSs is broken")
    desk.now = T0 + timedelta(minutes=90)
    return desk
