"""scikit-learn's multi-layer perceptrons, one fit a network: in a loop, or divided by joblib's loky.

Two methods are overridden, at no cost in time: networks begin with the task's weights, and epochs take the
task's order of rows. Its penalty is divided by the batch's weights and not by the training set's, so
``alpha`` is l2 · B/m, which is the same where all batches weigh the same.
"""

from __future__ import annotations

import warnings
from itertools import chain, repeat
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.peers import Run
from benchmarks.task import Array, Cohort, Task


class Orders(np.random.RandomState):
    """Shuffles as the task says."""

    def __init__(self, shuffles: Array) -> None:
        super().__init__(0)
        self.shuffles = chain(shuffles, repeat(shuffles[-1]))  # shoal's estimators draw one ahead

    def shuffle(self, x: Any) -> None:
        x[:] = x[next(self.shuffles)]


def shuffles(orders: Array) -> Array:
    """Return what makes of each order the next: scikit-learn shuffles an order that is shuffled already."""
    before = np.concatenate([np.arange(orders.shape[-1])[None], orders[:-1]])
    return np.take_along_axis(np.argsort(before), orders, axis=1)


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


def fit(
    task: Task,
    units: tuple[int, ...],
    member: dict[str, Any],
    epochs: int,
    kinds: tuple[type[Any], type[Any]] = (Regressor, Classifier),
    **more: Any,
) -> Array:
    """Return the trained parameters (D,) of one network, an estimator of one of the two kinds."""
    n, weights, shuffles = len(task.X), member["weights"], member["shuffles"]
    size = task.batch_size or n
    kind = kinds[task.loss != "squared_error"]
    network = kind(
        hidden_layer_sizes=units[1:-1],
        solver="adam" if task.solver == "adam" else "lbfgs",
        activation=task.activation,
        alpha=float(member["l2"]) * size / n,
        batch_size=size,
        learning_rate_init=task.learning_rate,
        max_iter=epochs,
        shuffle=bool(shuffles.size),
        random_state=Orders(shuffles) if shuffles.size else None,
        tol=1e-5 if task.solver == "own" else 0,
        n_iter_no_change=epochs + 1,
        **more,
    )
    network.begin = list(member["layers"])
    target = task.labels if task.loss == "cross_entropy" else task.y if units[-1] > 1 else task.y[:, 0]
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        network.fit(task.X, target, None if (weights == 1).all() else weights)
    layers = zip(network.coefs_, network.intercepts_, strict=True)
    return np.concatenate([part.ravel() for W, b in layers for part in (W.T, b)])


def members(cohort: Cohort) -> list[dict[str, Any]]:
    layers = cohort.layers(cohort.theta)
    drawn = [shuffles(orders) for orders in cohort.orders] if cohort.orders.size else [cohort.orders]
    return [
        {
            "layers": [(W[p], b[p]) for W, b in layers],
            "l2": cohort.l2[p],
            "weights": cohort.weights[p % len(cohort.weights)],
            "shuffles": drawn[p % len(drawn)],
        }
        for p in range(cohort.size)
    ]


def loop(task: Task, cores: int) -> Run:
    cohorts = [(cohort.units, members(cohort)) for cohort in task.cohorts]

    def run(epochs: int) -> list[Array]:
        return [np.stack([fit(task, units, each, epochs) for each in group]) for units, group in cohorts]

    return run


def fitted(task: Task, kind: type[Any] = MLPRegressor, **more: Any) -> Any:
    """Return a regressor with the parameters of the task's one network."""
    [cohort] = task.cohorts
    network = kind(
        hidden_layer_sizes=cohort.units[1:-1], activation=task.activation, max_iter=1, random_state=0, **more
    )
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        network.fit(np.resize(task.X, (50, task.X.shape[1])), np.resize(task.y[:, 0], 50))
    layers = cohort.layers(cohort.theta)
    for (W, b), given_W, given_b in zip(layers, network.coefs_, network.intercepts_, strict=True):
        given_W[...], given_b[...] = W[0].T, b[0]  # as a fit leaves them: shoal's are views of what it reads
    return network


def predict(task: Task, cores: int) -> Run:
    return predicting(fitted(task), task)


def predicting(network: Any, task: Task) -> Run:
    """Return what predicts all rows, so many times."""

    def run(times: int) -> list[Array]:
        for _ in range(times):
            predictions = network.predict(task.X)
        return [predictions]

    return run


def loky(task: Task, cores: int) -> Run:
    """One network a job, in a pool of processes that stays alive; joblib sends jobs in batches."""
    cohorts = [(cohort.units, members(cohort)) for cohort in task.cohorts]
    bare = Task(task.X, task.y, (), **{name: getattr(task, name) for name in SETTINGS})

    def run(epochs: int) -> list[Array]:
        jobs = (joblib.delayed(fit)(bare, units, each, epochs) for units, group in cohorts for each in group)
        trained = iter(joblib.Parallel(n_jobs=cores, backend="loky")(jobs))
        return [np.stack([next(trained) for _ in group]) for _, group in cohorts]

    return run


SETTINGS = ("epochs", "check_epochs", "activation", "loss", "solver", "learning_rate", "batch_size")
