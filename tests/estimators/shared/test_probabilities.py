"""Decision functions are log odds, in the order of the probabilities and finite at their ends."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shoal.estimators.shared.probabilities import FromProbabilities
from shoal.shapes import Array


class Certain(FromProbabilities):
    """A classifier of rows that are probabilities already."""

    def predict_proba(self, X: Any) -> Array:
        return np.asarray(X)


def test_of_two_classes_it_is_the_log_odds_of_the_second() -> None:
    found = Certain().decision_function([[0.25, 0.75], [0.5, 0.5], [0.8, 0.2]])
    np.testing.assert_allclose(found, [math.log(3), 0, -math.log(4)])


def test_of_more_classes_it_is_a_logarithm_each() -> None:
    found = Certain().decision_function([[0.5, 0.25, 0.25]])
    np.testing.assert_allclose(found, np.log([[0.5, 0.25, 0.25]]))


def test_a_probability_of_nothing_is_finite_there_and_minus_infinity_as_a_logarithm() -> None:
    rows = [[0.0, 1.0], [1.0, 0.0]]
    decided = Certain().decision_function(rows)
    assert np.isfinite(decided).all()
    assert decided[0] > 700 > 0 > -700 > decided[1]
    np.testing.assert_array_equal(Certain().predict_log_proba(rows), [[-math.inf, 0], [0, -math.inf]])
