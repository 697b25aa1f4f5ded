from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError, ShoalError
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"horizon": 1.5}, "horizon must be a whole number"),
        ({"window": 0}, "window must be a whole number"),
        ({"networks": "dense"}, r"a list of kinds, such as \['dense'\]"),
        ({"networks": ["lstm"]}, "unknown kind of network 'lstm'"),
        ({"budget": 0}, "budget must be a positive number"),
        ({"budget": "all"}, "budget must be a positive number"),
    ],
)
def test_what_is_no_setting_is_an_error(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        ForecastSettings(**{"horizon": 3, **settings})


@pytest.mark.parametrize(
    ("settings", "error", "told"),
    [
        ({"horizon": 9}, DataError, "ask for 8 or fewer"),
        ({"season": 6}, ConfigurationError, "give 5 or less"),
        ({"window": 8}, ConfigurationError, "give a window of 7 or less"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(
    settings: dict[str, Any], error: type[ShoalError], told: str
) -> None:
    series = Panel.of([np.arange(10.0)[None]])
    with pytest.raises(error, match=told):
        ForecastSettings(**{"horizon": 2, **settings}).require(series)
    ForecastSettings(2, window=7, season=5).require(series)


def test_there_is_nothing_to_learn_of_constants() -> None:
    with pytest.raises(DataError, match="is constant"):
        ForecastSettings(1).require(Panel.of([np.ones((2, 9))]))
