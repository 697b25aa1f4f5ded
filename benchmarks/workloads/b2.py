"""B2: how long one gradient of a small network takes, called from Python."""

from __future__ import annotations

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

ROWS, EVALUATIONS = 200, 2000


def task() -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(ROWS, 24)).astype(np.float32)
    y = np.tanh(X @ rng.normal(size=(24, 2))).astype(np.float32)
    network = cohort((24, 8, 2), rows=ROWS, epochs=0)
    return Task(X, y, (network,), EVALUATIONS, check_epochs=1, solver="gradient", learning_rate=1e-2)


WORKLOAD = Workload(
    "B2",
    "the latency of a gradient",
    "24→8→2 tanh, squared error, J and ∂J/∂θ over 200 rows, float32, per evaluation",
    task,
    entries(shoal="gradient", torch="gradient gradient_compiled", jax="gradient", numpy="gradient"),
    (Target(10, ("torch", "jax", "numpy")),),
    per=EVALUATIONS,
)
