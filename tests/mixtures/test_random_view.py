from __future__ import annotations

import numpy as np
import pytest

from shoal import Sequences
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling

RNG = np.random.default_rng(0)
CODES = np.arange(40) % 2
X = np.stack([np.sin(np.arange(30) * (0.3 + 0.3 * code) + RNG.uniform(0, 6)) for code in CODES])
WITH_NOISE = Sequences(np.stack([X, RNG.normal(size=X.shape)], axis=1), np.full(40, 30))
CLASSES = Schooling(WITH_NOISE, Targets(CODES, 2), [], seed=0, channels=1, n_jobs=1)


@pytest.mark.parametrize("draws", [1, 3])
def test_scores_are_the_mean_of_the_draws(draws: int) -> None:
    fitted = RandomView(400, draws).fit(CLASSES)
    scores = [top.predict(convolutions.transform(WITH_NOISE)) for convolutions, top in fitted.layers]
    odds = np.exp(2 * np.mean(scores, axis=0) / fitted.temperature)
    np.testing.assert_allclose(fitted.predict(WITH_NOISE), odds / odds.sum(axis=1, keepdims=True))
    assert len({tuple(np.ravel(layer[0].parts[0].biases)) for layer in fitted.layers}) == draws


def test_samples_are_held_out_from_what_predicts_them() -> None:
    fitted = RandomView(400).fit(CLASSES)
    assert (fitted.held_out.argmax(axis=1) == CODES).mean() > 0.9
    noise = Schooling(WITH_NOISE, Targets(np.random.default_rng(1).permutation(CODES), 2), [], 0, 1)
    assert (RandomView(400).fit(noise).held_out.argmax(axis=1) == noise.targets.values).mean() < 0.7


def test_channels_that_a_view_does_not_see_change_nothing() -> None:
    fitted = RandomView(400, channels=1).fit(CLASSES)
    other = Sequences(WITH_NOISE.X * [[1], [7]], WITH_NOISE.lengths)
    np.testing.assert_array_equal(fitted.predict(other), fitted.predict(WITH_NOISE))
    seeing = RandomView(400).fit(CLASSES)
    assert not np.array_equal(seeing.predict(other), seeing.predict(WITH_NOISE))


def test_numbers_are_predicted_as_they_are() -> None:
    numbers = Schooling(WITH_NOISE, Targets(CODES * 3.0), [], 0, 1)
    fitted = RandomView(400).fit(numbers)
    assert fitted.temperature == 1
    assert fitted.predict(WITH_NOISE).shape == (40, 1)
    assert np.abs(fitted.held_out[:, 0] - 3.0 * CODES).mean() < 0.7
