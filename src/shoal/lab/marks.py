"""Where a run stood: its losses are kept once, for they would be the most of every snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

import numpy as np

from shoal.shapes import Array
from shoal.training.history import History
from shoal.training.problem import Snapshot

MOST_MARKS = 48
"""Snapshots kept of a course; with more, every other one goes."""

M = TypeVar("M")

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


class Marks(Generic[M]):
    """Where a course stood every so many epochs, and at its first one; the longer it gets, the fewer."""

    def __init__(self, first: int = 0) -> None:
        self._first, self._every = first, 10
        self._at: dict[int, M] = {}

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, epoch: object) -> bool:
        return epoch in self._at

    def __getitem__(self, epoch: int) -> M:
        return self._at[epoch]

    def keep(self, epoch: int, mark: M, most: int = MOST_MARKS) -> None:
        """Keep a mark of an epoch, so many in all; fewer than two are none."""
        self._at[epoch] = mark
        while len(self._at) > most and self._every <= epoch:
            self._every *= 2
            self._at = {
                at: kept for at, kept in self._at.items() if at % self._every == 0 or at == self._first
            }
        if most < 2:
            self._at = {}

    def halt(self, epoch: int) -> int:
        """Return the next epoch at which a mark is due."""
        return epoch - epoch % self._every + self._every

    def is_due(self, epoch: int) -> bool:
        """Tell whether a mark of this epoch is to be kept, and is not yet."""
        return epoch % self._every == 0 and epoch not in self._at

    def last(self, epoch: int) -> int | None:
        """Return the last epoch up to this one of which there is a mark."""
        return max((at for at in self._at if at <= epoch), default=None)

    def forget_after(self, epoch: int) -> None:
        """Forget the marks of later epochs."""
        self._at = {at: mark for at, mark in self._at.items() if at <= epoch}

    def copy(self) -> Marks[M]:
        """Return marks that share nothing that changes."""
        twin = Marks[M](self._first)
        twin._every, twin._at = self._every, dict(self._at)
        return twin
