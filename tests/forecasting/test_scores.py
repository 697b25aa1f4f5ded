from __future__ import annotations

import numpy as np
import pytest

from shoal.forecasting.scores import mase, scale_of, smape

HISTORY = np.array([[1.0, 5.0, 2.0, 7.0]])


@pytest.mark.parametrize(("season", "scale"), [(1, 4.0), (2, 1.5), (3, 6.0), (4, 4.0)])
def test_the_scale_is_what_a_season_changes_by_of_short_ones_a_step(season: int, scale: float) -> None:
    assert scale_of(HISTORY, season).tolist() == [scale]


def test_errors_are_scaled_in_each_channel_by_itself() -> None:
    history = np.array([[0.0, 1.0, 2.0], [0.0, 10.0, 20.0]])
    actual, predicted = np.array([[3.0], [30.0]]), np.array([[2.0], [10.0]])
    assert mase(actual, predicted, history) == (1 / 1 + 20 / 10) / 2


def test_a_percentage_of_nothing_is_nothing_and_of_other_signs_the_most() -> None:
    assert smape(np.array([0.0]), np.array([0.0])) == 0
    assert smape(np.array([1.0]), np.array([-3.0])) == 200
