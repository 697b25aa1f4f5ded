from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress

import joblib
import numpy as np
import pytest

from shoal.errors import CapacityError, ConfigurationError, DataError
from shoal.layers import Dense
from shoal.network import Network
from shoal.schedules import Constant
from shoal.selection import running
from shoal.selection.candidates import grid
from shoal.selection.cohort import CohortResult, Recipe, Task
from shoal.selection.planning import Cohort, Member
from shoal.selection.running import Runner, StudyProgress, completed, count_workers
from shoal.selection.store import MemoryStore
from shoal.solvers import SOLVERS

RECIPE = Recipe(SOLVERS["scg"](), None, 5, None, None, 1e-5, Constant(), 0.0, 0.0, None, "float64", 0, "auto")


def task(index: int, starts: int = 2, y: float = 1.0) -> Task:
    """A cohort so small that it takes milliseconds."""
    X = np.linspace(-1, 1, 8)[:, None]
    members = tuple(Member(grid([2], [0.0])[0], start) for start in range(starts))
    cohort = Cohort(index, (2,), 0, members, work=10.0 - index)
    network = Network(1, [Dense(2, "tanh"), Dense(1)])
    return Task(cohort, network, RECIPE, X, y * X[:, 0] ** 2 + index, np.arange(6), np.arange(6, 8))


def broken_task(index: int) -> Task:
    return task(index, y=np.nan)


def ended(results: Iterable[CohortResult | None]) -> dict[int, CohortResult]:
    """The results by number, without the pauses between them."""
    return {result.index: result for result in results if result is not None}


def assert_same(a: CohortResult, b: CohortResult) -> None:
    np.testing.assert_array_equal(a.theta, b.theta)
    np.testing.assert_array_equal(a.trials["validation_loss"], b.trials["validation_loss"])


def test_every_task_is_run_once_with_the_same_bits_wherever_it_runs() -> None:
    tasks = [task(index) for index in range(5)]
    here = ended(completed(tasks, n_jobs=1))
    assert list(here) == [0, 1, 2, 3, 4]
    with ThreadPoolExecutor(2) as pool:
        lent = ended(completed(tasks, executor=pool))
    processes = ended(completed(tasks, n_jobs=2))
    for index in range(5):
        assert_same(here[index], lent[index])
        assert_same(here[index], processes[index])


def test_inline_a_result_is_there_before_the_next_task_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr(running, "run_cohort", lambda task, threads: begun.append(task.cohort.index))
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

    class Pool(ThreadPoolExecutor):
        def __init__(self, max_workers: int, **options: object) -> None:
            assert max_workers == 2  # no more workers than cohorts
            super().__init__(1)

        def submit(self, fn: object, /, *args: object, **kwargs: object) -> Future[object]:
            submitted.extend(parcel.task.cohort.index for parcel in args)  # type: ignore[attr-defined]
            return super().submit(fn, *args, **kwargs)  # type: ignore[arg-type]

    def on_threads(task: Task, threads: int) -> int:
        assert threads == 4  # what is trained here has all cores to itself
        return task.cohort.index

    clock = itertools.count(step=8 * seconds)
    monkeypatch.setattr(running, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(running, "count_workers", lambda n_jobs: 4)
    monkeypatch.setattr(running, "run_cohort", on_threads)
    monkeypatch.setattr(running, "run_parcel", lambda parcel: parcel.task.cohort.index)
    monkeypatch.setattr(running.time, "perf_counter", lambda: next(clock))
    assert sorted(completed([task(0), task(1), task(2)])) == [0, 1, 2]
    assert submitted == elsewhere


def test_workers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert [count_workers(n) for n in (None, -1, -2, -20, 3, 12)] == [8, 8, 7, 1, 3, 12]
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert [count_workers(n) for n in (None, -1, -2, 12)] == [4, 4, 3, 12]
    for wrong in (0, 1.5, True, "2"):
        with pytest.raises(ConfigurationError, match="n_jobs must be a whole number other than 0"):
            count_workers(wrong)  # type: ignore[arg-type]


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


def test_progress_counts_networks_and_the_work_that_is_left() -> None:
    told: list[StudyProgress] = []
    tasks = [task(0, starts=3), task(1, starts=2), task(2, starts=2)]
    done = {0: next(completed(tasks[:1], n_jobs=1)).trials}
    runner = Runner(MemoryStore(), done, None, 1, told.append)
    trials = runner.run(tasks)

    assert [len(part) for part in trials] == [3, 2, 2]
    assert [(p.done, p.total) for p in told] == [(3, 7), (5, 7), (7, 7)]
    best = [min(np.concatenate([t["validation_loss"] for t in trials[:n]])) for n in (1, 2, 3)]
    assert [p.best for p in told] == best
    assert told[0].seconds_left is None
    assert told[1].seconds_left is not None
    assert told[1].seconds_left > 0
    assert told[2].seconds_left == 0
    assert told[1].per_second > 0


SLEEPERS = """
    from dataclasses import dataclass
    from shoal.selection import running

    class Cohort:
        work = 1.0
    @dataclass
    class Sleeper:
        X: object = None
        y: object = None
        train: object = None
        held: object = None
        cohort: object = Cohort
    def sleep(parcel):
        import time
        print("working", flush=True)
        time.sleep(600)
    class Announced(running.SimpleQueue):
        def get(self, **options):
            if not announced:
                announced.append(True)
                print("started", flush=True)
            return super().get(**options)
    announced = []
    running.run_parcel, running.SimpleQueue = sleep, Announced
    try:
        any(running.completed([Sleeper()] * 4, n_jobs=2))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.fixture
def sleepers() -> Iterator[subprocess.Popen[str]]:
    """A process whose two workers sleep for ten minutes, just when it begins to wait for them."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SLEEPERS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Return what it wrote, once the last worker has closed its end of the pipes, well within ten minutes."""
    return process.communicate(timeout=120)


def test_what_starts_while_tasks_are_submitted_ignores_ctrl_c() -> None:
    ask = [sys.executable, "-c", "import signal; print(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)"]
    before = signal.getsignal(signal.SIGINT)
    with running._deaf_to_interrupts():
        assert subprocess.check_output(ask, text=True) == "True\n"
    assert subprocess.check_output(ask, text=True) == "False\n"
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("moment", ["while workers start", "while they work"])
def test_ctrl_c_stops_processes_at_once_and_quietly(sleepers: subprocess.Popen[str], moment: str) -> None:
    """The signal goes to the whole group, as a terminal sends it."""
    if moment == "while they work":
        assert sleepers.stdout is not None
        assert [sleepers.stdout.readline() for _ in range(2)] == ["working\n"] * 2
    os.killpg(sleepers.pid, signal.SIGINT)
    out, err = end(sleepers)
    assert out == "interrupted\n"
    assert "Traceback" not in err
    assert "KeyboardInterrupt" not in err


def test_workers_do_not_outlive_a_parent_that_was_killed(sleepers: subprocess.Popen[str]) -> None:
    assert sleepers.stdout is not None
    assert sleepers.stdout.readline() == "working\n"
    sleepers.kill()
    end(sleepers)
