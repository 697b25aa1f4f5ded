"""Which samples of the test a report shows, right ones and mistaken ones, and what they are called."""

from __future__ import annotations

import numpy as np

from shoal.data.targets.task import TargetEncoder
from shoal.plots.text import number
from shoal.randomness import Purpose, permutation
from shoal.shapes import Array, IntArray


def examples(scores: Array, actual: Array, n_classes: int, seed: int, most: int) -> list[int]:
    """Return ``most`` rows: of classes one in three that is mistaken, if there are, the surest first.

    Of numbers they are those with the largest errors first, then others.
    """
    order = permutation(len(actual), seed, 0, Purpose.PERMUTATION)
    if n_classes:
        called = scores.argmax(axis=1)
        wrong = np.flatnonzero(called != actual)
        wrong = wrong[np.argsort(-scores[wrong, called[wrong]], kind="stable")]
        right: IntArray = order[called[order] == actual[order]]
    else:
        wrong = np.argsort(-np.abs(scores - actual), kind="stable")
        right = order[~np.isin(order, wrong[: most // 3])]
    few = wrong[: max(most // 3, most - len(right))]
    return [*few.tolist(), *right[: most - len(few)].tolist()]


def told(target: TargetEncoder, actual: float, score: Array) -> tuple[str, str]:
    """Return what a sample is and what it is called, from its target and its probabilities, or number."""
    if target.labels:
        return target.labels[int(actual)], target.labels[int(score.argmax())]
    is_, called = target.decode_values([actual, float(score)])
    return number(float(is_)), number(float(called))
