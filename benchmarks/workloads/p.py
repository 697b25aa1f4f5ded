"""P1, P2: how long predictions take, of many rows at once and of one."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.task import Task
from benchmarks.workload import Target, Workload, entries
from benchmarks.workloads.cohorts import cohort

UNITS = (30, 100, 1)


def task(rows: int, times: int) -> Task:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, UNITS[0])).astype(np.float32)
    y = np.zeros((rows, 1), np.float32)
    network = cohort(UNITS, activation="relu", rows=rows, epochs=0)
    return Task(X, y, (network,), times, check_epochs=1, activation="relu", solver="predict")


def workload(name: str, title: str, rows: int, times: int, ratio: float) -> Workload:
    return Workload(
        name,
        title,
        f"30→100→1 relu, {rows} rows of float32, per call; estimators: MLPRegressor.predict",
        partial(task, rows, times),
        entries(shoal="predict", estimators="predict", onnx="predict", sklearn="predict"),
        (Target(ratio, ("onnx",)),),
        per=times,
    )


MANY = workload("P1", "predictions of many rows", rows=100_000, times=5, ratio=1)
ONE = workload("P2", "predictions of one row", rows=1, times=1000, ratio=0.5)
