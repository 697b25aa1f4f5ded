"""What a series is like, in a few numbers for each of its channels, whatever its length."""

from __future__ import annotations

import numpy as np
from scipy.fft import dct

from shoal.sequences import Sequences
from shoal.shapes import Array

PARTS = 12
"""Of equal length, whose means say what comes when."""
MOST_CHANNELS = 20
"""Cosines over the channels, the slow ones, that are looked at."""


def described(series: Sequences, channels: int) -> Array:
    """Return the numbers (N, F), float64, of the first ``channels`` of series (N, C, T)::

        u_k = Σ_c x_c cos(πk(c + ½)/C)                over the channels, orthonormal, the first 20 of them

    and of each u the mean, deviation, smallest and largest value, the deviation of its steps, and the means
    of twelve equal parts; with the logarithm of the length. Of log-mel bands u are cepstral coefficients; of
    other channels they are as good as those themselves.

    Source: Davis & Mermelstein 1980, "Comparison of parametric representations for monosyllabic word
    recognition", for cosines over bands.

    >>> described(Sequences.of([[1, 2, 3, 4], [5, 5]]), 1).shape
    (2, 18)
    """
    pairs = zip(series.X, series.lengths, strict=True)
    return np.stack([_of_one(x[:channels, :steps].astype(np.float64)) for x, steps in pairs])


def numbers_of(channels: int) -> int:
    """Return how many numbers F describe a series of so many channels.

    >>> numbers_of(1)
    18
    """
    return (5 + PARTS) * min(channels, MOST_CHANNELS) + 1


def _of_one(x: Array) -> Array:
    u = np.asarray(dct(x, axis=0, norm="ortho"))[:MOST_CHANNELS]
    steps = np.diff(u, axis=1) if u.shape[1] > 1 else np.zeros_like(u)
    numbers = [u.mean(axis=1), u.std(axis=1), u.min(axis=1), u.max(axis=1), steps.std(axis=1), *_parts(u).T]
    return np.append(np.concatenate(numbers), np.log(x.shape[1]))


def _parts(u: Array) -> Array:
    """Return the means (C, 12) of equal parts of a series (C, T); a step that is cut counts for both."""
    T = u.shape[1]
    sums = np.concatenate([np.zeros((len(u), 1)), np.cumsum(u, axis=1)], axis=1)
    ends = np.linspace(0, T, PARTS + 1)
    at_ends = np.stack([np.interp(ends, np.arange(T + 1), row) for row in sums])
    means: Array = np.diff(at_ends, axis=1) * PARTS / T
    return means
