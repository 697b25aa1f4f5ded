"""Training and re-estimation by turns: the evidence sets the strength of the penalty."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.bayes.laplace import LEAST, MOST, Laplace, laplace
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, sample_losses
from shoal.shapes import Array

Fit: TypeAlias = Callable[[Population, Array], TrainingResult]
"""Trains a population under strengths l2 (P,)."""

ROUNDS = 4
"""How often α and β are re-estimated and the networks trained on. The first round does most of it."""
STEPS, HALVINGS = 10, 6
"""Newton steps from where training ends to the mode, and how often one is halved that goes too far."""
TANGENTS = ROUNDS + 1 + STEPS
"""How many curvatures that takes."""


def train_by_evidence(
    fit: Fit,
    population: Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    l2: npt.ArrayLike,
    rounds: int = ROUNDS,
) -> tuple[TrainingResult, Laplace]:
    """Train, then re-estimate λ = α/β and train on under it, ``rounds`` times; return what both end with.

    ``l2`` is the strength to begin with. The networks end at the modes of their posteriors: from where the
    last training leaves them a few Newton steps go down β E_D + α E_W, in which the prior holds for biases
    too, and α and β are re-estimated at each. The result's population is that of the posterior. Numbers of
    rounds and steps are fixed, so that no member's course depends on its companions.

    Source: MacKay 1992; Bishop 2006, PRML, 5.7.2: re-estimation is alternated with updates of the mode.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> from shoal.populations.trainer import train
    >>> X = np.linspace(0, 1, 30)
    >>> y = np.sin(2 * np.pi * X) + 0.3 * np.random.default_rng(0).normal(size=30)
    >>> network = Network(1, [Dense(3, "tanh"), Dense(1)])
    >>> fit = lambda population, l2: train(population, X, y, l2=l2, solver="scg", epochs=500)
    >>> result, found = train_by_evidence(fit, network.population(5, dtype="float64"), X, y, l2=1.0)
    >>> found.log_evidence.shape, bool(0.2 < found.beta.max() ** -0.5 < 0.4)
    ((5,), True)
    """
    strengths = np.broadcast_to(np.asarray(l2, dtype=np.float64), population.size)
    beta = None
    for _ in range(rounds + 1):
        result = fit(population, strengths)
        population = result.population
        found = laplace(population, X, y, strengths, beta).reestimated()
        # What diverged has no evidence, and is not trained any better under NaN.
        strengths = np.where(np.isfinite(found.l2), np.clip(found.l2, LEAST, MOST), strengths)
        beta = np.where(np.isfinite(found.beta), found.beta, 1.0)
    for _ in range(STEPS):
        population = _lower(found, X, y)
        alpha, beta = (np.where(np.isfinite(v), v, 1.0) for v in (found.alpha, found.beta))
        found = laplace(population, X, y, alpha / beta, beta).reestimated()
    return TrainingResult(population, result.history), found


def _lower(found: Laplace, X: npt.ArrayLike, y: npt.ArrayLike) -> Population:
    """Return the population a Newton step lower in β E_D + α E_W, a shorter one or none where that rises."""
    start = found.tangent.population
    now, lowest = start, _objective(found, start, X, y)
    shares = np.ones(start.size)
    for _ in range(HALVINGS):
        theta = start.theta + shares[:, None] * (found.mean - start.theta)
        there = Population(start.network, theta.astype(start.theta.dtype), start.keys)
        objective = _objective(found, there, X, y)
        better = objective < lowest
        now = Population(start.network, np.where(better[:, None], there.theta, now.theta), start.keys)
        lowest = np.where(better, objective, lowest)
        shares = np.where(lowest < _objective(found, start, X, y), shares, shares / 2)
    return now


def _objective(found: Laplace, population: Population, X: npt.ArrayLike, y: npt.ArrayLike) -> Array:
    with np.errstate(all="ignore"):  # of members that diverged
        data = sample_losses(population, X, y).sum(axis=1, dtype=np.float64)
        weights = np.square(population.theta, dtype=np.float64).sum(axis=1) / 2
        objective: Array = found.beta * data + found.alpha * weights
    return objective
