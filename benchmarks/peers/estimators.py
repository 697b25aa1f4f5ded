"""shoal, through its estimators: scikit-learn's interface, and what that costs."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import shoal
from benchmarks.peers import Run
from benchmarks.peers.sklearn import fit, fitted, members, predicting
from benchmarks.task import Array, Task


class Given:
    """Begins with given layers."""

    begin: list[tuple[Array, Array]]

    def _initialize(self, network: Any, dtype: Any, fit: Any) -> None:
        super()._initialize(network, dtype, fit)  # type: ignore[misc]
        self.coefs_ = [W.T.astype(dtype) for W, _ in self.begin]
        self.intercepts_ = [b.astype(dtype) for _, b in self.begin]


class Regressor(Given, shoal.MLPRegressor):
    pass


class Classifier(Given, shoal.MLPClassifier):
    pass


def loop(task: Task, cores: int) -> Run:
    trained = partial(fit, task, kinds=(Regressor, Classifier), n_jobs=cores)
    cohorts = [(cohort.units, members(cohort)) for cohort in task.cohorts]

    def run(epochs: int) -> list[Array]:
        return [np.stack([trained(units, each, epochs) for each in group]) for units, group in cohorts]

    return run


def predict(task: Task, cores: int) -> Run:
    return predicting(fitted(task, shoal.MLPRegressor, n_jobs=cores), task)
