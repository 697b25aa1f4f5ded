"""What the estimators do beyond scikit-learn's."""

from __future__ import annotations

import signal
import threading
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from joblib import Parallel, delayed
from scipy import sparse
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shoal import MLPClassifier, MLPRegressor
from shoal.activations import ACTIVATIONS
from shoal.errors import CapacityError
from shoal.estimators.training import stochastic
from shoal.estimators.training.orders import ShuffledOrders
from shoal.losses import Huber

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, Y = load_iris(return_X_y=True)
SCALED = StandardScaler().fit_transform(X)
TRAIN, HELD = slice(0, None, 2), slice(1, None, 2)
DIABETES, PROGRESS = load_diabetes().data, load_diabetes().target / 50


def classifier(**settings: Any) -> MLPClassifier:
    return MLPClassifier(**{"hidden_layer_sizes": 6, "random_state": 0, "max_iter": 20, **settings})


def forward(X: np.ndarray, coefs: list[np.ndarray], intercepts: list[np.ndarray]) -> np.ndarray:
    """What a classifier with one hidden layer of relu predicts for several classes, written out."""
    hidden = np.maximum(X @ coefs[0] + intercepts[0], 0)
    return softmax(hidden @ coefs[1] + intercepts[1], axis=1)


def test_class_weights_are_sample_weights() -> None:
    weighted = classifier(class_weight={0: 1, 1: 5, 2: 2}).fit(X, Y)
    expected = classifier().fit(X, Y, np.array([1, 5, 2])[Y])
    np.testing.assert_array_equal(weighted.coefs_[0], expected.coefs_[0])
    rows = np.r_[0:50, 50:60, 100:150]
    balanced = classifier(class_weight="balanced").fit(X[rows], Y[rows], np.full(len(rows), 2.0))
    inverse = 2 * len(rows) / 3 / np.bincount(Y[rows])[Y[rows]]
    np.testing.assert_allclose(
        balanced.coefs_[0], classifier().fit(X[rows], Y[rows], inverse).coefs_[0], rtol=1e-9, atol=1e-12
    )


def test_the_first_of_many_starts_is_the_only_one_of_a_single_fit() -> None:
    starts = classifier(n_starts=5).fit(SCALED, Y)
    alone = classifier().fit(SCALED, Y)
    assert len(set(starts.start_losses_)) == 5
    assert starts.start_losses_[0] == alone.loss_
    assert starts.best_start_ == np.argmin(starts.start_losses_)
    assert starts.loss_ == starts.loss_curve_[-1] == starts.start_losses_.min()


@pytest.mark.parametrize("solver", ["adam", "lbfgs", "scg"])
def test_an_ensemble_predicts_the_mean_of_its_starts(solver: str) -> None:
    ensemble = classifier(n_starts=3, combine_starts="ensemble", solver=solver).fit(SCALED, Y)
    best = classifier(n_starts=3, solver=solver).fit(SCALED, Y)
    members = [(ensemble.coefs_, ensemble.intercepts_), *ensemble._ensemble]
    assert len(members) == 3
    mean = np.mean([forward(SCALED, *member) for member in members], axis=0)
    np.testing.assert_allclose(ensemble.predict_proba(SCALED), mean)
    np.testing.assert_array_equal(ensemble.coefs_[0], best.coefs_[0])
    assert not np.allclose(ensemble.predict_proba(SCALED), best.predict_proba(SCALED))


def test_the_validation_loss_is_followed_without_touching_the_training() -> None:
    watched = classifier().fit(X[TRAIN], Y[TRAIN], X_val=X[HELD], y_val=Y[HELD])
    unwatched = classifier().fit(X[TRAIN], Y[TRAIN])
    np.testing.assert_array_equal(watched.coefs_[0], unwatched.coefs_[0])
    assert len(watched.validation_loss_curve_) == watched.n_iter_
    np.testing.assert_allclose(
        watched.validation_loss_curve_[-1], log_loss(Y[HELD], watched.predict_proba(X[HELD]))
    )
    assert watched.validation_scores_ is None
    assert unwatched.validation_loss_curve_ is None
    regressor = MLPRegressor(random_state=0, max_iter=5).fit(
        DIABETES, PROGRESS, X_val=DIABETES[::3], y_val=PROGRESS[::3]
    )
    error = PROGRESS[::3] - regressor.predict(DIABETES[::3])
    np.testing.assert_allclose(regressor.validation_loss_curve_[-1], np.square(error).mean() / 2)


