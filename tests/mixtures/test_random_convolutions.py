from __future__ import annotations

import numpy as np
import pytest

from shoal import Sequences
from shoal.errors import ConfigurationError
from shoal.mixtures.random_convolutions import KERNELS, RandomConvolutions, dilations


def noise(*shape: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


SERIES = Sequences.of([noise(3, steps, seed=row) for row, steps in enumerate((20, 31, 20, 7, 1))])


@pytest.fixture(scope="module")
def fitted() -> RandomConvolutions:
    return RandomConvolutions.fit(SERIES, 700, seed=3, differences=True, means=True)


def by_the_definition(convolutions: RandomConvolutions, x: np.ndarray) -> list[float]:
    """Return the features of one series (C, T), tap by tap."""
    values: list[float] = []
    for part in convolutions.parts:
        y = np.diff(x) if part.difference and x.shape[1] > 1 else x * (1 - part.difference)
        T = y.shape[1]
        for taps, channels, biases in zip(KERNELS, part.channels, part.biases, strict=True):
            mixed, o = y[channels].sum(axis=0), np.zeros(T)
            for j in range(9):
                for t in range(T):
                    place = t + (j - 4) * part.dilation
                    if 0 <= place < T:
                        o[t] += (2 if j in taps else -1) * mixed[place]
            above = [o - bias for bias in biases]
            values += [(each > 0).mean() for each in above]
            if convolutions.means:
                values += [each[each > 0].mean() if (each > 0).any() else 0.0 for each in above]
    return values


@pytest.mark.parametrize("steps", [1, 2, 25])
def test_features_are_those_of_the_definition(fitted: RandomConvolutions, steps: int) -> None:
    x = noise(3, steps, seed=9)
    [features] = fitted.transform(Sequences.of([x]))
    np.testing.assert_allclose(features, by_the_definition(fitted, x), atol=1e-5)


def test_biases_are_quantiles_of_what_training_gives() -> None:
    one = Sequences.of([noise(200)])
    shares = RandomConvolutions.fit(one, 3000, seed=0).transform(one)[0]
    np.testing.assert_allclose(np.sort(shares), np.linspace(0, 1, len(shares)), atol=0.02)


def test_company_padding_and_threads_change_no_bit(fitted: RandomConvolutions) -> None:
    together = fitted.transform(SERIES)
    wider = Sequences(np.pad(SERIES.X, ((0, 0), (0, 0), (0, 9)), constant_values=5), SERIES.lengths)
    np.testing.assert_array_equal(fitted.transform(wider), together)
    np.testing.assert_array_equal(fitted.transform(SERIES, n_jobs=3), together)
    for row, steps in enumerate(SERIES.lengths):
        alone = Sequences(SERIES.X[row : row + 1, :, :steps], [steps])
        np.testing.assert_array_equal(fitted.transform(alone)[0], together[row])


def test_the_seed_is_all_that_is_drawn_by(fitted: RandomConvolutions) -> None:
    same = RandomConvolutions.fit(SERIES, 700, seed=3, differences=True, means=True)
    np.testing.assert_array_equal(same.transform(SERIES), fitted.transform(SERIES))
    other = RandomConvolutions.fit(SERIES, 700, seed=4, differences=True, means=True)
    assert not np.array_equal(other.transform(SERIES), fitted.transform(SERIES))


def test_longer_series_than_any_in_training_are_read(fitted: RandomConvolutions) -> None:
    longer = Sequences.of([noise(3, 50, seed=9)])
    assert fitted.transform(longer).shape == (1, fitted.features)
    np.testing.assert_allclose(fitted.transform(longer)[0], by_the_definition(fitted, longer.X[0]), atol=1e-5)


@pytest.mark.parametrize("differences", [False, True])
@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("features", [336, 1000, 9999])
def test_there_are_about_as_many_features_as_asked_for(features: int, differences: bool, means: bool) -> None:
    series = Sequences.of([noise(100)])
    fitted = RandomConvolutions.fit(series, features, 0, differences=differences, means=means)
    assert fitted.transform(series).shape == (1, fitted.features)
    assert features - 84 * (1 + differences) * (1 + means) < fitted.features <= features


@pytest.mark.parametrize("steps", [1, 2, 8, 9, 150, 100_000])
@pytest.mark.parametrize("each", [1, 7, 119])
def test_dilations_have_room_in_the_series(steps: int, each: int) -> None:
    found = dilations(steps, each)
    assert found[0][0] == 1
    assert all(8 * dilation < steps or dilation == 1 for dilation, _ in found)
    assert sum(count for _, count in found) == each


def test_fewer_features_than_kernels_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 168 features, got 100"):
        RandomConvolutions.fit(SERIES, 100, 0, means=True)
