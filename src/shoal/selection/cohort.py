"""Training one cohort: a pure function of arrays, so that any ``concurrent.futures`` executor can run it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.population import Population
from shoal.randomness import member_id
from shoal.selection.candidates import hidden_label
from shoal.selection.trials import Trials
from shoal.trainer import TrainingResult, sample_losses, train

if TYPE_CHECKING:
    from shoal.network import Network
    from shoal.selection.planning import Cohort
    from shoal.shapes import Array, IntArray
    from shoal.solvers.base import Solver


@dataclass(frozen=True)
class Recipe:
    """How every network of a study is trained; the arguments of ``shoal.train`` that all of them share."""

    solver: Solver
    learning_rate: float | None
    epochs: int
    batch_size: int | None
    patience: int | None
    tolerance: float
    dtype: str
    seed: int


@dataclass(frozen=True)
class Task:
    """A cohort with all that training it takes: rows of ``X`` (N, n) and ``y`` to train and to judge by.

    ``held`` is empty where there is nothing to judge by.
    """

    cohort: Cohort
    network: Network
    recipe: Recipe
    X: Array
    y: Array
    train: IntArray
    held: IntArray


@dataclass(frozen=True)
class CohortResult:
    """The trained members of a cohort, in its order.

    ``trials`` has one row a member; ``theta`` (P, D) are its parameters, ``loss`` and ``validation_loss``
    (P, E) its curves over the epochs that the longest-trained member ran, NaN beyond a member's own.
    """

    index: int
    trials: Trials
    theta: Array
    loss: Array
    validation_loss: Array


def run_cohort(task: Task) -> CohortResult:
    """Train the members of a cohort and score them on the rows held out.

    The same task gives the same bits in any process on any executor: linear algebra runs on one thread,
    and a member's streams are keyed by its candidate, start and fold.
    """
    began = time.perf_counter()
    with threadpool_limits(limits=1), np.errstate(all="ignore"):  # what diverged overflows once more
        X, y = task.X[task.train], task.y[task.train]
        judged = (task.X[task.held], task.y[task.held]) if task.held.size else None
        result = _train(task, X, y, judged)
        train_loss = sample_losses(result.population, X, y).mean(axis=-1, dtype=np.float64)
        loss, error = _score(result.population, judged)
    seconds = (time.perf_counter() - began) / result.population.size
    return _result(task, result, (train_loss, loss, error), seconds)


def _train(task: Task, X: Array, y: Array, judged: tuple[Array, Array] | None) -> TrainingResult:
    cohort, recipe = task.cohort, task.recipe
    keys = [member_id(m.candidate.index, m.start, cohort.fold) for m in cohort.members]
    return train(
        Population.from_members(task.network, keys, recipe.seed, recipe.dtype),
        X,
        y,
        l2=[m.candidate.l2 for m in cohort.members],
        validation=judged,
        solver=recipe.solver,
        learning_rate=recipe.learning_rate,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size,
        patience=recipe.patience,
        tolerance=recipe.tolerance,
        seed=recipe.seed,
        n_jobs=1,
    )


def _score(population: Population, judged: tuple[Array, Array] | None) -> tuple[Array, Array]:
    """Return the mean loss over the judging samples and its standard error, (P,) each."""
    if judged is None:
        return np.full(population.size, np.nan), np.full(population.size, np.nan)
    losses = sample_losses(population, *judged).astype(np.float64)
    n = losses.shape[-1]
    if n == 1:  # one sample says nothing about the spread of the mean
        return losses[:, 0], np.zeros(population.size)
    return losses.mean(axis=-1), losses.std(axis=-1, ddof=1) / np.sqrt(n)


def _result(
    task: Task, trained: TrainingResult, scores: tuple[Array, Array, Array], seconds: float
) -> CohortResult:
    history, cohort = trained.history, task.cohort
    lost = trained.diverged
    train_loss, validation_loss, error = (np.where(lost, np.nan, score) for score in scores)
    rows = [
        {
            "candidate": member.candidate.index,
            "hidden": hidden_label(cohort.hidden),
            "l2": member.candidate.l2,
            "start": member.start,
            "fold": cohort.fold,
            "parameters": task.network.n_parameters,
            "train_loss": train_loss[p],
            "validation_loss": validation_loss[p],
            "validation_se": error[p],
            "epochs": history.epochs[p],
            "best_epoch": history.best_epoch[p],
            "stopped": history.reasons[p],
            "diverged": lost[p],
            "seconds": seconds,
        }
        for p, member in enumerate(cohort.members)
    ]
    longest = int(history.epochs.max())
    curve = history.validation_loss
    return CohortResult(
        index=cohort.index,
        trials=Trials.from_rows(rows),
        theta=trained.population.theta,
        loss=history.loss[:, :longest],
        validation_loss=np.zeros((len(rows), 0)) if curve is None else curve[:, :longest],
    )
