from __future__ import annotations

import numpy as np
import pytest

from shoal import Sequences
from shoal.mixtures.targets import Targets
from shoal.mixtures.trained_view import TrainedView, batch_size, recipe_for
from shoal.mixtures.views import Schooling
from shoal.selection.candidates.architectures import Architecture, Convolutional1D, Recurrent
from shoal.selection.samples.splits import k_folds

RNG = np.random.default_rng(0)
CODES = np.arange(24) % 2
SERIES = Sequences.of(
    [np.sin(np.arange(RNG.integers(8, 13)) * (0.4 + 0.8 * code) + RNG.uniform(0, 1)) for code in CODES]
)
FOLDS = k_folds(24, 3, 0, CODES)
CLASSES = Schooling(SERIES, Targets(CODES, 2), FOLDS, seed=0, channels=1, n_jobs=1)
ARCHITECTURES = [Recurrent((1, 12), "gru", True, "mean"), Convolutional1D((1, 12))]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_networks_learn_and_each_fold_is_predicted_by_the_one_without_it(architecture: Architecture) -> None:
    fitted = TrainedView(architecture, (4,), 40).fit(CLASSES)
    assert fitted is not None
    assert fitted.population.size == 3
    assert (fitted.held_out.argmax(axis=1) == CODES).mean() > 0.8
    for member, (_, held) in enumerate(FOLDS):
        alone = fitted.population.members(member).predict(SERIES)[0]
        np.testing.assert_array_equal(alone[held].argmax(axis=1), fitted.held_out[held].argmax(axis=1))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_series_may_be_shorter_and_longer_than_in_training(architecture: Architecture) -> None:
    fitted = TrainedView(architecture, (4,), 2).fit(CLASSES)
    assert fitted is not None
    long, short = Sequences.of([np.arange(30.0)]), Sequences.of([np.arange(5.0)])
    both = fitted.predict(Sequences.of([np.arange(30.0), np.arange(5.0)]))
    np.testing.assert_allclose(fitted.predict(long)[0], both[0], atol=1e-6)
    np.testing.assert_allclose(fitted.predict(short)[0], both[1], atol=1e-6)


def test_numbers_have_one_output_and_the_squared_error() -> None:
    view = TrainedView(ARCHITECTURES[0], (4,), 30)
    fitted = view.fit(Schooling(SERIES, Targets(CODES * 2.0 - 1), FOLDS, 0, 1, 1))
    assert fitted is not None
    assert view.network((1, 12), 0).criterion.name == "squared_error"
    assert np.corrcoef(fitted.held_out[:, 0], CODES)[0, 1] > 0.7


def test_a_view_of_diverged_networks_is_none() -> None:
    wild = TrainedView(ARCHITECTURES[0], (4,), 3, learning_rate=1e30)
    assert wild.fit(CLASSES) is None


@pytest.mark.parametrize(("N", "size"), [(3, 3), (24, 8), (100, 13), (10_000, 64)])
def test_an_epoch_has_eight_batches_within_bounds(N: int, size: int) -> None:
    assert recipe_for(N).batch_size == batch_size(N) == size
