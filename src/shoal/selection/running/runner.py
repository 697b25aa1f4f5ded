"""Running the cohorts of a study: on one core or many, keeping each as it ends and telling how far it is."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from shoal.clusters.crew import Crew
from shoal.clusters.lending import check_address, lend
from shoal.clusters.silence import Silence
from shoal.errors import ConfigurationError, ShoalWarning
from shoal.selection.cohorts.cohort import CohortResult, is_of
from shoal.selection.cohorts.task import Task
from shoal.selection.running.dispatch import completed
from shoal.selection.running.shipping import Hold
from shoal.selection.trials import Trials
from shoal.shapes import is_number, whole_number
from shoal.workers import count_workers

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from shoal.selection.store.trial_store import Store


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    - ``done`` of ``total`` networks are trained; ``per_second`` networks since this run began.
    - ``best``: the smallest validation loss of a network so far, or None.
    - ``seconds_left``: by the work that remains and the pace so far, or None before the first cohort.
    - ``trials``: the networks that ended since the last call, at first those that were there already.
    """

    done: int
    total: int
    per_second: float
    best: float | None
    seconds_left: float | None
    trials: Trials = field(default=Trials.from_rows([]), repr=False, compare=False)


ProgressCallback: TypeAlias = Callable[[StudyProgress], object]


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a study runs, and within what: see ``CapacityStudy``. ``memory`` is in bytes.

    Raises ``ConfigurationError`` for impossible limits.
    """

    n_jobs: int | None = None
    executor: Executor | None = None
    on: str | None = None
    progress: ProgressCallback | None = None
    store: str | os.PathLike[str] | None = None
    memory: int = 2**28
    seconds: float | None = None
    anytime: bool = False
    networks: str | None = None
    """Those alone that are trained, by their numbers."""

    def __post_init__(self) -> None:
        count_workers(self.n_jobs)
        whole_number(self.memory, "memory")
        if self.seconds is not None and not (is_number(self.seconds) and self.seconds > 0):
            raise ConfigurationError(f"seconds must be a positive number or None, got {self.seconds!r}")
        if self.on is not None:
            check_address(self.on)
            if self.executor is not None:
                raise ConfigurationError(
                    f"on={self.on!r} and an executor were given; a study runs in one place, leave one out"
                )

    def lend(self) -> AbstractContextManager[Crew | None]:
        """Return whom a study has elsewhere for the time of a block, if there is anything to know of them."""
        return lend(self.on, self.executor, self.seconds)

    def at_home(self) -> Workplace:
        """Return the same without anybody elsewhere, and without an end."""
        return replace(self, executor=None, on=None, seconds=None)


class Runner:
    """Runs tasks that are not done yet, and keeps each result in the store as soon as it is there."""

    def __init__(
        self,
        store: Store,
        done: dict[int, Trials],
        place: Workplace,
        crew: Crew | None = None,
    ) -> None:
        self._end = None if place.seconds is None else time.monotonic() + place.seconds
        self.ended_by = ""
        self._store, self._done = store, done
        self._executor, self._n_jobs, self._progress = place.executor, place.n_jobs, place.progress
        self._crew = crew
        self._silence = None if crew is None else Silence(crew, place.seconds)
        if crew is not None:
            self._executor = crew.executor
        self._hold = Hold()
        self._planned = self._total = self.networks = 0
        self._best: float | None = None

    def run(
        self,
        tasks: Sequence[Task],
        enough: Callable[[list[Trials]], bool] | None = None,
        ahead: Sequence[Task] = (),
    ) -> list[Trials]:
        """Return the trials of every task in the order of the tasks.

        Those ``ahead`` will be run by later calls: what is told of the progress counts them too. As soon as
        what is done is ``enough``, the time being up or a Ctrl-C ends the run, ``ended_by`` says which, and
        the tasks that have not ended are left out.
        """
        self._leave_out_strangers(tasks)
        left = [task for task in tasks if task.cohort.index not in self._done]
        self._planned += sum(len(task.cohort.members) for task in tasks)
        self._total = self._planned + sum(len(task.cohort.members) for task in ahead)
        known = self._of(tasks)
        for trials in known:
            self._count(trials)
        later = [task for task in ahead if task.cohort.index not in self._done]
        remaining = total = sum(task.cohort.work for task in (*left, *later))
        work = {task.cohort.index: task.cohort.work for task in left}
        began, before = time.perf_counter(), self.networks
        self._tell(0.0, None, *known)
        try:
            with closing(self._completed(left)) as results:
                for result in results:
                    if result is not None:
                        self._store.save(result)
                        self._done[result.index] = result.trials
                        self._count(result.trials)
                        remaining = max(remaining - work[result.index], 0.0)
                        elapsed = time.perf_counter() - began
                        pace = (self.networks - before) / elapsed
                        self._tell(pace, elapsed * remaining / (total - remaining), result.trials)
                    if self._is_late and enough is not None and enough(self._of(tasks)):
                        self.ended_by = "time"
                        break
        except KeyboardInterrupt:
            if enough is None or not enough(self._of(tasks)):
                raise
            self.ended_by = "Ctrl-C"
        return self._of(tasks)

    def _completed(self, tasks: Sequence[Task]) -> Generator[CohortResult | None]:
        watched = self._end is not None
        scouts = None if self._crew is None else self._crew.count()
        return completed(tasks, self._executor, self._n_jobs, watched, self._silence, self._hold, scouts)

    def _leave_out_strangers(self, tasks: Sequence[Task]) -> None:
        """Count no cohort as done whose trials are not of the networks that its task trains."""
        known = [task for task in tasks if task.cohort.index in self._done]
        strange = [task for task in known if not is_of(task, self._done[task.cohort.index])]
        for task in strange:
            del self._done[task.cohort.index]
        if strange:
            warnings.warn(
                f"{len(strange)} of {len(known)} cohorts that were kept are of other networks than this "
                "study's; their networks are trained again",
                ShoalWarning,
                stacklevel=2,
            )

    @property
    def _is_late(self) -> bool:
        return self._end is not None and time.monotonic() >= self._end

    def _of(self, tasks: Sequence[Task]) -> list[Trials]:
        """Return the trials of those tasks that have ended."""
        return [self._done[task.cohort.index] for task in tasks if task.cohort.index in self._done]

    def _count(self, trials: Trials) -> None:
        self.networks += len(trials)
        losses = trials["validation_loss"][~trials["diverged"]]
        losses = losses[np.isfinite(losses)]
        if losses.size:
            lowest = float(losses.min())
            self._best = lowest if self._best is None else min(self._best, lowest)

    def _tell(self, per_second: float, seconds_left: float | None, *new: Trials) -> None:
        if self._progress is not None:
            trials = Trials.concatenate([Trials.from_rows([]), *new])
            counted = self.networks, self._total, per_second, self._best
            self._progress(StudyProgress(*counted, seconds_left, trials))
