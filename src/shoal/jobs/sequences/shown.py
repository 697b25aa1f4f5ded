"""Test sequences for a report: some that are called right and some that are mistaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.jobs.judging.examples import called_by, examples, told
from shoal.jobs.sequences.occlusion import salience, window_of
from shoal.plots.series import SeriesExample

if TYPE_CHECKING:
    from shoal.jobs.deadline import Deadline
    from shoal.jobs.sequences.model import SequenceModel
    from shoal.jobs.sequences.prepare import PreparedSequences

MOST, CHANNELS, STEPS = 9, 3, 150
"""Sequences, channels of each, and steps that are drawn at most."""


def shown(
    model: SequenceModel, prepared: PreparedSequences, seed: int, deadline: Deadline
) -> list[SeriesExample]:
    """Return test sequences: of classes one in three that is mistaken, if there are, the surest first.

    Of numbers they are those with the largest errors first, then others. As long as there is time, each is
    predicted again without windows of it: see ``shoal.jobs.sequences.occlusion``.
    """
    scores, actual = model.predict_features(prepared.test.X), prepared.test.y
    called = called_by(model, scores)
    said = scores if called is None else called
    rows = examples(scores, actual, called, seed, MOST)
    found = [_example(prepared, float(said[row]), row) for row in rows]
    for example, row in zip(found, rows, strict=True):
        if deadline.left() <= 0:
            break
        series = prepared.series[2].series[row]
        example["window"] = window_of(series.shape[1])
        example["salience"] = [float(f"{value:.3g}") for value in salience(model, series)]
    return found


def _example(prepared: PreparedSequences, said: float, row: int) -> SeriesExample:
    test = prepared.series[2]
    is_, called = told(prepared.target, prepared.test.y[row], said)
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
