"""scikit-learn's multi-layer perceptrons, one fit a network: in a loop, or divided by joblib's loky.

Two methods are overridden, at no cost in time: networks begin with the task's weights, and epochs take the
task's order of rows. Its penalty is divided by the batch's weights and not by the training set's, so
``alpha`` is l2 · B/m, which is the same where all batches weigh the same.
"""

from __future__ import annotations

import warnings
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.peers import Run
from benchmarks.task import Array, Cohort, Task


class Orders(np.random.RandomState):
    """Shuffles as the task says: scikit-learn shuffles an order that is shuffled already."""

    def __init__(self, orders: Array) -> None:
        super().__init__(0)
        self.orders = iter(orders)
        self.current = np.arange(orders.shape[-1])

    def shuffle(self, x: Any) -> None:
        wanted = next(self.orders)
        x[:] = np.argsort(self.current)[wanted]
        self.current = wanted


class Given:
    """Begins with given layers."""

    begin: list[tuple[Array, Array]]

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[Array, Array]:
        W, b = self.begin.pop(0)
        return W.T.copy(order="C"), b.copy()


class Regressor(Given, MLPRegressor):  # type: ignore[misc]
    pass


class Classifier(Given, MLPClassifier):  # type: ignore[misc]
    pass


def fit(task: Task, units: tuple[int, ...], member: dict[str, Any], epochs: int) -> Array:
    """Return the trained parameters (D,) of one network."""
    n, weights, orders = len(task.X), member["weights"], member["orders"]
    size = task.batch_size or n
    kind = Regressor if task.loss == "squared_error" else Classifier
    network = kind(
        hidden_layer_sizes=units[1:-1],
        solver="adam" if task.solver == "adam" else "lbfgs",
        activation=task.activation,
        alpha=float(member["l2"]) * size / n,
        batch_size=size,
        learning_rate_init=task.learning_rate,
        max_iter=epochs,
        shuffle=bool(orders.size),
        random_state=Orders(orders) if orders.size else None,
        tol=1e-5 if task.solver == "own" else 0,
        n_iter_no_change=epochs + 1,
    )
    network.begin = member["layers"]
    target = task.labels if task.loss == "cross_entropy" else task.y if units[-1] > 1 else task.y[:, 0]
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        network.fit(task.X, target, None if (weights == 1).all() else weights)
    layers = zip(network.coefs_, network.intercepts_, strict=True)
    return np.concatenate([part.ravel() for W, b in layers for part in (W.T, b)])


def members(cohort: Cohort) -> list[dict[str, Any]]:
    layers = cohort.layers(cohort.theta)
    return [
        {
            "layers": [(W[p], b[p]) for W, b in layers],
            "l2": cohort.l2[p],
            "weights": cohort.weights[p % len(cohort.weights)],
            "orders": cohort.orders[p % len(cohort.orders)] if cohort.orders.size else cohort.orders,
        }
        for p in range(cohort.size)
    ]


def loop(task: Task, cores: int) -> Run:
    def run(epochs: int) -> list[Array]:
        return [
            np.stack([fit(task, cohort.units, member, epochs) for member in members(cohort)])
            for cohort in task.cohorts
        ]

    return run


def loky(task: Task, cores: int) -> Run:
    """One network a job, in a pool of processes that stays alive; joblib sends jobs in batches."""
    bare = Task(task.X, task.y, (), **{name: getattr(task, name) for name in SETTINGS})

    def run(epochs: int) -> list[Array]:
        jobs = (
            joblib.delayed(fit)(bare, cohort.units, member, epochs)
            for cohort in task.cohorts
            for member in members(cohort)
        )
        trained = iter(joblib.Parallel(n_jobs=cores, backend="loky")(jobs))
        return [np.stack([next(trained) for _ in range(cohort.size)]) for cohort in task.cohorts]

    return run


SETTINGS = ("epochs", "check_epochs", "activation", "loss", "solver", "learning_rate", "batch_size")
