from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import PoissonRegressor
from sklearn.metrics import get_scorer, mean_poisson_deviance
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_param_validation, parametrize_with_checks

from shoal import ShoalClassifier, ShoalRegressor
from shoal.errors import ConfigurationError, ShoalWarning
from shoal.selection.running.runner import Runner
from tests.clusters.crews import ADDRESS, here

SMALL: dict[str, Any] = {
    "hidden_layer_sizes": (16,),
    "n_starts": 1,
    "max_iter": 20,
    "random_state": 0,
    "n_jobs": 1,
}


@parametrize_with_checks(
    [ShoalClassifier(**SMALL), ShoalRegressor(**SMALL), ShoalRegressor(**SMALL, loss="poisson")],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": "repeated rows fall into other folds",
        "check_sample_weight_equivalence_on_sparse_data": "repeated rows fall into other folds",
        **(
            {"check_regressor_multioutput": "its targets are negative, whatever positive_only says"}
            if getattr(estimator, "loss", "") == "poisson"
            else {}
        ),
    },
)
def test_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("estimator", [ShoalClassifier, ShoalRegressor])
def test_parameters_are_validated_as_in_scikit_learn(estimator: Any) -> None:
    check_param_validation(estimator.__name__, estimator(**SMALL))


def pets(n: int = 90) -> tuple[pl.DataFrame, list[str]]:
    rng = np.random.default_rng(0)
    weight, kind = rng.normal(size=n), rng.choice(["furry", "scaly"], size=n)
    frame = pl.DataFrame({"weight": [None, *weight[1:]], "kind": kind})
    return frame, ["cat" if k == "furry" and w > 0 else "newt" for w, k in zip(weight, kind, strict=True)]


def test_a_frame_with_gaps_and_categories_and_labels_that_are_texts() -> None:
    X, y = pets()
    classifier = ShoalClassifier(**SMALL | {"max_iter": 40}).fit(X, y)
    assert classifier.classes_.tolist() == ["cat", "newt"]
    assert classifier.feature_names_in_.tolist() == ["weight", "kind"]
    assert classifier.score(X, y) > 0.9
    probabilities = classifier.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (classifier.predict(X) == classifier.classes_[probabilities.argmax(axis=1)]).all()


def test_labels_keep_their_order_beyond_ten() -> None:
    rng = np.random.default_rng(0)
    y = np.arange(240) % 12
    X = np.eye(12)[y] + 0.05 * rng.normal(size=(240, 12))
    classifier = ShoalClassifier(**SMALL | {"max_iter": 60}).fit(X, [f"class {label}" for label in y])
    assert classifier.score(X, [f"class {label}" for label in y]) > 0.95


def test_a_class_of_one_row_is_learned_too() -> None:
    X, y = load_iris(return_X_y=True)
    rare = ShoalClassifier(**SMALL).fit(X[:101], y[:101])
    assert rare.predict_proba(X[:5]).shape == (5, 3)
    with pytest.raises(ValueError, match="one class only, 0"):
        ShoalClassifier(**SMALL).fit(X[:50], y[:50])


def test_intervals_hold_what_they_promise_on_new_rows() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(600, 1))
    y = 100 * X[:, 0] + 10 * rng.normal(size=600)
    regressor = ShoalRegressor(**SMALL).fit(X[:300], y[:300])
    lower, upper = regressor.predict_interval(X[300:], coverage=0.8).T
    assert 0.72 < np.mean((lower <= y[300:]) & (y[300:] <= upper)) < 0.9
    wider = regressor.predict_interval(X[300:], coverage=0.95)
    assert (wider[:, 0] < lower).all()
    assert (wider[:, 1] > upper).all()
    predicted = regressor.predict(X[300:])
    assert ((lower < predicted) & (predicted < upper)).all()


def test_what_is_asked_for_is_what_is_trained() -> None:
    X, y = load_diabetes(return_X_y=True)
    asked = {"hidden_layer_sizes": (7, 5), "n_starts": 2, "max_iter": 3, "batch_size": 50}
    regressor = ShoalRegressor(**SMALL | asked).fit(X, y)
    assert set(regressor.study_.table["hidden"]) == {"7x5"}
    assert set(regressor.study_.table["start"]) == {0, 1}
    assert regressor.n_iter_ == 3
    assert regressor.study_.recipe.batch_size == 50
    assert ShoalRegressor(**SMALL, learning_rate_init=0.5).fit(X, y).study_.recipe.learning_rate == 0.5


