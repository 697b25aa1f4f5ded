"""Successive halving: after ever longer trainings the worse half of a population ends."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from shoal.populations.population import Population
from shoal.populations.run import Run
from shoal.populations.trainer import TrainingResult, begin_on
from shoal.shapes import Array, IntArray, whole_number
from shoal.training.history import History
from shoal.training.problem import Samples
from shoal.training.recipe import STRENGTHS, Recipe
from shoal.training.stopping import Reason


def train_halving(
    population: Population,
    train: Samples,
    recipe: Recipe,
    first: int,
    *,
    validation: Samples,
    engine: str = "auto",
    n_jobs: int | None = None,
) -> TrainingResult:
    """Train members as ``shoal.train`` does, but end the worse half after ``first`` epochs, 2, 4 … times.

    Members are compared by their validation loss: with patience by the lowest so far, else by the last. Those
    that end have the reason "outdone", and are as they were then; of an odd number the middle one stays, and
    so does the last. Whoever trains on is the same bits as without the others: strengths, schedules and
    orders of minibatches are those of the whole training. Members that stop by themselves are compared by
    what they have reached. Samples weigh the same for all.

    Raises ``ConfigurationError`` for less than one epoch, and for settings that ``shoal.train`` refuses.

    Source: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
    optimization", algorithm 1; here a round doubles the epochs, and ends half of a population at once.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> X = np.linspace(-1, 1, 20)
    >>> members = Network(1, [Dense(3, "tanh"), Dense(1)]).population(8)
    >>> samples = Samples.of(members.network, X, X**2, dtype="float32")
    >>> result = train_halving(members, samples, Recipe(epochs=20), 4, validation=samples)
    >>> np.sort(result.history.epochs).tolist()
    [4, 4, 4, 4, 8, 8, 16, 20]
    """
    rung = whole_number(first, "halving")
    given: dict[str, Any] = {"validation": validation, "engine": engine, "n_jobs": n_jobs}
    run = begin_on(population, train, recipe, **given)
    members = alive = np.arange(population.size)  # those of the run, and those that nobody has outdone
    theta, history = population.theta.copy(), run.history.copy()
    while not run.done:
        if len(alive) > 1 and rung < recipe.epochs:
            run.advance(rung - run.epoch)
        else:
            run.finish()
        history.put(members, run.history)
        outdone = np.zeros(len(members), dtype=np.bool_)
        if not run.done:
            alive, rung = _better_half(history, alive, recipe), 2 * rung
            outdone = run.active & ~np.isin(members, alive)
            run.stop(outdone)
        theta[members], on = run.population.theta, run.active
        history.stopped[members[outdone]] = Reason.OUTDONE
        if on.any() and recipe.rule.takes_learning_rate:  # others remember more than a snapshot says
            run, members = _of_members(run, np.flatnonzero(on), train, given), members[on]
    history.stopped[history.stopped == Reason.INTERRUPTED] = Reason.OUTDONE
    return TrainingResult(dataclasses.replace(population, theta=theta), history)


def _better_half(history: History, alive: IntArray, recipe: Recipe) -> IntArray:
    """Return which members ``alive`` have the smaller validation losses, of an odd number one more."""
    assert history.validation_loss is not None
    losses = history.validation_loss[alive]
    if recipe.patience is None:
        losses = np.take_along_axis(losses, np.maximum(history.epochs[alive] - 1, 0)[:, None], axis=1)
    reached: Array = np.where(np.isfinite(losses), losses, np.inf).min(axis=1)
    reached[history.diverged[alive]] = np.inf
    order = np.argsort(reached, kind="stable")
    return np.sort(alive[order[: -(-len(alive) // 2)]])


def _of_members(run: Run, rows: IntArray, train: Samples, given: dict[str, Any]) -> Run:
    """Return a run of some members alone, where they stand: in fewer lanes than beside those that ended."""
    recipe = run.recipe
    own: dict[str, Any] = {name: _of_some(getattr(recipe, name), rows) for name in STRENGTHS}
    own["penalties"] = {name: _of_some(value, rows) for name, value in recipe.further_penalties.items()}
    fewer = begin_on(run.population.members(rows), train, dataclasses.replace(recipe, **own), **given)
    fewer.restore(run.snapshot().of_members(rows))
    return fewer


def _of_some(strength: Any, rows: IntArray) -> Any:
    """Return a strength of some members: one that all have stays."""
    return tuple(strength[row] for row in rows.tolist()) if isinstance(strength, tuple) else strength
