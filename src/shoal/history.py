"""What happened to each member while it was trained."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array, BoolArray, IntArray
from shoal.stopping import Reason


@dataclass
class History:
    """The course of training, one row a member; NaN after a member has stopped.

    - ``loss`` (P, epochs): J before each update (full batch), or its mean over the epoch's minibatches (those
      up to the one in which the member diverged).
    - ``validation_loss`` (P, epochs), or None without validation data: the loss after each epoch, without
      penalties.
    - ``epochs`` (P,): epochs run. ``best_epoch`` (P,): epochs run when the validation loss was lowest.
    - ``stopped`` (P,): why, as ``shoal.stopping.Reason``.
    - ``learning_rate`` (P,): the rate before its schedule, to explain a divergence.
    """

    loss: Array
    validation_loss: Array | None
    epochs: IntArray
    best_epoch: IntArray
    stopped: IntArray
    learning_rate: Array

    @classmethod
    def empty(cls, size: int, epochs: int, validated: bool, learning_rate: Array) -> History:
        """Return the history of ``size`` members that have not begun."""
        return cls(
            loss=np.full((size, epochs), np.nan),
            validation_loss=np.full((size, epochs), np.nan) if validated else None,
            epochs=np.zeros(size, dtype=np.intp),
            best_epoch=np.zeros(size, dtype=np.intp),
            stopped=np.full(size, Reason.EPOCHS, dtype=np.intp),
            learning_rate=np.asarray(learning_rate, dtype=np.float64),
        )

    def arrays(self) -> tuple[Array, Array | None, Array, Array, Array]:
        """Return the arrays that training writes: losses, epochs, best epochs and reasons."""
        return self.loss, self.validation_loss, self.epochs, self.best_epoch, self.stopped

    def take(self, other: History) -> None:
        """Become equal to another history of as many members and epochs, in the same arrays."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            if mine is not None:
                mine[...] = theirs

    @contextmanager
    def kept_whole(self, epoch: int, theta: Array) -> Iterator[None]:
        """Let training write from ``epoch`` on, here and in ``theta``; undo what it wrote where it fails."""
        known = [array.copy() for array in (self.epochs, self.best_epoch, self.stopped, theta)]
        try:
            yield
        except BaseException:
            for array, values in zip((self.epochs, self.best_epoch, self.stopped, theta), known, strict=True):
                array[...] = values
            for losses in self.loss, self.validation_loss:
                if losses is not None:
                    losses[:, epoch:] = np.nan
            raise

    def copy(self) -> History:
        """Return a history whose arrays are its own."""
        return copy.deepcopy(self)

    @property
    def diverged(self) -> BoolArray:
        """Which members' loss or parameters became non-finite (P,)."""
        return np.equal(self.stopped, Reason.DIVERGED)

    @property
    def converged(self) -> BoolArray:
        """Which members a full-batch solver brought to a stationary point (P,)."""
        return np.equal(self.stopped, Reason.CONVERGED)

    @property
    def reasons(self) -> list[str]:
        """Why each member stopped, in words."""
        return [str(Reason(code)) for code in self.stopped]

    def explain_divergence(self, member: int) -> str:
        """Return one sentence on a diverged member: when, at which learning rate, and what to try.

        Raises ``ConfigurationError`` for a member that did not diverge.
        """
        if not self.diverged[member]:
            raise ConfigurationError(
                f"member {member} did not diverge, it stopped for the reason {self.reasons[member]!r}; "
                "see history.diverged for those that did"
            )
        return divergence_sentence(int(self.epochs[member]), float(self.learning_rate[member]))


def divergence_sentence(epoch: int, learning_rate: float) -> str:
    """Return what happened to a member that diverged, and what to try; a rate of 0 stands for none.

    >>> divergence_sentence(4, 0.5)
    'no longer finite in epoch 4 with learning rate 0.5: try 0.05, or clip_norm=1'
    """
    if learning_rate > 0:
        cause, advice = (
            f" with learning rate {learning_rate:g}",
            f"try {learning_rate / 10:g}, or clip_norm=1",
        )
    else:
        cause, advice = "", "try a larger l2, or smaller initial weights"
    return f"no longer finite in epoch {epoch}{cause}: {advice}"
