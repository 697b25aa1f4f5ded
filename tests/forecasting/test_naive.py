from __future__ import annotations

import numpy as np
import pytest

from shoal.forecasting.candidates import ForecastSchooling
from shoal.forecasting.naive import Naive, Repeated
from shoal.forecasting.origins import Origins
from shoal.forecasting.panel import Panel


def test_the_last_season_goes_on_and_begins_anew() -> None:
    contexts = Panel.of([np.array([[9.0, 1.0, 2.0, 3.0], [9.0, 4.0, 5.0, 6.0]])]).contexts(4, 5)
    assert Repeated(5, 3).forecast(contexts).tolist() == [[1, 2, 3, 1, 2], [4, 5, 6, 4, 5]]
    assert Repeated(2).forecast(contexts).tolist() == [[3, 3], [6, 6]]


def test_it_is_tried_at_every_origin() -> None:
    panel = Panel.of([np.arange(12.0)[None]])
    lesson = ForecastSchooling(panel, Origins(2, (4, 3), ((4, 3), (2,))), season=2, seed=0)
    tried = Naive(2).learn(lesson)
    assert tried.words == "the last season of 2 steps"
    assert tried.forecasts.tolist() == [[6, 7], [7, 8], [8, 9]]


@pytest.mark.parametrize("season", [0, -1, True, 1.0, "2"])
def test_a_stored_one_that_was_altered_is_refused(season: object) -> None:
    assert Repeated.from_config({"horizon": 3, "season": 2}, {}) == Repeated(3, 2)
    with pytest.raises(ValueError, match="its season is"):
        Repeated.from_config({"horizon": 3, "season": season}, {})
