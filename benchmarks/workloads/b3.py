"""B3: the lecture's study of capacity, ten sizes from thirty starts each."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS, EPOCHS = 32, 1000


def task(dtype: str = "float32", **changes: Any) -> Task:
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(ROWS, 1)).astype(dtype)
    y = (np.sin(2 * np.pi * X) + 0.3 * rng.normal(size=X.shape)).astype(dtype)
    cohorts = tuple(
        cohort((1, units, 1), 30, dtype=dtype, rows=ROWS, epochs=EPOCHS) for units in range(1, 11)
    )
    settings = {"epochs": EPOCHS, "check_epochs": EPOCHS // 10, "learning_rate": 0.01}
    return Task(X, y, cohorts, **settings | changes)


ADAM = Workload(
    "B3",
    "the lecture's study",
    "1→M→1 tanh, squared error, M = 1 … 10 from 30 starts each, 32 points, full batch, Adam, 1000 epochs, "
    "float32",
    task,
    entries(
        shoal="train",
        torch="batched_padded batched_compiled_padded",
        jax="vmap vmap_on_devices_padded sequential_on_devices",
    )
    + entries(1, torch="loop", sklearn="loky"),
    (Target(50, ("torch", "jax", "sklearn")),),
)
OWN = Workload(
    "B3o",
    "the lecture's study, solvers of their own",
    "as B3 in float64 with whatever a library has for full batches; R's nnet for at most 500 iterations, all "
    "others for the fewest whose mean J over all networks is at most nnet's; without it 500, and losses no "
    "higher on average than Adam's after 1000 epochs; FANN has twice as many epochs, in float32",
    partial(task, "float64", epochs=500, check_epochs=500, solver="own"),
    entries(shoal="scg lbfgs bfgs levenberg_marquardt", nnet="bfgs", fann="rprop")
    + entries(3, scipy="least_squares", sklearn="loky"),
    (Target(50, ("sklearn",)), Target(6, ("nnet",))),
    as_low_as="nnet",
)
