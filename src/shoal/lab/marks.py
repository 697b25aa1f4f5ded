"""Where a run stood: its losses are kept once, for they would be the most of every snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from shoal.shapes import Array
from shoal.training.history import History
from shoal.training.problem import Snapshot

Losses: TypeAlias = tuple[Array, Array | None]
"""Of training and of validation, where there is some, (P, epochs)."""


def losses_of(history: History) -> Losses:
    """Return the losses of a course, which nothing changes any more."""
    validation = history.validation_loss
    return history.loss.copy(), None if validation is None else validation.copy()


def with_losses(snapshot: Snapshot, losses: Losses, epoch: int) -> Snapshot:
    """Return the snapshot with its losses again: those of the first epochs of a longer course."""
    train, validation = (None if array is None else array.copy() for array in losses)
    for array in (train, validation):
        if array is not None:
            array[:, epoch:] = np.nan
    assert train is not None
    history = replace(snapshot.history.copy(), loss=train, validation_loss=validation)
    return replace(snapshot.copy(), history=history)
