"""Which class probabilities are called, by what is counted as a mistake: found on rows held out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shoal.calibration.costs import Costs, parsed_costs, split_cost
from shoal.calibration.scores import auc, auc_losses, balanced_losses, f1_losses, f1_score
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.selection.samples.weighted_means import weighted_mean
from shoal.shapes import Array, IntArray
from shoal.words import setting

ERROR, LOG_LOSS, AUC, BALANCED_ERROR, F1 = "error", "log_loss", "auc", "balanced_error", "f1"
METRICS = (ERROR, LOG_LOSS, AUC, BALANCED_ERROR, F1)
"""What classes can be decided by; in the first three the likeliest is called."""
COST = "cost"
"""What they are decided by where mistakes are said to cost more or less than others."""
NAMES = {
    ERROR: "error",
    LOG_LOSS: "log loss",
    AUC: "AUC",
    BALANCED_ERROR: "balanced error",
    F1: "F1",
    COST: "mean cost",
}
"""The metrics as reports have them."""
SAME = 1e-12
"""So near are two F1 scores that are one, but for the rounding of sums."""
EQUAL = 1e-9
"""So near are shares of two classes that weights were to make equal."""


@dataclass(frozen=True)
class Decision:
    """Calls the class with the largest f_k · p_k, where f are the ``factors`` (K,), all 1 if there are none.

    With ``costs`` C (K, K) the one with the least expected cost, Σ_j p_j C_jk. ``positive`` is the class that
    F1 and curves of two classes are about: the rarer. Probabilities stay as they are.

    >>> Decision(BALANCED_ERROR, (0.5, 5.0)).classes(np.array([[0.8, 0.2], [0.95, 0.05]]))
    array([1, 0])
    """

    metric: str = ERROR
    factors: tuple[float, ...] = ()
    positive: int = 1
    costs: Costs = ()

    @classmethod
    def find(
        cls,
        metric: str | None,
        probabilities: Array,
        codes: IntArray,
        shares: Array,
        weights: Array | None = None,
        costs: Costs = (),
    ) -> Decision:
        """Return the decision for a metric, by rows held out of the probabilities (N, K) and classes (N,).

        - ``error``, ``log_loss`` and ``auc``: the likeliest class;
        - ``balanced_error``: f_k = 1/(K π_k), where π are the ``shares`` (K,) of the classes among the rows
          trained on, the decision of least expected loss where a mistake costs 1/π of its class;
        - ``f1``: of two classes, the rarer one is called where its probability is above ``f1_threshold``;
        - where there are ``costs``, the class that they make cheapest.

        Source: Duda, Hart & Stork 2001, "Pattern classification", 2.2; Elkan 2001, "The foundations of
        cost-sensitive learning"; Lipton, Elkan & Naryanaswamy 2014, "Optimal thresholding of classifiers to
        maximize F1 measure".
        """
        positive = rarer(shares, codes) if len(shares) == 2 else 1
        if costs:
            return cls(COST, (), positive, costs)
        if metric not in (BALANCED_ERROR, F1):
            return cls(metric or ERROR, (), positive)
        if metric == BALANCED_ERROR:
            known = np.where(shares > 0, shares, shares[shares > 0].min())  # of a class that only others have
            return cls(metric, tuple((1 / (len(shares) * known)).tolist()), positive)
        threshold = f1_threshold(probabilities[:, positive], codes == positive, weights)
        factors = (threshold, 1 - threshold) if positive else (1 - threshold, threshold)
        return cls(metric, factors, positive)

    def preferences(self, probabilities: Array) -> Array:
        """Return what the class of probabilities (N, K) is called by, (N, K): the largest is."""
        if self.costs:
            table = np.array(self.costs)
            parts = (probabilities[:, j, None] * table[j] for j in range(len(table)))
            return -np.asarray(sum(parts))  # row by row: company changes no bit
        return probabilities * np.array(self.factors) if self.factors else probabilities

    def classes(self, probabilities: Array) -> IntArray:
        """Return the class (N,) that each row of probabilities (N, K) is called, the first of equal ones."""
        called: IntArray = self.preferences(probabilities).argmax(axis=1)
        return called

    @property
    def threshold(self) -> float | None:
        """The probability above which ``positive`` of two classes is called; None of another number."""
        if len(self.costs) == 2:
            other = 1 - self.positive
            wrongly, missed = self.costs[other][self.positive], self.costs[self.positive][other]
            return wrongly / (wrongly + missed)
        if len(self.factors) != 2:
            return None
        return self.factors[1 - self.positive] / math.fsum(self.factors)

    def scores(
        self, probabilities: Array, codes: IntArray, weights: Array | None = None
    ) -> dict[str, float | None]:
        """Return the metric by its name in reports, of probabilities (N, K) for the classes ``codes`` (N,).

        Nothing for the share of errors and the log loss, which are always told. None is an AUC of rows of one
        class, and an F1 without a row of the class that it is about.
        """
        if self.metric == AUC:
            return {NAMES[AUC]: auc(probabilities, codes, weights)}
        if self.metric == F1:
            called = self.classes(probabilities) == self.positive
            return {NAMES[F1]: f1_score(called, codes == self.positive, weights)}
        losses = self.losses(probabilities, codes, weights)
        return {name: float(weighted_mean(own, weights)) for name, (_, own) in losses.items()}

    def losses(
        self, probabilities: Array, codes: IntArray, weights: Array | None = None
    ) -> dict[str, tuple[str, Array]]:
        """Return by the metric's name what its loss is called, and what each row (N,) adds to its mean.

        Nothing where the score is None.
        """
        called = self.classes(probabilities)
        if self.metric == AUC:
            rows = auc_losses(probabilities, codes, weights)
            return {} if rows is None else {NAMES[AUC]: ("1 − AUC", rows)}
        if self.metric == F1:
            rows = f1_losses(called == self.positive, codes == self.positive, weights)
            return {} if rows is None else {NAMES[F1]: ("1 − F1", rows)}
        if self.metric == BALANCED_ERROR:
            return {NAMES[BALANCED_ERROR]: ("balanced error", balanced_losses(called, codes, weights))}
        if self.metric == COST:
            return {NAMES[COST]: ("cost", np.array(self.costs)[codes, called])}
        return {}


LIKELIEST = Decision()


def rarer(shares: Array, codes: IntArray) -> int:
    """Return which of two classes has the smaller of ``shares`` (2,), or fewer of the rows ``codes`` (N,).

    The latter decides where weights have made both as much, in which rounding makes a difference; else 1.
    """
    if abs(shares[0] - shares[1]) <= EQUAL:
        shares = np.bincount(codes, minlength=2)
    return 0 if shares[0] < shares[1] else 1


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


def check_metric(metric: str | None, costs: Sequence[str] | None = None) -> None:
    """Raise ``UnknownNameError`` for a metric that classes are not decided by.

    Raises ``ConfigurationError`` for costs that are none, and for two things to decide by.
    """
    if metric is not None and metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    for text in costs or ():
        split_cost(text)
    if metric is not None and costs:
        raise ConfigurationError(
            f"{setting('metric', metric)} and {setting('cost', costs[0])} were given; classes are decided by "
            "one of them, leave one out"
        )


def require_decidable(metric: str | None, costs: Sequence[str] | None, labels: Sequence[str] = ()) -> Costs:
    """Return what mistakes among classes cost, where that is said; no ``labels`` are those of a regression.

    Raises ``ConfigurationError`` for a metric or costs of a regression, for F1 of more than two classes, and
    for costs of classes that there are not.
    """
    asked = setting("metric", metric) if metric is not None else setting("cost")
    if (metric is not None or costs) and not labels:
        raise ConfigurationError(
            f"{asked} decides between classes, and the target is a number; leave it out, "
            f"or choose what is minimised with {setting('loss')}"
        )
    if metric == F1 and len(labels) != 2:
        raise ConfigurationError(
            f"{asked} is of two classes, and the target has {len(labels)}; take {BALANCED_ERROR}"
        )
    return parsed_costs(costs, labels) if costs else ()
