"""What all tests share."""

import os

from hypothesis import HealthCheck, settings


def test_property_tests_are_not_timed():
    used = settings(max_examples=5)  # as a test does that changes one setting of the suite's
    assert used.deadline is None
    assert HealthCheck.too_slow in used.suppress_health_check
    assert used.derandomize == ("CI" in os.environ)
