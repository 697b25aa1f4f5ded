"""Estimators predict on the engine: what scikit-learn's matrix products give, written out."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import expit, softmax
from sklearn.base import clone

from shoal import MLPClassifier, MLPRegressor
from shoal.engines import ENGINES
from shoal.errors import DataError
from shoal.estimators.mlp import predictions
from shoal.losses import SquaredError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(61, 5))
CLASSES = RNG.integers(3, size=61)
LINKS = {
    "one of three": (MLPClassifier(), CLASSES),
    "two classes": (MLPClassifier(), CLASSES > 0),
    "labels": (MLPClassifier(), RNG.integers(2, size=(61, 2))),
    "numbers": (MLPRegressor(), RNG.normal(size=61)),
    "several numbers": (MLPRegressor(), RNG.normal(size=(61, 2))),
    "counts": (MLPRegressor(loss="poisson"), RNG.poisson(2, size=61)),
}


def by_hand(estimator: Any, X: np.ndarray) -> np.ndarray:
    a = X
    for W, b in zip(estimator.coefs_[:-1], estimator.intercepts_[:-1], strict=True):
        a = np.tanh(a @ W + b)
    z = a @ estimator.coefs_[-1] + estimator.intercepts_[-1]
    links = {"softmax": lambda z: softmax(z, axis=1), "logistic": expit, "exp": np.exp, "identity": np.array}
    return links[estimator.out_activation_](z)


def predicted(estimator: Any, X: Any) -> np.ndarray:
    if isinstance(estimator, MLPRegressor):
        return estimator.predict(X).reshape(X.shape[0], -1)
    probabilities = estimator.predict_proba(X)
    return probabilities[:, 1:] if estimator.n_outputs_ == 1 else probabilities


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LINKS)
def test_every_link(name: str, dtype: str) -> None:
    estimator, y = clone(LINKS[name][0]), LINKS[name][1]
    rows = X.astype(dtype)
    estimator.set_params(
        hidden_layer_sizes=(7, 4), activation="tanh", max_iter=5, random_state=0, dropout=0.2
    )
    estimator.fit(rows, y)
    found = predicted(estimator, rows)
    assert found.dtype == dtype
    rtol, atol = (1e-5, 1e-6) if dtype == "float32" else (1e-11, 1e-12)
    np.testing.assert_allclose(found, by_hand(estimator, rows), rtol, atol)


@pytest.mark.parametrize("layout", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
def test_a_sparse_x_is_made_dense_a_few_rows_at_a_time(layout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sparse_X = layout(np.where(X > 0.5, X, 0))
    regressor = MLPRegressor(max_iter=5, random_state=0).fit(sparse_X, X[:, 0])
    whole = regressor.predict(sparse_X.toarray())
    monkeypatch.setattr(predictions, "DENSE", 50)  # numbers: ten rows
    np.testing.assert_array_equal(regressor.predict(sparse_X), whole)


def test_parameters_that_the_user_changes_are_those_that_predict() -> None:
    regressor = MLPRegressor(hidden_layer_sizes=3, max_iter=5, random_state=0).fit(X, X[:, 0])
    regressor.coefs_[1] *= 0
    regressor.intercepts_[1][:] = 4.5
    np.testing.assert_array_equal(regressor.predict(X), np.full(61, 4.5))
    regressor.coefs_[0] = regressor.coefs_[0].copy()  # no view of what the engine predicts with
    regressor.intercepts_[1][:] = 2.5
    np.testing.assert_array_equal(regressor.predict(X), np.full(61, 2.5))


class ClippedError(SquaredError):
    """Somebody's own loss, which predicts something else than z without having said so."""

    name = "clipped"

    def predict(self, z: np.ndarray) -> np.ndarray:
        return np.asarray(np.clip(z, 0, 2))


def test_a_loss_of_ones_own_says_what_is_predicted() -> None:
    way: dict[str, Any] = {"hidden_layer_sizes": 3, "max_iter": 5, "random_state": 0}
    plain, clipped = (
        MLPRegressor(loss=loss, **way).fit(X, X[:, 0]) for loss in (SquaredError(), ClippedError())
    )
    expected = np.clip(plain.predict(X), 0, 2)
    assert 0 < np.count_nonzero(expected == plain.predict(X)) < len(X)
    np.testing.assert_allclose(clipped.predict(X), expected, rtol=1e-12)


def through_a_file(estimator: Any) -> Any:
    return pickle.loads(pickle.dumps(estimator))  # noqa: S301 (our own)


@pytest.mark.parametrize("copied", [lambda fitted: fitted, through_a_file])
def test_an_array_put_in_the_place_of_another_before_any_prediction_counts(
    copied: Callable[[Any], Any],
) -> None:
    regressor = MLPRegressor(hidden_layer_sizes=3, max_iter=5, random_state=0).fit(X, X[:, 0])
    regressor = copied(regressor)
    regressor.coefs_[1], regressor.intercepts_[1] = np.zeros((3, 1)), np.array([4.5])
    np.testing.assert_array_equal(regressor.predict(X), np.full(61, 4.5))
    np.testing.assert_array_equal(through_a_file(regressor).predict(X), np.full(61, 4.5))


