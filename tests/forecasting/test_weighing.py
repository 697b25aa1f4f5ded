from __future__ import annotations

import numpy as np

from shoal.forecasting.weighing import Errors, weigh

ROWS = np.tile(np.arange(2), 24)
ACTUAL = np.zeros((48, 3))


def errors(first: float, second: float) -> Errors:
    """Return the errors of two candidates, the one off by ``first`` in row 0, the other in row 1."""
    forecasts = np.zeros((2, 48, 3))
    forecasts[0, ROWS == 0], forecasts[1, ROWS == 1] = first, second
    return Errors(forecasts, ACTUAL, np.ones((48, 1)))


def test_each_row_has_what_suits_it() -> None:
    weights, own = weigh(errors(1.0, 2.0), ROWS)
    assert own is not None
    assert own.tolist() == [[0, 1], [1, 0]]
    assert weights.sum() == 1


def test_what_is_alike_for_all_has_one_weight_for_all() -> None:
    alike = errors(0.0, 0.0)
    alike.forecasts[1] = 5.0
    weights, own = weigh(alike, ROWS)
    assert weights.tolist() == [1, 0]
    assert own is None


def test_few_origins_choose_for_all() -> None:
    few = errors(1.0, 2.0)
    some = Errors(few.forecasts[:, :20], ACTUAL[:20], few.scales[:20])
    assert weigh(some, ROWS[:20])[1] is None


def test_weights_of_their_own_must_prove_themselves_later() -> None:
    changing = errors(1.0, 2.0)
    late = np.arange(48) >= 32
    changing.forecasts[:, late] = changing.forecasts[::-1, late]  # what was best is worst
    assert weigh(changing, ROWS)[1] is None


def test_what_is_nearly_as_good_has_a_part_and_what_is_worse_has_none() -> None:
    forecasts = np.repeat([1.0, 1.2, 1.3], 48 * 3).reshape(3, 48, 3)
    weights = Errors(forecasts, ACTUAL, np.ones((48, 1))).weights(np.arange(48))
    assert weights[1] > 0 == weights[2]
    assert weights[0] > weights[1]
