"""What every test gets: Hypothesis's profiles, a Warp that reports no module it loads, a folder that is cleared."""

from __future__ import annotations

import os
import tempfile

import pytest
import warp as wp
from hypothesis import HealthCheck, settings

# Programs are large examples, and a first one pays for imports: neither says anything about a test.
COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

settings.register_profile("dev", COMMON)
settings.register_profile("ci", COMMON, derandomize=True, database=None, print_blob=True)
settings.register_profile("fuzz", COMMON, max_examples=10_000, print_blob=True)
settings.load_profile("dev")  # --hypothesis-profile chooses another

wp.config.log_level = wp.LOG_ERROR


def pytest_configure(config: pytest.Config) -> None:
    """Let workers keep their temporary files in a folder that the process that started them removes.

    A worker ends without clearing up: NVRTC leaves its precompiled headers, up to 1 GB each, wherever TMPDIR says.
    """
    if hasattr(config, "workerinput") or not getattr(config.option, "numprocesses", None):
        return
    folder = tempfile.TemporaryDirectory(prefix="warpsmith-tests-", ignore_cleanup_errors=True)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = folder.name

    def restore() -> None:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before
        folder.cleanup()

    config.add_cleanup(restore)