def test_early_stopping_watches_the_rows_that_it_is_given() -> None:
    stopped = classifier(early_stopping=True, max_iter=300, learning_rate_init=0.01, n_iter_no_change=5)
    stopped.fit(SCALED[TRAIN], Y[TRAIN], X_val=SCALED[HELD], y_val=Y[HELD])
    assert stopped.early_stopped_
    assert stopped.t_ == 75 * stopped.n_iter_  # no row was set aside
    assert stopped.best_validation_score_ == max(stopped.validation_scores_)
    assert stopped.score(SCALED[HELD], Y[HELD]) == stopped.best_validation_score_
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        stopped.fit(X, Y, X_val=X)
    with pytest.raises(ValueError, match=r"y_val has the classes \[7\]"):
        stopped.fit(X, Y, X_val=X[:2], y_val=[0, 7])


def test_partial_fit_stops_early_and_stays_stopped() -> None:
    stream = classifier(early_stopping=True, n_iter_no_change=4, learning_rate_init=0.02)
    for _ in range(200):
        stream.partial_fit(SCALED[TRAIN], Y[TRAIN], classes=[0, 1, 2], X_val=SCALED[HELD], y_val=Y[HELD])
    assert stream.early_stopped_
    assert len(stream.validation_scores_) < 200
    assert stream.score(SCALED[HELD], Y[HELD]) == max(stream.validation_scores_)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_of_shoal_predicts_what_was_trained(activation: str) -> None:
    fitted = classifier(activation=[activation, "tanh"], hidden_layer_sizes=(5, 4), max_iter=3, alpha=0)
    fitted.fit(SCALED, Y, X_val=SCALED, y_val=Y)
    np.testing.assert_allclose(
        fitted.validation_loss_curve_[-1], log_loss(Y, fitted.predict_proba(SCALED)), rtol=1e-9
    )
    with pytest.raises(ValueError, match="activation has 1 entries for 2 hidden layers"):
        classifier(activation=[activation], hidden_layer_sizes=(5, 4)).fit(X, Y)


@pytest.mark.parametrize("loss", ["absolute_error", "huber", Huber(0.1)])
def test_robust_losses_follow_the_many_and_not_the_outlier(loss: Any) -> None:
    x = np.linspace(-1, 1, 60)[:, None]
    y = np.where(np.arange(60) == 7, 200.0, x[:, 0])
    way = {"learning_rate_init": 0.02, "max_iter": 300, "random_state": 0, "tol": 0}
    errors = [
        np.median(np.abs(MLPRegressor(chosen, (4,), "tanh", **way).fit(x, y).predict(x) - x[:, 0]))
        for chosen in (loss, "squared_error")
    ]
    assert errors[0] < errors[1] / 3


