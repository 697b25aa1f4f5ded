from __future__ import annotations

import numpy as np

from shoal.forecasting.frames import Frame
from shoal.forecasting.panel import Panel
from shoal.forecasting.windows import KnownAhead, every_window, window_of

UNIT = Frame(2, level="last", deviation=(1.0,))


def test_windows_are_all_that_have_what_follows_the_last_ones_first_where_some_are_left_out() -> None:
    panel = Panel.of([np.array([[0.0, 1.0, 3.0, 6.0, 10.0]])])
    (every,) = every_window(panel, UNIT, 2, KnownAhead())
    assert every.X.tolist() == [[-1, 0], [-2, 0]]
    assert every.Y.tolist() == [[2, 5], [3, 7]]
    assert every.left.tolist() == [1, 0]
    (some,) = every_window(panel, UNIT, 2, KnownAhead(), stride=2)
    assert some.left.tolist() == [0]


def test_series_shorter_than_a_window_and_what_follows_have_none() -> None:
    assert list(every_window(Panel.of([np.arange(3.0)[None]]), UNIT, 2, KnownAhead())) == []


def test_columns_known_ahead_stand_behind_the_window_from_its_last_step_on() -> None:
    future = np.array([[10.0, 20.0, 30.0, 40.0, 50.0]])
    panel = Panel.of([np.array([[0.0, 1.0, 3.0, 6.0]])], [future])
    ahead = KnownAhead((10.0,), (10.0,))
    windows = list(every_window(panel, UNIT, 1, ahead))
    assert windows[0].X.tolist() == [[-1, 0, 1, 2], [-2, 0, 2, 3]]
    X, base, unit = window_of(panel.contexts(2, 1), UNIT, 1, ahead)
    assert (X.tolist(), base.tolist(), unit.tolist()) == ([[-3, 0, 3, 4]], [[6]], [[1]])
