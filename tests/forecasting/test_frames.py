from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.forecasting.frames import Frame, deviations
from shoal.forecasting.panel import Panel

CHANNEL = np.zeros(1, np.intp)


def test_a_season_is_subtracted_from_what_follows_and_its_mean_from_the_window() -> None:
    frame = Frame(4, level="season", season=2, deviation=(2.0,))
    x, base, scale = frame.units(np.array([[0.0, 4.0, 2.0, 6.0]]), CHANNEL, horizon=3)
    assert (x.tolist(), base.tolist(), scale.tolist()) == ([[-2, 0, -1, 1]], [[2, 6, 2]], [[2]])


def test_a_window_without_a_deviation_is_left_in_its_unit() -> None:
    x, base, scale = Frame(3, level="mean").units(np.full((1, 3), 7.1), CHANNEL, horizon=2)
    np.testing.assert_allclose((x[0, 0], base[0, 1], scale[0, 0]), (0, 7.1, 1), atol=1e-14)


@pytest.mark.parametrize("transform", ["identity", "root", "log"])
def test_what_is_done_to_values_is_undone(transform: str) -> None:
    frame, values = Frame(2, transform=transform, floor=0.5), np.array([0.1, 1.0, 400.0])
    expected = values if transform == "identity" else np.maximum(values, 0.5)
    np.testing.assert_allclose(frame.back(frame.forward(values)), expected, rtol=1e-14)


def test_an_exponential_stays_finite() -> None:
    assert np.isfinite(Frame(1, transform="log").back(np.array([1e6]))).all()


@pytest.mark.parametrize(
    "altered",
    [
        {"window": 0},
        {"window": 2.0},
        {"level": "first"},
        {"transform": "cube"},
        {"season": 9},
        {"floor": np.nan},
    ],
)
def test_a_stored_frame_that_was_altered_is_refused(altered: dict[str, Any]) -> None:
    frame = Frame(4, level="season", season=4, deviation=(1.0, 2.0))
    assert Frame.from_config(frame.to_config()) == frame
    with pytest.raises(ValueError, match="describes no window"):
        Frame.from_config(frame.to_config() | altered)


def test_constant_channels_have_the_deviation_one() -> None:
    assert deviations(Panel.of([np.array([[1.0, 3.0], [5.0, 5.0]])])) == (1.0, 1.0)
    assert deviations(Panel.of([np.array([[1.0, 5.0], [5.0, 5.0]])])) == (2.0, 1.0)
