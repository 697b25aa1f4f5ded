"""Where the cohorts of a study run: threads or processes of this machine, gone when the block ends.

An engine that lets go of Python's lock is given threads: they cost nothing to start and share the samples.
Others, for which threads would wait for one another, are given processes.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from shoal.interruption import heed
from shoal.selection.running.shipping import Freight, keep
from shoal.workers import one_thread

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor


@contextmanager
def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Lend threads of this process, whose work is cancelled when the block ends early.

    Linear algebra is kept to one thread for all of them together: the limit is the whole process's, and a
    cohort that set and restored it by itself would do so for its neighbours.
    """
    cancelled = threading.Event()
    with one_thread():
        own = ThreadPoolExecutor(workers, "shoal", initializer=heed, initargs=(cancelled,))
        try:
            yield own
        finally:
            cancelled.set()
            own.shutdown(wait=True, cancel_futures=True)


@contextmanager
def processes(workers: int, freight: Freight) -> Iterator[ProcessPoolExecutor]:
    """Lend processes that keep the study's arrays from the start, so that no task has to come twice."""
    from joblib.externals.loky import ProcessPoolExecutor  # which takes long, and threads do without

    _start_trackers()
    own = ProcessPoolExecutor(max_workers=workers, initializer=_serve, initargs=(os.getpid(), freight))
    try:
        yield own
    except BaseException:
        # loky's own kill_workers can lose its thread, and hang, while tasks are on their way to the workers;
        # the sudden death of a worker is a case that it is made for
        for process in list(own._processes.values()):
            process.terminate()
        raise
    finally:
        own.shutdown(wait=True)


def _start_trackers() -> None:
    """Start the processes of loky and of Python that tidy up semaphores, and have them do so without a word.

    After an interrupt they may warn, on the user's terminal, of semaphores unlinked in the same moment. And
    whoever starts one lets Ctrl-C through again, though it was blocked before: inside ``deaf_to_interrupts``
    that would be for the workers, too, which are born next.
    """
    from multiprocessing import resource_tracker as python_s_tracker

    from joblib.externals.loky.backend import resource_tracker

    before = os.environ.get("PYTHONWARNINGS")
    quiet = "ignore:resource_tracker:UserWarning"
    os.environ["PYTHONWARNINGS"] = f"{before},{quiet}" if before else quiet
    try:
        resource_tracker.ensure_running()
        if hasattr(signal, "pthread_sigmask"):
            python_s_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Put Ctrl-C off for the moment in which tasks are submitted.

    Processes that are born then block it for life, and an interrupt inside ``submit`` would leave a lock
    taken for ever. Another thread may still receive it, so that the handler itself has to wait too.
    """
    if threading.current_thread() is not threading.main_thread():
        with _blocked():
            yield
        return
    missed: list[FrameType | None] = []
    before = signal.getsignal(signal.SIGINT)
    if callable(before):
        signal.signal(signal.SIGINT, lambda _, frame: missed.append(frame))
    try:
        with _blocked():
            yield
    finally:
        if callable(before):
            signal.signal(signal.SIGINT, before)
            if missed:
                before(signal.SIGINT, missed[0])


@contextmanager
def _blocked() -> Iterator[None]:
    """Have this thread, and what it starts, get no Ctrl-C, where the system has such a thing."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _serve(parent: int, freight: Freight) -> None:
    """Leave Ctrl-C to the parent, which stops its workers; and be gone when the parent is, even if killed.

    The study's arrays are here from the start, so that no task has to come twice.
    """
    keep(freight)
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
