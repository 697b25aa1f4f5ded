"""Having cohorts trained, on threads, processes or an executor of somebody else, each once in the end."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager, nullcontext
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from shoal.clusters.silence import Silence
from shoal.engines import choose_engine
from shoal.errors import CapacityError
from shoal.selection.cohorts.cohort import CohortResult, run_cohort
from shoal.selection.cohorts.gathered import Commons
from shoal.selection.cohorts.task import Task
from shoal.selection.running.pools import deaf_to_interrupts, processes, threads
from shoal.selection.running.shipping import (
    Answer,
    Failed,
    Hold,
    Lacking,
    Parcel,
    Shipment,
    Stranger,
    forget,
    keep,
    run_parcel,
)
from shoal.workers import cores, count_workers

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

LOOK_UP_SECONDS = 0.5
ATTEMPTS = 4
"""How often a cohort is sent to an executor that loses it."""
DIED = (
    "a worker process died, most likely for lack of memory; use fewer n_jobs, a smaller batch_size or fewer "
    "hidden units"
)
WORTH_SECONDS = 5.0
"""Left to itself, a study starts worker processes when more than this much work remains."""


def completed(
    tasks: Sequence[Task],
    executor: Executor | None = None,
    n_jobs: int | None = None,
    watched: bool = False,
    silence: Silence | None = None,
    hold: Hold | None = None,
    scouts: int | None = None,
) -> Generator[CohortResult | None]:
    """Yield the result of every task as it ends, on ``executor`` or on ``n_jobs`` threads or processes.

    While none ends there, None is yielded now and then, so that the caller can look at the clock. Where it
    is ``watched`` so, a single worker is a thread, too, which can be left in the middle of a cohort.

    Threads it is where the engine can (``pools``). Processes take seconds to start: ``n_jobs=None`` runs the
    cohort with least work here, and starts them only if its pace says that the rest would take longer than
    ``WORTH_SECONDS``.

    What an executor itself raises is no end yet: when a worker dies a cluster may lose a task, or the result
    of one. Such a task is sent again, for a cohort is a pure function, up to ``ATTEMPTS`` times in all.
    ``silence`` tells whether anybody is there to do it, and ``hold`` what workers may have of its arrays. So
    many ``scouts`` go ahead, one for each worker, who says what it lacks: all others would wait before the
    arrays, and be answered the same. None: as many as there are tasks.

    Raises ``CapacityError`` when a worker process dies, when an executor loses a task again and again, is
    gone or has no workers, or some of another version or instruction set, and ``ConfigurationError`` for an
    impossible n_jobs.
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
        commons = Commons()
        for task in left:
            yield run_cohort(task, min(workers, len(task.cohort.members)), commons)
        return
    shipment = Shipment(left, hold)
    own = (
        threads(in_full_rounds(workers, len(left)) if workers == cores() else workers)
        if on_threads
        else processes(min(workers, len(left)), shipment.freight)
    )
    outlives = on_threads or executor is not None
    with own if executor is None else nullcontext(executor) as pool:
        yield from _as_they_end(shipment, pool, silence, outlives, scouts)


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


def _as_they_end(
    shipment: Shipment, pool: Executor, silence: Silence | None, outlives: bool, scouts: int | None
) -> Iterator[CohortResult | None]:
    """Yield results; workers that one ``outlives`` have to be told what they need hold no longer."""
    waiting: dict[Future[Answer], Parcel] = {}
    ended: SimpleQueue[Future[Answer]] = SimpleQueue()
    lost: Counter[int] = Counter()
    ahead = len(shipment.parcels) if scouts is None else max(scouts, 1)
    behind = shipment.parcels[ahead:]
    submit = partial(_submit, pool, waiting, ended)
    keep(shipment.freight)  # for threads, and for processes that are forked from this one
    try:
        submit(shipment.parcels[:ahead])
        while waiting:
            try:
                # a Ctrl-C in the instant before the wait is noticed only when the wait ends
                future = ended.get(timeout=LOOK_UP_SECONDS)
            except Empty:
                yield None
                _listen(silence)
                continue
            parcel = waiting.pop(future)
            try:
                result = future.result()
            except BrokenExecutor:
                raise
            except Exception as error:
                _listen(silence)
                _bear(lost, parcel, error)
                submit([shipment.anew(parcel)])
                continue
            ahead -= 1
            if isinstance(result, Lacking):
                submit([shipment.again(parcel, result)])
            if ahead <= 0 or not isinstance(result, Lacking):
                submit(behind)
                behind = []
            if not isinstance(result, Lacking):
                yield _trained(result, parcel)
    except BrokenExecutor:
        raise CapacityError(DIED) from None
    finally:
        if outlives:
            for future in waiting:
                future.cancel()
            forget(shipment.freight)


def _submit(
    pool: Executor,
    waiting: dict[Future[Answer], Parcel],
    ended: SimpleQueue[Future[Answer]],
    parcels: Sequence[Parcel],
) -> None:
    """Have parcels trained, which are ``waiting`` until their futures are among those that ``ended``."""
    with deaf_to_interrupts(), _quiet_about_size():
        for parcel in parcels:
            future = pool.submit(run_parcel, parcel)
            waiting[future] = parcel
            future.add_done_callback(ended.put)


def _bear(lost: Counter[int], parcel: Parcel, error: Exception) -> None:
    """Count a loss of a parcel; raise ``CapacityError`` for one that is lost too often."""
    lost[parcel.task.cohort.index] += 1
    if lost[parcel.task.cohort.index] == ATTEMPTS:
        raise _lost(error) from error


def _listen(silence: Silence | None) -> None:
    """Raise ``CapacityError`` where it is known that nothing will come."""
    if silence is not None:
        silence.look()


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
