"""B6: one network as scikit-learn trains it by default, in float32 and float64."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS, BATCH, EPOCHS = 10_000, 200, 10
ALPHA = 1e-4


def task(dtype: str) -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 20))
    labels = (X @ rng.normal(size=(20, 10)) + rng.normal(size=(ROWS, 10))).argmax(axis=1)
    network = cohort(
        (20, 100, 10),
        activation="relu",
        dtype=dtype,
        l2=[ALPHA * ROWS / BATCH],  # scikit-learn divides its alpha by the rows of the batch
        rows=ROWS,
        epochs=EPOCHS,
        order="own",
    )
    return Task(
        X.astype(dtype),
        np.eye(10, dtype=dtype)[labels],
        (network,),
        EPOCHS,
        check_epochs=1,
        activation="relu",
        loss="cross_entropy",
        batch_size=BATCH,
    )


WORKLOADS = tuple(
    Workload(
        name,
        f"scikit-learn's default network, {dtype}",
        f"20→100→10 relu, cross-entropy, 10 000 rows, batch 200, α = 1e-4, Adam, 10 epochs, {dtype}",
        partial(task, dtype),
        entries(
            shoal="train",
            estimators="loop",
            torch="loop loop_foreach loop_compiled",
            jax="scan",
            sklearn="loop",
            numpy="loop",
        ),
        (Target(3, ("torch",)), Target(5, ("sklearn",))),
    )
    for name, dtype in (("B6", "float32"), ("B6d", "float64"))
)
