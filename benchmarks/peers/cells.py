"""NumPy by hand: one recurrent network at a time, and the judge of everybody's losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from benchmarks.peers import Run
from benchmarks.peers.numpy import Member
from benchmarks.task import Array, Cohort, Task

State: TypeAlias = tuple[Array, ...]
Forward: TypeAlias = Callable[[Array, Array, State, tuple[Array, ...]], tuple[State, Any]]
Backward: TypeAlias = Callable[[Any, State], tuple[Array, Array, State]]


def sigmoid(z: Array) -> Array:
    s: Array = 0.5 + 0.5 * np.tanh(0.5 * z)
    return s


def lstm(z: Array, u: Array, state: State, own: tuple[Array, ...]) -> tuple[State, Any]:
    i, f, g, o = np.split(z + u, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * state[1] + i * g
    return (o * np.tanh(c), c), (i, f, g, o, state[1], np.tanh(c))


def lstm_back(kept: Any, grads: State) -> tuple[Array, Array, State]:
    i, f, g, o, before, y = kept
    e = grads[1] + grads[0] * o * (1 - y**2)
    parts = (e * g * i * (1 - i), e * before * f * (1 - f), e * i * (1 - g**2), grads[0] * y * o * (1 - o))
    delta = np.concatenate(parts, axis=1)
    return delta, delta, (np.zeros_like(e), e * f)


def gru(z: Array, u: Array, state: State, own: tuple[Array, ...]) -> tuple[State, Any]:
    m = len(own[0])
    r, k = np.split(sigmoid(z[:, : 2 * m] + u[:, : 2 * m]), 2, axis=1)
    q = u[:, 2 * m :] + own[0]
    n = np.tanh(z[:, 2 * m :] + r * q)
    return ((1 - k) * n + k * state[0],), (r, k, q, n, state[0])


def gru_back(kept: Any, grads: State) -> tuple[Array, Array, State]:
    r, k, q, n, before = kept
    of_n = grads[0] * (1 - k) * (1 - n**2)
    of_k = grads[0] * (before - n) * k * (1 - k)
    of_r = of_n * q * r * (1 - r)
    return (
        np.concatenate((of_r, of_k, of_n), axis=1),
        np.concatenate((of_r, of_k, of_n * r), axis=1),
        (grads[0] * k,),
    )


def rnn(z: Array, u: Array, state: State, own: tuple[Array, ...]) -> tuple[State, Any]:
    h = np.tanh(z + u)
    return (h,), h


def rnn_back(kept: Any, grads: State) -> tuple[Array, Array, State]:
    delta = grads[0] * (1 - kept**2)
    return delta, delta, (np.zeros_like(delta),)


CELLS: dict[str, tuple[Forward, Backward, int]] = {
    "lstm": (lstm, lstm_back, 2),
    "gru": (gru, gru_back, 1),
    "rnn": (rnn, rnn_back, 1),
}
"""A step, its derivatives by z, u = R h and the state before, and the numbers of a state."""


class SequenceMember(Member):
    """A recurrent network of a task, its dense layers on the last state."""

    def __init__(self, task: Task, cohort: Cohort, p: int) -> None:
        super().__init__(task, cohort, p)
        self.cell, self.cell_back, self.states = CELLS[cohort.cell]
        (self.recurrent, *self.dense), (self.recurrent_gradients, *self.dense_gradients) = (
            self.layers,
            self.gradients,
        )

    def objective(self, rows: slice | Array = slice(None)) -> float:
        X, s = self.task.X[rows], self.weights[rows]
        share = s / s.sum()
        h, walk = self._walk(X)
        activations = self._dense_forward(h)
        losses, delta = self._loss(activations[-1], self.task.y[rows])
        delta *= share[:, None]
        self._walk_back(X, walk, self._dense_backward(activations, delta, to_input=True))
        return float(share @ losses) + self._penalise()

    def _forward(self, X: Array) -> list[Array]:
        return self._dense_forward(self._walk(X)[0])

    def _walk(self, X: Array) -> tuple[Array, list[tuple[Array, Any]]]:
        W, R, b, *own = self.recurrent
        state = tuple(np.zeros((len(X), R.shape[1]), X.dtype) for _ in range(self.states))
        kept = []
        for t in range(X.shape[1]):
            before = state[0]
            state, cache = self.cell(X[:, t] @ W.T + b, before @ R.T, state, tuple(own))
            kept.append((before, cache))
        return state[0], kept

    def _walk_back(self, X: Array, walk: list[tuple[Array, Any]], delta: Array) -> None:
        dW, dR, db, *dc = self.recurrent_gradients
        for gradient in self.recurrent_gradients:
            gradient[...] = 0
        grads = (delta, *(np.zeros_like(delta) for _ in range(self.states - 1)))
        for t in reversed(range(X.shape[1])):
            before, cache = walk[t]
            of_z, of_u, (direct, *rest) = self.cell_back(cache, grads)
            dW += of_z.T @ X[:, t]
            db += of_z.sum(axis=0)
            dR += of_u.T @ before
            for own in dc:
                own += of_u[:, -len(own) :].sum(axis=0)
            grads = (direct + of_u @ self.recurrent[1], *rest)


def loop(task: Task, cores: int) -> Run:
    def run(epochs: int) -> list[Array]:
        return [
            np.stack([SequenceMember(task, cohort, p).train(epochs) for p in range(cohort.size)])
            for cohort in task.cohorts
        ]

    return run
