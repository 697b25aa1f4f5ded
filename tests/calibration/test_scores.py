from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn import metrics

from shoal.calibration.scores import (
    auc,
    auc_losses,
    balanced_error,
    balanced_losses,
    f1_losses,
    f1_score,
)
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array

N = 60
RNG = np.random.default_rng(3)
COUNTS, SHARES = RNG.integers(0, 4, N).astype(np.float64), RNG.random(N)
CODES, P = RNG.integers(0, 3, N), RNG.dirichlet(np.ones(3), N).round(1)
CALLED = P.argmax(axis=1)

Pair = tuple[Callable[[Array | None], float], Callable[[Array | None], Array]]
PAIRS: dict[str, Pair] = {
    "balanced error": (
        lambda s: balanced_error(CALLED, CODES, s),
        lambda s: balanced_losses(CALLED, CODES, s),
    ),
    "F1": (
        lambda s: 1 - f1_score(CALLED == 1, CODES == 1, s),
        lambda s: f1_losses(CALLED == 1, CODES == 1, s),
    ),
    "AUC": (lambda s: 1 - auc(P, CODES, s), lambda s: auc_losses(P, CODES, s)),
}


@pytest.mark.parametrize("weights", [None, SHARES])
def test_scores_are_those_of_scikit_learn(weights: Array | None) -> None:
    expected = 1 - metrics.balanced_accuracy_score(CODES, CALLED, sample_weight=weights)
    assert balanced_error(CALLED, CODES, weights) == pytest.approx(expected, abs=1e-12)
    p = P / P.sum(axis=1, keepdims=True)
    expected = metrics.roc_auc_score(CODES, p, sample_weight=weights, multi_class="ovr")
    assert auc(p, CODES, weights) == pytest.approx(expected, abs=1e-12)
    expected = metrics.f1_score(CODES == 1, CALLED == 1, sample_weight=weights)
    assert f1_score(CALLED == 1, CODES == 1, weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", [None, COUNTS, SHARES])
@pytest.mark.parametrize("name", PAIRS)
def test_what_rows_add_to_a_score_has_it_for_its_mean(name: str, weights: Array | None) -> None:
    score, losses = PAIRS[name]
    assert float(weighted_mean(losses(weights), weights)) == pytest.approx(score(weights), abs=1e-12)


@pytest.mark.parametrize("name", ["F1", "AUC"])
def test_what_a_row_adds_is_how_the_score_moves_with_its_weight(name: str) -> None:
    score, losses = PAIRS[name]
    base, found = SHARES + 0.5, losses(SHARES + 0.5)
    for row in range(0, N, 7):
        moved = [score(base + step * (np.arange(N) == row)) for step in (-1e-5, 1e-5)]
        slope = (moved[1] - moved[0]) / 2e-5
        assert slope * base.sum() == pytest.approx(found[row] - score(base), abs=1e-6)


def test_rows_of_one_kind_alone_say_nothing() -> None:
    p, codes = np.array([[0.2, 0.8], [0.6, 0.4]]), np.array([1, 1])
    assert auc(p, codes) is None
    assert auc_losses(p, codes) is None
    none = np.zeros(2, dtype=bool)
    for called in (none, ~none):
        assert f1_score(called, none) is None
        assert f1_losses(called, none) is None
    assert f1_score(none, ~none) == 0
    assert balanced_losses(np.array([1, 0]), codes).tolist() == [0, 1]


def test_a_class_whose_rows_count_for_nothing_is_none() -> None:
    codes, weights = np.array([0, 0, 1]), np.array([1.0, 1.0, 0.0])
    assert balanced_error(np.array([0, 1, 0]), codes, weights) == 0.5
    assert auc(np.array([[0.2, 0.8]] * 3), codes, weights) is None
    assert f1_score(codes == 1, codes == 1, weights) is None