@pytest.mark.parametrize("copied", [through_a_file, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("replaced", [False, True])
def test_a_copy_predicts_the_same_and_by_parameters_of_its_own(
    copied: Callable[[Any], Any], replaced: bool
) -> None:
    regressor = MLPRegressor(
        hidden_layer_sizes=3, max_iter=5, random_state=0, n_starts=3, combine_starts="ensemble"
    )
    regressor.fit(X, X[:, 0])
    if replaced:
        regressor.coefs_ = [2 * W for W in regressor.coefs_]
    expected = regressor.predict(X)
    other = copied(regressor)
    np.testing.assert_array_equal(other.predict(X), expected)
    if copied is copy.copy and replaced:
        return  # arrays that the user has set are shared, as in any shallow copy
    other.coefs_[1][:], other.intercepts_[1][:] = 0, 0
    assert not np.array_equal(other.predict(X), expected)
    np.testing.assert_array_equal(regressor.predict(X), expected)


def calls(predict: Callable[[Any], Any], rows: Any) -> int:
    """Count the calls, of Python and of C, that a prediction makes once what can be kept is kept."""
    predict(rows)
    seen = []
    sys.setprofile(lambda _, event, what: seen.append(what) if event in ("call", "c_call") else None)
    try:
        predict(rows)
    finally:
        sys.setprofile(None)
    return len(seen) - 1  # without the one that ends it


@pytest.mark.skipif("native" not in ENGINES, reason="of the reference engine a row takes more")
@pytest.mark.parametrize(("name", "most"), [("numbers", 45), ("two classes", 50), ("one of three", 55)])
def test_one_row_takes_few_calls(name: str, most: int) -> None:
    # most of the time of one row is spent in calls from Python, each some tenths of a microsecond
    estimator, y = clone(LINKS[name][0]), LINKS[name][1]
    # of a width that no other test asks for: a network is found sooner than one that is but equal
    estimator.set_params(hidden_layer_sizes=11, max_iter=2, random_state=0).fit(X, y)
    each = [estimator.predict] if name == "numbers" else [estimator.predict, estimator.predict_proba]
    assert [calls(predict, X[:1]) for predict in each if calls(predict, X[:1]) > most] == []


WRONG = [
    (np.zeros((2, 4)), "X has 4 features, but MLPRegressor is expecting 5 features as input"),
    (np.full((2, 5), np.nan), "Input X contains NaN"),
    (np.full((2, 5), np.inf), "Input X contains infinity"),
    (np.zeros((0, 5)), "0 sample"),
    (np.zeros(5), "Expected 2D array, got 1D array"),
    (np.zeros((2, 5), dtype=complex), "Complex data not supported"),
    (np.array([["a"] * 5]), "column 'x0' of X has 'a' in row 1, expected a number"),
]


@pytest.mark.parametrize(("rows", "told"), WRONG, ids=[told for _, told in WRONG])
def test_the_quick_way_lets_nothing_wrong_pass(rows: np.ndarray, told: str) -> None:
    regressor = MLPRegressor(max_iter=2, random_state=0).fit(X, X[:, 0])
    with pytest.raises(ValueError, match=told):
        regressor.predict(rows)


def test_arrays_of_other_types_and_layouts_are_taken_as_before() -> None:
    regressor = MLPRegressor(max_iter=5, random_state=0).fit(X, X[:, 0])
    expected = regressor.predict(X)
    for rows in X.tolist(), np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], X.astype(">f8"):
        np.testing.assert_allclose(regressor.predict(rows), expected, rtol=1e-12)
    whole = np.arange(10).reshape(2, 5)
    np.testing.assert_array_equal(regressor.predict(whole), regressor.predict(whole.astype(float)))


def test_a_table_without_the_names_it_was_fitted_with_is_warned_of() -> None:
    named = MLPRegressor(max_iter=2, random_state=0).fit(pd.DataFrame(X, columns=list("abcde")), X[:, 0])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        named.predict(X)


def test_weights_that_are_too_large_are_said() -> None:
    X, y = 4 * np.arange(20.0).reshape(-1, 1), np.arange(20) % 2
    for estimator in (MLPClassifier((4,), max_iter=2), MLPRegressor(hidden_layer_sizes=(4,), max_iter=2)):
        estimator.fit(X, y)
        estimator.intercepts_[0][:], estimator.coefs_[0][:] = 0, 1e308
        estimator.coefs_[1][:] = [[1e308], [-1e308]] * 2
        with pytest.raises(DataError, match="1 of 1 networks predict no finite number for 19 of 20 rows"):
            estimator.predict(X)


@pytest.mark.parametrize("name", LINKS)
def test_a_plain_array_is_read_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine says of it that it is finite; scikit-learn's check would read it once more."""
    estimator, y = clone(LINKS[name][0]), LINKS[name][1]
    estimator.set_params(hidden_layer_sizes=(3,), max_iter=2, random_state=0).fit(X, y)
    expected = predicted(estimator, X.astype(">f8"))  # which is looked at
    if "native" not in ENGINES:
        pytest.skip("the reference engine looks for itself")
    monkeypatch.setattr(type(estimator), "_features", None)
    np.testing.assert_array_equal(predicted(estimator, X), expected)
    np.testing.assert_array_equal(predicted(estimator, np.asfortranarray(X)), expected)
