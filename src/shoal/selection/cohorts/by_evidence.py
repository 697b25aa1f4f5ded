"""Training a cohort so that the evidence scores it, by the rows it is trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from shoal.bayes.alternation import ROUNDS, TANGENTS, train_by_evidence
from shoal.bayes.laplace import Laplace
from shoal.bayes.tangent import require_tangible, tangent_work
from shoal.errors import CapacityError
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult
from shoal.training.history import History

if TYPE_CHECKING:
    from shoal.networks.chain import Chain
    from shoal.shapes import Array

MOST_WORK = 1e12
"""Operations that the curvatures of one network may take: one or two minutes of a core."""


def curvature_work(network: Chain, n_samples: int) -> float:
    """Return the operations of all curvatures that scoring one member by evidence takes."""
    return TANGENTS * tangent_work(network, n_samples)


def epochs_a_round(epochs: int) -> int:
    """Return how long one of the trainings between re-estimations is, of ``epochs`` in all.

    >>> epochs_a_round(500)
    100
    """
    return max(epochs // (ROUNDS + 1), 1)


def require_log_evidence(network: Chain, n_samples: int) -> None:
    """Raise where a network has no evidence, or one that takes too long.

    Raises ``ConfigurationError`` for losses and layers that it is not made for, ``CapacityError`` for a
    Hessian too large, or one that takes more than ``MOST_WORK`` operations.
    """
    require_tangible(network)
    work = curvature_work(network, n_samples)
    if work > MOST_WORK:
        raise CapacityError(
            f"the evidence of {network.n_parameters} parameters on {n_samples} rows takes {work:.1g} "
            f"operations, the limit is {MOST_WORK:.0g}; use smaller hidden sizes or fewer rows, or choose by "
            "validation"
        )


def train_members(
    fit: Callable[[Population, Array], TrainingResult], population: Population, X: Array, y: Array, l2: Array
) -> tuple[TrainingResult, Laplace]:
    """Return what ``train_by_evidence`` does, with the history of all its trainings one after another."""
    histories: list[History] = []

    def remembered(members: Population, strengths: Array) -> TrainingResult:
        result = fit(members, strengths)
        histories.append(result.history)
        return result

    result, found = train_by_evidence(remembered, population, X, y, l2)
    return TrainingResult(result.population, joined(histories)), found


def joined(histories: list[History]) -> History:
    """Return the history of members that were trained several times, each time from where they were."""
    epochs = np.sum([history.epochs for history in histories], axis=0)
    last = histories[-1]
    validated = last.validation_loss is not None
    whole = History.empty(epochs.size, int(epochs.max(initial=0)), validated, last.learning_rate)
    for p in range(epochs.size):
        rows = [(h, int(h.epochs[p])) for h in histories]
        whole.loss[p, : epochs[p]] = np.concatenate([h.loss[p, :n] for h, n in rows])
        if whole.validation_loss is not None:
            watched = [h.validation_loss[p, :n] for h, n in rows if h.validation_loss is not None]
            whole.validation_loss[p, : epochs[p]] = np.concatenate(watched)
    whole.epochs[:], whole.best_epoch[:], whole.stopped[:] = epochs, epochs, last.stopped
    return whole
