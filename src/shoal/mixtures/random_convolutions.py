"""Convolutions over time that are not learnt: many, with all dilations, each read by a few numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any, Self

import numpy as np

from shoal.errors import ConfigurationError
from shoal.randomness import Purpose, stream
from shoal.sequences import Sequences
from shoal.shapes import Array, BoolArray, IntArray, whole_number
from shoal.workers import count_workers

TAPS = 9
KERNELS = tuple(combinations(range(TAPS), 3))
"""Which three of nine weights are 2; the others are −1, so that each of the 84 kernels sums to 0."""
MOST_DILATIONS = 32
MOST_CHANNELS = 9
GOLDEN = (1 + math.sqrt(5)) / 2
CHUNK = 2**19
"""Numbers that are compared with biases at a time: of fewer, calls cost more than numbers do, and threads
wait for each other's; more leave the cache."""


@dataclass(frozen=True)
class Dilated:
    """The 84 kernels at one dilation, over the series or (``difference`` 1) its first differences.

    ``channels`` (84, C) are added up before a kernel sees them; ``biases`` (84, B) are subtracted after.
    """

    difference: int
    dilation: int
    channels: BoolArray
    biases: Array


@dataclass(frozen=True)
class RandomConvolutions:
    """Features of series by convolutions whose kernels are not learnt.

    For each kernel w of nine taps (three of 2, six of −1), dilation d, channels S and bias b, over the T
    valid steps of a series with zeros around it::

        o_t = Σ_j w_j Σ_{c∈S} x_{c, t+(j−4)d} − b         positive = Σ_t [o_t > 0] / T
        mean = Σ_t max(o_t, 0) / Σ_t [o_t > 0]             (with ``means``; 0 where none is positive)

    Dilations grow from 1 to the longest that the training series have room for; biases are quantiles of what
    a training series drawn at random gives, so nothing looks at targets. With ``differences`` the kernels
    go over x_{t+1} − x_t as well. A row's features are the same bits whatever its company and the padding.

    Source: Dempster, Schmidt & Webb 2021, "MiniRocket", section 3; Tan, Dempster, Bergmeir & Webb 2022,
    "MultiRocket", sections 3.2 and 3.3, for differences and means.

    >>> waves = Sequences.of([np.sin(np.arange(steps) / 2) for steps in (30, 40)])
    >>> convolutions = RandomConvolutions.fit(waves, features=1000, seed=0)
    >>> convolutions.transform(waves).shape, convolutions.features
    ((2, 924), 924)
    """

    parts: tuple[Dilated, ...]
    means: bool

    @classmethod
    def fit(
        cls,
        series: Sequences,
        features: int,
        seed: int,
        *,
        start: int = 0,
        differences: bool = False,
        means: bool = False,
    ) -> RandomConvolutions:
        """Return about so many features for series (N, C, T), drawn by ``seed``, another set for each start.

        Raises ``ConfigurationError`` for fewer features than there are kernels.
        """
        least = len(KERNELS) * (1 + differences) * (1 + means)
        if whole_number(features, "features") < least:
            raise ConfigurationError(f"random convolutions have at least {least} features, got {features}")
        rng = stream(seed, start, Purpose.OTHER)
        each = features // least
        parts = []
        for difference in range(1 + differences):
            steps = int(series.lengths.max()) - difference
            for dilation, count in dilations(steps, each):
                parts.append(_drawn(series, difference, dilation, count, rng))
        return cls(tuple(parts), means)

    @property
    def features(self) -> int:
        """The number of features, F."""
        return sum(part.biases.size for part in self.parts) * (1 + self.means)

    def transform(self, series: Sequences, n_jobs: int | None = None) -> Array:
        """Return the features (N, F), float32, of series (N, C, T); how many threads do it changes no bit."""
        found = np.empty((len(series), self.features), np.float32)
        widest = max(part.biases.shape[1] for part in self.parts)
        chunks = list(_chunks(series.lengths, CHUNK // widest))
        workers = min(count_workers(n_jobs), len(chunks))
        if workers > 1:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(partial(self._fill, found, series), chunks))
        else:
            for rows in chunks:
                self._fill(found, series, rows)
        return found

    def kept(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return all that makes the same features again: plain JSON, and arrays by name."""
        parts = [{"difference": part.difference, "dilation": part.dilation} for part in self.parts]
        arrays: dict[str, Array] = {}
        for number, part in enumerate(self.parts):
            arrays |= {f"channels {number}": part.channels, f"biases {number}": part.biases}
        return {"means": self.means, "parts": parts}, arrays

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the convolutions that ``kept`` described; raise ``ValueError`` or the like for none."""
        parts = [
            _sound(
                Dilated(part["difference"], part["dilation"], arrays[f"channels {n}"], arrays[f"biases {n}"])
            )
            for n, part in enumerate(config["parts"])
        ]
        if type(config["means"]) is not bool or len({part.channels.shape[1] for part in parts}) != 1:
            raise ValueError("its convolutions are of different series")
        return cls(tuple(parts), config["means"])

    def _fill(self, found: Array, series: Sequences, rows: IntArray) -> None:
        """Write the features of rows of one length, read without padding."""
        steps = int(series.lengths[rows[0]])
        X = series.X[rows, :, :steps].astype(np.float32)
        column = 0
        for part in self.parts:
            for response, biases in zip(_responses(X, part), part.biases, strict=True):
                for numbers in self._read(response[:, None], biases[:, None]):
                    found[rows, column : column + len(biases)] = numbers
                    column += len(biases)

    def _read(self, response: Array, biases: Array) -> Iterator[Array]:
        """Yield the numbers (N, B) that responses (N, 1, T) above biases (B, 1) are read by."""
        positive = np.count_nonzero(response > biases, axis=2)
        yield positive / np.float32(response.shape[2])
        if self.means:
            above = response - biases
            np.maximum(above, 0, out=above)
            yield above.sum(axis=2) / np.maximum(positive, 1).astype(np.float32)


def bytes_under_way(shape: tuple[int, int], least: int, features: int) -> int:
    """Return about the bytes that a thread takes for some of the features of series of a shape (C, T).

    There are ``least`` of them for one bias: a chunk of steps is compared with all biases of a dilation at
    once, and what is above them is told and added up.
    """
    C, T = shape
    each = dilations(T, features // least)
    widest, longest = max(share for _, share in each), max(dilation for dilation, _ in each)
    steps = max(CHUNK // widest, T)
    return 9 * steps * widest + 4 * (2 * C + TAPS) * (steps + longest * (TAPS - 1))


def _sound(part: Dilated) -> Dilated:
    """Return a part that was read; raise ``ValueError`` where it is none."""
    whole = (part.difference, part.dilation)
    channels, biases = part.channels, part.biases
    if (
        any(type(number) is not int for number in whole)
        or part.difference not in (0, 1)
        or part.dilation < 1
        or channels.dtype != np.bool_
        or biases.dtype != np.float32
        or channels.ndim != 2
        or biases.ndim != 2
        or len(channels) != len(KERNELS)
        or len(biases) != len(KERNELS)
        or not (biases.size and channels.any(axis=1).all() and np.isfinite(biases).all())
    ):
        raise ValueError("its convolutions are none")
    return part


def dilations(steps: int, each: int) -> list[tuple[int, int]]:
    """Return dilations for series of so many steps, and how many of ``each`` kernel's biases go to each.

    They grow as powers of 2 from 1 to (steps − 1)/8, where a kernel is as long as the series.

    >>> dilations(150, 10)
    [(1, 3), (2, 1), (3, 1), (5, 1), (7, 1), (9, 1), (13, 1), (18, 1)]
    """
    most = min(each, MOST_DILATIONS)
    largest = math.log2(max((steps - 1) / (TAPS - 1), 1))
    values, counts = np.unique(2 ** np.linspace(0, largest, most) // 1, return_counts=True)
    shares = np.maximum(counts * each // most, 1)
    shares[: max(each - int(shares.sum()), 0)] += 1
    return [(int(value), int(share)) for value, share in zip(values, shares, strict=True)]


def _drawn(
    series: Sequences, difference: int, dilation: int, count: int, rng: np.random.Generator
) -> Dilated:
    """Return the kernels at one dilation, their biases quantiles of responses of series drawn at random."""
    C = series.X.shape[1]
    channels = np.zeros((len(KERNELS), C), np.bool_)
    for chosen in channels:
        number = int(2 ** rng.uniform(0, math.log2(min(C, MOST_CHANNELS) + 1)))
        chosen[rng.permutation(C)[:number]] = True
    quantiles = rng.permutation(np.arange(1, count * len(KERNELS) + 1) * GOLDEN % 1)
    biases = np.empty((len(KERNELS), count), np.float32)
    part = Dilated(difference, dilation, channels, biases)
    rows = rng.integers(len(series), size=len(KERNELS))
    for row in np.unique(rows):
        x = series.X[row : row + 1, :, : series.lengths[row]].astype(np.float32)
        kernels = np.flatnonzero(rows == row)
        for kernel, response in zip(kernels, _responses(x, part, kernels), strict=True):
            biases[kernel] = _quantiles(response[0], quantiles[kernel * count : (kernel + 1) * count])
    return part


def _quantiles(values: Array, shares: Array) -> Array:
    """Return quantiles of values (T,) by straight lines between them in order; ``np.quantile`` is slow.

    >>> _quantiles(np.array([3.0, 1.0, 2.0]), np.array([0.25, 1.0]))
    array([1.5, 3. ])
    """
    places = shares * (len(values) - 1)
    below = places.astype(np.intp)
    ordered = np.sort(values)
    low, high = ordered[below], ordered[np.minimum(below + 1, len(values) - 1)]
    between: Array = low + (high - low) * (places - below)
    return between


def _responses(X: Array, part: Dilated, kernels: Iterable[int] = range(len(KERNELS))) -> Iterator[Array]:
    """Yield what each of the kernels gives for series X (N, C, T) of one length: (N, T), or (N, T − 1)."""
    if part.difference:
        X = np.diff(X, axis=2) if X.shape[2] > 1 else np.zeros_like(X)
    steps, around = X.shape[2], part.dilation * (TAPS // 2)
    padded = np.zeros((X.shape[1], len(X), steps + 2 * around), np.float32)
    padded[:, :, around : around + steps] = X.swapaxes(0, 1)
    known: dict[bytes, tuple[list[Array], Array]] = {}
    for kernel in kernels:
        channels = part.channels[kernel]
        name = channels.tobytes()
        if name not in known:
            if len(known) > 1:  # of several channels there are as many sums as kernels, each used once
                known.clear()
            mixed = sum(padded[channels][1:], start=padded[channels][0])
            shifted = [mixed[:, j * part.dilation : j * part.dilation + steps] for j in range(TAPS)]
            known[name] = shifted, sum(shifted[1:], start=shifted[0])
        shifted, total = known[name]
        i, j, k = KERNELS[kernel]
        yield np.float32(3) * (shifted[i] + shifted[j] + shifted[k]) - total


def _chunks(lengths: IntArray, most: int) -> Iterator[IntArray]:
    """Yield row numbers, those of one length together, of about so many steps at a time."""
    for steps in np.unique(lengths):
        rows = np.flatnonzero(lengths == steps)
        size = max(most // int(steps), 1)
        for first in range(0, len(rows), size):
            yield rows[first : first + size]
