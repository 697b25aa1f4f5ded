"""Probabilities that mean what they say: one temperature for all, found on rows held out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shoal.selection.samples.weighted_means import effective, weighted_mean
from shoal.shapes import Array, IntArray

COLDEST, HOTTEST = 1e-6, 1e8
"""Temperatures tried: so far apart that no table comes to one of them. The prior, and how many rows there
are, decide where all of these are right, or all wrong."""
CLOSE = 1e-10
"""So near are the logarithms of temperatures that are the same."""
IMPOSSIBLE = -1e100
"""ln of a probability of 0 in sums, where its share is 0 and not a product with infinity."""
BINS = 10
PARTS = 5
"""Of the rows that calibrate, to see whether a temperature helps those that it was not fitted on."""


def fit_temperature(
    probabilities: Array, codes: IntArray, weights: Array | None = None, luck: float = 0.0
) -> float:
    """Return the temperature T that rows held out give probabilities (N, K): with β = 1/T, where

        Σ_i (luck β − ln p_i(T)) + β − 1 − ln β          p_i: the probability of the class of row i

    is smallest, but no T below 1 that is colder than ``coldest`` allows N rows to prove.

    ``luck`` is by how much the log loss of new rows is larger at β = 1 than that of rows which have chosen
    among networks, as where these stop (``luck_of_epochs``). Of −ln p_i = ln Σ_k e^(β z_k) − β z_c only the
    second part knows the class c, so that luck grows with β.

    ``codes`` (N,) are the classes of the rows, which must have had no part in training. T > 1 makes
    probabilities less certain, T < 1 more; which class is likeliest does not change. Of an ensemble the mean
    is cooled, not the members: cooled members would be averaged into something too uncertain again. With
    ``weights`` (N,) every row counts for its own, and N is how many equal ones tell as much.

    The log loss alone has no smallest value where all rows are right, nor where all are wrong. The rest is
    the prior Gamma(2, 1) of β, whose mode is no change; its weight beside that of the rows vanishes as 1/N,
    and with it the sum is convex in β.

    Source: Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks", 4.2; Rahaman &
    Thiery 2021, "Uncertainty quantification and deep ensembles", section 4, for averaging first.

    >>> sure = np.tile([0.01, 0.99], (800, 1))
    >>> T = fit_temperature(sure, np.repeat([1, 0], [600, 200]))
    >>> cooled(sure, T)[0].round(2)  # three of four
    array([0.25, 0.75])
    """

    course, n = _Course(probabilities, weights), _count(len(codes), weights)

    def slopes(beta: float) -> tuple[float, float]:
        first, second = course.slopes(beta, codes)[0]
        return n * (first + luck) + 1 - 1 / beta, n * second + 1 / beta**2

    T = _best_temperature(slopes)
    return T if T >= 1 else max(T, min(coldest(probabilities, weights), 1.0))


def _count(n: int, weights: Array | None) -> float:
    return float(n) if weights is None else float(effective(weights).sum())


def coldest(probabilities: Array, weights: Array | None = None) -> float:
    """Return the lowest temperature that probabilities (N, K) may have on the word of N rows::

        argmin_T  Σ_i −(N + 1) ln p_i1(T) − ln p_i2(T)

    where p_i1 is the probability of the likeliest class of row i and p_i2 that of the next. By the rule of
    succession N rows that are all right leave one chance in N + 2 for the next to be wrong: this is the
    temperature at which that is what the probabilities say. Few errors, or such as were nearly ties, prove no
    more than none do; and enough of them prove more, so that on large tables this bound has no say.

    Source: Laplace 1814, "Essai philosophique sur les probabilités"; Platt 1999, "Probabilistic outputs for
    support vector machines", 2.2, whose targets (N₊ + 1)/(N₊ + 2) these are.

    >>> sure = np.tile([0.1, 0.9], (79, 1))
    >>> cooled(sure, coldest(sure))[0].round(4)  # 1/81
    array([0.0123, 0.9877])
    """
    n = _count(len(probabilities), weights)
    # networks work in single precision: a probability below its resolution says no more than that
    clipped = np.maximum(probabilities, np.finfo(np.float32).eps)
    second, first = np.argpartition(clipped, -2, axis=1)[:, -2:].T

    course = _Course(clipped, weights)

    def slopes(beta: float) -> tuple[float, float]:
        likeliest, next_one = course.slopes(beta, first, second)
        return (n + 1) * likeliest[0] + next_one[0], (n + 1) * likeliest[1] + next_one[1]

    return _best_temperature(slopes)


class _Course:
    """How the log loss of probabilities (N, K) changes with β = 1/T: their logarithms are taken once."""

    def __init__(self, probabilities: Array, weights: Array | None = None) -> None:
        with np.errstate(divide="ignore"):
            logs = np.log(probabilities / probabilities.max(axis=1, keepdims=True))
        self._logs, self._weights = np.maximum(logs, IMPOSSIBLE), weights

    def slopes(self, beta: float, *classes: IntArray) -> list[tuple[float, float]]:
        """Return L' and L'' by β of L = ``log_loss(cooled(probabilities, 1/β), codes)`` for each codes (N,)::

            L' = mean of Σ_k p_k(β) l_k − l_c        L'' = mean of Σ_k p_k(β) (l_k − Σ_j p_j(β) l_j)²

        where l = ln p, and c is the code; a row whose class has p = 0 has it at any β, and no slope.
        """
        shares = np.exp(beta * self._logs)
        shares /= shares.sum(axis=1, keepdims=True)
        rows, means = np.arange(len(shares)), np.einsum("nk,nk->n", shares, self._logs)
        spread = np.einsum("nk,nk->n", shares, np.square(self._logs)) - np.square(means)
        found = []
        for codes in classes:
            own = self._logs[rows, codes]
            counts = own > IMPOSSIBLE
            slope, bend = np.where(counts, means - own, 0.0), np.where(counts, spread, 0.0)
            first, second = (float(weighted_mean(each, self._weights)) for each in (slope, bend))
            found.append((first, second))
        return found


def _best_temperature(slopes: Callable[[float], tuple[float, float]]) -> float:
    """Return 1/β between ``COLDEST`` and ``HOTTEST`` where a function convex in β is smallest.

    Newton's method in ln β, of which no step leaves the interval that the signs of the slope have left.
    """
    low, high = -math.log(HOTTEST), -math.log(COLDEST)
    if slopes(1 / HOTTEST)[0] >= 0:
        return HOTTEST
    if slopes(1 / COLDEST)[0] <= 0:
        return COLDEST
    at = 0.0
    while high - low > CLOSE:
        beta = math.exp(at)
        slope, bend = slopes(beta)
        low, high = (at, high) if slope < 0 else (low, at)
        rise = slope + beta * bend
        step = at - slope / rise if rise > 0 else math.inf
        if abs(step - at) < CLOSE:
            return 1 / beta
        at = step if low < step < high else (low + high) / 2
    return math.exp(-at)


def settled_temperature(
    probabilities: Array, codes: IntArray, weights: Array | None = None, luck: float = 0.0
) -> float:
    """Return ``fit_temperature`` where temperatures help rows that they were not fitted on, else 1.

    Every ``PARTS``-th row is cooled by the temperature of the others, part by part; unless the log loss of
    all rows is smaller so, with their ``luck``, the probabilities stay as they are.

    >>> fair = np.tile([0.25, 0.75], (80, 1))
    >>> settled_temperature(fair, np.tile([1, 0, 1, 1], 20))
    1.0
    """
    if weights is not None:  # a part might have none but rows that count for nothing
        counts = weights > 0
        probabilities, codes, weights = probabilities[counts], codes[counts], weights[counts]
    part = np.arange(len(codes)) % PARTS
    held, less = probabilities.copy(), np.zeros(len(codes))  # by which luck is less, of each row
    for k in np.unique(part):
        rest = part != k
        if rest.any():
            own = None if weights is None else weights[rest]
            T = fit_temperature(probabilities[rest], codes[rest], own, luck)
            held[~rest] = cooled(held[~rest], T)
            less[~rest] = luck - luck / T
    after = log_loss(held, codes, weights) - float(weighted_mean(less, weights))
    if after < log_loss(probabilities, codes, weights):
        return fit_temperature(probabilities, codes, weights, luck)
    return 1.0


def cooled(probabilities: Array, temperature: float) -> Array:
    """Return probabilities (…, K) at a temperature: those of z/T where the given ones are those of z::

        p_k(T) = p_k^(1/T) / Σ_j p_j^(1/T)

    >>> cooled(np.array([0.2, 0.8]), 0.5).round(3)  # 1 : 4 becomes 1 : 16
    array([0.059, 0.941])
    """
    if temperature == 1:
        return probabilities
    powers: Array = probabilities / probabilities.max(axis=-1, keepdims=True)
    powers **= 1 / temperature
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def log_losses(probabilities: Array, codes: IntArray) -> Array:
    """Return −ln p of the actual class of each row (N,), in nats; a p of 0 counts as the smallest float."""
    right = probabilities[np.arange(len(codes)), codes]
    losses: Array = -np.log(np.maximum(right, np.finfo(np.float64).tiny))
    return losses


def log_loss(probabilities: Array, codes: IntArray, weights: Array | None = None) -> float:
    """Return the mean of ``log_losses``, each of which counts for its weight."""
    return float(weighted_mean(log_losses(probabilities, codes), weights))


@dataclass(frozen=True)
class Reliability:
    """How often predictions of each certainty are right, bin by bin, and how far from it on the whole.

    ``confidence``, ``accuracy`` and ``share`` of rows of each bin that has any; ``error`` is
    ECE = Σ share · |accuracy − confidence|.
    """

    confidence: Array
    accuracy: Array
    share: Array

    @property
    def error(self) -> float:
        """The expected calibration error."""
        return float((self.share * np.abs(self.accuracy - self.confidence)).sum())


def reliability(
    probabilities: Array, codes: IntArray, bins: int = BINS, weights: Array | None = None
) -> Reliability:
    """Return how reliable probabilities (N, K) of K classes are, for rows of the classes ``codes`` (N,).

    The confidence of a row is the probability of its likeliest class; bins of it are of equal width. Rows
    count for their ``weights`` (N,).

    Source: Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
    binning"; Guo et al. 2017, eqs. 2 to 4.

    >>> found = reliability(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    >>> found.accuracy, found.error
    (array([0.75]), 0.0)
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == codes
    place = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    own = np.ones(len(codes)) if weights is None else weights
    counts = np.bincount(place, own, minlength=bins)
    used = counts > 0
    sums = [np.bincount(place, own * values, bins)[used] / counts[used] for values in (confidence, right)]
    return Reliability(sums[0], sums[1], counts[used] / counts.sum())
