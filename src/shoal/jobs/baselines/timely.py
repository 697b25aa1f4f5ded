"""The linear model in the time that a job has for it: of fewer rows, in fewer steps, where time is short."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shoal.data.targets.losses import SQUARED
from shoal.jobs.baselines.fitting import Predictor, bytes_a_row, fit_baselines
from shoal.jobs.deadline import Deadline
from shoal.jobs.prepared import Prepared
from shoal.selection.samples.splits import some_rows
from shoal.shapes import Array, IntArray

SHARE = 0.15
"""Of the time left, what the linear model may take."""
SMALL = 2_000_000
"""Numbers times classes below which nobody looks how long it takes."""
SPARE = 2**20
"""Bytes that a linear model may take in any memory: beside the program they are none."""
PROBED, PROBE_STEPS = 2_000_000, 5
"""Numbers times classes that are fitted for a forecast, in so many steps: it serves without time for more."""
USUAL_STEPS, LEAST_STEPS, LEAST_ROWS = 50, 20, 20
"""Steps that the forecast is for, and the fewest there are; rows at least."""


def timely_baselines(
    prepared: Prepared, seed: int, deadline: Deadline, room: float = math.inf
) -> tuple[dict[str, Predictor], str]:
    """Return the fitted baselines, and a clause on what there was no time or memory for.

    By a forecast from a few rows the linear model takes at most a share of the time that is left, and in
    ``room`` bytes it is fitted on as many rows as they hold: see ``fit_baselines``.
    """
    X, y, weights = prepared.plain_rows[0], prepared.targets, prepared.weights
    K, loss = prepared.n_classes, prepared.loss[0]
    every, held = len(X), max(room, SPARE) / bytes_a_row(X.shape[1], K)
    if held < every:
        rows = _rows(y, max(int(held), LEAST_ROWS), K, seed)
        X, y, weights = X[rows], y[rows], None if weights is None else weights[rows]
    baselines, taken, steps = _in_time(_Fit(X, y, K, loss, weights), seed, deadline)
    if taken == every:
        return baselines, ""
    clause = f"was fitted on {taken:,} of {every:,} rows"
    if steps is not None:
        clause += f" in at most {steps} steps"
    short = " and ".join(
        name for name, fewer in (("time", taken < len(X)), ("memory", len(X) < every)) if fewer
    )
    return baselines, f"{clause}, for want of {short}"


@dataclass(frozen=True)
class _Fit:
    """What baselines are fitted to: see ``fit_baselines``."""

    X: Array
    y: Array
    n_classes: int
    loss: str
    weights: Array | None

    def __call__(self, rows: IntArray | None = None, steps: int | None = None) -> dict[str, Predictor]:
        """Return the baselines, fitted to all rows or to some."""
        which = slice(None) if rows is None else rows
        weights = None if self.weights is None else self.weights[which]
        most = {} if steps is None else {"steps": steps}
        return fit_baselines(self.X[which], self.y[which], self.n_classes, self.loss, weights=weights, **most)


def _in_time(fit: _Fit, seed: int, deadline: Deadline) -> tuple[dict[str, Predictor], int, int | None]:
    """Return the baselines, the rows they are fitted on, and the most steps where these are fewer, too."""
    X, y, K = fit.X, fit.y, fit.n_classes
    if deadline.seconds is None or X.size * max(K, 1) <= SMALL:
        return fit(), len(X), None
    usual = PROBE_STEPS if not K and fit.loss == SQUARED else USUAL_STEPS  # ridge has no steps
    left, began = SHARE * deadline.left(), deadline.elapsed
    few = _rows(y, max(PROBED // (X.shape[1] * max(K, 1)), LEAST_ROWS), K, seed)
    probe = fit(few, PROBE_STEPS)
    pace = (deadline.elapsed - began) / len(few) / PROBE_STEPS
    most = int(left / pace / usual)
    if most >= len(X):
        return fit(), len(X), None
    if left < pace * len(few) * min(usual, LEAST_STEPS):
        return probe, len(few), PROBE_STEPS if usual == USUAL_STEPS else None
    rows = _rows(y, max(most, len(few)), K, seed)
    steps = max(int(left / pace / len(rows)), PROBE_STEPS)
    fitted = fit(rows, steps)
    return fitted, len(rows), steps if usual == USUAL_STEPS else None


def _rows(y: Array, most: int, n_classes: int, seed: int) -> IntArray:
    """Return so many rows: of classes their shares, and each has one at least, however many they are."""
    if not n_classes:
        return some_rows(len(y), most, seed)
    first = np.unique(y, return_index=True)[1]
    others = most - len(first)
    return np.union1d(some_rows(len(y), others, seed, y), first) if others > 0 else first
