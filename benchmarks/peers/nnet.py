"""R's nnet (Venables & Ripley): BFGS in C for one hidden layer, in an R that stays alive.

Its hidden units are logistic: tanh(z) = 2 σ(2 z) − 1, so starts and results are translated.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.peers import Run
from benchmarks.task import Array, Task

SCRIPT = Path(__file__).with_name("nnet.R")


def bfgs(task: Task, cores: int) -> Run:
    """Up to as many iterations, or until a step gains less than 1e-8 of the sum."""
    folder = tempfile.mkdtemp()  # the process ends with the contestant; the system clears it
    N, n = task.X.shape
    np.concatenate([[N, n], task.X.ravel(order="F"), task.y[:, 0]]).astype(float).tofile(f"{folder}/data.bin")
    starts = [
        part
        for cohort in task.cohorts
        for theta in cohort.theta
        for part in ([cohort.units[1]], to_logistic(theta, n, cohort.units[1]))
    ]
    np.concatenate(starts).astype(float).tofile(f"{folder}/starts.bin")
    process = subprocess.Popen(
        ["Rscript", "--vanilla", SCRIPT, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def run(epochs: int) -> list[Array]:
        assert process.stdin is not None
        assert process.stdout is not None
        print(epochs, file=process.stdin, flush=True)
        if process.stdout.readline() != "done\n":
            raise RuntimeError("R has ended; is its package nnet here?")
        trained = np.fromfile(f"{folder}/trained.bin")
        results, at = [], 0
        for cohort in task.cohorts:
            size, P = cohort.theta.shape[1], cohort.size
            each = trained[at : at + P * size].reshape(P, size)
            results.append(np.stack([from_logistic(weights, n, cohort.units[1]) for weights in each]))
            at += P * size
        return results

    return run


def to_logistic(theta: Array, n: int, m: int) -> Array:
    """Return nnet's weights, of every unit its bias and then its inputs, of shoal's W, b, v, c (D,)."""
    W, b, v, c = np.split(theta.astype(float), np.cumsum([n * m, m, m]))
    hidden = 2 * np.column_stack([b, W.reshape(m, n)])
    return np.concatenate([hidden.ravel(), c - v.sum(), 2 * v])


def from_logistic(weights: Array, n: int, m: int) -> Array:
    """Return shoal's W, b, v, c (D,) of nnet's weights."""
    hidden, c, v = np.split(weights, np.cumsum([m * (n + 1), 1]))
    rows = hidden.reshape(m, n + 1) / 2
    return np.concatenate([rows[:, 1:].ravel(), rows[:, 0], v / 2, c + v.sum() / 2])
