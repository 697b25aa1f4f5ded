"""How good calls of classes are, and what each row adds to scores that are no mean of rows."""

from __future__ import annotations

import numpy as np

from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array, IntArray


def balanced_error(called: IntArray, codes: IntArray, weights: Array | None = None) -> float:
    """Return the mean over the classes that occur of the share of each that is called another.

    >>> balanced_error(np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1]))
    0.5
    """
    return float(weighted_mean(balanced_losses(called, codes, weights), weights))


def balanced_losses(called: IntArray, codes: IntArray, weights: Array | None = None) -> Array:
    """Return what each row adds to the balanced error (N,), which is their mean::

        1/(K π_k) where a row of class k is called another, else 0      π_k: the share of the class

    >>> balanced_losses(np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1]))
    array([0., 0., 0., 2.])
    """
    s = _counted(weights, len(codes))
    losses, known = np.zeros(len(codes)), [k for k in np.unique(codes) if s[codes == k].any()]
    for k in known:
        own = codes == k
        losses[own] = (called[own] != k) * (s.sum() / (len(known) * s[own].sum()))
    return losses


def f1_score(called: Array, positive: Array, weights: Array | None = None) -> float | None:
    """Return F1 = 2 TP / (2 TP + FP + FN) of rows (N,) called positive or not; None where none is positive.

    There it would be 0 for any call, and 0/0 for none, which is right.

    >>> f1_score(np.array([True, True, False]), np.array([True, False, False]))  # doctest: +ELLIPSIS
    0.666...
    """
    s = _counted(weights, len(called))
    of_class = float(s[positive].sum())
    if not of_class > 0:
        return None
    return 2 * float(s[called & positive].sum()) / (float(s[called].sum()) + of_class)


def f1_losses(called: Array, positive: Array, weights: Array | None = None) -> Array | None:
    """Return what each row adds to 1 − F1 (N,), which is their mean, to the first order::

        1 − F1 − (2 c p − F1 (c + p)) / m      c, p: 1 where called positive, and where it is

    where m is the mean of c + p. F1 is no mean of rows but a ratio of two, so this is by how much it moves
    with the weight of a row. None where there is no F1.

    Source: van der Vaart 1998, "Asymptotic statistics", 3.1 (the delta method).

    >>> f1_losses(np.array([True, True, False]), np.array([True, False, False])).round(2).tolist()
    [-0.33, 1.0, 0.33]
    """
    both, either = (called & positive).astype(np.float64), called.astype(np.float64) + positive
    found = f1_score(called, positive, weights)
    if found is None:
        return None
    mean = float(weighted_mean(either, weights))
    losses: Array = 1 - found - (2 * both - found * either) / mean
    return losses


def auc(probabilities: Array, codes: IntArray, weights: Array | None = None) -> float | None:
    """Return the area under the ROC curve of probabilities (N, K): for each class k::

        P(p_k of a row of k > p_k of another row) + P(they are equal)/2

    and the mean of that over the classes, of which all rows, or none, tell nothing; None where none tells.

    Source: Hanley & McNeil 1982, "The meaning and use of the area under a ROC curve".

    >>> auc(np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), np.array([0, 1, 0]))
    0.5
    """
    s = _counted(weights, len(codes))
    areas = [area for k, p in enumerate(probabilities.T) if (area := _area(p, codes == k, s)) is not None]
    return float(np.mean(areas)) if areas else None


def auc_losses(probabilities: Array, codes: IntArray, weights: Array | None = None) -> Array | None:
    """Return what each row adds to 1 − AUC (N,), which is their mean, to the first order::

        1 − A − (v − A)/π      v: the share of the rows of the other kind beside which p_k is right

    where π is the share of the rows of its own kind, k or not k; the mean of that over the classes. None
    where there is no AUC.

    Source: DeLong, DeLong & Clarke-Pearson 1988, "Comparing the areas under two or more correlated receiver
    operating characteristic curves".

    >>> auc_losses(np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), np.array([0, 1, 0])).tolist()
    [-0.25, 0.5, 1.25]
    """
    s = _counted(weights, len(codes))
    found = []
    for k, p in enumerate(probabilities.T):
        of_class = codes == k
        area = _area(p, of_class, s)
        if area is None:
            continue
        losses = np.empty(len(codes))
        for own, sign in ((of_class, 1), (~of_class, -1)):
            right = _share_below(sign * p[own], sign * p[~own], s[~own])
            losses[own] = 1 - area - (right - area) * (s.sum() / s[own].sum())
        found.append(losses)
    return np.mean(found, axis=0) if found else None


def _area(p: Array, own: Array, s: Array) -> float | None:
    """Return the area of one class, whose rows are its ``own``; None where one kind counts for nothing."""
    if not (s[own].sum() > 0 and s[~own].sum() > 0):
        return None
    return float(weighted_mean(_share_below(p[own], p[~own], s[~own]), s[own]))


def _share_below(p: Array, others: Array, s: Array) -> Array:
    """Return the share of ``others`` that is below each p, equal ones by half, by their weights s."""
    order = np.argsort(others, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(s[order])])
    low, high = (sums[np.searchsorted(others[order], p, side)] for side in ("left", "right"))
    share: Array = (low + high) / (2 * sums[-1])
    return share


def _counted(weights: Array | None, n: int) -> Array:
    return np.ones(n) if weights is None else weights
