from __future__ import annotations

import numpy as np

from shoal import Sequences
from shoal.mixtures.constant_view import ConstantView
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.planning import views_for
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.selection.samples.splits import k_folds

SERIES = Sequences.of([[1.0, 2.0]] * 4)


def schooling(targets: Targets, series: Sequences = SERIES) -> Schooling:
    folds = k_folds(len(series), 2, 0, targets.strata())
    return Schooling(series, targets, folds, 0, channels=1, n_jobs=1)


def test_a_number_left_out_is_the_mean_of_the_others() -> None:
    fitted = ConstantView().fit(schooling(Targets(np.array([0.0, 1.0, 2.0, 5.0]))))
    np.testing.assert_allclose(fitted.held_out[:, 0], [8 / 3, 7 / 3, 2, 1])
    np.testing.assert_allclose(fitted.predict(SERIES), [[2]] * 4)


def test_labels_have_their_shares_and_one_more_each() -> None:
    fitted = ConstantView().fit(schooling(Targets(np.array([0, 0, 1, 0]), 2)))
    np.testing.assert_allclose(fitted.values, [4 / 6, 2 / 6])
    np.testing.assert_allclose(fitted.held_out, [[3 / 5, 2 / 5]] * 2 + [[4 / 5, 1 / 5], [3 / 5, 2 / 5]])


def constant_of_noise(seed: int) -> float:
    """Return the weight of the constant where series say nothing of their numbers."""
    rng = np.random.default_rng(seed)
    series = Sequences.of([rng.normal(size=8) for _ in range(40)])
    school = schooling(Targets(rng.normal(size=40)), series)
    mixed = Mixture.fit(views_for(school, ["random"], 1e6, draws=1), school)
    return next(share.weight for share in mixed.shares if share.words == "a constant")


def test_where_nothing_can_be_learnt_the_constant_predicts() -> None:
    weights = [constant_of_noise(seed) for seed in range(5)]
    assert np.mean(weights) > 0.6
    assert max(weights) == 1
