from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.study import CapacityStudy
from shoal.selection.trials import Trials

Row = dict[str, Any]


@pytest.fixture
def row() -> Callable[..., Row]:
    """A trial's row, with defaults for what a test does not care about."""

    def build(**values: Any) -> Row:
        defaults: Row = {
            "candidate": 0,
            "hidden": "8",
            "l2": 0.0,
            "start": 0,
            "fold": 0,
            "parameters": 25,
            "train_loss": 0.1,
            "validation_loss": 0.2,
            "validation_se": 0.01,
            "epochs": 90,
            "best_epoch": 80,
            "stopped": "converged",
            "diverged": False,
            "seconds": 0.5,
            "log_evidence": np.nan,
            "gamma": np.nan,
            "strength": np.nan,
        }
        assert values.keys() <= defaults.keys()
        return defaults | values

    return build


@pytest.fixture
def cohort_result(row: Callable[..., Row]) -> Callable[[int], CohortResult]:
    """The result of a cohort of two, the second of which diverged; its numbers depend on its index."""

    def build(index: int) -> CohortResult:
        lost = {"validation_loss": np.nan, "validation_se": np.nan, "diverged": True, "stopped": "diverged"}
        return CohortResult(
            index=index,
            trials=Trials.from_rows([row(start=2 * index), row(start=2 * index + 1, **lost)]),
            theta=np.arange(6, dtype=np.float32).reshape(2, 3) + index / 3,
        )

    return build


@pytest.fixture(scope="session")
def assert_same_study() -> Callable[[CapacityStudy, CapacityStudy], None]:
    """Hold two studies to the same trials, but for the time they took, the same choice and the same bits."""

    def columns(study: CapacityStudy) -> dict[str, list[Any]]:
        return {name: column for name, column in study.table.to_dict().items() if name != "seconds"}

    def check(a: CapacityStudy, b: CapacityStudy) -> None:
        assert columns(a) == columns(b)
        assert a.choice == b.choice
        np.testing.assert_array_equal(a.best.theta, b.best.theta)
        np.testing.assert_array_equal(a.best.keys, b.best.keys)

    return check


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by a second when a study looks at it: at the start, and after every cohort."""
    clock = itertools.count()
    monkeypatch.setattr("shoal.selection.running.runner.time.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr("shoal.selection.running.dispatch.LOOK_UP_SECONDS", 600.0)