def test_it_ends_in_the_time_that_it_is_given() -> None:
    X, y = load_diabetes(return_X_y=True)
    regressor = ShoalRegressor(hidden_layer_sizes=(4,), max_iter=300, n_jobs=1, time_limit=0.5).fit(X, y)
    assert "Ended early, by time" in regressor.study_.choice.sentence


def test_the_same_random_state_makes_the_same_ensemble() -> None:
    X, y = load_diabetes(return_X_y=True)
    regressor = ShoalRegressor(**SMALL).fit(X, y)
    np.testing.assert_array_equal(clone(regressor).fit(X, y).predict(X), regressor.predict(X))
    other = ShoalRegressor(**SMALL | {"random_state": 1}).fit(X, y)
    assert (other.predict(X) != regressor.predict(X)).any()


def test_it_is_cross_validated() -> None:
    X, y = load_iris(return_X_y=True)
    assert cross_val_score(ShoalClassifier(**SMALL), X, y, cv=2).mean() > 0.8


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (pd.array([2**53, 2**53 + 1, 2**53], dtype="Int64"), [2**53, 2**53 + 1]),
        (pd.Series([2**53, 2**53 + 1, 2**53], dtype=pd.ArrowDtype(pa.int64())), [2**53, 2**53 + 1]),
        (pd.array([True, False, True], dtype="boolean"), [False, True]),
        (np.array([2**63, 2**63 + 1, 2**63], dtype="u8"), [2**63, 2**63 + 1]),
        (["3.1", "3.10", "3.1"], ["3.1", "3.10"]),
        (pd.Categorical(["007", "7", "007"]), ["007", "7"]),
    ],
)
def test_classes_are_those_given_whatever_they_are_stored_in(y: Any, classes: list[Any]) -> None:
    y = pd.Series(y).repeat(8).reset_index(drop=True)
    X = pd.DataFrame({"a": np.arange(24.0)})
    classifier = ShoalClassifier(n_starts=1, max_iter=2, hidden_layer_sizes=2, random_state=0, n_jobs=1)
    assert classifier.fit(X, y).classes_.tolist() == classes
    assert classifier.predict_proba(X).shape == (24, 2)


def test_counts_are_predicted_as_rates() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 1))
    y = rng.poisson(np.exp(1 + X[:, 0]))
    regressor = ShoalRegressor(**SMALL | {"max_iter": 60}, loss="poisson").fit(X[:300], y[:300])
    rates = regressor.predict(X[300:])
    assert (rates > 0).all()
    theirs = PoissonRegressor(alpha=0).fit(X[:300], y[:300]).predict(X[300:])
    assert mean_poisson_deviance(y[300:], rates) < 1.1 * mean_poisson_deviance(y[300:], theirs)
    lower, upper = regressor.predict_interval(X[300:], coverage=0.9).T
    assert lower.min() == 0
    assert 0.8 < np.mean((lower <= y[300:]) & (y[300:] <= upper)) < 0.99


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "poisson"])
def test_networks_have_the_loss_asked_for(loss: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    regressor = ShoalRegressor(**SMALL, loss=loss).fit(X, y)
    assert regressor.model_.population.network.criterion.name == loss
    assert regressor.model_.target.loss == loss


def test_a_loss_that_does_not_suit_is_refused() -> None:
    X = np.arange(20.0)[:, None]
    with pytest.raises(ValueError, match=r"'y' is -9 in data row 1 .*loss='poisson' takes counts and rates"):
        ShoalRegressor(**SMALL, loss="poisson").fit(X, np.arange(20.0) - 9)
    with pytest.raises(ValueError, match="'loss' parameter of ShoalRegressor must be a str among"):
        ShoalRegressor(**SMALL, loss="log_loss").fit(X, X[:, 0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_starts": 2**33}, "n_starts must be at most 4294967295, got 8589934592"),
        ({"max_iter": 10**30}, "max_iter must be at most"),
        ({"n_jobs": 0}, "n_jobs must be"),
    ],
)
def test_settings_are_named_as_they_are_here(settings: dict[str, Any], message: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    with pytest.raises(ConfigurationError, match=message):
        ShoalRegressor(**settings).fit(X, y)


@pytest.mark.parametrize("after", [3, 7, 99], ids=["within a start", "after one", "not at all"])
def test_what_a_time_limit_has_ended_is_made_again_without_a_clock(
    monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The time is up as soon as so many of 20 networks, four starts on five folds, are trained."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = X[:, 0] + 0.3 * rng.normal(size=80)
    settings = SMALL | {"n_starts": 4, "max_iter": "auto", "hidden_layer_sizes": (4,)}
    with monkeypatch.context() as late:
        late.setattr(Runner, "_is_late", property(lambda self: self.networks >= after))
        first = ShoalRegressor(**settings, time_limit=1000.0).fit(X, y)
    assert first.study_.ended_by == ("time" if after < 20 else "")
    assert (first.repeat_["networks"] is None) is (after > 3)
    again = ShoalRegressor(**settings).set_params(**first.repeat_, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), first.predict(X))
    np.testing.assert_array_equal(again.predict_interval(X), first.predict_interval(X))
    assert again.repeat_ == first.repeat_


def test_networks_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="networks"):
        ShoalRegressor(**SMALL, networks="many").fit(np.eye(10), np.arange(10.0))


def test_several_targets_are_an_ensemble_each() -> None:
    X, y = load_diabetes(return_X_y=True)
    both = np.stack([y, 1000 - 2 * y], axis=1)
    both[:5, 1] = np.nan  # such rows teach the first target all the same
    with pytest.warns(ShoalWarning, match="5 of 442 rows have no value"):
        regressor = ShoalRegressor(**SMALL).fit(X, both)
    first = ShoalRegressor(**SMALL | {"random_state": regressor.estimators_[0].random_state}).fit(X, y)
    np.testing.assert_array_equal(regressor.predict(X)[:, 0], first.predict(X))
    assert np.corrcoef(regressor.predict(X).T)[0, 1] < -0.9
    intervals = regressor.predict_interval(X, coverage=0.8)
    assert intervals.shape == (442, 2, 2)
    np.testing.assert_array_equal(intervals[:, :, 0], first.predict_interval(X, coverage=0.8))
    assert regressor.score(X, np.stack([y, 1000 - 2 * y], axis=1)) > 0.3
    assert regressor.fit(X, y).predict(X).shape == (442,)
    assert not hasattr(regressor, "estimators_")


def test_decisions_are_log_odds_that_a_scorer_takes() -> None:
    X, y = load_iris(return_X_y=True)
    two = ShoalClassifier(**SMALL).fit(X[50:], y[50:])
    odds = two.decision_function(X[50:])
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), two.predict_proba(X[50:])[:, 1], rtol=1e-6)
    assert ((odds > 0) == (two.predict(X[50:]) == 2)).all()
    assert get_scorer("roc_auc")(two, X[50:], y[50:]) > 0.9
    three = ShoalClassifier(**SMALL).fit(X, y)
    assert (three.decision_function(X).argmax(axis=1) == three.predict(X)).all()
    np.testing.assert_allclose(np.exp(three.predict_log_proba(X)), three.predict_proba(X))


