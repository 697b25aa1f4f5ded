from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import shoal
from shoal.interruption import Cancelled
from shoal.selection.cohorts.cohort import run_cohort
from shoal.selection.running.pools import deaf_to_interrupts, threads
from tests.selection.small import task
from tests.waiting import HANGS, written

SLEEPERS = """
    from dataclasses import dataclass
    from shoal.selection.running import dispatch

    class Cohort:
        work = 1.0
    @dataclass
    class Sleeper:
        X: object = None
        y: object = None
        train: object = None
        held: object = None
        weights: object = None
        cohort: object = Cohort
    def sleep(parcel):
        import os, time
        os.write(2, b"working\\n")
        time.sleep(10**6)
    class Announced(dispatch.SimpleQueue):
        def get(self, **options):
            if not announced:
                announced.append(True)
                print("started", flush=True)
            return super().get(**options)
    announced = []
    dispatch.run_parcel, dispatch.SimpleQueue = sleep, Announced
    dispatch._has_threads = lambda task: False
    try:
        any(dispatch.completed([Sleeper()] * 4, n_jobs=2))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.fixture
def sleepers() -> Iterator[subprocess.Popen[str]]:
    """A process whose two workers sleep for days, just when it begins to wait for them.

    The process tells of itself on stdout; its workers tell on stderr, each line by one call: a line that is
    printed may be two writes, which the other worker's may come between.
    """
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


def test_what_starts_while_tasks_are_submitted_is_deaf_to_ctrl_c() -> None:
    ask = [sys.executable, "-c", "import signal; print(signal.SIGINT in signal.pthread_sigmask(0, []))"]
    before = signal.getsignal(signal.SIGINT)
    with deaf_to_interrupts():
        assert subprocess.check_output(ask, text=True) == "True\n"
    assert subprocess.check_output(ask, text=True) == "False\n"
    assert signal.getsignal(signal.SIGINT) is before


def test_workers_are_born_deaf_to_ctrl_c() -> None:
    """In a process of its own, in which nothing runs yet that a pool starts beside its workers."""
    program = """
        import signal
        from shoal.selection.running.pools import deaf_to_interrupts, processes
        from shoal.selection.running.shipping import Freight
        with processes(1, Freight("", {})) as pool:
            with deaf_to_interrupts():
                blocked = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ())
            print(signal.SIGINT in blocked.result())
    """
    ran = [sys.executable, "-c", textwrap.dedent(program)]
    assert subprocess.check_output(ran, text=True) == "True\n"


@pytest.mark.parametrize("thread", ["this one", "another"])
def test_ctrl_c_while_tasks_are_submitted_is_put_off_and_not_lost(thread: str) -> None:
    def interrupt() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    def submit() -> None:
        with deaf_to_interrupts():
            if thread == "this one":
                interrupt()
            else:  # which does not block it
                listener = threading.Thread(target=listen)
                listener.start()
                listener.join()
            submitted.append(True)

    def listen() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        interrupt()

    submitted: list[bool] = []
    with pytest.raises(KeyboardInterrupt):
        submit()
    assert submitted


@pytest.mark.parametrize("moment", ["while workers start", "while they work"])
def test_ctrl_c_stops_processes_at_once_and_quietly(sleepers: subprocess.Popen[str], moment: str) -> None:
    """The signal goes to the whole group, as a terminal sends it."""
    if moment == "while they work":
        assert sleepers.stderr is not None
        assert [sleepers.stderr.readline() for _ in range(2)] == ["working\n"] * 2
    os.killpg(sleepers.pid, signal.SIGINT)
    out, err = written(sleepers)  # once the last worker has closed its end of the pipes
    assert out == "interrupted\n"
    assert "Traceback" not in err
    assert "KeyboardInterrupt" not in err


def test_workers_do_not_outlive_a_parent_that_was_killed(sleepers: subprocess.Popen[str]) -> None:
    assert sleepers.stderr is not None
    assert sleepers.stderr.readline() == "working\n"
    sleepers.kill()
    written(sleepers)


def long_training() -> None:
    X = np.linspace(-1, 1, 4000)[:, None]
    shoal.train(
        shoal.Network(1, [shoal.Dense(64, "tanh"), shoal.Dense(1)]).population(4), X, X[:, 0], epochs=10**6
    )


def test_threads_end_with_the_block_that_lent_them() -> None:
    begun = threading.Event()

    def work() -> None:
        begun.set()
        long_training()

    def interrupted() -> None:
        with threads(2) as pool:
            futures.extend(pool.submit(work) for _ in range(3))
            assert begun.wait(HANGS)
            raise KeyboardInterrupt

    futures: list[Future[None]] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert all(future.cancelled() or isinstance(future.exception(), Cancelled) for future in futures)


def test_threads_share_one_limit_on_linear_algebra() -> None:
    """And it is lifted after them, in whichever order they end."""
    before = [pool["num_threads"] for pool in threadpool_info()]
    with threads(2) as pool:
        for _ in range(2):
            list(pool.map(run_cohort, [task(index) for index in range(8)]))
            assert {info["num_threads"] for info in threadpool_info()} == {1}
    assert [pool["num_threads"] for pool in threadpool_info()] == before
