from __future__ import annotations

import numpy as np
import pytest

from shoal.forecasting.panel import Panel
from shoal.forecasting.seasons import autocorrelation, find_season

T = np.arange(48.0)


@pytest.mark.parametrize("season", [3, 7, 12])
def test_a_season_is_found_under_a_trend_and_noise(season: int) -> None:
    noise = 0.2 * np.random.default_rng(0).normal(size=T.size)
    assert find_season(Panel.of([(0.3 * T + np.sin(2 * np.pi * T / season) + noise)[None]])) == season


@pytest.mark.parametrize("row", [T, np.random.default_rng(0).normal(size=48), np.sin(2 * np.pi * T / 20)])
def test_where_there_is_none_or_it_is_not_seen_thrice_it_is_one_step(row: np.ndarray) -> None:
    assert find_season(Panel.of([row[None]])) == 1


def test_the_autocorrelation_is_of_what_a_straight_line_leaves() -> None:
    found = autocorrelation(5 * T + np.tile([1.0, -1.0], 24), 2)
    np.testing.assert_allclose(found, [1, -1, 1], atol=0.06)
    assert autocorrelation(5 * T, 2).tolist() == [0, 0, 0]
