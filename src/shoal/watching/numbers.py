"""What is told in numbers of a training or a study that goes on, by names that slashes group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.selection.running.runner import StudyProgress
    from shoal.training.history import History

QUANTILES = {"lowest": 0.0, "lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
"""Of the members' losses, which are told in the place of every member's own."""


def of_members(name: str, values: Array) -> dict[str, float]:
    """Return one number for each member (P,) as some of them all; of one member it is that number alone.

    Numbers that are not finite are left out.

    >>> of_members("loss", np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan]))
    {'loss/lowest': 1.0, 'loss/lower_quartile': 2.0, 'loss/median': 3.0, 'loss/upper_quartile': 4.0}
    >>> of_members("loss", np.array([0.5]))
    {'loss': 0.5}
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return {}
    if len(values) == 1:
        return {name: float(finite[0])}
    found = np.quantile(finite, list(QUANTILES.values()))
    return {f"{name}/{each}": float(value) for each, value in zip(QUANTILES, found, strict=True)}


def of_epoch(history: History, epoch: int) -> dict[str, float]:
    """Return the losses after ``epoch`` epochs, and how many members trained on and had diverged by then.

    A member that ended before counts with its last loss, so that curves do not jump when the worst end; one
    that diverged does not count.

    >>> from shoal.training.history import History
    >>> history = History.empty(2, 3, False, np.zeros(2))
    >>> history.epochs[:], history.loss[:] = [1, 3], [[0.5, np.nan, np.nan], [0.4, 0.3, 0.1]]
    >>> of_epoch(history, 2)["training_loss/lower_quartile"], of_epoch(history, 2)["members/training"]
    (0.35, 1.0)
    """
    members = np.arange(len(history.epochs))
    last = np.maximum(np.minimum(history.epochs, epoch) - 1, 0)
    lost = history.diverged & (history.epochs <= epoch)
    told: dict[str, float] = {}
    for name, course in (("training_loss", history.loss), ("validation_loss", history.validation_loss)):
        if course is not None:
            told |= of_members(name, np.where(lost, np.nan, course[members, last]))
    if len(members) > 1:
        told["members/training"] = float(np.count_nonzero(history.epochs >= epoch))
        told["members/diverged"] = float(np.count_nonzero(lost))
    return told


def of_study(progress: StudyProgress) -> dict[str, float]:
    """Return the lowest validation loss of a study so far, those of the networks just ended, and the pace."""
    told = {"study/networks_a_second": progress.per_second} if progress.per_second else {}
    if progress.best is not None:
        told["study/lowest_validation_loss"] = progress.best
    losses = progress.trials["validation_loss"]
    return told | of_members("study/validation_loss", losses[~progress.trials["diverged"]])


def steps_of(progress: Any) -> tuple[int, dict[str, float], bool]:
    """Return how far a training, a run or a study is, what there is to tell of it, and whether it has ended.

    ``progress`` is a ``Progress``, a ``Run`` or a ``StudyProgress``.
    """
    if not hasattr(progress, "epoch"):
        return progress.done, of_study(progress), progress.done >= progress.total
    told = {} if progress.history is None else of_epoch(progress.history, progress.epoch)
    ended = not np.any(progress.active) or progress.epoch >= getattr(progress, "epochs", np.inf)
    return progress.epoch, told, ended
