"""Cohorts of different sizes as one: hidden layers filled up with units whose weights are zero.

With tanh such units stay as they are, since what comes in and what goes out of them has no gradient. The
networks stay the same networks, and a batched form has one big cohort instead of many small ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from benchmarks.peers import Form, Run
from benchmarks.task import Array, Cohort, Task


def in_one_cohort(form: Form) -> Form:
    """Return a form that does tasks with one hidden layer of tanh units as one cohort."""

    def padded(task: Task, cores: int) -> Run:
        merged = merge(task.cohorts)
        run = form(dataclasses.replace(task, cohorts=(merged,)), cores)
        ends = np.cumsum([cohort.size for cohort in task.cohorts])[:-1]

        def split(epochs: int) -> list[Array]:
            [theta] = run(epochs)
            parts = np.split(theta, ends)
            return [cut(merged, part, cohort) for part, cohort in zip(parts, task.cohorts, strict=True)]

        return split

    return padded


def merge(cohorts: Sequence[Cohort]) -> Cohort:
    inputs, _, outputs = cohorts[0].units
    width = max(cohort.units[1] for cohort in cohorts)
    filled = []
    for cohort in cohorts:
        (W1, b1), (W2, b2) = cohort.layers(cohort.theta)
        extra = width - cohort.units[1]
        layers = [
            (np.pad(W1, ((0, 0), (0, extra), (0, 0))), np.pad(b1, ((0, 0), (0, extra)))),
            (np.pad(W2, ((0, 0), (0, 0), (0, extra))), b2),
        ]
        filled.append(cohort.flat(layers))
    return Cohort(
        (inputs, width, outputs),
        np.concatenate(filled),
        np.concatenate([cohort.keys for cohort in cohorts]),
        np.concatenate([cohort.l2 for cohort in cohorts]),
        _together([cohort.weights for cohort in cohorts]),
        _together([cohort.orders for cohort in cohorts]),
    )


def _together(arrays: list[Array]) -> Array:
    shared = len(arrays[0]) <= 1
    return arrays[0] if shared else np.concatenate(arrays)


def cut(merged: Cohort, theta: Array, cohort: Cohort) -> Array:
    (W1, b1), (W2, b2) = merged.layers(theta)
    units = cohort.units[1]
    return cohort.flat([(W1[:, :units], b1[:, :units]), (W2[:, :, :units], b2)])
