"""Running the cohorts of a study: on one core or many, keeping each as it ends and telling how far it is."""

from __future__ import annotations

import os
import time
import warnings
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from joblib.externals.loky import ProcessPoolExecutor

from shoal.engines import choose_engine
from shoal.errors import CapacityError, ConfigurationError, ShoalWarning
from shoal.selection.cohort import CohortResult, Task, is_of, run_cohort
from shoal.selection.pools import deaf_to_interrupts, processes, threads
from shoal.selection.shipping import (
    Answer,
    Failed,
    Lacking,
    Parcel,
    Shipment,
    Stranger,
    forget,
    keep,
    run_parcel,
)
from shoal.selection.trials import Trials
from shoal.shapes import is_number, whole_number
from shoal.workers import cores, count_workers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shoal.selection.store import Store

LOOK_UP_SECONDS = 0.5
ATTEMPTS = 4
"""How often a cohort is sent to an executor that loses it."""
DIED = (
    "a worker process died, most likely for lack of memory; use fewer n_jobs, a smaller batch_size or fewer "
    "hidden units"
)
WORTH_SECONDS = 5.0
"""Left to itself, a study starts worker processes when more than this much work remains."""


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    - ``done`` of ``total`` networks are trained; ``per_second`` networks since this run began.
    - ``best``: the smallest validation loss of a network so far, or None.
    - ``seconds_left``: by the work that remains and the pace so far, or None before the first cohort.
    """

    done: int
    total: int
    per_second: float
    best: float | None
    seconds_left: float | None


ProgressCallback: TypeAlias = Callable[[StudyProgress], object]


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Where a study runs, and within what: see ``CapacityStudy``. ``memory`` is in bytes.

    Raises ``ConfigurationError`` for impossible limits.
    """

    n_jobs: int | None = None
    executor: Executor | None = None
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


class Runner:
    """Runs tasks that are not done yet, and keeps each result in the store as soon as it is there."""

    def __init__(
        self,
        store: Store,
        done: dict[int, Trials],
        place: Workplace,
    ) -> None:
        self._end = None if place.seconds is None else time.monotonic() + place.seconds
        self.ended_by = ""
        self._store, self._done = store, done
        self._executor, self._n_jobs, self._progress = place.executor, place.n_jobs, place.progress
        self._total = self.networks = 0
        self._best: float | None = None

    def run(
        self, tasks: Sequence[Task], enough: Callable[[list[Trials]], bool] | None = None
    ) -> list[Trials]:
        """Return the trials of every task in the order of the tasks.

        As soon as what is done is ``enough``, the time being up or a Ctrl-C ends the run, ``ended_by`` says
        which, and the tasks that have not ended are left out.
        """
        self._leave_out_strangers(tasks)
        left = [task for task in tasks if task.cohort.index not in self._done]
        self._total += sum(len(task.cohort.members) for task in tasks)
        for task in tasks:
            if task.cohort.index in self._done:
                self._count(self._done[task.cohort.index])
        remaining = total = sum(task.cohort.work for task in left)
        work = {task.cohort.index: task.cohort.work for task in left}
        began, before = time.perf_counter(), self.networks
        self._tell(0.0, None)
        try:
            with closing(completed(left, self._executor, self._n_jobs, self._end is not None)) as results:
                for result in results:
                    if result is not None:
                        self._store.save(result)
                        self._done[result.index] = result.trials
                        self._count(result.trials)
                        remaining = max(remaining - work[result.index], 0.0)
                        elapsed = time.perf_counter() - began
                        pace = (self.networks - before) / elapsed
                        self._tell(pace, elapsed * remaining / (total - remaining))
                    if self._is_late and enough is not None and enough(self._of(tasks)):
                        self.ended_by = "time"
                        break
        except KeyboardInterrupt:
            if enough is None or not enough(self._of(tasks)):
                raise
            self.ended_by = "Ctrl-C"
        return self._of(tasks)

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

    def _tell(self, per_second: float, seconds_left: float | None) -> None:
        if self._progress is not None:
            self._progress(StudyProgress(self.networks, self._total, per_second, self._best, seconds_left))


