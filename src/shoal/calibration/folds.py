"""What rows held out by folds say too well, or not well enough, of the mean of all folds' networks."""

from __future__ import annotations

import numpy as np

from shoal.calibration.temperature import cooled
from shoal.shapes import Array, IntArray

LUCK = 1.54
"""The largest of ten standard normal numbers, in the mean: so many epochs count as unlike each other."""


def share_of_mean(predictions: Array, own: IntArray, actual: Array, judges: float | None = None) -> float:
    """Return by how much errors of one fold are to be multiplied to be those of the mean of K folds.

    ``predictions`` (K, N) are those of every fold's networks for rows of which each was held out by the fold
    ``own`` (N,), and ``actual`` (N,) the targets. Of a new row the folds differ by a variance v, which is a
    part of the squared error E² of one of them and 1/K of it in that of their mean::

        share² = 1 − (1 − 1/K) · v / E²

    No row was held out by all folds. The other K − 1 have been trained on it, and differ less there, for it
    pulls them: v is taken to be what they differ by times E/T, where T² is their mean squared error. On
    measured tables that was a third to nine tenths of v: intervals are rather too wide than too narrow.

    ``judges`` are how many rows of a fold chose the epochs at which its networks stopped, None where none
    did. They chose what suits them: the loss of networks that differ by v from others of as much worth
    varies over M rows with a deviation of about 2E√(v/M), of which the best has the most to its favour::

        share² = 1 − (1 − 1/K) · v / E² + 2 · LUCK · √(v / E²) / √M

    >>> rng = np.random.default_rng(0)
    >>> noise, apart = rng.normal(size=3000), rng.normal(size=(3, 3000))  # half of E² is what they differ by
    >>> round(share_of_mean(apart, np.arange(3000) % 3, noise), 1)  # √(2/3)
    0.8
    """
    K, N = predictions.shape
    rows = np.arange(N)
    held = np.square(actual - predictions[own, rows]).mean()
    if K < 3 or not held > 0:
        return 1.0
    others = np.ones((K, N), dtype=bool)
    others[own, rows] = False
    trained = predictions.T[others.T].reshape(N, K - 1)
    seen = np.square(actual[:, None] - trained).mean()
    learnt = np.sqrt(held / seen) if 0 < seen < held else 1.0
    differ = trained.var(axis=1, ddof=1).mean() * learnt
    apart = min(differ / held, 1.0)
    lucky = 0.0 if judges is None else 2 * LUCK * np.sqrt(apart / judges)
    return float(np.sqrt(1 - (1 - 1 / K) * apart + lucky))


def luck_of_epochs(probabilities: Array, own: IntArray, judges: float, temperature: float = 1.0) -> float:
    """Return by how much the log loss of new rows is larger than that of rows that chose the epochs.

    ``probabilities`` (K, N, C) are those of every fold's networks for rows of which each was held out by the
    fold ``own`` (N,), and ``judges`` how many rows of a fold chose the epochs at which its networks stopped.

    Networks q of as much worth differ in the loss of M rows by the labels that these happen to have: where
    the classes of a row have the probabilities p, its share in that is Var_c(ln q_c), of which one epoch is
    favoured that has the largest mean::

        luck = LUCK · √(mean_i mean_q Var_c(ln q_ic − ln q̄_ic) / M)

    The networks are those of the folds that a row was trained on, ln q̄ is the mean of their logarithms, and
    p that of their probabilities, at the ``temperature`` of the rows held out: networks that are trained on
    smoothed labels know better than they say which class a row is of, and so its label has less luck. New
    rows would set them further apart, and the mean of all folds is less sure than one of them: on made
    tables, whose probabilities are known, one makes up for the other.

    >>> same = np.full((5, 20, 2), 0.5)
    >>> luck_of_epochs(same, np.arange(20) % 5, 4)
    0.0
    """
    K, N, C = probabilities.shape
    if K < 3:
        return 0.0
    others = np.ones((K, N), dtype=bool)
    others[own, np.arange(N)] = False
    known = np.maximum(probabilities, np.finfo(np.float32).eps)  # what networks can tell from 0
    trained = known.swapaxes(0, 1)[others.T].reshape(N, K - 1, C)
    logs, p = np.log(trained), cooled(trained.mean(axis=1, keepdims=True), temperature)
    apart = logs - logs.mean(axis=1, keepdims=True)
    of_labels = (p * np.square(apart)).sum(axis=2) - np.square((p * apart).sum(axis=2))
    return float(LUCK * np.sqrt(max(of_labels.sum(axis=1).mean() / (K - 2), 0.0) / judges))
