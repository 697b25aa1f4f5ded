from __future__ import annotations

import numpy as np

from shoal.forecasting.costs import Costs
from shoal.forecasting.frames import Frame
from shoal.forecasting.panel import Panel

PANEL = Panel.of(
    [np.arange(20.0).reshape(2, 10), np.arange(6.0).reshape(2, 3)], [np.ones((1, 12)), np.ones((1, 5))]
)


def test_windows_are_counted_with_all_that_follows_them() -> None:
    costs = Costs(PANEL, horizon=2)
    counted = [sum(1 for first in range(10) if first + w + 2 <= 10) for w in (1, 4, 8, 9)]
    short = [sum(1 for first in range(3) if first + w + 2 <= 3) for w in (1, 4, 8, 9)]
    assert [costs.windows(w) for w in (1, 4, 8, 9)] == [
        2 * (a + b) for a, b in zip(counted, short, strict=True)
    ]


def test_a_model_is_given_the_window_and_what_is_known_of_each_step() -> None:
    assert Costs(PANEL, horizon=2).features(Frame(4)) == 4 + 1 * 3


def test_solving_costs_more_than_cubes_and_the_whole_more_than_solving() -> None:
    costs = Costs(PANEL, horizon=2)
    assert costs.solving(Frame(4), 0) == 10 * 7**3
    assert costs.solving(Frame(4), 3) - costs.solving(Frame(4), 0) == 3 * 2 * 7**2 * 2
    assert costs.linear(Frame(4)) - costs.solving(Frame(4), 17) == 2 * costs.windows(4) * 7 * 9
