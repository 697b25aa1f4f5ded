"""The estimators give scikit-learn's results, and say what it says."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.neural_network as peer
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning

from shoal import MLPClassifier, MLPRegressor
from shoal.shapes import Array

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
PAIRS = [(MLPClassifier, peer.MLPClassifier), (MLPRegressor, peer.MLPRegressor)]
WAYS: list[dict[str, Any]] = [
    {},
    {"solver": "sgd", "learning_rate_init": 0.01, "n_iter_no_change": 3},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "max_iter": 200},
    {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, "nesterovs_momentum": False},
    {"solver": "sgd", "momentum": 1, "learning_rate_init": 1e-4, "max_iter": 20},
    {"activation": "logistic", "hidden_layer_sizes": (7, 5), "batch_size": 32, "alpha": 0.1},
    {"activation": "tanh", "early_stopping": True, "learning_rate_init": 0.01, "hidden_layer_sizes": 9},
    {"activation": "identity", "shuffle": False, "batch_size": 40, "tol": 1e-2, "max_iter": 200},
    {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "batch_size": 7, "max_iter": 10},
]


def data(estimator: Any) -> tuple[Array, Array]:
    if estimator.__name__ == "MLPClassifier":
        return IRIS
    return DIABETES[0], DIABETES[1] / 50


def both(
    ours: Any, theirs: Any, X: Array, y: Array, weight: Array | None = None, **way: Any
) -> tuple[Any, Any]:
    way = {"random_state": 3, "max_iter": 60, **way}
    return ours(**way).fit(X, y, weight), theirs(**way).fit(X, y, weight)


def assert_same(ours: Any, theirs: Any, X: Array, tolerance: float = 1e-9) -> None:
    for kind in "coefs_", "intercepts_":
        for mine, yours in zip(getattr(ours, kind), getattr(theirs, kind), strict=True):
            np.testing.assert_allclose(mine, yours, rtol=tolerance, atol=tolerance)
    for kind in "loss_curve_", "best_loss_", "loss_", "validation_scores_", "best_validation_score_":
        mine, yours = getattr(ours, kind, None), getattr(theirs, kind, None)
        assert (mine is None) == (yours is None), kind
        if mine is not None:
            np.testing.assert_allclose(mine, yours, rtol=tolerance, err_msg=kind)
    for kind in "n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_":
        assert getattr(ours, kind) == getattr(theirs, kind), kind
    for answer in "predict", "predict_proba", "predict_log_proba":
        if hasattr(theirs, answer):
            np.testing.assert_allclose(getattr(ours, answer)(X), getattr(theirs, answer)(X), rtol=1e-7)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_fit_is_scikit_learns_to_rounding(ours: Any, theirs: Any, way: dict[str, Any]) -> None:
    X, y = data(ours)
    mine, yours = both(ours, theirs, X, y, **way)
    assert_same(mine, yours, X)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_sample_weights_are_scikit_learns(ours: Any, theirs: Any, early_stopping: bool) -> None:
    X, y = data(ours)
    weight = np.random.default_rng(0).uniform(0.1, 3, len(y))
    mine, yours = both(ours, theirs, X, y, weight, batch_size=33, early_stopping=early_stopping)
    assert_same(mine, yours, X)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_several_outputs_and_several_labels_are_scikit_learns(solver: str) -> None:
    X, y = data(MLPRegressor)
    Y = np.column_stack([y, X[:, 0], -y])
    assert_same(*both(*PAIRS[1], X, Y, solver=solver, max_iter=15), X, 1e-6)
    X, Y = make_multilabel_classification(n_samples=80, random_state=0)
    assert_same(*both(*PAIRS[0], X, Y, solver=solver, max_iter=15), X, 1e-6)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_poisson_loss_is_scikit_learns(solver: str, weighted: bool) -> None:
    X, y = data(MLPRegressor)
    weight = np.arange(len(y)) + 1.0 if weighted else None
    assert_same(*both(*PAIRS[1], X, y, weight, loss="poisson", solver=solver, max_iter=15), X, 1e-6)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
def test_lbfgs_goes_scikit_learns_way(ours: Any, theirs: Any, activation: str) -> None:
    """For a while: it amplifies rounding about tenfold in ten iterations, of one BLAS against another too."""
    X, y = data(ours)
    for max_iter in 1, 5, 25:
        mine, yours = both(ours, theirs, X, y, solver="lbfgs", max_iter=max_iter, activation=activation)
        np.testing.assert_allclose(mine.loss_, yours.loss_, rtol=1e-6)
        np.testing.assert_allclose(mine.predict(X), yours.predict(X), rtol=1e-4)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_partial_fit_goes_on_as_scikit_learns_does(ours: Any, theirs: Any, solver: str) -> None:
    X, y = data(ours)
    mine, yours = both(ours, theirs, X, y, solver=solver, batch_size=20, max_iter=4)
    for _ in range(3):
        mine.partial_fit(X[::2], y[::2])
        yours.partial_fit(X[::2], y[::2])
    assert_same(mine, yours, X)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_warm_start_goes_on_as_scikit_learns_does(ours: Any, theirs: Any, early_stopping: bool) -> None:
    X, y = data(ours)
    mine, yours = both(ours, theirs, X, y, warm_start=True, max_iter=4, early_stopping=early_stopping)
    mine.fit(X, y)
    yours.fit(X, y)
    if not early_stopping:
        assert_same(mine, yours, X)
        return
    # scikit-learn trains on in its copy of the best weights, and restores those; the course is the same.
    np.testing.assert_allclose(mine.loss_curve_, yours.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(mine.validation_scores_, yours.validation_scores_, rtol=1e-9)
    assert mine.best_validation_score_ == max(mine.validation_scores_)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_a_random_state_is_used_up_as_scikit_learn_uses_it(ours: Any, theirs: Any) -> None:
    X, y = data(ours)
    states = np.random.RandomState(5), np.random.RandomState(5)
    for estimator, state in zip((ours, theirs), states, strict=True):
        estimator(random_state=state, max_iter=5, n_iter_no_change=2, tol=10, early_stopping=True).fit(X, y)
    assert states[0].randint(2**31) == states[1].randint(2**31)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_parameters_begin_with_scikit_learns_in_its_order(ours: Any, theirs: Any) -> None:
    mine = list(inspect.signature(ours).parameters.values())
    yours = list(inspect.signature(theirs).parameters.values())
    for parameter, expected in zip(mine, yours, strict=False):
        assert (parameter.name, parameter.default, parameter.kind) == (
            expected.name,
            expected.default,
            expected.kind,
        )
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in mine[len(yours) :])


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": -1},
        {"hidden_layer_sizes": (3, 0)},
        {"batch_size": 0},
        {"early_stopping": True, "validation_fraction": 0.001},
        {"momentum": 2},
        {"max_iter": 0.5},
    ],
    ids=str,
)
def test_errors_are_scikit_learns(ours: Any, theirs: Any, wrong: dict[str, Any]) -> None:
    X, y = data(ours)
    messages = []
    for estimator in (ours, theirs):
        with pytest.raises(ValueError, match=r".") as caught:
            estimator(**wrong).fit(X, y)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
def test_verbose_prints_what_scikit_learn_prints(
    ours: Any, theirs: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    X, y = data(ours)
    for way in WAYS[1:3], WAYS[6:7]:
        printed = []
        for estimator in (ours, theirs):
            estimator(**{"random_state": 0, "max_iter": 60, "verbose": True, **way[0]}).fit(X, y)
            printed.append(capsys.readouterr().out)
        assert printed[0] == printed[1]
        assert "Iteration" in printed[0]


@pytest.mark.parametrize("estimator", [MLPClassifier, MLPRegressor])
def test_the_warning_of_too_few_iterations_is_scikit_learns(estimator: Any) -> None:
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        estimator(max_iter=3).fit(*data(estimator))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator(max_iter=30, n_iter_no_change=2, tol=10).fit(*data(estimator))


def test_float32_stays_and_dtype_chooses() -> None:
    X, y = IRIS
    assert (
        MLPClassifier(max_iter=2).fit(X.astype("float32"), y).predict_proba(X[:2].astype("float32")).dtype
        == "f4"
    )
    fitted = MLPClassifier(max_iter=2, dtype="float32").fit(X, y)
    assert {part.dtype for part in (*fitted.coefs_, *fitted.intercepts_)} == {np.dtype("float32")}
    assert MLPRegressor(max_iter=2, solver="lbfgs").fit(X.astype("float32"), y).coefs_[0].dtype == "f4"
