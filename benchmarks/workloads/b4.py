"""B4 and B5: a study of 7 500 networks, with the batches shared by all, or with shuffles of their own."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS, INPUTS = 500, 10
WIDTHS = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64)
STRENGTHS = (0.0, 0.01, 0.1, 1.0, 10.0)


def task(batch_size: int, order: str, epochs: int, check_epochs: int) -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, INPUTS)).astype(np.float32)
    y = (np.sin(X[:, 0] + X[:, 1]) + X[:, 2] * X[:, 3] + 0.1 * rng.normal(size=ROWS)).astype(np.float32)
    cohorts = tuple(
        cohort((INPUTS, width, 1), 30, l2=STRENGTHS, folds=5, rows=ROWS, epochs=epochs, order=order)
        for width in WIDTHS
    )
    return Task(X, y[:, None], cohorts, epochs, check_epochs, learning_rate=0.01, batch_size=batch_size)


PEERS = entries(
    shoal="train", torch="batched batched_compiled", jax="vmap_on_devices sequential_on_devices"
) + entries(4, sklearn="loky")
B4 = Workload(
    "B4",
    "7 500 networks, shared batches",
    "10→M→1 tanh, squared error, M in 1, 2, 4, 8, 12, 16, 24, 32, 48, 64, each with 30 starts × 5 L2 "
    "strengths × 5 folds (sample weights 0 and 1), 500 rows, batch 100, shared order, Adam, 10 epochs, "
    "float32",
    partial(task, 100, "shared", 10, 2),
    PEERS,
    (Target(10, ("torch", "jax")), Target(100, ("sklearn",))),
)
B5 = Workload(
    "B5",
    "7 500 networks, shuffles of their own",
    "as B4 with batch 32, every network its own order, 5 epochs",
    partial(task, 32, "own", 5, 1),
    PEERS,
    (Target(5, ("torch", "jax", "sklearn")),),
)
