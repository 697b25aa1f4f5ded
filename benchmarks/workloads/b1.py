"""B1: the published case of SimpleChains.jl, the logarithm of a matrix's exponential turned round."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS, EPOCHS = 10_000, 200


def task() -> Task:
    X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype(np.float32) / 2
    y = expm(X.reshape(-1, 2, 2).astype(np.float64)).reshape(-1, 4).astype(np.float32)
    network = cohort((4, 32, 16, 4), rows=ROWS, epochs=EPOCHS)
    return Task(X, y, (network,), epochs=EPOCHS, check_epochs=20)


WORKLOAD = Workload(
    "B1",
    "one small network, full batch",
    "4→32→16→4 tanh, squared error, 10 000 rows, full batch, Adam, 200 epochs, float32",
    task,
    entries(
        shoal="train",
        torch="loop loop_foreach loop_compiled",
        jax="scan",
        sklearn="loop",
        numpy="loop",
    ),
    (Target(10, ("torch", "jax", "sklearn", "numpy")),),
)