def test_dropout_draws_masks_from_the_random_state() -> None:
    dropped = [classifier(dropout=0.3, random_state=seed).fit(X, Y).coefs_[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(dropped[0], dropped[1])
    assert not np.array_equal(dropped[0], dropped[2])
    assert not np.array_equal(dropped[0], classifier().fit(X, Y).coefs_[0])


def test_a_diverging_fit_says_what_to_change() -> None:
    way = {"solver": "sgd", "learning_rate_init": 1e8, "activation": "identity", "random_state": 0}
    advice = r"learning_rate_init=1e\+08: try learning_rate_init=1e\+07"
    with pytest.raises(ValueError, match=advice):
        MLPRegressor(**way).fit(DIABETES, PROGRESS)
    kept = MLPRegressor(early_stopping=True, **way)
    with pytest.warns(ConvergenceWarning, match=advice):
        kept.fit(DIABETES, PROGRESS)
    assert kept.diverged_
    assert np.isfinite(kept.predict(DIABETES)).all()
    assert not classifier().fit(X, Y).diverged_


def test_the_number_of_threads_changes_no_bit() -> None:
    fits = [classifier(n_jobs=n, n_starts=4).fit(X, Y) for n in (1, 3, -2, None)]
    for fitted in fits[1:]:
        np.testing.assert_array_equal(fitted._starts, fits[0]._starts)


def test_workers_of_joblib_give_the_same_fit() -> None:
    fits = Parallel(n_jobs=2)(delayed(classifier().fit)(X, Y) for _ in range(2))
    np.testing.assert_array_equal(fits[0].coefs_[0], classifier().fit(X, Y).coefs_[0])


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_tables_with_gaps_and_categories(library: Any) -> None:
    columns: dict[str, Any] = {name: list(column) for name, column in zip("abcd", X.T, strict=True)}
    columns["a"] = [None if i % 7 == 0 else value for i, value in enumerate(columns["a"])]
    columns["colour"] = ["red" if kind else "blue" for kind in Y]
    table = library(columns)
    fitted = classifier(preprocessing="table", max_iter=100, learning_rate_init=0.01).fit(table, Y)
    assert list(fitted.feature_names_in_) == ["a", "b", "c", "d", "colour"]
    assert fitted.coefs_[0].shape[0] == 7  # a is missing, and two colours
    assert fitted.score(table, Y) > 0.9
    with pytest.raises(ValueError, match=r"feature names|columns"):
        fitted.predict(table[["a", "b"]])


def test_arrays_with_gaps() -> None:
    gaps = X.copy()
    gaps[::5, 1] = np.nan
    fitted = classifier(preprocessing="table", max_iter=100, learning_rate_init=0.01).fit(gaps, Y)
    assert fitted.coefs_[0].shape[0] == 5
    assert fitted.score(gaps, Y) > 0.9
    with pytest.raises(ValueError, match="NaN"):
        classifier().fit(gaps, Y)


def test_a_sparse_table_too_large_to_be_dense_is_refused() -> None:
    huge = sparse.csr_array((200_000, 200_000))
    with pytest.raises(CapacityError, match="dense copy of X"):
        classifier(hidden_layer_sizes=1).fit(huge, np.arange(200_000) % 2)


def test_validation_rows_and_weights_are_routed() -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        routed = classifier().set_fit_request(sample_weight=True, X_val=True, y_val=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        steps = make_pipeline(scaler, routed, transform_input=["X_val"])
        steps.fit(X[TRAIN], Y[TRAIN], sample_weight=np.ones(75), X_val=X[HELD], y_val=Y[HELD])
    assert len(steps[-1].validation_loss_curve_) == steps[-1].n_iter_
    scaler = StandardScaler().fit(X[TRAIN])
    alone = classifier().fit(
        scaler.transform(X[TRAIN]), Y[TRAIN], np.ones(75), X_val=scaler.transform(X[HELD]), y_val=Y[HELD]
    )
    np.testing.assert_allclose(steps[-1].validation_loss_curve_, alone.validation_loss_curve_)


def test_it_works_inside_scikit_learns_own() -> None:
    pipeline = make_pipeline(StandardScaler(), classifier(max_iter=60, learning_rate_init=0.02))
    assert cross_val_score(pipeline, X, Y, cv=3).min() > 0.85
    assert CalibratedClassifierCV(pipeline, cv=2).fit(X, Y).score(X, Y) > 0.85
    voting = VotingClassifier([("a", pipeline), ("b", classifier(solver="lbfgs"))], voting="soft")
    assert voting.fit(X, Y).score(X, Y) > 0.85
    search = GridSearchCV(pipeline, {"mlpclassifier__alpha": [0.01, 100.0]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"mlpclassifier__alpha": 0.01}
    assert "MLPClassifier" in pipeline._repr_html_()


def test_ctrl_c_in_the_midst_of_epochs_run_together_keeps_the_last_whole_one() -> None:
    rng = np.random.default_rng(0)
    rows, numbers = rng.normal(size=(1999, 5)), rng.normal(size=1999)
    long = MLPRegressor(random_state=np.random.RandomState(0), max_iter=10**6, tol=0, n_iter_no_change=10**6)
    ctrl_c = threading.Timer(0.5, signal.raise_signal, [signal.SIGINT])
    ctrl_c.start()
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        long.fit(rows, numbers)
    random = np.random.RandomState(0)
    same = MLPRegressor(random_state=random, max_iter=long.n_iter_, tol=0, n_iter_no_change=10**6)
    same.fit(rows, numbers)
    assert long.loss_curve_ == same.loss_curve_
    np.testing.assert_array_equal(long.coefs_[0], same.coefs_[0])
    assert long.random_state.randint(2**31) == random.randint(2**31)


def test_ctrl_c_keeps_the_last_whole_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    shuffle, asked = ShuffledOrders.next, list[int]()

    def interrupt(orders: ShuffledOrders, epochs: int = 1, *, last: bool = False) -> Any:
        asked.append(epochs)
        if sum(asked) > 4:
            raise KeyboardInterrupt
        return shuffle(orders, epochs, last=last)

    monkeypatch.setattr(ShuffledOrders, "next", interrupt)
    monkeypatch.setattr(stochastic, "TOGETHER", 4 * len(X))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        fitted = classifier().fit(X, Y)
    assert fitted.n_iter_ == 4
    monkeypatch.undo()
    np.testing.assert_array_equal(fitted.coefs_[0], classifier(max_iter=4).fit(X, Y).coefs_[0])
