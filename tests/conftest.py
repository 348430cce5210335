"""What holds for all tests: how hypothesis looks for examples, and an environment that knows nothing of the person who runs them."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

# In CI (.ci/run, or $CI) the same examples each time: a red build is the change's fault and not the dice's. At a desk new ones, and
# a database of those that failed. No deadline: a busy machine is no defect.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("desk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))


@pytest.fixture(autouse=True)
def _nobody_in_particular(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ITSM_DESK", "ITSM_USER", "ITSM_NOW", "ITSM_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
