"""Where runs stood and what was turned. Losses are kept once: they would be the most of every snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Generic, TypeAlias, TypeVar

import numpy as np

from shoal.populations.run import Run
from shoal.shapes import Array
from shoal.training.history import History
from shoal.training.problem import Snapshot

MOST_MARKS = 48
"""Snapshots kept of a course; with more, every other one goes."""

K = TypeVar("K")
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


class Timeline(Generic[K, M]):
    """The epochs of runs that are within reach again, for courses to inherit.

    ``journal`` holds what was turned, by epoch; ``furthest`` is the last epoch that was reached since.
    """

    def _begin_at(self, epoch: int) -> None:
        """Begin anew: nothing has been turned, and nothing is behind this epoch."""
        self.furthest = epoch
        self.journal: dict[int, K] = {}
        self._marks = Marks[M](epoch)
        self._record: tuple[int, list[Losses]] = (0, [])

    def _halt(self, epoch: int, last: int) -> int:
        """Return where to halt next: where a mark is due, something is turned, or last."""
        halts = (*self.journal, self._marks.halt(epoch))
        return min([last, *(at for at in halts if at > epoch)])

    def _forget_after(self, epoch: int) -> None:
        """Forget what had come after an epoch."""
        self.furthest = epoch
        self._record = min(self._record[0], epoch), self._record[1]
        self.journal = {at: known for at, known in self.journal.items() if at <= epoch}
        self._marks.forget_after(epoch)

    def _recorded(self, epoch: int, runs: Iterable[Run]) -> list[Losses]:
        """Return the losses of runs that stand at an epoch, of the longest course known."""
        if epoch >= self._record[0]:
            self._record = epoch, [losses_of(run.history) for run in runs]
        return self._record[1]

    def _share_nothing(self) -> None:
        """Part from the one that this is a copy of."""
        self.journal, self._marks = dict(self.journal), self._marks.copy()
