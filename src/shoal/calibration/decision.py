"""Which class probabilities are called, by what is counted as a mistake: found on rows held out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.selection.weighing import weighted_mean
from shoal.shapes import Array, IntArray
from shoal.words import setting

ERROR, LOG_LOSS, AUC, BALANCED_ERROR, F1 = "error", "log_loss", "auc", "balanced_error", "f1"
METRICS = (ERROR, LOG_LOSS, AUC, BALANCED_ERROR, F1)
"""What classes can be decided by; in the first three the likeliest is called."""
SAME = 1e-12
"""So near are two F1 scores that are one, but for the rounding of sums."""


@dataclass(frozen=True)
class Decision:
    """Calls the class with the largest f_k · p_k, where f are the ``factors`` (K,), all 1 if there are none.

    ``positive`` is the class that F1 and curves of two classes are about: the rarer.
    Probabilities stay as they are.

    >>> Decision(BALANCED_ERROR, (0.5, 5.0)).classes(np.array([[0.8, 0.2], [0.95, 0.05]]))
    array([1, 0])
    """

    metric: str = ERROR
    factors: tuple[float, ...] = ()
    positive: int = 1

    @classmethod
    def find(
        cls,
        metric: str | None,
        probabilities: Array,
        codes: IntArray,
        shares: Array,
        weights: Array | None = None,
    ) -> Decision:
        """Return the decision for a metric, by rows held out of the probabilities (N, K) and classes (N,).

        - ``error``, ``log_loss`` and ``auc``: the likeliest class;
        - ``balanced_error``: f_k = 1/(K π_k), where π are the ``shares`` (K,) of the classes among the rows
          trained on, the decision of least expected loss where a mistake costs 1/π of its class;
        - ``f1``: of two classes, the rarer one is called where its probability is above ``f1_threshold``.

        Source: Duda, Hart & Stork 2001, "Pattern classification", 2.2; Lipton, Elkan & Naryanaswamy 2014,
        "Optimal thresholding of classifiers to maximize F1 measure".
        """
        positive = 0 if len(shares) == 2 and shares[0] < shares[1] else 1
        if metric not in (BALANCED_ERROR, F1):
            return cls(metric or ERROR, (), positive)
        if metric == BALANCED_ERROR:
            known = np.where(shares > 0, shares, shares[shares > 0].min())  # of a class that only others have
            return cls(metric, tuple((1 / (len(shares) * known)).tolist()), positive)
        threshold = f1_threshold(probabilities[:, positive], codes == positive, weights)
        factors = (threshold, 1 - threshold) if positive else (1 - threshold, threshold)
        return cls(metric, factors, positive)

    def classes(self, probabilities: Array) -> IntArray:
        """Return the class (N,) that each row of probabilities (N, K) is called, the first of equal ones."""
        scores = probabilities * np.array(self.factors) if self.factors else probabilities
        called: IntArray = scores.argmax(axis=1)
        return called

    @property
    def threshold(self) -> float | None:
        """The probability above which ``positive`` of two classes is called; None of another number."""
        if len(self.factors) != 2:
            return None
        return self.factors[1 - self.positive] / sum(self.factors)

    def scores(self, probabilities: Array, codes: IntArray, weights: Array | None = None) -> dict[str, float]:
        """Return the metric by its name in reports, of probabilities (N, K) for the classes ``codes`` (N,).

        Nothing for the share of errors and the log loss, which are always told.
        """
        if self.metric == AUC:
            return {"AUC": auc(probabilities, codes, weights)}
        called = self.classes(probabilities)
        if self.metric == BALANCED_ERROR:
            return {"balanced error": balanced_error(called, codes, weights)}
        if self.metric == F1:
            return {"F1": f1_score(called == self.positive, codes == self.positive, weights)}
        return {}


LIKELIEST = Decision()


def balanced_error(called: IntArray, codes: IntArray, weights: Array | None = None) -> float:
    """Return the mean over the classes that occur of the share of each that is called another.

    >>> balanced_error(np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1]))
    0.5
    """
    shares = []
    for k in np.unique(codes):
        own = codes == k
        if weights is None or weights[own].any():
            shares.append(weighted_mean(called[own] != k, None if weights is None else weights[own]))
    return float(np.mean(shares))


def f1_score(called: Array, positive: Array, weights: Array | None = None) -> float:
    """Return F1 = 2 TP / (2 TP + FP + FN) of rows (N,) called positive or not; 0 where none is positive.

    >>> f1_score(np.array([True, True, False]), np.array([True, False, False]))  # doctest: +ELLIPSIS
    0.666...
    """
    s = np.ones(len(called)) if weights is None else weights
    of_both = float(s[called].sum() + s[positive].sum())
    return 2 * float(s[called & positive].sum()) / of_both if of_both > 0 else 0.0


def auc(probabilities: Array, codes: IntArray, weights: Array | None = None) -> float:
    """Return the area under the ROC curve of probabilities (N, K): for each class k::

        P(p_k of a row of k > p_k of another row) + P(they are equal)/2

    and the mean of that over the classes, of which all rows, or none, tell nothing; 1/2 where none tells.

    Source: Hanley & McNeil 1982, "The meaning and use of the area under a ROC curve".

    >>> auc(np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7]]), np.array([0, 1, 0]))
    0.5
    """
    s = np.ones(len(codes)) if weights is None else weights
    areas = []
    for k, p in enumerate(probabilities.T):
        _, place = np.unique(p, return_inverse=True)
        own, other = (np.bincount(place, np.where(which, s, 0.0)) for which in (codes == k, codes != k))
        pairs = own.sum() * other.sum()
        if pairs > 0:
            areas.append(float((own * (np.cumsum(other) - other / 2)).sum() / pairs))
    return float(np.mean(areas)) if areas else 0.5


def f1_threshold(p: Array, positive: Array, weights: Array | None = None) -> float:
    """Return the t for which F1 of calling rows of p > t positive is largest, of rows held out (N,).

    All t between two neighbouring values of p call the same rows: 1/2 stands for them if it is one of them,
    else their middle. Of several stretches with the same F1 it is the nearest to 1/2, which is also what no
    positive rows leave.

    >>> f1_threshold(np.array([0.1, 0.2, 0.3, 0.4]), np.array([False, False, True, True]))
    0.25
    """
    s = np.ones(len(p)) if weights is None else weights
    total = s[positive].sum()
    if not total > 0:
        return 0.5
    upper, right, called = as_called(p, positive, s)
    found = 2 * right / (called + total)
    lower = np.append(upper[1:], 0.0)
    middle = (upper + lower) / 2
    middle = np.where(middle < upper, middle, lower)
    middle = np.where((lower <= 0.5) & (upper > 0.5), 0.5, middle)
    best = middle[found >= found.max() - SAME]
    return float(max(best[np.abs(best - 0.5).argmin()], np.finfo(np.float64).tiny))


def as_called(p: Array, positive: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Return the values that p (N,) has, from the largest, and the weight of the rows of at least that p.

    Of the positive ones among them, and of all.

    >>> as_called(np.array([0.1, 0.7, 0.7]), np.array([True, False, True]), np.ones(3))
    (array([0.7, 0.1]), array([1., 2.]), array([2., 3.]))
    """
    order = np.argsort(-p, kind="stable")
    p, s, right = p[order], weights[order], np.where(positive[order], weights[order], 0.0)
    ends = np.append(np.flatnonzero(p[:-1] > p[1:]), len(p) - 1)
    return p[ends], np.cumsum(right)[ends], np.cumsum(s)[ends]


def check_metric(metric: str | None) -> None:
    """Raise ``UnknownNameError`` for a metric that classes are not decided by."""
    if metric is not None and metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)


def require_decidable(metric: str | None, n_classes: int) -> None:
    """Raise ``ConfigurationError`` for a metric of a regression, and for F1 of more than two classes."""
    if metric is not None and not n_classes:
        raise ConfigurationError(
            f"{setting('metric', metric)} decides between classes, and the target is a number; leave it out, "
            f"or choose what is minimised with {setting('loss')}"
        )
    if metric == F1 and n_classes != 2:
        raise ConfigurationError(
            f"{setting('metric', metric)} is of two classes, and the target has {n_classes}; take "
            f"{BALANCED_ERROR}"
        )
