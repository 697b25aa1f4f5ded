from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix, random
from sklearn.linear_model import LogisticRegression, Ridge

from shoal.mixtures.linear_effort import Effort
from shoal.mixtures.sparse_linear import ChosenLinear, SparseLinear
from shoal.mixtures.targets import Targets
from shoal.selection.samples.splits import k_folds

X = csr_matrix(random(60, 12, 0.4, random_state=0))
CODES = np.asarray(X.toarray()[:, :3].argmax(axis=1))
NUMBERS = X.toarray()[:, 0] - 2 * X.toarray()[:, 1] + 0.3


@pytest.mark.parametrize("strength", [1.0, 0.1])
def test_classes_are_those_of_logistic_regression(strength: float) -> None:
    theirs = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=1000).fit(X, CODES)
    ours = SparseLinear.fit(X, Targets(CODES, 3), strength)
    np.testing.assert_allclose(ours.predict(X), theirs.predict_proba(X), atol=2e-3)


def test_numbers_are_those_of_ridge_regression() -> None:
    theirs = Ridge(alpha=0.1, solver="lsqr", tol=1e-10).fit(X, NUMBERS)
    ours = SparseLinear.fit(X, Targets(NUMBERS), 0.1)
    np.testing.assert_allclose(ours.predict(X)[:, 0], theirs.predict(X), atol=1e-2)


def test_rows_are_all_that_a_layer_sees() -> None:
    rows = np.arange(0, 60, 2)
    alone = SparseLinear.fit(X[rows], Targets(CODES[rows], 3), 0.1)
    among = SparseLinear.fit(X, Targets(CODES, 3), 0.1, rows)
    np.testing.assert_array_equal(alone.W, among.W)
    np.testing.assert_array_equal(among.predict(X[5]), among.predict(X)[5:6])


def test_what_is_held_out_was_not_known() -> None:
    targets, folds = Targets(CODES, 3), k_folds(60, 5, 0, CODES)
    chosen = ChosenLinear.fit(X, targets, folds, Effort((0.1,)))
    rows, held = folds[3]
    np.testing.assert_array_equal(
        chosen.held_out[held], SparseLinear.fit(X, targets, 0.1, rows).predict(X)[held]
    )
    assert chosen.strength == 0.1


def test_the_strength_is_the_one_with_the_least_loss_held_out() -> None:
    folds = k_folds(60, 5, 0)
    noise = Targets(np.random.default_rng(0).normal(size=60))
    assert ChosenLinear.fit(X, noise, folds, Effort((10.0, 1.0, 0.01))).strength == 10.0
    assert ChosenLinear.fit(X, Targets(NUMBERS), folds, Effort((10.0, 1.0, 0.01))).strength == 0.01


def test_a_fold_may_lack_a_class() -> None:
    codes = np.where(np.arange(60) == 7, 2, np.arange(60) % 2)
    chosen = ChosenLinear.fit(X, Targets(codes, 3), k_folds(60, 3, 0), Effort((1.0,)))
    assert np.isfinite(chosen.held_out).all()
    np.testing.assert_allclose(chosen.held_out.sum(axis=1), 1)
