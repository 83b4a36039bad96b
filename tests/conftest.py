"""What every test gets: Hypothesis's profiles, and a Warp that does not report every module it loads."""

from __future__ import annotations

import warp as wp
from hypothesis import HealthCheck, settings

# Programs are large examples, and a first one pays for imports: neither says anything about a test.
COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

settings.register_profile("dev", COMMON)
settings.register_profile("ci", COMMON, derandomize=True, database=None, print_blob=True)
settings.register_profile("fuzz", COMMON, max_examples=10_000, print_blob=True)
settings.load_profile("dev")  # --hypothesis-profile chooses another

wp.config.log_level = wp.LOG_ERROR
