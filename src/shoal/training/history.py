"""What happened to each member while it was trained."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from shoal.errors import ConfigurationError
from shoal.shapes import Array, BoolArray, IntArray
from shoal.training.stopping import Reason


@dataclass
class History:
    """The course of training, one row a member; NaN after a member has stopped.

    - ``loss`` (P, epochs): J before each update (full batch), or its mean over the epoch's minibatches (those
      up to the one in which the member diverged).
    - ``validation_loss`` (P, epochs), or None without validation data: the loss after each epoch, without
      penalties.
    - ``epochs`` (P,): epochs run. ``best_epoch`` (P,): epochs run when the validation loss was lowest.
    - ``stopped`` (P,): why, as ``shoal.training.stopping.Reason``.
    - ``learning_rate`` (P,): the rate before its schedule, to explain a divergence.
    - ``told``: what the solver tells besides of each epoch's step, (P, epochs) by name: one that re-estimates
      the strength of the penalty ``gamma``, the effective number of parameters, ``alpha`` and ``beta``.
    """

    loss: Array
    validation_loss: Array | None
    epochs: IntArray
    best_epoch: IntArray
    stopped: IntArray
    learning_rate: Array
    told: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def empty(
        cls, size: int, epochs: int, validated: bool, learning_rate: Array, tells: Iterable[str] = ()
    ) -> History:
        """Return the history of ``size`` members that have not begun."""
        return cls(
            loss=np.full((size, epochs), np.nan),
            validation_loss=np.full((size, epochs), np.nan) if validated else None,
            epochs=np.zeros(size, dtype=np.intp),
            best_epoch=np.zeros(size, dtype=np.intp),
            stopped=np.full(size, Reason.EPOCHS, dtype=np.intp),
            learning_rate=np.asarray(learning_rate, dtype=np.float64),
            told={name: np.full((size, epochs), np.nan) for name in tells},
        )

    def arrays(self) -> tuple[Array | None, ...]:
        """Return the arrays that training writes: losses, epochs, best epochs, reasons and what is told."""
        known = self.loss, self.validation_loss, self.epochs, self.best_epoch, self.stopped
        return (*known, *self.told.values())

    def take(self, other: History) -> None:
        """Become equal to another history of as many members and epochs, in the same arrays."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            if mine is not None and theirs is not None:
                mine[...] = theirs

    def put(self, members: IntArray, other: History) -> None:
        """Become equal to another history in some members, which are all of that one's."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            if mine is not None and theirs is not None:
                mine[members] = theirs

    def of_members(self, rows: IntArray) -> History:
        """Return the history of some members."""
        return History(
            self.loss[rows],
            None if self.validation_loss is None else self.validation_loss[rows],
            self.epochs[rows],
            self.best_epoch[rows],
            self.stopped[rows],
            self.learning_rate[rows],
            {name: values[rows] for name, values in self.told.items()},
        )

    @contextmanager
    def kept_whole(self, epoch: int, theta: Array) -> Iterator[None]:
        """Let training write from ``epoch`` on, here and in ``theta``; undo what it wrote where it fails."""
        known = [array.copy() for array in (self.epochs, self.best_epoch, self.stopped, theta)]
        try:
            yield
        except BaseException:
            for array, values in zip((self.epochs, self.best_epoch, self.stopped, theta), known, strict=True):
                array[...] = values
            for course in (self.loss, self.validation_loss, *self.told.values()):
                if course is not None:
                    course[:, epoch:] = np.nan
            raise

    def copy(self, losses: bool = True) -> History:
        """Return a history whose arrays are its own; without ``losses`` those are (P, 0)."""
        if losses:
            return copy.deepcopy(self)
        none = self.loss[:, :0]
        validation_loss = None if self.validation_loss is None else none
        return replace(self, loss=none, validation_loss=validation_loss).copy()

    def course(self) -> str:
        """Return how the losses stand, in a line: of the member with the least, to that with the largest.

        >>> history = History.empty(3, 4, False, np.zeros(3))
        >>> history.epochs[:], history.loss[:, :2] = 2, [[0.5, 0.25], [0.5, 0.125], [0.5, np.nan]]
        >>> history.course()
        'loss 0.125 to 0.25 after 2 epochs'
        """
        if not self.epochs.any():
            return "no epoch trained"
        after = " to ".join(str(count) for count in np.unique([self.epochs.min(), self.epochs.max()]))
        last = self.loss[np.arange(len(self.loss)), np.maximum(self.epochs - 1, 0)]
        told = [f"loss {_range(last)} after {after} epoch{'s' * (after != '1')}"]
        if self.validation_loss is not None:
            lowest = np.where(np.isnan(self.validation_loss), np.inf, self.validation_loss).min(axis=1)
            told.append(f"lowest validation loss {_range(lowest)}")
        return ", ".join(told)

    def ends(self, members: BoolArray) -> str:
        """Return why ``members`` (P,) stopped, the most frequent reason first.

        >>> History.empty(3, 4, False, np.zeros(3)).ends(np.array([True, True, False]))
        '2 at the last epoch'
        """
        reasons = Counter(reason for reason, told in zip(self.reasons, members, strict=True) if told)
        words = {str(Reason.EPOCHS): "at the last epoch"}
        return ", ".join(f"{n:,} {words.get(reason, reason)}" for reason, n in reasons.most_common())

    def member_table(self) -> list[tuple[str, ...]]:
        """Return a row for each member, the lowest loss first, below their heads.

        The loss is the lowest validation loss where there is one, else the last J.

        >>> history = History.empty(2, 4, False, np.zeros(2))
        >>> history.epochs[:], history.loss[:, 0] = 1, [0.5, 0.25]
        >>> history.member_table()
        [('member', 'loss', 'epochs', 'ended'), ('1', '0.25', '1', 'epochs'), ('0', '0.5', '1', 'epochs')]
        """
        if self.validation_loss is None:
            name, losses = "loss", self.loss[np.arange(len(self.epochs)), np.maximum(self.epochs - 1, 0)]
        else:
            finite = np.where(np.isnan(self.validation_loss), np.inf, self.validation_loss)
            name, losses = "lowest validation loss", finite.min(axis=1)
        order = np.argsort(np.where(np.isfinite(losses), losses, np.inf), kind="stable")
        rows = [(str(p), f"{losses[p]:.4g}", f"{self.epochs[p]:,}", self.reasons[p]) for p in order]
        return [("member", name, "epochs", "ended"), *rows]

    def last_told(self, name: str, of_best: bool = False) -> Array:
        """Return what the solver told last of each member (P,); NaN where it told nothing of that name.

        With ``of_best`` that of the best epoch, for members that have been given the parameters of theirs.
        """
        if name not in self.told:
            return np.full(len(self.epochs), np.nan)
        epochs = np.where(of_best & (self.best_epoch > 0), self.best_epoch, self.epochs)
        last: Array = self.told[name][np.arange(len(epochs)), np.maximum(epochs - 1, 0)]
        return last

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


def _range(losses: Array) -> str:
    """Return the least and the largest of the finite losses (P,), in words."""
    finite = losses[np.isfinite(losses)]
    if not finite.size:
        return "not finite"
    low, high = f"{finite.min():.4g}", f"{finite.max():.4g}"
    return low if low == high else f"{low} to {high}"


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
