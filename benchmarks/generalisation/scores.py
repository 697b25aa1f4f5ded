"""What a contestant's predictions of the test rows are worth, and how long it took."""

from __future__ import annotations

import os
import time
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.generalisation.sets import Table

Score: TypeAlias = dict[str, float]

LEAST = 1e-15
"""A probability of 0 counts as so much, as in scikit-learn."""


def cores() -> int:
    """Return how many cores this process may run on: ``taskset -c 0`` leaves one of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def timed(table: Table, test: Any, learner: Any, train: tuple[Any, Any], X_test: Any) -> Score:
    """Fit a learner of scikit-learn's kind to ``train`` (X, y), and return its scores and seconds."""
    began = time.perf_counter()
    learner.fit(*train)
    fitted = time.perf_counter()
    if table.task == "regression":
        values = np.asarray(learner.predict(X_test), dtype=np.float64).ravel()
        scores = of_numbers(table, test, values)
    else:
        scores = of_classes(table, test, learner.predict_proba(X_test), learner.classes_)
    return {**scores, "fit_s": fitted - began, "predict_s": time.perf_counter() - fitted}


def of_numbers(table: Table, test: Any, values: npt.NDArray[np.float64]) -> Score:
    """Return the error of predicted numbers (N,) for the test rows."""
    actual = table.columns()[2][test]
    return {"rmse": float(np.sqrt(np.mean((values - actual) ** 2)))}


def surprise(rmse: float, sd: float) -> float:
    """Return the negative log likelihood a row, in nats, of normal errors that all have one deviation."""
    return float(np.log(sd * np.sqrt(2 * np.pi)) + 0.5 * (rmse / sd) ** 2)


def of_classes(table: Table, test: Any, probabilities: npt.NDArray[np.float64], labels: Any) -> Score:
    """Return the scores of probabilities (N, K) of the labels, in their order, for the test rows."""
    actual = table.columns()[2][test]
    codes = np.searchsorted(np.sort(np.asarray(labels).astype(str)), actual.astype(str))
    order = np.argsort(np.asarray(labels).astype(str))
    p = np.asarray(probabilities, dtype=np.float64)[:, order]
    right = np.clip(p[np.arange(len(p)), codes], LEAST, None)
    return {"error": float((p.argmax(axis=1) != codes).mean()), "log_loss": float(-np.log(right).mean())}
