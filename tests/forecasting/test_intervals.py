from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.forecasting.intervals import StepIntervals

ERRORS = np.stack([np.arange(1.0, 10.0), 10 * np.arange(9.0, 0.0, -1.0)], axis=1)


@pytest.mark.parametrize(("coverage", "rank"), [(0.9, 9), (0.8, 8), (0.75, 8), (0.5, 5), (0.1, 1)])
def test_each_step_has_the_width_of_its_own_rank(coverage: float, rank: int) -> None:
    forecasts, units = np.array([[5.0, 7.0], [0.0, 1.0]]), np.array([1.0, 3.0])
    low, high = StepIntervals(ERRORS).ends(forecasts, units, coverage)
    reach = units[:, None] * np.array([rank, 10 * rank])  # ⌈coverage · 10⌉-th smallest
    assert low == pytest.approx(forecasts - reach)
    assert high == pytest.approx(forecasts + reach)


def test_what_origins_cannot_promise_is_refused() -> None:
    with pytest.raises(DataError, match=r"forecasts at rolling origins.*, or give a longer history"):
        StepIntervals(ERRORS).ends(np.zeros((1, 2)), np.ones(1), 0.95)
    with pytest.raises(ConfigurationError):
        StepIntervals(ERRORS).ends(np.zeros((1, 2)), np.ones(1), 1.0)
