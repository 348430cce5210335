"""What the faults' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.launch import Starter, have_strace


@pytest.fixture(scope="session")
def starter() -> Iterator[Starter]:
    """One for each worker: it takes half a second."""
    if not have_strace():
        pytest.skip("strace is not here, or may not trace")
    with Starter() as starter:
        yield starter
