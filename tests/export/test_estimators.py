from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.neural_network
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.preprocessing import scale

from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.estimators.mlp.regressor import MLPRegressor
from shoal.export.torch import torch_state

Run = Callable[..., dict[str, Any]]
BRIEFLY: dict[str, Any] = {"solver": "lbfgs", "max_iter": 30, "max_fun": 300, "random_state": 0}
TABLES = {"breast_cancer": load_breast_cancer, "iris": load_iris, "diabetes": load_diabetes}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def table(name: str, dtype: str = "float64") -> tuple[Any, Any]:
    X, y = TABLES[name](return_X_y=True)
    return scale(X).astype(dtype), y


def assert_same_classes(run: Run, estimator: Any, X: Any) -> None:
    outputs = run(estimator, {"X": X.astype(estimator.coefs_[0].dtype)})
    assert list(outputs) == ["label", "probabilities"]
    np.testing.assert_allclose(outputs["probabilities"], estimator.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(outputs["label"], estimator.predict(X))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["logistic", "tanh", "relu", "identity"])
@pytest.mark.parametrize("name", ["breast_cancer", "iris"])
def test_a_classifier(run: Run, name: str, activation: str, dtype: str) -> None:
    X, y = table(name, dtype)
    solver = "adam" if dtype == "float32" else "lbfgs"  # which makes doubles of what it is given
    estimator = MLPClassifier((6, 4), activation, **(BRIEFLY | {"solver": solver})).fit(X, y)
    assert estimator.coefs_[0].dtype == dtype
    assert_same_classes(run, estimator, X)


@pytest.mark.parametrize("labels", [["a", "b", "ß"], [-7, 0, 10**12], [0.0, 3.0, 7.0]])
def test_classes_of_every_kind(run: Run, labels: list[Any]) -> None:
    X, y = table("iris")
    assert_same_classes(run, MLPClassifier((4,), **BRIEFLY).fit(X, np.array(labels)[y]), X)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([1, 2**63 + 5], dtype=np.uint64),
        np.array(["2024-02-29", "1969-12-31"], dtype="datetime64[D]"),
        np.array([1, 2], dtype="timedelta64[D]"),
    ],
)
def test_other_classes_become_texts(run: Run, labels: Any) -> None:
    X, y = table("breast_cancer")
    estimator = MLPClassifier((4,), **BRIEFLY).fit(X, labels[y])
    assert run(estimator, {"X": X})["label"].tolist() == [str(label) for label in estimator.predict(X)]


def test_booleans_become_whole_numbers(run: Run) -> None:
    X, y = table("breast_cancer")
    estimator = MLPClassifier((4,), **BRIEFLY).fit(X, y == 1)
    label = run(estimator, {"X": X})["label"]
    assert label.dtype == np.int64
    np.testing.assert_array_equal(label == 1, estimator.predict(X))


def test_several_labels_at_once(run: Run) -> None:
    X, y = table("iris")
    several = np.stack([y == 0, y > 0, X[:, 0] > 0], axis=1).astype(int)
    assert_same_classes(run, MLPClassifier((4,), **BRIEFLY).fit(X, several), X)


def test_scikit_learns_own(run: Run) -> None:
    X, y = table("iris")
    assert_same_classes(run, sklearn.neural_network.MLPClassifier((6, 4), **BRIEFLY).fit(X, y), X)
    regressor = sklearn.neural_network.MLPRegressor(hidden_layer_sizes=(4,), **BRIEFLY).fit(X, y)
    np.testing.assert_allclose(run(regressor, {"X": X})["variable"][:, 0], regressor.predict(X), atol=1e-5)


@pytest.mark.parametrize("combine_starts", ["best", "ensemble"])
def test_what_scikit_learn_lacks(run: Run, combine_starts: str) -> None:
    X, y = table("iris", "float32")
    estimator = MLPClassifier(
        (6, 4), ["gelu", "mish"], n_starts=3, combine_starts=combine_starts, dropout=0.1
    )
    assert_same_classes(run, estimator.set_params(max_iter=20, random_state=0).fit(X, y), X)
    one = {"0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"}
    several = {f"{p}.{name}" for p in range(3) for name in one}
    assert torch_state(estimator).keys() == (one if combine_starts == "best" else several)


def test_the_columns_of_a_table(run: Run) -> None:
    X, y = table("iris")
    X[::9, 0] = np.nan
    frame = pd.DataFrame(
        {"length": X[:, 0], "colour": np.array(["red", "blue", "green"])[np.arange(150) % 3]}
    )
    estimator = MLPClassifier((6,), preprocessing="table", **BRIEFLY).fit(frame, y)
    feeds = {"length": frame[["length"]].to_numpy(), "colour": frame[["colour"]].to_numpy(object)}
    outputs = run(estimator, feeds)
    np.testing.assert_allclose(outputs["probabilities"], estimator.predict_proba(frame), atol=1e-5)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "absolute_error", "huber"])
def test_every_loss_of_a_regression(run: Run, loss: str) -> None:
    X, y = table("diabetes")
    estimator = MLPRegressor(loss, hidden_layer_sizes=(5,), max_iter=20, random_state=0).fit(X, y)
    np.testing.assert_allclose(run(estimator, {"X": X})["variable"][:, 0], estimator.predict(X), rtol=1e-5)


@pytest.mark.parametrize("several", [False, True])
def test_a_regressor(run: Run, several: bool) -> None:
    X, y = table("diabetes")
    estimator = MLPRegressor(hidden_layer_sizes=(5,), **BRIEFLY)
    estimator.fit(X, np.stack([y, -y], axis=1) if several else y)
    variable = run(estimator, {"X": X})["variable"]
    expected = estimator.predict(X).reshape(len(X), -1)
    assert variable.shape == expected.shape == (len(X), 1 + several)
    np.testing.assert_allclose(variable, expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["breast_cancer", "iris"])
def test_of_equally_probable_classes_it_is_the_first(run: Run, name: str, dtype: str) -> None:
    X, y = table(name, dtype)
    estimator = MLPClassifier((5,), **BRIEFLY).fit(X, y)
    estimator.coefs_[-1][:], estimator.intercepts_[-1][:] = 0, 0
    assert (estimator.predict(X) == estimator.classes_[0]).all()
    assert_same_classes(run, estimator, X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_members_that_contradict_each_other_make_the_first_class(run: Run, dtype: str) -> None:
    X, y = table("breast_cancer", dtype)
    estimator = MLPClassifier((5,), **BRIEFLY).fit(X, y)
    (*coefs, last), (*intercepts, b) = estimator.coefs_, estimator.intercepts_
    estimator._ensemble = [([*coefs, -last], [*intercepts, -b])]
    one, other = estimator.predict_proba(X).T
    np.testing.assert_array_equal(one, other)
    assert (estimator.predict(X) == estimator.classes_[0]).all()
    assert_same_classes(run, estimator, X)
