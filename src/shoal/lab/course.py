"""The course of a shoal: one run a size, stepped together, with every epoch that was within reach again.

What was turned, and when, stands in a journal, and snapshots are taken on the way. To go to an epoch is to
restore the last snapshot before it and to train on from there, turning the same knobs at the same epochs: the
same bits.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import methodcaller

from shoal.lab.answers import Answers, answered
from shoal.lab.design import Design, Knobs
from shoal.lab.marks import Timeline, with_losses
from shoal.lab.material import SETS, Material, Sets
from shoal.populations.run import Run
from shoal.populations.trainer import begin
from shoal.training.problem import Snapshot

Each = Callable[[Callable[[Run], None], Iterable[Run]], object]
"""Calls a function with every run, such as ``map`` or that of a pool of threads, and waits for all."""


def in_turn(call: Callable[[Run], None], runs: Iterable[Run]) -> None:
    """Call a function with one run after the other."""
    for run in runs:
        call(run)


@dataclass(frozen=True)
class Mark:
    """Where all runs stood at an epoch, before anything was turned there, and the knobs of then."""

    knobs: Knobs
    snapshots: tuple[Snapshot, ...]


class Course(Timeline[Knobs, Mark]):
    """All sizes of a design under one setting of the knobs, at the same epoch.

    ``begun`` are the knobs at epoch 0; the journal has those turned later.
    """

    def __init__(self, design: Design, knobs: Knobs, sets: Sets = SETS) -> None:
        self.design, self.knobs, self.begun, self._sets = design, knobs, knobs, sets
        self.epoch = 0
        self._begin_at(0)
        self.material = self._material(knobs)
        self.runs = self._runs(self.material, knobs)
        self._answers: Answers | None = None
        self._mark()

    @property
    def answers(self) -> Answers:
        """What all networks answer at this epoch; it is found once."""
        if self._answers is None:
            self._answers = answered(self.runs, self.material)
        return self._answers

    def advance(self, epochs: int, each: Each = in_turn) -> None:
        """Train on, as many epochs as there are left at most; what the journal says is turned on the way."""
        last = min(self.epoch + epochs, self.design.epochs)
        self._answers = None
        while self.epoch < last:
            until = self._halt(self.epoch, last)
            each(methodcaller("advance", until - self.epoch), self.runs)
            self.epoch = until
            self.furthest = max(self.furthest, until)
            if self._marks.is_due(until):
                self._mark()
            if until in self.journal:
                self._apply(self.journal[until])

    def turn(self, knobs: Knobs) -> None:
        """Go on under other knobs from here; what had come after this epoch is forgotten.

        Raises as ``shoal.Run.set`` and ``shoal.begin`` do, and then nothing has changed.
        """
        self._apply(knobs)
        self.forget()
        if self.epoch:
            self.journal[self.epoch] = knobs
        else:
            self.begun = knobs
            self._mark()

    def forget(self) -> None:
        """Forget what had come after this epoch."""
        self._forget_after(self.epoch)

    def seek(self, epoch: int, each: Each = in_turn) -> None:
        """Go to an epoch that was reached before, back or forward: the same bits as then."""
        epoch = max(0, min(epoch, self.furthest))
        start = self._marks.last(epoch)
        assert start is not None  # of epoch 0 there always is one
        if epoch < self.epoch or start > self.epoch:
            self._restore(start)
        self.advance(epoch - self.epoch, each)

    def fork(self) -> Course:
        """Return a course that stands where this one does, and shares nothing that changes."""
        twin = copy.copy(self)
        twin._share_nothing()
        twin.runs = [run.fork() for run in self.runs]
        return twin

    def _material(self, knobs: Knobs) -> Material:
        return self._sets[self.design.data](self.design.seed, knobs.samples, knobs.noise)

    def _runs(self, data: Material, knobs: Knobs) -> list[Run]:
        design, runs = self.design, []
        for place, hidden in enumerate(design.hidden):
            network = design.network(place, data, knobs.dropout)
            runs.append(
                begin(
                    network.population(design.starts, design.seed, candidate=hidden, dtype="float64"),
                    data.train.X,
                    data.train.y,
                    validation=(data.validation.X, data.validation.y),
                    solver=design.solver,
                    epochs=design.epochs,
                    n_jobs=1,
                    **knobs.strengths(design.solver),
                )
            )
        return runs

    def _apply(self, knobs: Knobs) -> None:
        """Turn the knobs: strengths in the runs, all else by new runs that go on where these stand."""
        strengths, old = knobs.strengths(self.design.solver), self.knobs
        if (old.samples, old.noise, old.dropout) == (knobs.samples, knobs.noise, knobs.dropout):
            for run in self.runs:
                run.set(**strengths)
        else:
            data = self._material(knobs)
            runs = self._runs(data, knobs)
            for mine, other in zip(self.runs, runs, strict=True):
                other.restore(mine.snapshot())
                other.set(**strengths)
            self.material, self.runs, self._answers = data, runs, None
        self.knobs = knobs

    def _mark(self) -> None:
        snapshots = tuple(run.snapshot(losses=False) for run in self.runs)
        self._marks.keep(self.epoch, Mark(self.knobs, snapshots))

    def _restore(self, epoch: int) -> None:
        """Go to a mark; losses up to there are those of the longest course known."""
        record = self._recorded(self.epoch, self.runs)
        mark, self._answers = self._marks[epoch], None
        if mark.knobs != self.knobs:
            self.material = self._material(mark.knobs)
            self.runs = self._runs(self.material, mark.knobs)
        for run, snapshot, losses in zip(self.runs, mark.snapshots, record, strict=True):
            run.restore(with_losses(snapshot, losses, epoch))
        self.epoch, self.knobs = epoch, mark.knobs
        if epoch in self.journal:
            self._apply(self.journal[epoch])
