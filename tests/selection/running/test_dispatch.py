from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pytest

from shoal import workers
from shoal.clusters.silence import Silence
from shoal.errors import CapacityError, DataError
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.cohorts.task import Conditions, Task
from shoal.selection.running import dispatch, shipping
from shoal.selection.running.dispatch import completed
from shoal.selection.running.shipping import Freight, Lacking
from shoal.workers import count_workers
from tests.clusters.crews import PaperCrew
from tests.selection.small import ended, task


def broken_task(index: int) -> Task:
    return task(index, scale=np.nan)


def assert_same(a: CohortResult, b: CohortResult) -> None:
    np.testing.assert_array_equal(a.theta, b.theta)
    np.testing.assert_array_equal(a.trials["validation_loss"], b.trials["validation_loss"])


def test_every_task_is_run_once_with_the_same_bits_wherever_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = [task(index) for index in range(5)]
    here = ended(completed(tasks, n_jobs=1))
    assert list(here) == [0, 1, 2, 3, 4]
    with ThreadPoolExecutor(2) as pool:
        lent = ended(completed(tasks, executor=pool))
    threads = ended(completed(tasks, n_jobs=2))
    monkeypatch.setattr(dispatch, "_has_threads", lambda task: False)
    processes = ended(completed(tasks, n_jobs=2))
    for index in range(5):
        assert_same(here[index], lent[index])
        assert_same(here[index], threads[index])
        assert_same(here[index], processes[index])


def test_threads_are_for_engines_that_let_go_of_the_lock() -> None:
    compiled, interpreted = (
        replace(task(0), conditions=Conditions("float64", engine)) for engine in ("native", "reference")
    )
    assert dispatch._has_threads(compiled)
    assert not dispatch._has_threads(interpreted)
    by_evidence = replace(task(0), conditions=Conditions("float64", by_evidence=True))
    assert not dispatch._has_threads(by_evidence)


@pytest.mark.parametrize(("n_jobs", "cores", "expected"), [(None, 2, 3), (2, 2, 3), (2, 4, 2)])
def test_only_all_cores_are_shared_by_more_threads(
    monkeypatch: pytest.MonkeyPatch, n_jobs: int | None, cores: int, expected: int
) -> None:
    lent: list[int] = []

    def counted(asked: int) -> AbstractContextManager[Executor]:
        lent.append(asked)
        return ThreadPoolExecutor(1)

    monkeypatch.setattr(dispatch, "threads", counted)
    monkeypatch.setattr(workers, "cores", lambda: cores)
    monkeypatch.setattr(dispatch, "cores", lambda: cores)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert len(ended(completed([task(index) for index in range(3)], n_jobs=n_jobs))) == 3
    assert lent == [expected]


def test_a_cohort_alone_has_a_thread_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "run_cohort", lambda task, threads, _: threads)
    assert [list(completed([task(0, starts=starts)], n_jobs=3)) for starts in (2, 5)] == [[2], [3]]


def test_inline_a_result_is_there_before_the_next_task_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(dispatch, "run_cohort", lambda task, *_: begun.append(task.cohort.index))
    results = completed([task(0), task(1), task(2)], n_jobs=1)
    for expected in ([0], [0, 1], [0, 1, 2]):
        next(results)
        assert begun == expected


@pytest.mark.parametrize(("seconds", "elsewhere"), [(0.001, []), (100.0, [0, 1])])
def test_left_to_itself_processes_are_started_only_when_it_is_worth_it(
    monkeypatch: pytest.MonkeyPatch, seconds: float, elsewhere: list[int]
) -> None:
    """The cohort of least work, run here, tells the pace: the others hold 19 times its work."""
    submitted: list[int] = []

    @contextmanager
    def processes(workers: int, freight: Freight) -> Iterator[Executor]:
        assert workers == 2  # no more workers than cohorts
        with Pool(1) as pool:
            yield pool

    class Pool(ThreadPoolExecutor):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            submitted.extend(parcel.task.cohort.index for parcel in args)  # type: ignore[attr-defined]
            return super().submit(fn, *args, **kwargs)  # type: ignore[arg-type]

    clock = itertools.count(step=8 * seconds)
    monkeypatch.setattr(dispatch, "_has_threads", lambda task: False)
    monkeypatch.setattr(dispatch, "processes", processes)
    monkeypatch.setattr(dispatch, "count_workers", lambda n_jobs: 4)
    monkeypatch.setattr(dispatch, "run_cohort", lambda task, *_: task.cohort.index)
    monkeypatch.setattr(dispatch, "run_parcel", lambda parcel: parcel.task.cohort.index)
    monkeypatch.setattr(dispatch.time, "perf_counter", lambda: next(clock))
    assert sorted(completed([task(0), task(1), task(2)])) == [0, 1, 2]
    assert submitted == elsewhere


def test_inside_a_worker_process_a_study_uses_that_process_alone() -> None:
    assert joblib.Parallel(n_jobs=2)(joblib.delayed(count_workers)(n) for n in (None, 3)) == [1, 3]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_in_a_task_is_raised_as_it_was(n_jobs: int) -> None:
    with pytest.raises(DataError, match="y has 6 NaN"):
        list(completed([broken_task(0), task(1)], n_jobs=n_jobs))


