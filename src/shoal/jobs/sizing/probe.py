"""How long an epoch takes on this machine, now: asked only where the user says when a job is to end."""

from __future__ import annotations

import dataclasses
import math
import statistics
import time
from collections.abc import Iterable

import numpy as np

from shoal.jobs.sizing.workload import Workload
from shoal.populations.trainer import sample_losses, train
from shoal.selection.candidates.architectures import Hidden
from shoal.selection.samples.splits import some_rows
from shoal.workers import one_thread

_MEMBERS, _BATCHES, _BYTES = 8, 6, 2**28
_WORK = 2e9
"""Operations of a timed epoch: of large networks a few tell as much as many."""
SHARE = 0.05
"""Of the time left, what timing networks more than once may take."""
_ROWS = 8192
"""Of one batch where all rows are: the time of an epoch grows with the rows."""


def timed(sizes: Iterable[Hidden], load: Workload, left: float | None) -> dict[Hidden, float]:
    """Return the seconds that an epoch of one network of each size takes, of the time that is ``left``."""
    sizes = list(sizes)
    with one_thread():  # as the study's workers do
        views = _seen(_some(load))
        most = SHARE * (math.inf if left is None else left) / (len(sizes) * len(views))
        return {
            size: statistics.mean(_seconds_an_epoch(size, view, most) for view in views) for size in sizes
        }


def _some(load: Workload) -> Workload:
    """Return the workload with so many of the rows as are trained on for the timing."""
    batch = min(load.recipe.batch_size or _ROWS, load.n_train)
    rows = some_rows(len(load.X), batch * (1 if load.recipe.batch_size is None else _BATCHES), seed=0)
    return dataclasses.replace(load, X=load.X[rows], y=load.y[rows])


def _seen(load: Workload) -> list[Workload]:
    """Return what the networks of each view see."""
    return [dataclasses.replace(load, X=np.asarray(load.X)[:, list(view)]) for view in load.views] or [load]


def _seconds_an_epoch(hidden: Hidden, load: Workload, most: float) -> float:
    """Time one epoch of one network by training a few on a few batches of the real data.

    Nothing is timed again after so many seconds at ``most``; what was timed once is too slow rather than
    too fast.
    """
    network, X, y = load.network(hidden), load.X, load.y
    room = _BYTES // load.bytes_a_network(network, epochs=1)
    worth = int(_WORK // (6 * network.operations * len(X)))
    members = max(1, min(_MEMBERS, room, worth))
    population = network.population(members)
    recipe = dataclasses.replace(load.recipe, epochs=1, patience=None)
    step: list[float] = []
    judge: list[float] = []
    for _ in range(3):  # the first call warms up; the fastest of the rest is the least disturbed
        began = time.perf_counter()
        train(population, X, y, recipe)
        trained = time.perf_counter()
        sample_losses(population, X, y, n_jobs=1)
        step.append(trained - began)
        judge.append(time.perf_counter() - trained)
        if sum(step) + sum(judge) > most:
            break
    rows_timed = members * len(X)
    fastest, judged = min(step[1:] or step), min(judge[1:] or judge)
    seconds: float = (fastest * load.n_train + judged * load.n_judged) / rows_timed
    return seconds