def completed(
    tasks: Sequence[Task],
    executor: Executor | None = None,
    n_jobs: int | None = None,
    watched: bool = False,
) -> Generator[CohortResult | None]:
    """Yield the result of every task as it ends, on ``executor`` or on ``n_jobs`` threads or processes.

    While none ends there, None is yielded now and then, so that the caller can look at the clock. Where it
    is ``watched`` so, a single worker is a thread, too, which can be left in the middle of a cohort.

    Threads it is where the engine can (``pools``). Processes take seconds to start: ``n_jobs=None`` runs the
    cohort with least work here, and starts them only if its pace says that the rest would take longer than
    ``WORTH_SECONDS``.

    What an executor itself raises is no end yet: when a worker dies a cluster may lose a task, or the result
    of one. Such a task is sent again, for a cohort is a pure function, up to ``ATTEMPTS`` times in all.

    Raises ``CapacityError`` when a worker process dies, when an executor loses a task again and again, or
    has workers of another version or instruction set, and ``ConfigurationError`` for an impossible n_jobs.
    """
    left = list(tasks)
    workers = count_workers(n_jobs)
    on_threads = executor is None and all(_has_threads(task) for task in left)
    if executor is None and not on_threads and n_jobs is None and workers > 1 and len(left) > 1:
        probe = left.pop()
        began = time.perf_counter()
        result = run_cohort(probe)
        pace = (time.perf_counter() - began) / probe.cohort.work
        yield result
        if pace * sum(task.cohort.work for task in left) < WORTH_SECONDS:
            workers = 1
    leaves = watched and on_threads and len(left) > 1
    if executor is None and min(workers, len(left)) <= 1 and not leaves:
        for task in left:
            yield run_cohort(task, min(workers, len(task.cohort.members)))
        return
    shipment = Shipment(left)
    own = (
        threads(in_full_rounds(workers, len(left)) if workers == cores() else workers)
        if on_threads
        else processes(min(workers, len(left)), shipment.freight)
    )
    with own if executor is None else nullcontext(executor) as pool:
        yield from _as_they_end(shipment, pool)


def _has_threads(task: Task) -> bool:
    """Whether a task keeps Python's lock for moments only; the evidence is SciPy's and NumPy's work."""
    conditions = task.conditions
    engine = choose_engine(conditions.engine, task.network, task.recipe)
    return not conditions.by_evidence and engine.has_threads


def in_full_rounds(cores: int, tasks: int) -> int:
    """Return how many threads take turns on the cores, so that few of these are idle in the last round.

    Ten long tasks on four cores end sooner in two rounds of five than in three of four.

    >>> [in_full_rounds(4, tasks) for tasks in (3, 5, 10, 30, 40)]
    [4, 5, 5, 5, 4]
    """
    return min(range(cores, 2 * cores), key=lambda threads: -(-tasks // threads) * threads)


def _as_they_end(shipment: Shipment, pool: Executor) -> Iterator[CohortResult | None]:
    waiting: dict[Future[Answer], Parcel] = {}
    ended: SimpleQueue[Future[Answer]] = SimpleQueue()
    lost: Counter[int] = Counter()

    def submit(parcels: Sequence[Parcel]) -> None:
        with deaf_to_interrupts(), _quiet_about_size():
            for parcel in parcels:
                future = pool.submit(run_parcel, parcel)
                waiting[future] = parcel
                future.add_done_callback(ended.put)

    keep(shipment.freight)  # for threads, and for processes that are forked from this one
    try:
        submit(shipment.parcels)
        while waiting:
            try:
                # a Ctrl-C in the instant before the wait is noticed only when the wait ends
                future = ended.get(timeout=LOOK_UP_SECONDS)
            except Empty:
                yield None
                continue
            parcel = waiting.pop(future)
            try:
                result = future.result()
            except BrokenExecutor:
                raise
            except Exception as error:
                lost[parcel.task.cohort.index] += 1
                if lost[parcel.task.cohort.index] == ATTEMPTS:
                    raise _lost(error) from error
                submit([shipment.anew(parcel)])
                continue
            if isinstance(result, Lacking):
                submit([shipment.again(parcel, result.worker)])
            else:
                yield _trained(result, parcel)
    except BrokenExecutor:
        raise CapacityError(DIED) from None
    finally:
        if not isinstance(pool, ProcessPoolExecutor):  # whose workers end with what they hold
            for future in waiting:
                future.cancel()
            forget(shipment.freight)


def _trained(answer: Failed | Stranger | CohortResult, parcel: Parcel) -> CohortResult:
    """Return the cohort that a worker answers with, or raise what it answers instead."""
    if isinstance(answer, Failed):
        answer.reraise()
    if isinstance(answer, Stranger):
        raise _unlike(answer, parcel)
    return answer


def _unlike(stranger: Stranger, parcel: Parcel) -> CapacityError:
    return CapacityError(
        f"the worker {stranger.worker} has {stranger.makeup}, and this process {parcel.makeup}: the same "
        "networks would be other bits there; install one version everywhere, and where processors differ set "
        "SHOAL_INSTRUCTION_SET to what all of them have, here and on every worker; then fit with resume=True"
    )


def _lost(error: Exception) -> CapacityError:
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return CapacityError(
        f"the executor lost the same networks {ATTEMPTS} times, lastly with {said}; look at what its workers "
        "and its scheduler say, then fit with resume=True to go on"
    )


@contextmanager
def _quiet_about_size() -> Iterator[None]:
    """Silence Dask, which advises against data in calls: ours are few, and bring it to the workers."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sending large graph")
        yield
