"""A study from its first cohort to its last: at once, or in rounds of which later ones learn from earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shoal.selection.running.scaling import Scaling
from shoal.selection.store.networks import StoredNetworks
from shoal.selection.trials import Trials

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shoal.selection.cohorts.design import StudyDesign
    from shoal.selection.cohorts.task import Task
    from shoal.selection.running.runner import Runner
    from shoal.selection.store.trial_store import Store


class Rounds:
    """The tasks of a study, in rounds; ``scaling`` is what those after the first scale their inputs by."""

    def __init__(self, design: StudyDesign, store: Store, runner: Runner, threads: int) -> None:
        self._design, self._store, self._runner, self._threads = design, store, runner, threads
        self._left = design.tasks()
        self._ran: list[Task] = []
        self.scaling: Scaling | None = None

    @property
    def tasks(self) -> list[Task]:
        """All tasks, as they were run where they were."""
        return [*self._ran, *self._left]

    @property
    def planned(self) -> int:
        """How many networks there were to train, without those that may be left out."""
        ahead = [task for task in self._left if self._design.is_sure(task)]
        return sum(len(task.cohort.members) for task in (*self._ran, *ahead))

    def run(self, enough: Callable[[list[Trials]], bool] | None) -> Trials:
        """Run round after round, and return the trials of all; what is ``enough``, ``Runner.run`` says."""
        done: list[Trials] = []

        def enough_in_all(own: Sequence[Trials]) -> bool:
            return enough is not None and enough([*done, *own])

        while self._left and not self._runner.ended_by:
            try:
                own = self._next(done)
            except KeyboardInterrupt:
                if not enough_in_all([]):
                    raise
                self._runner.ended_by = "Ctrl-C"
                break
            ahead = [task for task in self._left if self._design.is_sure(task)]
            done += self._runner.run(own, None if enough is None else enough_in_all, ahead)
        trials = Trials.concatenate(done)
        self._race(trials)
        return trials

    def _next(self, done: list[Trials]) -> list[Task]:
        """Return the tasks of the next round, their inputs scaled by what is known by then."""
        number = self._left[0].cohort.part.round
        if number == 1 and done:
            trials, stored = Trials.concatenate(done), StoredNetworks(self._store, self._ran)
            self.scaling = Scaling.of(self._design, trials, stored, self._threads)
        elif done:
            self._race(Trials.concatenate(done))
        if number and self._design.sparing and not (self.scaling and self.scaling.of_many_useless):
            self.scaling, self._left = None, []
            return []
        own = [task for task in self._left if task.cohort.part.round == number]
        if self.scaling is not None:
            own = [self.scaling.of_task(task) for task in own]
        self._left = [task for task in self._left if task.cohort.part.round != number]
        self._ran += own
        return own

    def _race(self, trials: Trials) -> None:
        if self.scaling is not None and self.scaling.losses is None:
            self.scaling = self.scaling.raced(trials, max(len(self._design.views), 1))
