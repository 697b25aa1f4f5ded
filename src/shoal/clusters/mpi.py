"""Workers that are the other ranks of an MPI job: ``mpiexec -n 65 shoal fit … --on mpi``."""

from __future__ import annotations

import pkgutil
import signal
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, wait
from contextlib import ExitStack, contextmanager
from typing import Any

from shoal.clusters.crew import Crew
from shoal.errors import ConfigurationError, MissingDependencyError, is_failure

NAME = "mpi"
RUNNER = "mpi4py.futures"
"""The module that runs a program on rank 0 and keeps the other ranks as workers."""
HOW = "mpiexec -n 3 python -m mpi4py.futures study.py"


class MpiCrew(Crew):
    """The ranks behind an executor of mpi4py's. MPI loses none of them without ending the whole job."""

    def __init__(self, executor: Any) -> None:
        super().__init__(executor, "the MPI job")

    def count(self) -> int:
        return int(self.executor.num_workers)  # type: ignore[attr-defined]

    def is_reachable(self) -> bool:
        return True

    def ask(self, name: str, seconds: float) -> Mapping[str, Any]:
        """Ask once for each rank, of whichever are idle: nobody can choose one, and all begin alike."""
        calls = [self.executor.submit(pkgutil.resolve_name, name) for _ in range(self.count())]
        done, _ = wait(calls, seconds)
        return {
            f"call {number}": call.exception() or call.result()
            for number, call in enumerate(calls, start=1)
            if call in done
        }


@contextmanager
def connected(address: str) -> Iterator[Crew]:
    """Lend the other ranks to a program on rank 0 that ``python -m mpi4py.futures`` runs."""
    if RUNNER not in sys.orig_argv:
        raise ConfigurationError(
            f"{address!r} is for programs that MPI has started on several ranks; start this one with: {HOW}"
        )
    with of_ranks() as crew:
        if crew is not None:
            yield crew


@contextmanager
def of_ranks() -> Iterator[Crew | None]:
    """Lend rank 0 the other ranks, each of which comes here too, and works until the block of rank 0 ends.

    For them it is None then, and there is nothing left to do. A signal ends them at once: what becomes of the
    job is for rank 0 to tell.
    """
    pool, size = _pool()
    if size < 2:
        raise ConfigurationError(
            "'mpi' needs two ranks at least, and this is the only one; start it with: mpiexec -n 3 …"
        )
    rank = pool._comm.Get_rank()
    if rank != pool._root:
        for name in "SIGINT", "SIGTERM":
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    with ExitStack() as stack:
        executor = stack.enter_context(pool)
        try:
            yield None if executor is None else MpiCrew(executor)
        except BaseException as error:
            if not is_failure(error) and executor is not None:
                stack.pop_all()  # nobody waits for ranks that the same signal has ended
                executor.shutdown(wait=False, cancel_futures=True)
            raise


def _pool() -> tuple[Any, int]:
    """Return mpi4py's split of the ranks in one that sends calls and others that do them; their number."""
    try:
        from mpi4py import MPI
        from mpi4py.futures import MPICommExecutor
    except (ImportError, RuntimeError) as error:  # the package, or the library that it loads
        raise MissingDependencyError(
            f"MPI needs mpi4py and an MPI library ({error}): pip install 'shoal[mpi]', and Open MPI or MPICH"
        ) from None
    return MPICommExecutor(MPI.COMM_WORLD, root=0), MPI.COMM_WORLD.Get_size()


def crew_of(executor: Executor) -> Crew | None:
    """Return the ranks behind an executor of mpi4py's, None for any other."""
    return MpiCrew(executor) if type(executor).__module__.startswith("mpi4py.") else None
