from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.estimator_checks import (
    check_do_not_raise_errors_in_init_or_set_params,
    check_estimator_cloneable,
    check_estimator_repr,
    check_estimator_tags_renamed,
    check_get_params_invariance,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_param_validation,
    check_parameters_default_constructible,
    check_set_params,
    check_valid_tag_types,
)

from shoal import SequenceClassifier, SequenceRegressor, Sequences
from shoal.errors import CapacityError, DataError, ShoalWarning
from tests.clusters.crews import ADDRESS, here

FEW: dict[str, Any] = {"views": ["random"], "n_features": 700, "n_draws": 1, "random_state": 0, "n_jobs": 1}
CHECKS = [
    check_do_not_raise_errors_in_init_or_set_params,
    check_estimator_cloneable,
    check_estimator_repr,
    check_estimator_tags_renamed,
    check_get_params_invariance,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_param_validation,
    check_parameters_default_constructible,
    check_set_params,
    check_valid_tag_types,
]


def waves(n: int, seed: int, shortest: int = 40, longest: int = 40) -> tuple[list[Any], Any, Any]:
    """Return series (T_i, 2) of two frequencies in noise, their names, and their amplitudes."""
    rng = np.random.default_rng(seed)
    y, amplitude = np.arange(n) % 2, rng.uniform(1, 3, n)
    series = []
    for code, size in zip(y, amplitude, strict=True):
        t = np.arange(rng.integers(shortest, longest + 1))
        wave = size * np.sin((0.4 + 0.4 * code) * t + rng.uniform(0, 6))
        series.append(np.stack([wave, rng.normal(size=len(t))], axis=1) + 0.3 * rng.normal(size=(len(t), 2)))
    return series, np.array(["low", "high"])[y], amplitude


X, Y, SIZES = waves(30, 0, 25, 40)
XT, YT, SIZES_T = waves(20, 1, 25, 60)


@pytest.fixture(scope="module")
def classifier() -> SequenceClassifier:
    return SequenceClassifier(**FEW).fit(X, Y)


@pytest.fixture(scope="module")
def regressor() -> SequenceRegressor:
    return SequenceRegressor(**FEW).fit(X, SIZES)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", [SequenceClassifier, SequenceRegressor])
def test_checks_of_scikit_learn_that_need_no_table(estimator: Any, check: Any) -> None:
    check(estimator.__name__, estimator())


def test_frequencies_of_series_of_unequal_lengths_are_told_apart(classifier: SequenceClassifier) -> None:
    assert classifier.classes_.tolist() == ["high", "low"]
    assert classifier.score(XT, YT) >= 0.95
    probabilities = classifier.predict_proba(XT)
    assert probabilities.shape == (20, 2)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(classifier.predict(XT), classifier.classes_[probabilities.argmax(axis=1)])


def test_numbers_are_predicted_in_their_own_units(regressor: SequenceRegressor) -> None:
    assert regressor.score(XT, SIZES_T) > 0.7
    moved = SequenceRegressor(**FEW).fit(X, 100 * SIZES - 7)
    np.testing.assert_allclose(moved.predict(XT), 100 * regressor.predict(XT) - 7, rtol=1e-6)


def test_what_is_held_out_is_honest(regressor: SequenceRegressor, classifier: SequenceClassifier) -> None:
    shuffled = np.random.default_rng(0).permutation(Y)
    held_out = SequenceClassifier(**FEW).fit(X, shuffled).held_out_
    assert (classifier.classes_[held_out.argmax(axis=1)] == shuffled).mean() < 0.8
    right = classifier.classes_[classifier.held_out_.argmax(axis=1)] == Y
    assert right.mean() > 0.9
    assert np.corrcoef(regressor.held_out_, SIZES)[0, 1] > 0.8
    assert np.abs(regressor.held_out_ - SIZES).mean() > np.abs(regressor.predict(X) - SIZES).mean()


