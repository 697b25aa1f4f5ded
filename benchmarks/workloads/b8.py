"""B8: one wide network, where libraries of big matrix products are at home."""

from __future__ import annotations

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS = 20_000


def task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 784)).astype(np.float32)
    labels = (X @ rng.normal(size=(784, 10))).argmax(axis=1)
    network = cohort((784, 512, 512, 10), activation="relu", rows=ROWS, epochs=1, order="own")
    y = np.eye(10, dtype=np.float32)[labels]
    return Task(
        X,
        y,
        (network,),
        1,
        check_epochs=1,
        activation="relu",
        loss="cross_entropy",
        learning_rate=1e-4,  # at 1e-3 rounding grows beyond any comparison within the epoch
        batch_size=256,
    )


WORKLOAD = Workload(
    "B8",
    "one wide network",
    "784→512→512→10 relu, cross-entropy, 20 000 rows, batch 256, Adam at 1e-4, 1 epoch, float32",
    task,
    entries(shoal="train", torch="loop loop_compiled", jax="scan", sklearn="loop"),
    (Target(1, ("torch",)),),
)
