"""Which samples of the test a report shows, right ones and mistaken ones, and what they are called."""

from __future__ import annotations

import numpy as np

from shoal.data.targets.task import TargetEncoder
from shoal.jobs.model import Model
from shoal.plots.text import number
from shoal.randomness import Purpose, permutation
from shoal.shapes import Array, IntArray


def examples(scores: Array, actual: Array, called: IntArray | None, seed: int, most: int) -> list[int]:
    """Return ``most`` rows: of classes one in three that is mistaken, if there are, the surest first.

    ``called`` (N,) are the classes that rows of these probabilities are called; of numbers there are none,
    and the rows are those with the largest errors first, then others.
    """
    order = permutation(len(actual), seed, 0, Purpose.PERMUTATION)
    if called is not None:
        wrong = np.flatnonzero(called != actual)
        wrong = wrong[np.argsort(-scores[wrong, called[wrong]], kind="stable")]
        right: IntArray = order[called[order] == actual[order]]
    else:
        wrong = np.argsort(-np.abs(scores - actual), kind="stable")
        right = order[~np.isin(order, wrong[: most // 3])]
    few = wrong[: max(most // 3, most - len(right))]
    return [*few.tolist(), *right[: most - len(few)].tolist()]


def called_by(model: Model, scores: Array) -> IntArray | None:
    """Return the class (N,) that a model calls rows of these probabilities (N, K); None of numbers (N,)."""
    return model.decision.classes(scores) if scores.ndim > 1 else None


def told(target: TargetEncoder, actual: float, said: float) -> tuple[str, str]:
    """Return what a sample is and what it is called, from the numbers of two classes, or two numbers."""
    if target.labels:
        return target.labels[int(actual)], target.labels[int(said)]
    is_, called = target.decode_values([actual, said])
    return number(float(is_)), number(float(called))