def test_a_worker_that_dies_is_explained() -> None:
    class Dying(Executor):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            future: Future[object] = Future()
            future.set_exception(BrokenProcessPool("a child was killed"))
            return future

    with pytest.raises(CapacityError, match="worker process died, most likely for lack of memory"):
        list(completed([task(0)], executor=Dying()))


class Forgetful(ThreadPoolExecutor):
    """Has each of its calls done, and loses what comes of the first ``losses``."""

    def __init__(self, losses: int) -> None:
        super().__init__(1)
        self.losses = losses

    def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
        future = super().submit(fn, *args, **kwargs)  # type: ignore[arg-type]
        if not self.losses:
            return future
        future.result()
        self.losses -= 1
        lost: Future[object] = Future()
        lost.set_exception(TypeError("cannot unpack non-iterable CohortResult object"))
        return lost


def test_what_an_executor_loses_is_sent_again() -> None:
    tasks = [task(index) for index in range(3)]
    with Forgetful(losses=dispatch.ATTEMPTS - 1) as pool:
        kept = ended(completed(tasks, executor=pool))
    here = ended(completed(tasks, n_jobs=1))
    for index in range(3):
        assert_same(kept[index], here[index])


def test_an_executor_that_loses_everything_is_left() -> None:
    with (
        Forgetful(losses=100) as pool,
        pytest.raises(CapacityError, match=r"4 times, lastly with TypeError: c.*resume"),
    ):
        list(completed([task(0)], executor=pool))
    assert pool.losses == 100 - dispatch.ATTEMPTS


def test_an_error_in_a_task_is_not_tried_again_and_tells_where_it_was_raised() -> None:
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    with pool, pytest.raises(DataError, match="y has 6 NaN") as raised:
        list(completed([broken_task(0)], executor=pool))
    assert "in run_cohort" in "".join(raised.value.__notes__)


def test_what_is_pending_on_a_lent_executor_is_cancelled_when_the_consumer_stops() -> None:
    futures: list[Future[object]] = []

    class Slow(ThreadPoolExecutor):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            futures.append(super().submit(fn, *args, **kwargs))  # type: ignore[arg-type]
            if len(futures) == 1:
                super().submit(time.sleep, 0.5)
            return futures[-1]

    with Slow(1) as pool:
        results = completed([task(index) for index in range(4)], executor=pool)
        next(results)
        results.close()
        assert [future.cancelled() for future in futures] == [False, True, True, True]


def test_a_single_worker_that_is_watched_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a cohort: it is a thread; and another that nobody watches is this one."""
    lent: list[int] = []

    @contextmanager
    def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
        lent.append(workers)
        with ThreadPoolExecutor(workers) as pool:
            yield pool

    monkeypatch.setattr(dispatch, "threads", threads)
    here = ended(completed([task(0), task(1)], n_jobs=1))
    assert lent == []
    watched = ended(completed([task(0), task(1)], n_jobs=1, watched=True))
    assert lent == [1]
    for index, result in here.items():
        assert_same(result, watched[index])


@pytest.mark.parametrize("ends", [False, True])
def test_an_executor_whose_scheduler_is_gone_is_left_at_once(
    monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """Whether its calls are cancelled then, as Dask's are, or never end."""
    monkeypatch.setattr(dispatch, "LOOK_UP_SECONDS", 0.0)

    class Gone(Executor):
        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            future: Future[object] = Future()
            if ends:
                future.cancel()
                future.set_running_or_notify_cancel()
            return future

    silence = Silence(PaperCrew([2], reachable=False))
    with pytest.raises(CapacityError, match=r"the cluster is gone: .* go on with resume=True"):
        list(completed([task(0)], executor=Gone(), silence=silence))


class Turns(Executor):
    """Two workers in this process that do what is asked in its order, by turns, as somebody waits for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch, self._asked = monkeypatch, deque[tuple[Future[object], Callable[[], object]]]()
        self.answers = list[object]()
        self._kept: list[dict[str, Any]] = [{}, {}]

    def submit(self, fn: Callable[..., object], /, *args: object, **kwargs: object) -> Future[object]:
        future: Future[object] = Future()
        self._asked.append((future, lambda: fn(*args, **kwargs)))
        return future

    def work(self) -> None:
        future, call = self._asked.popleft()
        worker = len(self.answers) % 2
        with self._patch.context() as patch:
            patch.setattr(shipping, "_kept", self._kept[worker])
            patch.setattr(shipping.os, "getpid", lambda: worker)
            self.answers.append(call())
        future.set_result(self.answers[-1])


@pytest.mark.parametrize("scouts", [None, 2])
def test_who_goes_ahead_is_told_what_workers_lack(
    scouts: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, ended_ones = Turns(monkeypatch), deque[Future[object]]()

    def get(timeout: float) -> Future[object]:
        if not ended_ones:
            pool.work()
        return ended_ones.popleft()

    monkeypatch.setattr(dispatch, "SimpleQueue", lambda: SimpleNamespace(put=ended_ones.append, get=get))
    tasks = [task(index) for index in range(5)]
    there, here = ended(completed(tasks, pool, scouts=scouts)), ended(completed(tasks, n_jobs=1))
    for index in range(5):
        assert_same(there[index], here[index])
    lacking = sum(isinstance(answer, Lacking) for answer in pool.answers)
    assert lacking == (2 if scouts else 5)


def test_without_workers_one_goes_ahead() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert len(ended(completed([task(index) for index in range(3)], pool, scouts=0))) == 3
