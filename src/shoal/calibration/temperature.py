"""Probabilities that mean what they say: one temperature for all, found on rows held out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit, softmax

from shoal.shapes import Array, IntArray

COLDEST, HOTTEST = 0.05, 20.0
"""Temperatures tried: beyond them the probabilities are shares, or certainties, of no use to anybody."""
BINS = 10


def fit_temperature(predictions: Array, codes: IntArray) -> float:
    """Return the temperature T that gives the members' mean prediction the smallest log loss.

    ``predictions`` (M, N, K) of M members for rows that they were not trained on, K = 1 for two classes;
    ``codes`` (N,) are the classes of the rows. T > 1 makes probabilities less certain, T < 1 more; which
    class is likeliest for a single member does not change.

    Source: Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks", 4.2.

    >>> sure = np.full((1, 8, 1), 0.99)
    >>> T = fit_temperature(sure, np.array([1, 1, 1, 1, 1, 1, 0, 0]))
    >>> cooled(sure, T)[0, 0].round(3)  # three of four
    array([0.75])
    """
    rows = np.arange(len(codes))

    def loss(log_temperature: float) -> float:
        mean = cooled(predictions, math.exp(log_temperature)).mean(axis=0)
        right = np.where(codes == 1, mean[:, 0], 1 - mean[:, 0]) if mean.shape[1] == 1 else mean[rows, codes]
        return float(-np.log(np.maximum(right, np.finfo(np.float64).tiny)).mean())

    found = minimize_scalar(loss, bounds=(math.log(COLDEST), math.log(HOTTEST)), method="bounded")
    return math.exp(float(found.x))


def cooled(predictions: Array, temperature: float) -> Array:
    """Return what probabilities (…, K) are at a temperature: those of z/T where theirs are those of z.

    One output is the probability of the second of two classes.
    """
    p = np.clip(predictions, np.finfo(np.float64).tiny, 1 - np.finfo(np.float64).epsneg)
    result: Array = (
        expit(logit(p) / temperature) if p.shape[-1] == 1 else softmax(np.log(p) / temperature, axis=-1)
    )
    return result


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


def reliability(probabilities: Array, codes: IntArray, bins: int = BINS) -> Reliability:
    """Return how reliable probabilities (N, K) of K classes are, for rows of the classes ``codes`` (N,).

    The confidence of a row is the probability of its likeliest class; bins of it are of equal width.

    Source: Naeini, Cooper & Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
    binning"; Guo et al. 2017, eqs. 2 to 4.

    >>> found = reliability(np.array([[0.75, 0.25]] * 4), np.array([0, 0, 0, 1]))
    >>> found.accuracy, found.error
    (array([0.75]), 0.0)
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == codes
    place = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    counts = np.bincount(place, minlength=bins)
    used = counts > 0
    sums = [np.bincount(place, values, bins)[used] / counts[used] for values in (confidence, right)]
    return Reliability(sums[0], sums[1], counts[used] / len(codes))
