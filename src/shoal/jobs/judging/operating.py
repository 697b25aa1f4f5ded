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
    if not (total > 0 and others > 0):
        return None
    _, right, called = as_called(probabilities[:, k], own, s)
    known = called > 0
    right, called = right[known], called[known]
    some = np.unique(np.linspace(0, len(right) - 1, MOST).round().astype(np.intp))
    right, called = right[some], called[some]
    mine = decision.classes(probabilities) == k
    hit, said = float(s[mine & own].sum()), float(s[mine].sum())
    return {
        "label": label,
        "share": total / (total + others),
        "auc": auc(probabilities, codes, weights),
        "false_positive": _shares((called - right) / others),
        "recall": _shares(right / total),
        "precision": _shares(right / called),
        "chosen": {
            "false_positive": _share((said - hit) / others),
            "recall": _share(hit / total),
            "precision": _share(hit / said) if said > 0 else None,
        },
    }


def _shares(values: Array) -> list[float]:
    return [_share(value) for value in values.tolist()]


def _share(value: float) -> float:
    """Return a share that sums of weights have left a rounding beyond its ends."""
    return min(max(float(value), 0.0), 1.0)
