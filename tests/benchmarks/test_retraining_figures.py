"""What the benchmark of a retraining calls worse."""

import pytest

from benchmarks.retraining.__main__ import _surely_worse


@pytest.mark.parametrize(
    ("measure", "low", "high", "worse"),
    [
        ("ap", -0.3, -0.1, True),
        ("ap", -0.3, 0.1, False),
        ("ap", 0.1, 0.3, False),
        ("calibration_error", 0.1, 0.3, True),
        ("calibration_error", -0.3, -0.1, False),
        ("ap", None, None, False),
    ],
)
def test_an_error_that_fell_is_no_loss(measure, low, high, worse):
    assert _surely_worse({"measure": measure, "low": low, "high": high}) is worse
