from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from shoal.calibration.decision import Decision
from shoal.jobs.judging.operating import MOST, operating
from shoal.shapes import Array

RNG = np.random.default_rng(5)
N = 90
P = RNG.beta(2, 2, N).round(2)
Y = (RNG.random(N) < P).astype(np.intp)
COUNTS = RNG.integers(1, 4, N).astype(np.float64)
DECISION = Decision("f1", (0.3, 0.7), 1)


@pytest.mark.parametrize("weights", [None, COUNTS])
def test_rates_are_those_of_scikit_learn(weights: Array | None) -> None:
    found = operating(np.stack([1 - P, P], axis=1), Y, weights, DECISION, "ill")
    assert found is not None
    false, true, _ = metrics.roc_curve(Y, P, sample_weight=weights, drop_intermediate=False)
    np.testing.assert_allclose(found["false_positive"], false[1:], atol=1e-12)
    np.testing.assert_allclose(found["recall"], true[1:], atol=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(Y, P, sample_weight=weights)
    np.testing.assert_allclose(found["precision"], precision[-2::-1], atol=1e-12)
    np.testing.assert_allclose(found["recall"], recall[-2::-1], atol=1e-12)
    called = P > 0.3
    assert found["chosen"]["recall"] == pytest.approx(metrics.recall_score(Y, called, sample_weight=weights))
    expected = metrics.precision_score(Y, called, sample_weight=weights)
    assert found["chosen"]["precision"] == pytest.approx(expected)
    expected = 1 - metrics.recall_score(1 - Y, ~called, sample_weight=weights)
    assert found["chosen"]["false_positive"] == pytest.approx(expected)
    assert found["share"] == pytest.approx(np.average(Y, weights=weights))


def test_many_thresholds_are_thinned_and_both_ends_stay() -> None:
    rng = np.random.default_rng(6)
    p, y = rng.random(1000), rng.integers(0, 2, 1000)
    found = operating(np.stack([p, 1 - p], axis=1), y, None, Decision(positive=0), "well")
    assert found is not None
    assert len(found["recall"]) == MOST
    assert found["false_positive"][-1] == found["recall"][-1] == 1
    assert found["false_positive"][0] + found["recall"][0] == pytest.approx(0, abs=0.01)


def test_nothing_is_told_where_nothing_can_be() -> None:
    ones = np.ones(3, np.intp)
    assert operating(np.full((3, 2), 0.5), ones, None, DECISION, "ill") is None
    found = operating(np.tile([0.9, 0.1], (2, 1)), np.array([0, 1]), None, DECISION, "ill")
    assert found is not None
    assert found["chosen"] == {"false_positive": 0.0, "recall": 0.0, "precision": None}
