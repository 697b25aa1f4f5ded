"""Test sequences for a report: some that are called right and some that are mistaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.jobs.occlusion import salience, window_of
from shoal.plots.series import SeriesExample
from shoal.plots.text import number
from shoal.randomness import Purpose, permutation
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.model import SequenceModel
    from shoal.jobs.prepare_sequences import PreparedSequences

MOST, CHANNELS, STEPS = 9, 3, 150
"""Sequences, channels of each, and steps that are drawn at most."""


def shown(
    model: SequenceModel, prepared: PreparedSequences, seed: int, deadline: Deadline
) -> list[SeriesExample]:
    """Return test sequences: of classes one in three that is mistaken, if there are, the surest first.

    Of numbers they are those with the largest errors first, then others. As long as there is time, each is
    predicted again without windows of it: see ``shoal.jobs.occlusion``.
    """
    scores, actual = model.predict_features(prepared.test.X), prepared.test.y
    order = permutation(len(actual), seed, 0, Purpose.PERMUTATION)
    if prepared.n_classes:
        called = scores.argmax(axis=1)
        wrong = np.flatnonzero(called != actual)
        wrong = wrong[np.argsort(-scores[wrong, called[wrong]], kind="stable")]
        right: IntArray = order[called[order] == actual[order]]
    else:
        wrong = np.argsort(-np.abs(scores - actual), kind="stable")
        right = order[~np.isin(order, wrong[: MOST // 3])]
    few = wrong[: max(MOST // 3, MOST - len(right))]
    rows = [*few.tolist(), *right[: MOST - len(few)].tolist()]
    examples = [_example(prepared, scores, row) for row in rows]
    for example, row in zip(examples, rows, strict=True):
        if deadline.left() <= 0:
            break
        series = prepared.series[2].series[row]
        example["window"] = window_of(series.shape[1])
        example["salience"] = [float(f"{value:.3g}") for value in salience(model, series)]
    return examples


def _example(prepared: PreparedSequences, scores: Array, row: int) -> SeriesExample:
    test, target = prepared.series[2], prepared.target
    if prepared.n_classes:
        is_, called = (target.labels[int(code)] for code in (prepared.test.y[row], scores[row].argmax()))
    else:
        values = target.decode_values([prepared.test.y[row], scores[row]])
        is_, called = (number(float(value)) for value in values)
    series = test.series[row]
    stride = -(-series.shape[1] // STEPS)
    return {
        "name": test.names[row],
        "actual": is_,
        "called": called,
        "right": is_ == called if prepared.n_classes else None,
        "stride": stride,
        "channels": [
            [None if np.isnan(value) else float(f"{value:.4g}") for value in channel[::stride].tolist()]
            for channel in series[:CHANNELS]
        ],
    }