@pytest.mark.parametrize(("name", "y"), [("classifier", Y), ("regressor", SIZES)], ids=["classes", "numbers"])
def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(
    name: str, y: Any, request: pytest.FixtureRequest
) -> None:
    fitted = request.getfixturevalue(name)
    again = clone(fitted).set_params(n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(
        again.mixture_.held_out,
        fitted.mixture_.held_out,
    )
    other = clone(fitted).set_params(random_state=1).fit(X, y)
    assert not np.array_equal(other.mixture_.held_out, fitted.mixture_.held_out)


def test_each_series_is_predicted_alone_in_any_order(
    regressor: SequenceRegressor, classifier: SequenceClassifier
) -> None:
    together, order = classifier.predict_proba(XT), np.random.default_rng(0).permutation(20)
    np.testing.assert_array_equal(classifier.predict_proba([XT[i] for i in order]), together[order])
    for row in range(4):
        np.testing.assert_array_equal(classifier.predict_proba([XT[row]])[0], together[row])
        np.testing.assert_array_equal(regressor.predict(XT[row : row + 1])[0], regressor.predict(XT)[row])


def test_containers_are_the_same_series() -> None:
    X, y, _ = waves(12, 3)
    first = SequenceClassifier(**FEW).fit(X, y).predict_proba(X)
    array = np.stack(X)
    for other in (array, Sequences(array.swapaxes(1, 2), np.full(12, 40))):
        np.testing.assert_array_equal(SequenceClassifier(**FEW).fit(other, y).predict_proba(other), first)
    turned = SequenceClassifier(channels_first=True, **FEW).fit(array.swapaxes(1, 2), y)
    np.testing.assert_array_equal(turned.predict_proba([x.T for x in X]), first)
    one = SequenceClassifier(**FEW).fit(array[:, :, 0], y)
    np.testing.assert_array_equal(one.predict_proba(array[:, :, :1]), one.predict_proba(list(array[:, :, 0])))


def test_missing_values_are_filled_and_told(classifier: SequenceClassifier) -> None:
    rng = np.random.default_rng(0)
    holes = [np.where(rng.random(x.shape) < [0.1, 0.0], np.nan, x) for x in X]
    classifier = SequenceClassifier(**FEW).fit(holes, Y)
    assert classifier.preprocessor_.gaps == (True, False)
    assert classifier.score(XT, YT) >= 0.9
    filled = np.isfinite(classifier.predict_proba([np.where(x > 2, np.nan, x) for x in XT]))
    assert filled.all()


def test_cloning_searching_and_keeping(classifier: SequenceClassifier) -> None:
    grid = {"n_features": [336, 700]}
    search = GridSearchCV(SequenceClassifier(**FEW), grid, cv=2, error_score="raise").fit(X, Y)
    assert search.best_score_ == max(search.cv_results_["mean_test_score"]) > 0.9
    assert search.best_estimator_.n_features == search.best_params_["n_features"]
    assert cross_val_score(SequenceRegressor(**FEW), X, SIZES, cv=2).shape == (2,)
    restored = pickle.loads(pickle.dumps(classifier))  # noqa: S301
    np.testing.assert_array_equal(restored.predict_proba(XT), classifier.predict_proba(XT))


def test_series_without_a_target_are_left_out(
    regressor: SequenceRegressor, classifier: SequenceClassifier
) -> None:
    with pytest.warns(ShoalWarning, match="2 of 32 rows have no value"):
        fitted = SequenceClassifier(**FEW).fit([*X, X[0], X[1]], [*Y.tolist(), None, None])
    np.testing.assert_array_equal(fitted.predict_proba(XT), classifier.predict_proba(XT))
    with pytest.warns(ShoalWarning, match="1 of 31 rows have no value"):
        fitted = SequenceRegressor(**FEW).fit([*X, X[0]], [*SIZES, np.nan])
    np.testing.assert_array_equal(fitted.predict(XT), regressor.predict(XT))


def test_one_sample_of_a_class_is_enough_to_fit() -> None:
    fitted = SequenceClassifier(**FEW).fit(X[:7], ["a", "b", "a", "b", "a", "b", "once"])
    assert fitted.predict_proba(X[:2]).shape == (2, 3)


@pytest.mark.parametrize(
    ("series", "y", "message"),
    [
        (X, Y[:-1], "inconsistent numbers of samples"),
        (X, None, "requires y to be passed"),
        (X, ["a"] * 30, "one class only, a"),
        (X[:1], Y[:1], "1 sample; SequenceClassifier learns from 2 at least"),
        ([*X[:5], np.full((3, 2), np.nan)], Y[:6], "series 5 of X has no value among its 3 steps"),
        ([x * [1, np.nan] for x in X], Y, r"channel 1 of X \(from 0\) has no value in any series"),
        ([*X[:5], X[5][:, :1]], Y[:6], "series 5 of X has 1 channel and the first 2"),
        ([*X[:5], np.full((3, 2), "x")], Y[:6], "series 5 of X must be numbers"),
    ],
)
def test_what_cannot_be_learnt_from_is_said_in_one_line(series: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        SequenceClassifier(**FEW).fit(series, y)
    assert "\n" not in str(caught.value)


def test_what_there_is_no_memory_for_is_told_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.data.memory.available_bytes", lambda: 2**20)
    with pytest.raises(
        CapacityError, match=r"series under random convolutions of series needs .*fewer n_feat"
    ):
        SequenceClassifier(**FEW).fit(X, Y)


def test_other_channels_than_those_fitted_are_refused(classifier: SequenceClassifier) -> None:
    with pytest.raises(DataError, match="series of 1 channel, SequenceClassifier was fitted to 2"):
        classifier.predict([[1.0, 2.0]])
    with pytest.raises(NotFittedError):
        SequenceRegressor().predict(XT)


def test_targets_of_a_regression_are_numbers() -> None:
    with pytest.raises(DataError, match="'low'"):
        SequenceRegressor(**FEW).fit(X, Y)
    with pytest.raises(ValueError, match="Unknown label type"):
        SequenceClassifier(**FEW).fit(X, SIZES)
    constant = SequenceRegressor(**FEW).fit(X, np.full(30, 5.0))
    np.testing.assert_allclose(constant.predict(XT), 5)


def test_no_model_has_met_a_group_that_it_is_judged_by() -> None:
    rng = np.random.default_rng(0)
    speakers = np.arange(48) % 8
    rates = np.linspace(0.2, 0.9, 8)  # a voice of its own
    said = np.array([0, 1, 1, 0, 1, 0, 0, 1])[speakers]  # which says nothing of others
    voices = [np.sin(rates[who] * np.arange(30) + rng.uniform(0, 6)) for who in speakers]
    settings = {"views": ["random", "convolutional"], "n_features": 500, "budget": 1e8, "random_state": 0}
    alone = SequenceClassifier(**settings).fit(voices, said)
    grouped = SequenceClassifier(**settings).fit(voices, said, groups=[f"speaker {who}" for who in speakers])
    right = [(each.held_out_.argmax(axis=1) == said).mean() for each in (alone, grouped)]
    assert right[0] > 0.95
    assert right[1] < 0.7
    assert np.abs(grouped.held_out_ - 0.5).mean() < np.abs(alone.held_out_ - 0.5).mean()  # and knows it


def test_groups_that_are_none() -> None:
    series, labels = [np.arange(9.0) * n for n in range(8)], ["a", "b"] * 4
    for groups, said in (
        ([1] * 8, "1 group cannot be divided"),
        ([1, 2], "one entry for each of the 8 rows"),
    ):
        with pytest.raises(DataError, match=said):
            SequenceClassifier(budget=1.0).fit(series, labels, groups=groups)
    with pytest.warns(ShoalWarning, match="1 of 8"):
        fitted = SequenceClassifier(budget=1.0, n_features=336).fit(
            series, [None, *labels[1:]], groups=list("aabbccdd")
        )
    assert fitted.held_out_.shape == (7, 2)


def test_workers_elsewhere_teach_the_same_views(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.clusters.dask.connected", here)
    few = FEW | {"views": ["random", "convolutional"], "budget": 1e7}
    at_home, there = (SequenceClassifier(**few, on=on).fit(X, Y) for on in (None, ADDRESS))
    np.testing.assert_array_equal(there.held_out_, at_home.held_out_)
    np.testing.assert_array_equal(there.predict_proba(XT), at_home.predict_proba(XT))
    assert there.mixture_.sentence == at_home.mixture_.sentence
    with pytest.raises(ValueError, match="on must be the address of a Dask scheduler"):
        SequenceRegressor(**FEW, on="dask").fit(X, SIZES)


def test_values_far_from_those_fitted_are_refused_as_files_are() -> None:
    classifier = SequenceClassifier(**FEW).fit(X, Y)
    with pytest.raises(
        DataError, match="series 2 has values so far from those fitted that they are no numbers"
    ):
        classifier.predict([X[0], np.asarray(X[1]) * 1e200])
