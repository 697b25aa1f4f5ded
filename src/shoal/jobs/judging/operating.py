"""What a model of two classes would be like at any threshold: rates of the test, for curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.calibration.decision import Decision, as_called
from shoal.calibration.scores import auc
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from shoal.plots.promises import Operating

MOST = 200
"""Points of a curve: more are no finer on a page."""


def operating(
    probabilities: Array, codes: IntArray, weights: Array | None, decision: Decision, label: str
) -> Operating | None:
    """Return the rates at every threshold of probabilities (N, 2) for classes (N,), and those decided for.

    Of the class ``label``: the share of the other rows called it, the share of its own, and the share of
    those called that are. None where all rows are of one class.
    """
    k = decision.positive
    own, s = codes == k, np.ones(len(codes)) if weights is None else weights
    total, others = float(s[own].sum()), float(s[~own].sum())
    area = auc(probabilities, codes, weights)
    if area is None:
        return None
    _, right, called = as_called(probabilities[:, k], own, s)
    known = called > 0
    right, called = right[known], called[known]
    some = _shown(right)
    right, called = right[some], called[some]
    mine = decision.classes(probabilities) == k
    hit, said = float(s[mine & own].sum()), float(s[mine].sum())
    return {
        "label": label,
        "share": total / (total + others),
        "auc": area,
        "false_positive": _shares((called - right) / others),
        "recall": _shares(right / total),
        "precision": _shares(right / called),
        "chosen": {
            "false_positive": _share((said - hit) / others),
            "recall": _share(hit / total),
            "precision": _share(hit / said) if said > 0 else None,
        },
    }


def _shown(right: Array) -> IntArray:
    """Return which of the thresholds (T,), from the largest, a curve goes through: ``MOST`` at most.

    Half of them are apart by as many others. The rest are by as much of the class, each with the one before,
    where precision is lowest: of a rare class all recall may be in the first hundredth of the thresholds.
    """
    last = len(right) - 1
    if last < MOST:
        return np.arange(last + 1)
    reached = np.searchsorted(right, np.linspace(0.0, right[-1], MOST // 4))
    by_rank = np.linspace(0, last, MOST // 2).round().astype(np.intp)
    return np.unique(np.concatenate([by_rank, reached, np.maximum(reached - 1, 0)]))


def _shares(values: Array) -> list[float]:
    return [_share(value) for value in values.tolist()]


def _share(value: float) -> float:
    """Return a share that sums of weights have left a rounding beyond its ends."""
    return min(max(float(value), 0.0), 1.0)
