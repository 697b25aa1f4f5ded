from __future__ import annotations

import numpy as np

from shoal import Sequences
from shoal.mixtures.descriptions import MOST_CHANNELS, PARTS, described


def test_one_channel_is_described_by_its_own_numbers() -> None:
    x = np.arange(24.0) ** 2
    [numbers] = described(Sequences.of([x]), 1)
    expected = [x.mean(), x.std(), x.min(), x.max(), np.diff(x).std(), *x.reshape(PARTS, 2).mean(axis=1)]
    np.testing.assert_allclose(numbers, [*expected, np.log(24)])


def test_channels_are_told_by_their_slow_cosines() -> None:
    x = np.random.default_rng(0).normal(size=(30, 8))
    c = np.arange(30)
    slow = np.stack([np.sqrt(2 / 30) * np.cos(np.pi * k * (c + 0.5) / 30) @ x for k in range(MOST_CHANNELS)])
    slow[0] /= np.sqrt(2)
    [numbers] = described(Sequences.of([np.concatenate([x, x[:1]])]), 30)
    np.testing.assert_allclose(numbers[:MOST_CHANNELS], slow.mean(axis=1), atol=1e-6)
    assert len(numbers) == MOST_CHANNELS * (5 + PARTS) + 1


def test_short_series_and_padding() -> None:
    series = Sequences.of([[2.0], [1.0, 4.0, 2.0]])
    short, long = described(series, 1)
    np.testing.assert_allclose(short, [2, 0, 2, 2, 0, *[2] * PARTS, 0])
    np.testing.assert_allclose(long[5:17], np.repeat([1, 4, 2], 4))
    np.testing.assert_array_equal(described(series.padded(9), 1), described(series, 1))
