"""B7: 64 networks of two hidden layers."""

from __future__ import annotations

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS, EPOCHS = 4000, 5


def task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 30)).astype(np.float32)
    y = np.sin(X @ rng.normal(size=(30, 2)) / 4).astype(np.float32)
    networks = cohort((30, 64, 64, 2), 64, rows=ROWS, epochs=EPOCHS, order="shared")
    return Task(X, y, (networks,), EPOCHS, check_epochs=1, batch_size=256)


WORKLOAD = Workload(
    "B7",
    "64 networks of two layers",
    "64 × 30→64→64→2 tanh, squared error, 4 000 rows, batch 256, shared order, Adam, 5 epochs, float32",
    task,
    entries(
        shoal="train",
        torch="batched batched_compiled",
        jax="vmap_on_devices sequential_on_devices",
    )
    + entries(8, torch="loop", sklearn="loky"),
    (Target(3, ("torch", "jax", "sklearn")),),
)
