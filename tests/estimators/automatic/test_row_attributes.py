"""Groups, times and weights of rows, as scikit-learn hands them over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import GroupKFold, cross_validate

from shoal import SequenceClassifier, ShoalClassifier, ShoalRegressor, TextClassifier, TextRegressor
from shoal.errors import ConfigurationError, DataError

TINY: dict[str, Any] = {
    "n_starts": 1,
    "max_iter": 3,
    "hidden_layer_sizes": [4],
    "random_state": 0,
    "n_jobs": 1,
}
N = 60
RNG = np.random.default_rng(2)
X = RNG.normal(size=(N, 2))
Y = (X[:, 0] + RNG.normal(size=N) > 0).astype(int)
GROUPS = np.arange(N) % 9

pytestmark = pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")


def folds_of(estimator: Any, entries: Any) -> list[tuple[set[Any], set[Any]]]:
    return [
        (set(entries[train].tolist()), set(entries[held].tolist())) for train, held in estimator.study_.splits
    ]


@pytest.mark.parametrize("kind", [ShoalClassifier, ShoalRegressor])
def test_folds_share_no_group_and_see_no_future(kind: Any) -> None:
    y = Y if kind is ShoalClassifier else X[:, 0]
    for train, held in folds_of(kind(**TINY).fit(X, y, groups=GROUPS), GROUPS):
        assert not train & held
    times = np.arange(N)[::-1]
    for train, held in folds_of(kind(**TINY).fit(X, y, times=times), times):
        assert max(train) < min(held)


def test_the_columns_are_no_features_and_rows_without_a_label_take_theirs_along() -> None:
    labels = Y.astype(object)
    labels[3] = None
    model = ShoalClassifier(**TINY).fit(X, labels, sample_weight=np.full(N, 2.0), groups=GROUPS)
    assert model.predict(X).shape == (N,)
    assert model.n_features_in_ == 2
    known = np.delete(GROUPS, 3)
    for train, held in folds_of(model, known):
        assert not train & held


def test_weights_change_what_is_learnt_and_their_unit_does_not() -> None:
    weights = np.where(Y == 1, 20.0, 1.0)
    plain, weighed, again = (
        ShoalClassifier(**{**TINY, "max_iter": 60}).fit(X, Y, sample_weight=s).predict_proba(X)[:, 1]
        for s in (None, weights, 1e6 * weights)
    )
    assert weighed.mean() > plain.mean() + 0.1
    np.testing.assert_allclose(weighed, again, rtol=1e-5)


@pytest.mark.parametrize("by_class", [False, True])
def test_a_class_whose_rows_count_for_nothing_is_none(by_class: bool) -> None:
    """The others keep their names, and all is as without its rows: before, "b" and "c" were "a" and "b"."""
    y = np.array(["a", "b", "c"])[np.arange(N) % 3]
    counts = y != "a"
    settings = {**TINY, "max_iter": 20, "cost": {("b", "c"): 3}}
    if by_class:
        model = ShoalClassifier(**settings, class_weight={"a": 0}).fit(X, y)
    else:
        model = ShoalClassifier(**settings).fit(X, y, sample_weight=counts.astype(float))
    alone = ShoalClassifier(**settings).fit(X[counts], y[counts], sample_weight=np.ones(counts.sum()))
    assert model.classes_.tolist() == alone.classes_.tolist() == ["b", "c"]
    np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    with pytest.raises(ValueError, match="y has one class only, c; a classifier"):
        ShoalClassifier(**TINY).fit(X, y, sample_weight=(y == "c").astype(float))
    with pytest.raises(ValueError, match="at least one non-zero"):
        ShoalClassifier(**TINY).fit(X, y, sample_weight=np.zeros(N))


def test_class_weights_are_weights_of_rows() -> None:
    settings = {**TINY, "max_iter": 20}
    s = np.random.default_rng(1).uniform(0.5, 2, N)
    by_class = ShoalClassifier(**settings, class_weight={0: 1.0, 1: 5.0}).fit(X, Y, sample_weight=s)
    by_row = ShoalClassifier(**settings).fit(X, Y, sample_weight=s * np.where(Y == 1, 5.0, 1.0))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    rare = np.arange(N) % 6 == 0
    balanced = ShoalClassifier(**settings, class_weight="balanced").fit(X, rare)
    plain = ShoalClassifier(**settings).fit(X, rare)
    assert balanced.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"groups": np.zeros(N)}, DataError, "60 rows of 1 group cannot be divided"),
        ({"groups": GROUPS[:-1]}, ValueError, "inconsistent numbers of samples"),
        ({"groups": [None, *GROUPS[1:]]}, DataError, "(?s)groups.* is missing in 1 of 60"),
        ({"groups": GROUPS, "times": GROUPS}, Exception, "groups='groups' and times='times' were given"),
        ({"sample_weight": np.full(N, -1.0)}, ValueError, "[Nn]egative values"),
        ({"sample_weight": np.zeros(N)}, ValueError, "0 in all 60 rows|non-zero"),
        ({"sample_weight": np.full(N, np.nan)}, ValueError, "NaN"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        ShoalClassifier(**TINY).fit(X, Y, **given)


def test_metadata_are_routed() -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = ShoalClassifier(**TINY).set_fit_request(groups=True, sample_weight=True)
        found = cross_validate(
            estimator,
            X,
            Y,
            cv=GroupKFold(3),
            params={"groups": GROUPS, "sample_weight": np.ones(N)},
            return_estimator=True,
            scoring=get_scorer("neg_log_loss").set_score_request(sample_weight=False),
        )
    for fitted, (train, _) in zip(found["estimator"], GroupKFold(3).split(X, Y, GROUPS), strict=True):
        for known, held in folds_of(fitted, GROUPS[train]):
            assert not known & held


MIXED: dict[str, tuple[Any, Any]] = {
    "series": (
        SequenceClassifier(n_features=336, budget=1e6, random_state=0, n_jobs=1),
        [np.sin((0.3 + 0.4 * (k % 2)) * np.arange(9) + k) for k in range(N)],
    ),
    "texts": (
        TextClassifier(views=["linear"], random_state=0, n_jobs=1),
        [f"{'odd' if k % 2 else 'even'} {k % 5} {k % 3}" for k in range(N)],
    ),
}


@pytest.mark.parametrize("name", MIXED)
def test_mixtures_count_samples_and_go_ahead_in_time(name: str) -> None:
    estimator, given = MIXED[name]
    y = np.arange(N) % 2 ^ (np.arange(N) % 7 == 0)
    weights = np.where(y, 5.0, 1.0)
    plain = clone(estimator).fit(given, y)
    assert plain.held_out_rows_.tolist() == list(range(N))
    heavy = clone(estimator).fit(given, y, sample_weight=weights)
    assert heavy.predict_proba(given)[:, 1].mean() > plain.predict_proba(given)[:, 1].mean() + 0.05
    known = np.arange(N) % 5 > 0
    some = [each for each, own in zip(given, known, strict=True) if own]
    without = clone(estimator).fit(some, y[known], sample_weight=weights[known])
    zero = clone(estimator).fit(given, y, sample_weight=np.where(known, weights, 0))
    np.testing.assert_array_equal(zero.predict_proba(given), without.predict_proba(given))
    np.testing.assert_array_equal(zero.held_out_rows_, np.flatnonzero(known))
    times = np.arange(N)[::-1]
    ahead = clone(estimator).fit(given, y, times=times)
    assert ahead.held_out_rows_.tolist() == list(range(N // 2))  # the latest come first
    assert ahead.held_out_.shape == (N // 2, 2)
    with pytest.raises(ConfigurationError, match="groups and times"):
        clone(estimator).fit(given, y, groups=times, times=times)
    with pytest.raises(DataError, match="sample_weight must have one entry"):
        clone(estimator).fit(given, y, sample_weight=[1.0])


def test_numbers_of_mixtures_are_weighed() -> None:
    given, y = MIXED["texts"][1], np.arange(N) % 2 + np.linspace(0, 1, N)
    weights = np.linspace(0.1, 2, N)
    fitted = TextRegressor(views=["linear"], random_state=0).fit(given, y, sample_weight=weights)
    assert fitted.predict(given).mean() > y.mean() + 0.05
    assert np.average(fitted.predict(given), weights=weights) == pytest.approx(
        np.average(y, weights=weights), abs=0.05
    )


@pytest.mark.parametrize("kind", [ShoalClassifier, TextClassifier, SequenceClassifier])
def test_groups_of_one_class_each_are_refused(kind: Any) -> None:
    """Networks of a fold would know one class alone."""
    if kind is ShoalClassifier:
        model, given = kind(**TINY), X
    else:
        model = kind(random_state=0, n_jobs=1, budget=1e6)
        given = (
            ["a b", "b c"] * (N // 2)
            if kind is TextClassifier
            else list(np.random.default_rng(1).normal(size=(N, 12)))
        )
    with pytest.raises(
        DataError, match=r"in 2 of 2 folds all \w+ to \w+( \w+)? are of one class, once they are"
    ):
        model.fit(given, Y, groups=Y)