def test_a_pipeline_may_put_out_frames_before_it() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    pipeline = (
        make_pipeline(StandardScaler(), ShoalRegressor(**SMALL)).set_output(transform="pandas").fit(X, y)
    )
    assert pipeline[-1].feature_names_in_.tolist() == X.columns.tolist()


def test_workers_elsewhere_train_the_same_ensemble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.clusters.dask.connected", here)
    X, y = pets()
    at_home, there = (
        ShoalClassifier(n_starts=1, max_iter=5, random_state=0, n_jobs=1, on=on).fit(X, y)
        for on in (None, ADDRESS)
    )
    np.testing.assert_array_equal(there.predict_proba(X), at_home.predict_proba(X))
    assert clone(there).on == ADDRESS
    with pytest.raises(ValueError, match="on must be the address of a Dask scheduler"):
        ShoalRegressor(on="dask").fit(np.arange(20.0)[:, None], np.arange(20.0))


def test_a_frame_that_is_written_otherwise_than_the_fitted_one_is_noted() -> None:
    numbers = np.random.default_rng(0).uniform(0.1, 9, 40).round(2)
    points = {"a": [f"{number:.2f}" for number in numbers]}
    commas = {"a": [text.replace(".", ",") for text in points["a"]]}
    model = ShoalRegressor(**SMALL).fit(pl.DataFrame(commas), numbers)
    expected = model.predict(pl.DataFrame(commas))
    with pytest.warns(ShoalWarning, match=r"^X: numbers are read with decimal points, as column 'a'"):
        found = model.predict(pl.DataFrame(points))
    np.testing.assert_array_equal(found, expected)


def test_categories_written_otherwise_are_told_where_they_are_predicted() -> None:
    frame, labels = pets()
    fitted = ShoalClassifier(**SMALL).fit(frame, labels)
    strange = frame.with_columns(kind=pl.lit("a ") + pl.col("kind"))
    told = "column 'kind': none of 90 values such as 'a (furry|scaly)' is a category that the model was"
    for predict in (fitted.predict, fitted.model_.predict):
        predict(frame)
        with pytest.warns(ShoalWarning, match=told):
            predict(strange)
