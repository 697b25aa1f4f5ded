"""The judge: whether a contestant did the task, by losses computed apart from everybody in float64."""

from __future__ import annotations

import dataclasses
from functools import cached_property

import numpy as np

from benchmarks.peers.cells import SequenceMember
from benchmarks.peers.numpy import Member
from benchmarks.task import Array, Cohort, Task
from benchmarks.workload import Entry

JUDGED = 3
"""How many members of every cohort are trained by the judge."""
ADAM_EPOCHS = 1000


class Judge:
    """Compares losses J of a few members of every cohort after ``check_epochs``, gradients or predictions.

    Where contestants use solvers of their own, their mean J must not be above that of 1000 epochs of Adam.
    """

    tolerance = 1e-4

    def __init__(self, task: Task) -> None:
        X, y = task.X.astype(np.float64), task.y.astype(np.float64)
        self.task = dataclasses.replace(task, X=X, y=y)
        self.exact: dict[tuple[int, int], float] = {}

    def disagreement(self, results: list[Array], entry: Entry) -> float:
        """Return the largest relative difference of a loss (of gradients or predictions: to the largest)."""
        cohorts = self.task.cohorts
        if self.task.solver == "gradient":
            return float(np.abs(results[0][0] - self._gradient).max() / np.abs(self._gradient).max())
        if self.task.solver == "predict":
            return float(np.abs(results[0] - self._predictions).max() / np.abs(self._predictions).max())
        losses: list[tuple[float, float]] = []
        for which, (cohort, theta) in enumerate(zip(cohorts, results, strict=True)):
            rows = np.arange(cohort.size)
            if entry.members is not None:
                rows = np.linspace(0, cohort.size - 1, min(entry.members, cohort.size)).round().astype(int)
            judged = np.unique(np.linspace(0, len(rows) - 1, JUDGED).round().astype(int))
            if entry.peer == "sklearn" and not self._even(cohort):  # whose penalty is another one then
                judged = np.flatnonzero(cohort.l2[rows] == 0)[:JUDGED]
            for i in judged:
                loss = self._loss(cohort, rows[i], theta[i])
                losses.append((loss, self._exact_loss(which, int(rows[i]))))
        reached, exact = np.array(losses).T
        if self.task.solver == "own":
            return max(0.0, float(reached.mean() / exact.mean() - 1))
        return float(np.abs(reached / exact - 1).max())  # NaN, which is within no tolerance, if any loss is

    def mean_losses(self, results: list[Array], members: int | None = None) -> Array:
        """Return the mean J of each cohort, of all its members or of so many at even distances."""
        means = []
        for cohort, theta in zip(self.task.cohorts, results, strict=True):
            rows = np.arange(cohort.size)
            if members is not None and members < cohort.size:
                rows = np.linspace(0, cohort.size - 1, members).round().astype(int)
            own = theta if len(theta) == len(rows) else theta[rows]
            losses = [self._loss(cohort, p, each) for p, each in zip(rows.tolist(), own, strict=True)]
            means.append(np.mean(losses))
        return np.array(means)

    def _even(self, cohort: Cohort) -> bool:
        """Return whether all batches weigh the same."""
        return bool((cohort.weights == 1).all()) and len(self.task.X) % (self.task.batch_size or 1) == 0

    def _exact_loss(self, which: int, p: int) -> float:
        if (which, p) not in self.exact:
            cohort = self.task.cohorts[which]
            epochs = ADAM_EPOCHS if self.task.solver == "own" else self.task.check_epochs
            theta = _exact_member(self.task, cohort, p).train(epochs)
            self.exact[which, p] = self._loss(cohort, p, theta)
        return self.exact[which, p]

    def _loss(self, cohort: Cohort, p: int, theta: Array) -> float:
        member = _exact_member(self.task, cohort, p)
        member.theta[:] = theta
        return member.loss()

    @cached_property
    def _gradient(self) -> Array:
        member = _exact_member(self.task, self.task.cohorts[0], 0)
        member.objective()
        return member.gradient

    @cached_property
    def _predictions(self) -> Array:
        return _exact_member(self.task, self.task.cohorts[0], 0).predictions()


def _exact_member(task: Task, cohort: Cohort, p: int) -> Member:
    alone = cohort.members(np.array([p]))
    theta, weights = alone.theta.astype(np.float64), alone.weights.astype(np.float64)
    kind = SequenceMember if cohort.cell else Member
    return kind(task, dataclasses.replace(alone, theta=theta, weights=weights), 0)
