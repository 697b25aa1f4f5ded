"""The past of runs that somebody has begun: any epoch since they were shown is within reach again.

As in a course of the lab, what was turned stands in a journal, by epoch, and snapshots are taken on the way:
to go to an epoch is to restore the last one before it and to train on from there, to the same bits.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from operator import methodcaller

import numpy as np

from shoal.errors import ConfigurationError, ShoalError
from shoal.lab.course import Each, in_turn
from shoal.lab.marks import MOST_MARKS, Timeline, with_losses
from shoal.populations.run import Run
from shoal.shapes import Array
from shoal.training.problem import Snapshot

KNOBS = ("l2", "weight_decay", "learning_rate")
"""What may be turned: the samples, their noise and dropout are those that a run has begun with."""
MOST_BYTES = 256 * 2**20
"""Of all snapshots together."""


@dataclass(frozen=True)
class PastMark:
    """Where all runs stood at an epoch, before anything was turned there."""

    snapshots: tuple[Snapshot, ...]
    size: int

    @classmethod
    def of(cls, runs: tuple[Run, ...]) -> PastMark:
        """Return where runs stand, and how many bytes it takes to know."""
        snapshots = tuple(run.snapshot(losses=False) for run in runs)
        size = sum(
            array.nbytes for one in snapshots for array in (one.theta, one.best_theta, *one.memory.values())
        )
        return cls(snapshots, size)


class Past(Timeline[dict[str, float], PastMark]):
    """What runs have gone through since ``first``, the epoch at which they were shown.

    Whatever else trains the runs, or sets their strengths, begins another past.
    """

    first: int
    _at: list[tuple[int, int, int]]
    _known: list[Mapping[str, Array]]

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs = runs
        self._begin()

    @property
    def epoch(self) -> int:
        """The epochs behind the run that has gone farthest."""
        return max(run.epoch for run in self.runs)

    @property
    def goes_back(self) -> bool:
        """Whether it is known where the runs stood."""
        return bool(self._marks)

    @property
    def knobs(self) -> dict[str, float | None]:
        """What all networks are trained with; None where each has its own."""
        found: dict[str, float | None] = {}
        for name in KNOBS:
            values = np.unique(np.concatenate([strengths[name] for strengths in self._known]))
            found[name] = float(values[0]) if len(values) == 1 else None
        return found

    def advance(self, epochs: int, each: Each = in_turn) -> None:
        """Train on; what the journal says is turned on the way."""
        self._meet()
        last = self.epoch + epochs
        while (here := self.epoch) < last and not all(run.done for run in self.runs):
            until = self._halt(here, last)
            each(methodcaller("advance", until - here), self.runs)
            self._at = self._clocks()
            if self.epoch == here:
                break
            self.furthest = max(self.furthest, self.epoch)
            if self._marks.is_due(self.epoch):
                self._mark()
            if self.epoch in self.journal:
                self._set(self.journal[self.epoch])

    def turn(self, changes: Mapping[str, float]) -> None:
        """Go on under other strengths; what had come after this epoch is forgotten.

        Raises as ``shoal.Run.set`` does, and then nothing has changed.
        """
        self._meet()
        snapshots = [run.snapshot() for run in self.runs]
        try:
            self._set(changes)
        except ShoalError:
            for run, snapshot in zip(self.runs, snapshots, strict=True):
                run.restore(snapshot)  # none of them goes on under another strength than the others
            raise
        self.forget()
        self.journal[self.epoch] = {**self.journal.get(self.epoch, {}), **changes}

    def forget(self) -> None:
        """Forget what had come after this epoch."""
        self._forget_after(self.epoch)

    def seek(self, epoch: int, each: Each = in_turn) -> None:
        """Go to an epoch that was reached before, back or forward: the same bits as then.

        Raises ``ConfigurationError`` for another epoch, and for runs too large to be kept.
        """
        self.require(epoch)
        start = self._marks.last(epoch)
        if start is not None and (epoch < self.epoch or start > self.epoch):
            self._restore(start)
        if epoch > self.epoch:
            self.advance(epoch - self.epoch, each)

    def require(self, epoch: int) -> None:
        """Raise ``ConfigurationError`` for an epoch that cannot be gone to."""
        self._meet()
        if not self.first <= epoch <= self.furthest:
            raise ConfigurationError(
                f"epoch {epoch:,} is not one of those seen here; go to one from {self.first:,} to "
                f"{self.furthest:,}"
            )
        if epoch < self.epoch and self._marks.last(epoch) is None:
            raise ConfigurationError(
                f"where the run stood at an epoch takes more than {MOST_BYTES >> 21} MiB, which is not kept; "
                "it goes forward alone"
            )

    def fork(self) -> Past:
        """Return the past of other runs, which stand where these do and go on by themselves."""
        self._meet()
        return self._of(tuple(run.fork() for run in self.runs))

    def moved_to(self, runs: tuple[Run, ...]) -> Past:
        """Return this past as that of other runs, alike and brought to where these stand."""
        for mine, other in zip(self.runs, runs, strict=True):
            if mine is not other:
                other.restore(mine.snapshot())
        return self._of(runs)

    def _of(self, runs: tuple[Run, ...]) -> Past:
        """Return a past with as much in it, of other runs, that shares nothing that changes."""
        twin = copy.copy(self)
        twin._share_nothing()
        twin.runs = runs
        return twin

    def _begin(self) -> None:
        self.first = self.epoch
        self._begin_at(self.first)
        self._mark()
        self._at, self._known = self._clocks(), self._strengths()

    def _meet(self) -> None:
        """Begin another past where something else has trained or set the runs."""
        if self._at != self._clocks() or not all(
            np.array_equal(mine[name], others[name])
            for mine, others in zip(self._known, self._strengths(), strict=True)
            for name in mine
        ):
            self._begin()

    def _clocks(self) -> list[tuple[int, int, int]]:
        return [(run.epoch, run.step, int(np.count_nonzero(run.active))) for run in self.runs]

    def _strengths(self) -> list[Mapping[str, Array]]:
        return [run.snapshot(losses=False).strengths for run in self.runs]

    def _set(self, changes: Mapping[str, float]) -> None:
        for run in self.runs:
            run.set(penalties=None, **changes)
        self._at, self._known = self._clocks(), self._strengths()

    def _mark(self) -> None:
        mark = PastMark.of(self.runs)
        most = min(MOST_MARKS, MOST_BYTES // max(mark.size, 1))
        self._marks.keep(self.epoch, mark, most)

    def _restore(self, epoch: int) -> None:
        """Go to a mark; losses up to there are those of the longest course known."""
        mark, record = self._marks[epoch], self._recorded(self.epoch, self.runs)
        for run, snapshot, losses in zip(self.runs, mark.snapshots, record, strict=True):
            run.restore(with_losses(snapshot, losses, epoch))
        if epoch in self.journal:
            self._set(self.journal[epoch])  # else not at all: scg would begin anew
        self._at, self._known = self._clocks(), self._strengths()
