from __future__ import annotations

import numpy as np

from shoal.mixtures.targets import Targets

CLASSES = Targets(np.array([2, 0, 1]), 3)
NUMBERS = Targets(np.array([0.5, -1.0]))


def test_losses_are_those_that_views_are_compared_by() -> None:
    p = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]])
    np.testing.assert_allclose(CLASSES.losses(p), -np.log([0.7, 0.5, 0.25]), rtol=1e-12)
    assert NUMBERS.losses(np.array([[1.5], [-1.0]])).tolist() == [0.5, 0]


def test_a_linear_layer_is_fitted_to_signs_of_classes_and_to_numbers() -> None:
    assert CLASSES.signs().tolist() == [[-1, -1, 1], [1, -1, -1], [-1, 1, -1]]
    assert NUMBERS.signs().tolist() == [[0.5], [-1]]


def test_rows_of_classes_remain_targets_of_all_classes() -> None:
    some = CLASSES.rows(np.array([1, 2]))
    assert (some.outputs, some.values.tolist()) == (3, [0, 1])
    assert NUMBERS.outputs == 1
    assert NUMBERS.strata() is None
