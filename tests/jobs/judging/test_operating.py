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
    assert MOST / 2 < len(found["recall"]) <= MOST
    assert found["false_positive"][-1] == found["recall"][-1] == 1
    assert found["false_positive"][0] + found["recall"][0] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("weights", [None, np.linspace(1.0, 2.0, 20_000)])
def test_curves_of_a_rare_class_are_drawn_where_its_rows_are(weights: Array | None) -> None:
    """All 38 are among the first 200 of 20 000: recall rises to 1 within a hundredth of the thresholds."""
    p = np.linspace(0.99, 0.01, 20_000)
    y = np.zeros(20_000, np.intp)
    y[np.arange(40) ** 2 // 8] = 1
    total = y.sum() if weights is None else weights[y == 1].sum()
    found = operating(np.stack([1 - p, p], axis=1), y, weights, Decision(positive=1), "ill")
    assert found is not None
    recall, precision = (np.array(found[name]) for name in ("recall", "precision"))
    assert len(recall) <= MOST
    assert np.diff(recall).max() < 1 / 20
    own = np.flatnonzero(y)
    s = np.ones(len(y)) if weights is None else weights
    last = s[: own[-1] + 1]
    assert precision[recall == 1].max() == pytest.approx(total / last.sum())
    assert found["false_positive"][-1] == 1
    assert np.diff(found["false_positive"]).max() < 0.02


def test_nothing_is_told_where_nothing_can_be() -> None:
    ones = np.ones(3, np.intp)
    assert operating(np.full((3, 2), 0.5), ones, None, DECISION, "ill") is None
    found = operating(np.tile([0.9, 0.1], (2, 1)), np.array([0, 1]), None, DECISION, "ill")
    assert found is not None
    assert found["chosen"] == {"false_positive": 0.0, "recall": 0.0, "precision": None}
