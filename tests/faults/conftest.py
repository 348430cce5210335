"""What the faults' tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.launch import Starter, have_strace


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
