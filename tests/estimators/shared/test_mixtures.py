"""What estimators of mixtures do around their mixture: labels, numbers, weights, and what is held out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from shoal.errors import DataError, ShoalWarning
from shoal.estimators.shared.mixtures import FOLDS, BaseMixed, MixedClassifier, MixedRegressor
from shoal.shapes import Array


class Known(BaseMixed):
    """An estimator whose mixture says what samples are: numbers, or probabilities of the second class."""

    _parameter_constraints: ClassVar[dict[str, Any]] = {}

    def __init__(
        self, *, metric: Any = None, cost: Any = None, random_state: Any = 0, n_jobs: Any = None
    ) -> None:
        self.metric, self.cost, self.random_state, self.n_jobs = metric, cost, random_state, n_jobs

    def _samples(self, X: Any, y: Any) -> list[Any]:
        return list(X)

    def _learn(self, samples: list[Any], targets: Any, attributes: Any) -> Any:
        schooling = self._schooling(samples, targets, attributes)
        self.seen_, self.targets_, self.schooling_ = samples, targets, schooling
        self.mixture_ = SimpleNamespace(held_out=self._predictions(np.array(samples)[schooling.held]))
        return schooling

    def _predictions(self, X: Any) -> Array:
        raise NotImplementedError


class KnownClassifier(MixedClassifier, Known):
    def _predictions(self, X: Any) -> Array:
        return np.stack([1 - np.asarray(X), X], axis=1)


class KnownRegressor(MixedRegressor, Known):
    def _predictions(self, X: Any) -> Array:
        return np.asarray(X, dtype=float)[:, None]


X = np.linspace(0.0, 1.0, 12)
RARE = np.repeat(["no", "yes"], [9, 3])


def test_labels_come_back_by_the_likeliest_class() -> None:
    found = KnownClassifier().fit(X, RARE)
    assert found.classes_.tolist() == ["no", "yes"]
    assert found.targets_.values.tolist() == [0] * 9 + [1] * 3
    np.testing.assert_array_equal(found.predict_proba([0.3]), [[0.7, 0.3]])
    assert found.predict([0.1, 0.49, 0.51]).tolist() == ["no", "no", "yes"]


def test_a_metric_and_costs_move_where_classes_part() -> None:
    balanced = KnownClassifier(metric="balanced_error").fit(X, RARE)
    assert balanced.decision_.factors == pytest.approx((1 / 1.5, 1 / 0.5))  # the shares are 3/4 and 1/4
    assert balanced.predict([0.24, 0.26]).tolist() == ["no", "yes"]
    dear = KnownClassifier(cost={("yes", "no"): 4.0}).fit(X, RARE)
    assert dear.predict([0.19, 0.21]).tolist() == ["no", "yes"]


def test_weights_count_for_the_shares_of_classes() -> None:
    weights = np.where(RARE == "yes", 6.0, 1.0)
    found = KnownClassifier(metric="balanced_error").fit(X, RARE, sample_weight=weights)
    assert found.decision_.factors == pytest.approx((1 / (2 * 9 / 27), 1 / (2 * 18 / 27)))
    np.testing.assert_allclose(found.targets_.weights, weights / weights.mean())


def test_what_counts_for_nothing_and_what_has_no_target_is_not_learnt_from() -> None:
    y = RARE.astype(object)
    y[2] = None
    weights = np.ones(12)
    weights[[0, 11]], weights[5] = 0, 3
    with pytest.warns(ShoalWarning, match="1 of 12"):
        found = KnownClassifier().fit(X, y, sample_weight=weights)
    kept = [row for row in range(12) if row not in (0, 2, 11)]
    assert found.seen_ == X[kept].tolist()
    assert found.held_out_rows_.tolist() == kept
    np.testing.assert_allclose(found.targets_.weights, np.where(np.equal(kept, 5), 3, 1) / (11 / 9))
    np.testing.assert_array_equal(found.held_out_[:, 1], X[kept])


def test_numbers_are_learnt_in_units_of_their_spread_and_told_in_their_own() -> None:
    y, weights = np.array([1.0, 3.0, 100.0]), np.array([1.0, 1.0, 0.0])
    found = KnownRegressor().fit([-1.0, 1.0, 0.0], y, sample_weight=weights)
    np.testing.assert_allclose(found.targets_.values, [-1, 1])  # around 2, of deviation 1
    np.testing.assert_allclose(found.predict([0.0, 2.5]), [2, 4.5])
    np.testing.assert_allclose(found.held_out_, [1, 3])
    weighted = KnownRegressor().fit([0.0, 0.0], [0.0, 4.0], sample_weight=[3, 1])
    np.testing.assert_allclose(weighted.predict([0.0, 1.0]), [1, 1 + np.sqrt(3)])
    np.testing.assert_allclose(weighted.targets_.weights, [1.5, 0.5])


def test_a_number_that_is_always_the_same_is_predicted() -> None:
    assert KnownRegressor().fit([1, 2], [7.0, 7.0]).predict([0.0]).tolist() == [7.0]


def test_folds_are_as_many_as_there_can_be_up_to_five() -> None:
    assert len(KnownRegressor().fit(X, X).schooling_.folds) == FOLDS == 5
    assert len(KnownRegressor().fit(X, X, groups=np.arange(12) % 3).schooling_.folds) == 3
    assert len(KnownRegressor().fit([0, 1], [0.0, 1.0]).schooling_.folds) == 2


def test_folds_are_drawn_by_the_random_state() -> None:
    def folds(seed: int) -> list[list[int]]:
        return [held.tolist() for _, held in KnownRegressor(random_state=seed).fit(X, X).schooling_.folds]

    assert folds(3) == folds(3)
    assert folds(3) != folds(4)


def test_groups_are_held_out_together_and_times_ahead() -> None:
    groups = np.repeat(["a", "b", "c", "d"], 3)
    weights = np.arange(12)  # the first of a group counts for nothing
    grouped = KnownRegressor().fit(X, X, sample_weight=weights, groups=groups).schooling_
    assert (grouped.grouped, grouped.ahead) == (True, False)
    for train, held in grouped.folds:
        assert not set(groups[1:][train]) & set(groups[1:][held])
    times = np.arange(12)[::-1]
    found = KnownRegressor().fit(X, X, times=times)
    assert (found.schooling_.grouped, found.schooling_.ahead) == (False, True)
    for train, held in found.schooling_.folds:
        assert times[train].max() < times[held].min()
    assert found.held_out_rows_.tolist() == [0, 1, 2, 3, 4, 5]  # the later half


@pytest.mark.parametrize(
    ("some", "y", "weights", "message"),
    [
        ([0.5], ["a"], None, "X holds 1 sample; KnownClassifier learns from 2 at least"),
        ([0.1, 0.9], ["a", "a"], None, "y has one class only, a; a classifier needs two"),
        ([0.1, 0.9], ["a", "b"], [1, 0], "only 1 sample has a target and counts; give 2 at least"),
    ],
)
def test_what_nothing_can_be_learnt_from_is_refused(some: Any, y: Any, weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        KnownClassifier().fit(some, y, sample_weight=weights)
