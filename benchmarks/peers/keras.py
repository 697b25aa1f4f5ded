"""Keras on jax: its recurrent layers under ``fit``, compiled, as its users train them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")  # read when Keras is imported

import keras
import numpy as np

from benchmarks.peers import Run
from benchmarks.task import Array, Cohort, Task

LAYERS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


def fit(task: Task, cores: int) -> Run:
    """One network after another, all of them by one model, which is compiled once."""
    [cohort] = task.cohorts
    model = _model(task, cohort)
    optimizer = [np.asarray(variable) for variable in model.optimizer.variables]

    def train(p: int, epochs: int) -> Array:
        model.set_weights(_as_keras(cohort, cohort.theta[p : p + 1]))
        for variable, value in zip(model.optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        for rows in cohort.orders[p % len(cohort.orders), :epochs]:
            model.fit(task.X[rows], task.labels[rows], batch_size=task.batch_size, shuffle=False, verbose=0)
        return _as_theta(cohort, model.get_weights())

    return lambda epochs: [np.stack([train(p, epochs) for p in range(cohort.size)])]


def _model(task: Task, cohort: Cohort) -> Any:
    """Return the model of a cohort of recurrent networks, with the moments of its solver in place."""
    if cohort.l2.any():
        raise ValueError("penalties of Keras's layers are not those of the task; give it none")
    inputs, m, outputs = cohort.units
    own = {"bias_constraint": _second_bias(m)} if cohort.cell == "gru" else {}
    model = keras.Sequential(
        [keras.Input((task.X.shape[1], inputs)), LAYERS[cohort.cell](m, **own), keras.layers.Dense(outputs)]
    )
    model.compile(
        keras.optimizers.Adam(task.learning_rate, epsilon=1e-8),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def _second_bias(m: int) -> Callable[[Any], Any]:
    """Return what keeps the second bias of a gru, beside R, at 0 but where it is c."""
    trained = np.ones((2, 3 * m), np.float32)
    trained[1, : 2 * m] = 0
    return lambda value: value * trained


def _as_keras(cohort: Cohort, theta: Array) -> list[Array]:
    """Return W (C, g·m), R (m, g·m), b, V (m, K), d of parameters (1, D); Keras's gru has k before r."""
    (W, R, b, *c), (V, d) = ([part[0] for part in layer] for layer in cohort.layers(theta))
    if c:
        m = len(c[0])
        W, R, b = (_swapped(part, m) for part in (W, R, b))
        b = np.stack([b, np.concatenate([np.zeros(2 * m, b.dtype), c[0]])])
    return [W.T, R.T, b, V.T, d]


def _as_theta(cohort: Cohort, weights: list[Array]) -> Array:
    """Return the parameters (D,) that Keras's weights stand for."""
    W, R, b, V, d = weights
    parts = [W.T, R.T, b]
    if cohort.cell == "gru":
        m = cohort.units[1]
        parts = [*(_swapped(part, m) for part in (W.T, R.T, b[0])), b[1, 2 * m :]]
    return np.concatenate([np.ravel(part) for part in (*parts, V.T, d)])


def _swapped(part: Array, m: int) -> Array:
    """Return the rows of gru's first two gates in each other's place."""
    return np.concatenate([part[m : 2 * m], part[:m], part[2 * m :]])
