"""shoal, through ``shoal.train``."""

from __future__ import annotations

import math

import numpy as np

import shoal
from benchmarks.peers import Run
from benchmarks.task import Array, Cohort, Convolution, Task
from shoal.layers import Layer

CELLS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}
"""By name: a version that has no recurrent layers yet can be measured at what it has."""


def train(task: Task, cores: int) -> Run:
    y = task.labels if task.loss == "cross_entropy" else task.y
    X = np.ascontiguousarray(task.X.swapaxes(1, 2)) if task.cohorts[0].cell else task.X
    populations = [population(task, cohort) for cohort in task.cohorts]

    def run(epochs: int) -> list[Array]:
        return [
            shoal.train(
                members,
                X,
                y,
                learning_rate=task.learning_rate,
                epochs=epochs,
                batch_size=task.batch_size,
                batch_order="own" if len(cohort.orders) == cohort.size else "shared",
                l2=cohort.l2,
                sample_weight=cohort.weights if len(cohort.weights) > 1 else cohort.weights[0],
                seed=task.seed,
                n_jobs=cores,
            ).population.theta
            for members, cohort in zip(populations, task.cohorts, strict=True)
        ]

    return run


def scg(task: Task, cores: int) -> Run:
    return _full_batch(task, cores, "scg")


def lbfgs(task: Task, cores: int) -> Run:
    return _full_batch(task, cores, "lbfgs")


def bfgs(task: Task, cores: int) -> Run:
    return _full_batch(task, cores, "bfgs")


def levenberg_marquardt(task: Task, cores: int) -> Run:
    return _full_batch(task, cores, "levenberg_marquardt")


def _full_batch(task: Task, cores: int, solver: str) -> Run:
    populations = [population(task, cohort) for cohort in task.cohorts]

    def run(epochs: int) -> list[Array]:
        return [
            shoal.train(members, task.X, task.y, solver=solver, epochs=epochs, n_jobs=cores).population.theta
            for members in populations
        ]

    return run


def gradient(task: Task, cores: int) -> Run:
    """Steps of gradient descent: a gradient and an update each, on parameters that move a little."""
    [cohort] = task.cohorts
    members = population(task, cohort)

    def run(epochs: int) -> list[Array]:
        trained = shoal.train(
            members,
            task.X,
            task.y,
            solver="gradient_descent",
            learning_rate=task.learning_rate,
            epochs=epochs,
            tolerance=0,
            n_jobs=cores,
        )
        return [(members.theta - trained.population.theta) / (task.learning_rate * epochs)]

    return run


def predict(task: Task, cores: int) -> Run:
    [cohort] = task.cohorts
    members = population(task, cohort)

    def run(times: int) -> list[Array]:
        for _ in range(times):
            predictions = members.predict(task.X)
        return [predictions[0, :, 0]]

    return run


def population(task: Task, cohort: Cohort) -> shoal.Population:
    steps = math.prod(task.X.shape[1:]) // cohort.units[0]
    like = network(
        cohort.units, task.activation, cohort.image, cohort.convolutions, task.loss, cohort.cell, steps
    )
    return shoal.Population(like, cohort.theta, cohort.keys.astype(np.uint64))


def network(
    units: tuple[int, ...],
    activation: str,
    image: tuple[int, ...] = (),
    convolutions: tuple[Convolution, ...] = (),
    loss: str = "squared_error",
    cell: str = "",
    steps: int = 1,
) -> shoal.Network:
    """Return the architecture that a cohort's fields describe."""
    inputs, *hidden, outputs = units
    layers: list[Layer] = []
    if cell:
        layers.append(getattr(shoal, CELLS[cell])(hidden.pop(0)))
    for filters, size, same, pool in convolutions:
        layers.append(shoal.Conv2D(filters, size, "relu", padding="same" if same else "valid"))
        layers += [shoal.MaxPool2D(pool)] if pool > 1 else []
    layers += [shoal.Flatten()] if image else []
    layers += [*(shoal.Dense(width, activation) for width in hidden), shoal.Dense(outputs)]
    return shoal.Network((inputs, steps) if cell else image or inputs, layers, loss=loss)
