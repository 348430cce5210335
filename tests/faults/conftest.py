"""What the faults' tests share."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.launch import Starter, have_strace

MEMORY = 400 << 20  # bytes that a command may take beside what this process has
SECONDS = 20


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """One for each worker: it takes half a second."""
    if not have_strace():
        pytest.skip("strace is not here, or may not trace")
    with Starter() as starter:
        yield starter


@pytest.fixture
def as_root() -> None:
    """For tests in which somebody becomes somebody else."""
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")


@pytest.fixture
def opened_to_others(tmp_path: Path) -> None:
    """Every folder above the test's own can be passed through: pytest makes them for one user."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)


@pytest.fixture
def bounded():
    """No command may take longer than that, or more."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))

    def late(*_):
        raise AssertionError(f"still at work after {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, late)
    yield lambda: signal.alarm(SECONDS)
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
